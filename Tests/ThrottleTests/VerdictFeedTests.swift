import Testing
import WeirProtocol

@testable import ThrottleCore

@Suite struct VerdictFeedTests {
    let minute: Int64 = 60_000

    private func level(
        _ throttle: inout Throttle, ip: String = "203.0.113.7", session: String? = nil, fingerprint: String = "fp_a",
        at milliseconds: Int64
    ) throws -> ThrottleLevel {
        try throttle.peek(ThrottleCheck(ip: ip, session: session), fingerprint: fingerprint, now: moment(milliseconds))
            .level
    }

    @Test(arguments: [
        (VerdictReport.sample("v", score: 49, at: 0), ThrottleLevel.normal),
        (.sample("v", score: 50, at: 0), .warning),
        (.sample("v", rate: 60, at: 0), .normal),
        (.sample("v", rate: 60.5, at: 0), .warning),
        (.sample("v", errors: 0.6, requests: 20, at: 0), .normal),
        (.sample("v", errors: 0.5, requests: 21, at: 0), .normal),
        (.sample("v", errors: 0.6, requests: 21, at: 0), .warning),
        (.sample("v", .scanner, at: 0), .severe),
        (.sample("v", .declaredBot, at: 0), .normal),
        (.sample("v", .verifiedBot, score: 99, rate: 500, errors: 1, at: 0), .normal),
        (.sample("v", .behavioralBot, score: 80, rate: 90, errors: 0.9, at: 0), .warning),
    ])
    func eachCauseAtItsThreshold(report: VerdictReport, expected: ThrottleLevel) throws {
        var throttle = Throttle(seed: 1)
        try throttle.report(report, now: moment(0))
        #expect(try level(&throttle, at: 0) == expected)
    }

    @Test func repeatsCountOnce() throws {
        var throttle = Throttle(seed: 1)
        for at in [0, 61_000, 122_000] as [Int64] {
            let reception = try throttle.report(.sample("same", score: 70, at: 0), now: moment(at))
            #expect(reception == (at == 0 ? .taken : .repeated))
        }
        #expect(try level(&throttle, at: 122_000) == .warning)
        #expect(throttle.counters.verdicts == 1)
    }

    /// Whatever order reports arrive in, and however often, the level is the one of the order they were made in.
    @Test(arguments: 0..<20)
    func orderAndRepetitionDoNotMatter(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let reports = (0..<4).map { VerdictReport.sample("v\($0)", score: 70, at: $0 * 10_000) }
        var ordered = Throttle(seed: 1)
        for report in reports { try ordered.report(report, now: moment(40_000)) }
        var shuffled = Throttle(seed: 1)
        for report in (reports + reports).shuffled(using: &random) {
            try shuffled.report(report, now: moment(40_000))
        }
        let expected = try level(&ordered, at: 40_000)
        #expect(try level(&shuffled, at: 40_000) == expected)
        #expect(expected == .warning)
    }

    @Test func staleEvidenceChangesNothing() throws {
        var throttle = Throttle(seed: 1)
        let reception = try throttle.report(.sample("v", .scanner, at: 0), now: moment(15 * minute + 1))
        #expect(reception == .stale)
        #expect(try level(&throttle, at: 15 * minute + 1) == .normal)
    }

    @Test func evidenceFromTheFutureCountsAsOfNow() throws {
        var throttle = Throttle(seed: 1)
        try throttle.report(.sample("v", score: 70, at: 3_600_000), now: moment(0))
        #expect(try level(&throttle, at: 14 * minute) == .warning)
        #expect(try level(&throttle, at: 15 * minute) == .normal)
    }

    /// The others behind a shared address keep their level, however bad one of them is.
    @Test func neighboursAreNotBlocked() throws {
        var throttle = Throttle(seed: 1)
        for step in 0..<6 as Range<Int64> {
            try throttle.report(.sample("v\(step)", .scanner, score: 90, at: step * minute), now: moment(step * minute))
        }
        let now = 5 * minute
        #expect(try level(&throttle, at: now) == .blocked)
        #expect(try level(&throttle, fingerprint: "fp_b", at: now) == .normal)
        #expect(throttle.standing(of: ClientKey("203.0.113.7/32")!, now: moment(now))?.level == .warning)
        // Under warning the address as a whole has half of its four shares.
        var allowed = 0
        for agent in 0..<1000
        where try throttle.check(
            ThrottleCheck(ip: "203.0.113.7"), fingerprint: "fp_n\(agent)", now: moment(now)
        ).allow { allowed += 1 }
        #expect(allowed == 200)
    }

    /// A session known by its token answers for itself; those that merely look like it get a warning at most.
    @Test func aVerifiedSessionAnswersForItself() throws {
        var throttle = Throttle(seed: 1)
        for step in 0..<4 as Range<Int64> {
            let now = step * minute
            _ = try throttle.check(
                ThrottleCheck(ip: "203.0.113.7", session: "sess_a", cost: 90), fingerprint: "fp_a", now: moment(now))
            try throttle.report(.sample("v\(step)", .scanner, score: 90, at: now), now: moment(now))
        }
        #expect(try level(&throttle, session: "sess_a", at: 3 * minute) == .blocked)
        #expect(try level(&throttle, at: 3 * minute) == .warning)
    }

    @Test func aVerifiedCrawlerHasItsOwnPolicy() throws {
        var throttle = Throttle(seed: 1)
        try throttle.report(.sample("v", .verifiedBot, at: 0), now: moment(0))
        let answer = try throttle.check(ThrottleCheck(ip: "203.0.113.7"), fingerprint: "fp_a", now: moment(0))
        #expect(answer.policy == "verified-crawlers")
    }

    @Test func unreadableAddressesAreRefused() {
        var throttle = Throttle(seed: 1)
        #expect(throws: WireError.self) { try throttle.report(.sample("v", ip: "?", at: 0), now: moment(0)) }
    }

    @Test func levelsSurviveARestart() throws {
        var before = Throttle(seed: 1)
        for step in 0..<3 as Range<Int64> {
            try before.report(.sample("v\(step)", score: 90, at: step * minute), now: moment(step * minute))
        }
        let changes = before.takeChanges()
        #expect(before.takeChanges().isEmpty)
        #expect(
            Set(changes.standings.map { "\($0.key)" }) == [
                "203.0.113.7/32+fp_a", "203.0.113.7/32+sess_a", "203.0.113.7/32",
            ])
        var after = Throttle(seed: 2)
        for (key, memory) in changes.standings {
            after.recall(ClientKey("\(key)")!, memory, now: moment(5 * minute))
        }
        let answer = try after.check(ThrottleCheck(ip: "203.0.113.7"), fingerprint: "fp_a", now: moment(5 * minute))
        #expect(!answer.allow)
        #expect(try level(&after, at: 17 * minute) == .severe)
    }

    @Test func changesThatCouldNotBeStoredComeAgain() throws {
        var throttle = Throttle(try .single(1, per: 100, capacity: 1), seed: 1)
        for _ in 0..<30 {
            _ = try throttle.check(ThrottleCheck(ip: "203.0.113.7"), fingerprint: "fp_a", now: moment(0))
        }
        let first = throttle.takeChanges()
        #expect(first.standings.count == 1)
        #expect(first.denials.count == 1)
        throttle.putBack(first)
        let second = throttle.takeChanges()
        #expect(second.standings.map(\.memory) == first.standings.map(\.memory))
        #expect(second.denials == first.denials)
    }
}
