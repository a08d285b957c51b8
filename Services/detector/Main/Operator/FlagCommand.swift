import ArgumentParser
import Database
import DetectorCore
import Runtime
import WeirProtocol

/// Which sessions an operator means.
struct SessionSelection: ParsableArguments {
    @Option(
        name: .customLong("user-agent"),
        help: "Sessions whose user agent is LIKE this, % for any characters, case counts: '%python-httpx%'.")
    var userAgent: String?

    @Option(help: "Sessions from this address or range: 192.0.2.7, 192.0.2.0/24.")
    var ip: String?

    @Option(help: "Sessions of this fingerprint.")
    var fingerprint: String?

    @Option(help: "One session.")
    var session: String?

    @Option(help: "Sessions that began since then: 30d, 24h, a date, or all.")
    var since = "all"

    @Option(help: "Sessions that began before then; a date includes its day.")
    var until = "now"

    var isEmpty: Bool { userAgent == nil && ip == nil && fingerprint == nil && session == nil }

    /// SQL over sessions `s`, and its values.
    func condition() throws(Failure) -> (sql: String, values: [Value]) {
        guard !isEmpty else {
            throw Failure(
                .usage, "which sessions?", hint: "give --user-agent PATTERN, --ip CIDR, --fingerprint X or --session ID"
            )
        }
        let now = WallClock.milliseconds
        var parts = ["s.started_at >= $1", "s.started_at < $2"]
        var values: [Value] = [
            .timestamp(milliseconds: try OperatorTime.milliseconds(since, now: now, isEnd: false)),
            .timestamp(milliseconds: try OperatorTime.milliseconds(until, now: now, isEnd: true)),
        ]
        func add(_ sql: (String) -> String, _ value: String?) {
            guard let value else { return }
            values.append(.text(value))
            parts.append(sql("$\(values.count)"))
        }
        if let userAgent, Self.endsInEscape(userAgent) {
            throw Failure(
                .usage, "--user-agent ends in a \\ that nothing follows",
                hint: "\\\\ stands for a backslash, \\% for a %")
        }
        add({ "s.user_agent like \($0)" }, userAgent)
        if let ip {
            guard Self.isRange(ip) else {
                throw Failure(.usage, "--ip \(ip.prefix(60)) is no address or range", hint: "as in 192.0.2.0/24")
            }
        }
        add({ "s.ip_address <<= \($0)::inet" }, ip)
        add({ "s.fingerprint_hash = \($0)" }, fingerprint)
        add({ "s.session_id = \($0)" }, session)
        return (parts.joined(separator: " and "), values)
    }

    private static func endsInEscape(_ pattern: String) -> Bool {
        !pattern.utf8.reversed().prefix { $0 == UInt8(ascii: "\\") }.count.isMultiple(of: 2)
    }

    private static func isRange(_ text: String) -> Bool {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return false }
        guard parts.count == 2 else { return true }
        let longest = if case .v4 = address { 32 } else { 128 }
        return parts[1].allSatisfy { ("0"..."9").contains($0) } && Int(parts[1]).map { $0 <= longest } == true
    }

    var detail: JSONObject {
        var detail = JSONObject()
        for (name, value) in [
            ("user_agent", userAgent), ("ip", ip), ("fingerprint", fingerprint), ("session", session), ("since", since),
            ("until", until),
        ] { if let value { detail[name] = .string(value) } }
        return detail
    }
}

