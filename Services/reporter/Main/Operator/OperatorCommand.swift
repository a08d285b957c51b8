import ArgumentParser
import Database
import Glibc
import ReporterCore
import Runtime
import WeirProtocol

/// The verbs that change data, run from the command line under the database role weir_operator. Sockets and HTTP answer
/// them `forbidden`.
struct OperatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analytics", abstract: "Change links, funnels, the catalogue of content, prices and stored data.",
        subcommands: [Links.self, Funnels.self, Content.self, Prices.self, Privacy.self, Maintenance.self])

    struct Links: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Campaign links. `analytics links` lists them.",
            subcommands: [LinkCreate.self, LinkDisable.self, LinkEnable.self])
    }

    struct Funnels: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Funnels. `analytics funnels list|show|stats` shows them.",
            subcommands: [FunnelCreate.self, FunnelDisable.self, FunnelEnable.self, FunnelDelete.self])
    }

    struct Content: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The catalogue of content.", subcommands: [ContentLoad.self])
    }

    struct Prices: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prices of language models.", subcommands: [PriceLoad.self])
    }

    struct Privacy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What is stored of one visitor or user.", subcommands: [PrivacyExport.self, PrivacyErase.self])
    }

    struct Maintenance: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Upkeep of the database.", subcommands: [Retention.self])
    }

    private static let verbs: [(String, Set<String>)] = [
        ("links", ["create", "disable", "enable"]), ("funnels", ["create", "disable", "enable", "delete"]),
        ("content", ["load"]), ("prices", ["load"]), ("privacy", ["export", "erase"]), ("maintenance", ["retention"]),
    ]

    /// Whether the arguments, without the program's name, are one of these verbs.
    static func claims(_ arguments: [String]) -> Bool {
        let words = arguments.drop { $0 == "systemprompt" || $0 == "analytics" }
        guard let group = words.first, let second = words.dropFirst().first,
            let known = verbs.first(where: { $0.0 == group })
        else { return words.first == "privacy" || words.first == "maintenance" || words.first == "prices" }
        return known.1.contains(second) || ["privacy", "maintenance", "prices"].contains(group)
    }

    /// Carries a verb out and returns the exit status.
    static func run(_ arguments: [String], configuration: String?) async throws(ReportError) -> Int32 {
        let words = Array(arguments.drop { $0 == "systemprompt" || $0 == "analytics" })
        var command: any ParsableCommand
        let verb: any OperatorAction
        do {
            command = try parseAsRoot(words)
            guard let action = command as? any OperatorAction else {
                // A group without its verb, or a plea for help: both run by throwing the text.
                try command.run()
                return 64
            }
            verb = action
        } catch {
            let isHelp = exitCode(for: error).isSuccess && words.contains { ["--help", "-h", "help"].contains($0) }
            Terminal.write(fullMessage(for: error) + "\n", to: isHelp ? STDOUT_FILENO : STDERR_FILENO)
            return isHelp ? 0 : 64
        }
        let outcome = try await verb.act(try OperatorStore(configuration: configuration))
        if verb.isJSON {
            Terminal.write(outcome.data.indentedText)
        } else if !outcome.sentence.isEmpty {
            Terminal.write(outcome.sentence + "\n")
        }
        return outcome.status
    }
}

/// How an outcome is written.
struct OutputChoice: ParsableArguments {
    @ArgumentParser.Flag(help: "Print the outcome as JSON.")
    var json = false
}

/// What a verb has done.
struct OperatorOutcome: Sendable {
    /// For programs.
    var data: JSONValue
    /// For people; empty when the data has been written already.
    var sentence: String
    /// 1 when nothing was found to act on.
    var status: Int32 = 0
}

/// Something that an operator may do.
protocol OperatorAction: ParsableCommand {
    /// Whether the outcome is printed as JSON.
    var isJSON: Bool { get }
    /// Carries it out.
    func act(_ store: OperatorStore) async throws(ReportError) -> OperatorOutcome
}

/// A verb that changes data and says so.
protocol OperatorVerb: OperatorAction {
    var output: OutputChoice { get }
}

extension OperatorVerb {
    var isJSON: Bool { output.json }
}

/// The database under the operator's role.
struct OperatorStore: Sendable {
    let settings: Settings
    private let connection: Connection

    init(configuration: String?) throws(ReportError) {
        do { settings = try Settings.load(path: configuration, environment: Environment.current) } catch {
            throw ReportError(
                error.status == .noPermission ? .noPermission : .configuration, error.message, hint: error.hint)
        }
        do {
            connection = Connection(
                try ConnectionTarget(
                    settings.databaseURL(role: "weir_operator"), defaultUser: "weir_operator",
                    applicationName: "weir-operator", connectSeconds: 5), statementTimeout: .seconds(600))
        } catch { throw ReportError(.configuration, error.message) }
    }

    /// Runs a change in one transaction, after a look at the schema's version.
    func change<T: Sendable>(
        _ body: @Sendable (isolated Connection) throws -> T
    ) async throws(ReportError) -> T {
        do {
            return try await connection.transaction { connection in
                try SchemaVersion.check(in: connection)
                return try body(connection)
            }
        } catch let error as ReportError {
            throw error
        } catch let error as DatabaseError {
            throw ReportError(ofOperator: error)
        } catch let error as SchemaVersion.Mismatch {
            throw ReportError(.configuration, error.description + ".", hint: error.hint + ".")
        } catch {
            throw ReportError(.internal, "\(error)")
        }
    }
}

extension ReportError {
    /// A database's error in the operator's words.
    fileprivate init(ofOperator error: DatabaseError) {
        self.init(error)
        if error.sqlstate == "25006" {
            self.init(
                .noPermission, "\(error.message.prefix(1).uppercased())\(error.message.dropFirst()) (\(error.target)).")
        } else if error.kind != .permission {
            return
        }
        hint =
            ["42501", "25006"].contains(error.sqlstate)
            ? "This needs the role weir_operator; schema/migrate applies schema/grants.sql, which says what it may."
            : "pg_hba.conf and pg_ident.conf say who may log in as weir_operator; database.url may name another role."
    }
}
