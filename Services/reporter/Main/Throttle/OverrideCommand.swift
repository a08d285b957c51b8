import ArgumentParser
import Glibc
import ReporterCore
import Runtime
import WeirProtocol

/// `analytics throttle allow|block|clear KEY`: a person's word on a client, in force at once and kept for the audit.
struct OverrideCommand: ParsableArguments {
    @Argument(help: "An address or range, fp_…, sess_…, user:NAME or ADDRESS+fp_….")
    var key: String

    @Option(name: .customLong("for"), help: "How long: 90s, 15m, 2h, 7d or 4w; until cleared when absent.")
    var duration: String?

    @Option(help: "Why, for the audit.")
    var reason: String

    @ArgumentParser.Flag(help: "Print the answer as JSON.")
    var json = false

    /// The words that begin such a command.
    private static let actions: [String: ThrottleOverride.Action] = [
        "allow": .allow, "block": .block, "clear": .clear,
    ]

    /// Does what the arguments say if they are such a command. False when they are not.
    static func run(_ arguments: [String], configuration: String?) async throws(ReportError) -> Bool {
        let words = Array(arguments.drop { $0 == "analytics" || $0 == "systemprompt" })
        guard words.count >= 2, words[0] == "throttle", let action = actions[words[1]] else { return false }
        let command: OverrideCommand
        do { command = try OverrideCommand.parse(Array(words.dropFirst(2))) } catch {
            let usage = "analytics throttle \(words[1]) KEY \(action == .clear ? "" : "[--for 2h] ")--reason TEXT"
            if words.contains("--help") || words.contains("-h") {
                Terminal.write("\(help[action] ?? "")\n\n  \(usage)\n\nA key is an address or range, fp_…, sess_…, ")
                Terminal.write("user:NAME or ADDRESS+fp_…. Of several overrides the most particular decides.\n")
                return true
            }
            throw ReportError(.badCommand, OverrideCommand.message(for: error), hint: "As in: \(usage)")
        }
        try await command.carryOut(action, configuration)
        return true
    }

    private static let help: [ThrottleOverride.Action: String] = [
        .allow: "Never limits a client.", .block: "Always refuses a client.",
        .clear: "Takes back an earlier word on a client. \(ownLevel)",
    ]
    private static let ownLevel = "A level that the throttle itself gave stays: throttle allow suspends it."

    private func carryOut(
        _ action: ThrottleOverride.Action, _ configuration: String?
    ) async throws(ReportError) {
        guard action != .clear || duration == nil else {
            throw ReportError(.unknownFlag, "throttle clear has no --for.", hint: "It takes --reason, --json.")
        }
        let settings: Settings
        do { settings = try Settings.load(path: configuration, environment: Environment.current) } catch {
            throw ReportError(
                error.status == .noPermission ? .noPermission : .configuration, error.message, hint: error.hint)
        }
        let seconds = try duration.map(Self.seconds)
        let word = ThrottleOverride(action: action, key: key, seconds: seconds, reason: reason, by: Self.person)
        try await ThrottleAnswers(directory: settings[.runtimeDirectory]).override(word)
        if json {
            var answer = JSONObject()
            answer["action"] = .string(action.rawValue)
            answer["key"] = .string(key)
            answer["for_seconds"] = seconds.map(JSONValue.integer) ?? .null
            answer["reason"] = .string(reason)
            answer["by"] = .string(Self.person)
            Terminal.write(JSONValue.object(answer).indentedText)
            return
        }
        let length = duration.map { " for \($0)" } ?? " until it is cleared"
        switch action {
        case .allow: Terminal.write("\(TerminalText.stripped(key)) is never limited\(length).\n")
        case .block: Terminal.write("\(TerminalText.stripped(key)) is refused\(length).\n")
        case .clear:
            Terminal.write("There is no override on \(TerminalText.stripped(key)) any more. \(Self.ownLevel)\n")
        }
    }

    private static func seconds(_ text: String) throws(ReportError) -> Int64 {
        guard case .ago(let milliseconds)? = try? TimeExpression(text), milliseconds >= 1000 else {
            throw ReportError(
                .badValue, "--for is not \"\(TerminalText.stripped(text))\".", hint: "It takes 90s, 15m, 2h, 7d or 4w.")
        }
        return milliseconds / 1000
    }

    /// The user, and behind sudo also who that is.
    private static var person: String {
        let user = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(getuid())"
        guard let behind = Environment.current["SUDO_USER"], behind != user, !behind.isEmpty else { return user }
        return String("\(behind) as \(user)".prefix(120))
    }
}