/// `bots flag`: calls stored sessions what the operator says, instead of a hand-written UPDATE.
struct FlagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flag", abstract: "Flag stored sessions as bots by hand; later verdicts leave them so.")

    @OptionGroup var options: OperatorOptions
    @OptionGroup var selection: SessionSelection

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case bot, scanner
        case behavioralBot = "behavioral_bot"
        case human
    }

    @Option(help: "What they are: bot, scanner, behavioral_bot or human.")
    var `as`: Kind = .bot

    @Option(help: "Why, for the record.")
    var reason = "flagged by hand"

    @Flag(help: "Only count them.")
    var dryRun = false

    @Flag(help: "Take back the last flag or unflag, or the run that --run names.")
    var undo = false

    @Option(name: .customLong("run"), help: "The run to undo.")
    var runID: Int64?

    func validate() throws {
        if undo, !selection.isEmpty || dryRun { throw ValidationError("--undo goes with --run only") }
        if runID != nil, !undo { throw ValidationError("--run goes with --undo") }
    }

    func run() async throws {
        try await OperatorOptions.reporting {
            let settings = try options.settings()
            if undo { return try await UndoAnswer.undo(runID, kinds: ["flag", "unflag"], options, settings) }
            let (condition, values) = try selection.condition()
            let kind = self.as
            let call = Headline.Call(
                isBot: kind == .bot, isScanner: kind == .scanner, isBehavioralBot: kind == .behavioralBot,
                verdictClass: kind == .bot
                    ? .declaredBot : kind == .scanner ? .scanner : kind == .behavioralBot ? .behavioralBot : .human)
            let (reason, isDry) = (reason, dryRun)
            var asked = selection.detail
            asked["as"] = .string(kind.rawValue)
            asked["reason"] = .string(reason)
            let detail = asked
            let connection = try await options.connection(settings)
            let outcome = try await connection.transaction { connection -> (Int, Int64?) in
                if isDry { return (try Self.count(condition, values, in: connection), nil) }
                let run = try HistoryStore.begin("flag", detail: detail, in: connection)
                let count = try HistoryStore.flag(
                    run, condition, values, as: call, reason: reason, in: connection)
                return (count, count == 0 ? nil : run)
            }
            await connection.close()
            try Self.say("flagged", outcome.0, outcome.1, isDry: isDry, options)
        }
    }

    static func count(_ condition: String, _ values: [Value], in connection: isolated Connection) throws -> Int {
        try connection.query("select count(*) from user_sessions s where \(condition)", values).single()
    }

    static func say(
        _ what: String, _ count: Int, _ run: Int64?, isDry: Bool = false, _ options: OperatorOptions
    ) throws {
        let sessions = count == 1 ? "1 session" : "\(count) sessions"
        if options.json {
            let answer: JSONValue = [
                "run_id": run.map { .integer($0) } ?? .null, "\(what)_sessions": .integer(Int64(count)),
                "applied": .bool(run != nil),
            ]
            FileHandleText.standardOutput(answer.line)
        } else if let run {
            FileHandleText.standardOutput(
                "\(sessions) \(what) as run \(run). To take it back: analytics bots flag --undo --run \(run)\n")
        } else if isDry, count > 0 {
            FileHandleText.standardOutput("\(sessions) would be \(what).\n")
        } else {
            FileHandleText.standardOutput("Nothing to change: no such session, or all are \(what) so already.\n")
        }
        if count == 0 { throw ExitCode(ExitStatus.finding.rawValue) }
    }
}

/// `bots unflag`: gives sessions that were flagged by hand back to the rules.
struct UnflagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unflag", abstract: "Give sessions that were flagged by hand back to the rules.")

    @OptionGroup var options: OperatorOptions
    @OptionGroup var selection: SessionSelection

    func run() async throws {
        try await OperatorOptions.reporting {
            let settings = try options.settings()
            let (condition, values) = try selection.condition()
            let detail = selection.detail
            let connection = try await options.connection(settings)
            let outcome = try await connection.transaction { connection -> (Int, Int64?) in
                let run = try HistoryStore.begin("unflag", detail: detail, in: connection)
                let count = try HistoryStore.unflag(run, condition, values, in: connection)
                return (count, count == 0 ? nil : run)
            }
            await connection.close()
            try FlagCommand.say("unflagged", outcome.0, outcome.1, options)
        }
    }
}

/// What `--undo` does and says.
enum UndoAnswer {
    static func undo(_ run: Int64?, kinds: [String], _ options: OperatorOptions, _ settings: Settings) async throws {
        let connection = try await options.connection(settings)
        let undone = try await connection.transaction { connection in
            try HistoryStore.undo(run, kinds: kinds, in: connection)
        }
        await connection.close()
        guard let undone else {
            throw Failure(
                .finding, run.map { "run \($0) is none of these, or undone already" } ?? "there is nothing to undo")
        }
        if options.json {
            let answer: JSONValue = [
                "run_id": .integer(undone.run), "restored_sessions": .integer(Int64(undone.restored)),
                "left_alone_sessions": .integer(Int64(undone.leftAlone)),
            ]
            FileHandleText.standardOutput(answer.line)
        } else {
            let rest = undone.leftAlone == 0 ? "" : " \(undone.leftAlone) have been judged again since and stay."
            FileHandleText.standardOutput(
                "Run \(undone.run) is undone: \(undone.restored) sessions as before.\(rest)\n")
        }
    }
}
