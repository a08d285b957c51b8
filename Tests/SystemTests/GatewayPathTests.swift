import Foundation
import Testing
import WeirProtocol

@testable import traffic

/// Made-up traffic through the real gateway path: every visitor must come out as what it is.
@Suite(.serialized, .timeLimit(.minutes(3))) struct GatewayPathTests {
    @Test func machinesAreToldFromPeople() async throws {
        let stack = try await Stack()
        try await stack.start()
        let ledger = stack.directory.appendingPathComponent("ledger.jsonl")
        let played = try await stack.program("traffic").run(
            ["--duration", "25s", "--people", "40", "--seed", "7", "--ledger", ledger.path], limit: .seconds(90))
        #expect(played.status == 0, "\(played.errors.suffix(500))")
        let outcomes = try String(contentsOf: ledger, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(VisitOutcome.self, from: Data($0.utf8))
        }
        let recorded = outcomes.reduce(0) { $0 + $1.recorded }
        #expect(outcomes.allSatisfy { $0.unrecorded == 0 })
        _ = try await eventually("everything is stored and judged", within: .seconds(30)) {
            let stored = try await stack.count("select count(*) from analytics_events")
            let waiting = try await stack.count("select count(*) from user_sessions where needs_evaluation")
            return stored == recorded && waiting == 0 ? true : nil
        }
        #expect(try await stack.count("select sum(request_count + asset_count) from user_sessions") == recorded)

        let flags = try await sessionFlags(stack)
        for outcome in outcomes {
            let sessions = try outcome.sessions.map { try #require(flags[$0.text], "\(outcome.name)") }
            #expect(!sessions.isEmpty, "\(outcome.name)")
            switch outcome.persona {
            case "person":
                #expect(sessions == [.human], "\(outcome.name)")
                #expect(outcome.denied == 0, "\(outcome.name)")
            case "crawler": #expect(sessions.allSatisfy { $0.isBot }, "\(outcome.name) \(sessions)")
            case "scanner": #expect(sessions.contains { $0.isScanner }, "\(outcome.name) \(sessions)")
            case "scraper": #expect(sessions.contains { $0.isBehavioral }, "\(outcome.name) \(sessions)")
            case "impatient": #expect(outcome.denied > 0, "\(outcome.name)")
            default: break
            }
        }
        try await eachPersonCameFromWhereItCameFrom(stack, outcomes)
        await stack.stopAll()
    }

    private func eachPersonCameFromWhereItCameFrom(_ stack: Stack, _ outcomes: [VisitOutcome]) async throws {
        let rows = try await stack.column("select session_id || ' ' || referrer_source from user_sessions")
        let sources = Dictionary(
            uniqueKeysWithValues: rows.map { row in
                let cells = row.split(separator: " ").map(String.init)
                return (cells[0], cells[1])
            })
        let plan = TrafficPlan(seed: 7, people: 40)
        for (visit, outcome) in zip(plan.visits, outcomes) where visit.persona == .person {
            let landing = try #require(visit.requests.first)
            let session = try #require(outcome.sessions.first)
            #expect(sources[session.text] == expectedSource(landing), "\(visit.name): \(landing)")
        }
    }

    /// By hand from the list of arrivals: the medium decides first, then the referring host.
    private func expectedSource(_ landing: PlannedRequest) -> String {
        for (medium, source) in [("email", "email"), ("cpc", "paid"), ("social", "social")]
        where landing.query?.contains("utm_medium=\(medium)&") == true {
            return source
        }
        for (host, source) in [
            ("google.com", "organic_search"), ("bing.com", "organic_search"), ("duckduckgo.com", "organic_search"),
            ("reddit.com", "social"), ("mastodon.social", "social"), ("chatgpt.com", "ai_assistant"),
        ] where landing.referrer?.contains(host) == true {
            return source
        }
        return landing.referrer == nil ? "direct" : "referral"
    }

    private struct Flags: Equatable {
        var isBot: Bool
        var isScanner: Bool
        var isBehavioral: Bool
        static let human = Flags(isBot: false, isScanner: false, isBehavioral: false)
    }

    private func sessionFlags(_ stack: Stack) async throws -> [String: Flags] {
        let rows = try await stack.column(
            "select concat_ws(' ', session_id, is_bot, is_scanner, is_behavioral_bot) from user_sessions")
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                let cells = row.split(separator: " ").map(String.init)
                return (
                    cells[0], Flags(isBot: cells[1] == "t", isScanner: cells[2] == "t", isBehavioral: cells[3] == "t")
                )
            })
    }
}
