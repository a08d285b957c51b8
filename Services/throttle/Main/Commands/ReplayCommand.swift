import ArgumentParser
import Database
import Glibc
import Runtime
import ThrottleCore
import WeirProtocol

/// `throttle replay`, also `analytics throttle replay`: recorded requests through other policies, beside the present ones.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Try a policy file on the requests that were recorded.",
        discussion: """
            Plays the stored requests on their own clock through the policies in force and through those of the file, and \
            tells how many people each would have slowed and how many requests of bots it would have refused. Verdicts \
            are not played. Nothing is changed.
            """)

    @Option(help: "The policy file to try, YAML or JSON.")
    var policy: String

    @Option(help: "How far back: 15m, 24h, 7d.")
    var since = "24h"

    @Option(help: "The configuration file (default /etc/weir/weir.yaml).")
    var config: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        do {
            let settings = try Settings.load(path: config, environment: Outcome.environment)
            let present = try PolicyFile.load(settings[.throttlePolicy])
            guard !policy.isEmpty else { throw Failure(.usage, "--policy needs a file") }
            let proposed = try PolicyFile.load(policy)
            let until = ThrottleEngine.now.wall
            let target: ConnectionTarget
            do {
                target = try ConnectionTarget(
                    settings.databaseURL(role: "weir_throttle"), defaultUser: "weir_throttle",
                    applicationName: "weir throttle replay")
            } catch { throw Failure(.configuration, error.message) }
            var replay = Replay(present: present, proposed: proposed)
            let begin = until - (try Self.span(since))
            do {
                var recorded = RecordedRequests(Connection(target), since: begin, until: until)
                while true {
                    let batch = try await recorded.next()
                    if batch.isEmpty { break }
                    for request in batch { replay.play(request) }
                }
            } catch let error as DatabaseError {
                throw Failure(error.kind == .permission ? .noPermission : .unavailable, error.description)
            }
            Outcome.write(json ? Self.json(replay, begin, until) : Self.table(replay, since), to: STDOUT_FILENO)
            guard replay.requests > 0 else {
                throw Failure(.finding, "no request was recorded in that time", hint: "look further back: --since 7d")
            }
        } catch let failure as Failure { throw Outcome.report(failure) }
    }

    /// Milliseconds.
    private static func span(_ text: String) throws(Failure) -> Int64 {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            (1...100_000).contains(count)
        else { throw Failure(.usage, "--since is not \"\(text)\"", hint: "it takes 15m, 24h, 7d or 4w") }
        return count * unit * 1000
    }

    private static func json(_ replay: Replay, _ from: Timestamp, _ to: Timestamp) -> String {
        let outcome = { (outcome: Replay.Outcome) -> JSONValue in
            [
                "human_requests_refused": .integer(outcome.humanRequestsRefused),
                "human_sessions_slowed": .integer(outcome.humanSessionsSlowed),
                "bot_requests_refused": .integer(outcome.botRequestsRefused),
                "bot_sessions_slowed": .integer(outcome.botSessionsSlowed),
            ]
        }
        let answer: JSONValue = [
            "from": .string(from.iso8601), "to": .string(to.iso8601), "requests": .integer(replay.requests),
            "human_requests": .integer(replay.humanRequests), "human_sessions": .integer(replay.humanSessions),
            "unusable": .integer(replay.unusable), "present": outcome(replay.present),
            "proposed": outcome(replay.proposed),
        ]
        return answer.text + "\n"
    }

    private static func table(_ replay: Replay, _ since: String) -> String {
        let row = { (title: String, present: Int64, proposed: Int64) in
            pad(title, 34) + pad("\(present)", 12, isNumber: true) + pad("\(proposed)", 12, isNumber: true) + "\n"
        }
        let (old, new) = (replay.present, replay.proposed)
        return "\(replay.requests) requests of the last \(since), \(replay.humanRequests) of them by people in "
            + "\(replay.humanSessions) sessions\n\n"
            + pad("", 34) + pad("present", 12, isNumber: true) + pad("proposed", 12, isNumber: true) + "\n"
            + row("people slowed (sessions)", old.humanSessionsSlowed, new.humanSessionsSlowed)
            + row("requests of people refused", old.humanRequestsRefused, new.humanRequestsRefused)
            + row("bots slowed (sessions)", old.botSessionsSlowed, new.botSessionsSlowed)
            + row("requests of bots refused", old.botRequestsRefused, new.botRequestsRefused)
    }

    private static func pad(_ text: String, _ width: Int, isNumber: Bool = false) -> String {
        let blank = String(repeating: " ", count: max(0, width - text.utf8.count))
        return isNumber ? blank + text : text + blank
    }
}
