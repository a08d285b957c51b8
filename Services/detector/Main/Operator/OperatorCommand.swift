import ArgumentParser
import Database
import DetectorCore
import Runtime
import WeirProtocol

/// `detector operator …`: what `analytics bots reclassify|flag|unflag`, `analytics rules …` and `analytics anomalies set`
/// do. The reporter only reads, so it hands these words over; they need the rules, and the role weir_operator. It is a
/// command of its own, named as people call it, so that help says what they have to type.
struct OperatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analytics", abstract: "Change stored verdicts and thresholds, reversibly; compare rules.",
        subcommands: [Bots.self, RulesCommand.self, AnomalyOperatorCommand.self])

    /// `bots …`.
    struct Bots: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "bots", abstract: "Change what stored sessions are called.",
            subcommands: [ReclassifyCommand.self, FlagCommand.self, UnflagCommand.self])
    }
}

/// What every operator's verb takes.
struct OperatorOptions: ParsableArguments {
    @Option(help: "The configuration file (default /etc/weir/weir.yaml).")
    var config: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    func settings() throws(Failure) -> Settings { try Settings.load(path: config, environment: Outcome.environment) }

    /// A connection as weir_operator, to a database of this release.
    func connection(_ settings: Settings) async throws -> Connection {
        let target: ConnectionTarget
        do {
            target = try ConnectionTarget(
                settings.databaseURL(role: "weir_operator"), defaultUser: "weir_operator",
                applicationName: "weir operator")
        } catch { throw Failure(.configuration, error.message) }
        let connection = Connection(target, statementTimeout: HistoryStore.patience)
        try await Self.check(connection)
        return connection
    }

    private static func check(_ connection: isolated Connection) throws {
        do { try SchemaVersion.check(in: connection) } catch let error as SchemaVersion.Mismatch {
            throw Failure(.configuration, error.description, hint: error.hint)
        }
    }

    /// Runs `body`; whatever goes wrong ends the process with a sentence and the right status.
    static func reporting(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let failure as Failure {
            throw Outcome.report(failure)
        } catch let error as DatabaseError {
            switch error.kind {
            case .transient:
                throw Outcome.report(
                    Failure(.unavailable, "PostgreSQL is away: \(error.message)", hint: "nothing was changed"))
            case .permission:
                throw Outcome.report(
                    Failure(
                        .noPermission, error.message,
                        hint: "operators connect as weir_operator; schema/migrate grants it what it needs"))
            default: throw Outcome.report(Failure(.configuration, error.description, hint: "nothing was changed"))
            }
        }
    }
}

/// A window of time as an operator types it: `30d`, `24h`, a date, an ISO 8601 moment, or `all`.
enum OperatorTime {
    /// Milliseconds since 1970 of the first moment meant; of the first after it for an end.
    static func milliseconds(_ text: String, now: Int64, isEnd: Bool) throws(Failure) -> Int64 {
        if text == "all" { return isEnd ? now : -8_000_000_000_000 }
        if text == "now" { return now }
        let units: [Character: Int64] = ["s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000]
        if let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            (0...100_000).contains(count)
        {
            return now - count * unit
        }
        if let moment = SeriesTime.milliseconds(text) {
            // A date as an end includes its day.
            return isEnd && text.utf8.count == 10 ? moment + 86_400_000 : moment
        }
        throw Failure(
            .usage, "\"\(text.prefix(60))\" is not a time",
            hint: "give a span (24h, 30d, 4w), a date (2026-11-21), an ISO 8601 moment, or all")
    }
}

extension JSONValue {
    /// As a line of its own.
    var line: String { text + "\n" }
}
