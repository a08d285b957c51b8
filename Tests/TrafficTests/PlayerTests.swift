import Testing
import WeirProtocol

@testable import traffic

@Suite struct PlayerTests {
    @Test(
        arguments: [
            ("weir_session=abc.def; Path=/; HttpOnly", "abc.def"), ("weir_session=abc", "abc"),
            ("weir_session=; Path=/", ""),
            ("other=abc; Path=/", nil), ("", nil),
        ] as [(String, String?)])
    func aBrowserKeepsTheValueOfTheCookie(_ header: String, _ value: String?) {
        #expect(Player.value(of: "weir_session", in: header) == value)
    }

    @Test(
        arguments: [
            ("60s", 60), ("45", 45), ("2m", 120), ("1h", 3600), ("0s", nil), ("", nil), ("s", nil), ("-1s", nil),
            ("2d", nil),
            ("25h", nil), ("99999999999999999999", nil), ("86400m", nil),
        ] as [(String, Int?)])
    func durations(_ text: String, _ seconds: Int?) {
        #expect(Span(argument: text)?.seconds == seconds)
    }

    @Test func anOutcomeCountsSessionsOnceAndDenialsAsRecorded() throws {
        let visit = try #require(TrafficPlan(seed: 1, people: 1).visits.first)
        var outcome = VisitOutcome(visit)
        let session = try #require(SessionID("sess_a"))
        func decision(_ allow: Bool, _ level: ThrottleLevel) -> ThrottleDecision {
            ThrottleDecision(allow: allow, level: level, limit: 1, remaining: 0, reset: 0)
        }
        outcome.count(decision(true, .normal), RequestRecorded(sessionID: session))
        outcome.count(decision(false, .severe), RequestRecorded(sessionID: session))
        outcome.count(decision(true, .warning), nil)
        #expect(outcome.sessions == [session])
        #expect((outcome.recorded, outcome.unrecorded, outcome.denied) == (2, 1, 1))
        #expect(outcome.level == .severe)
        let rows = TrafficSummary(outcomes: [outcome]).description.split(separator: "\n").map {
            $0.split(separator: " ").map(String.init)
        }
        #expect(rows[1] == ["person", "1", "3", "1", "1", "severe"])
        #expect(rows[2] == ["total", "1", "3", "1", "1", "severe"])
    }
}
