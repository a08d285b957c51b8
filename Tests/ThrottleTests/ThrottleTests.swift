import Testing
import WeirProtocol

@testable import ThrottleCore

@Suite struct ThrottleTests {
    let minute: Int64 = 60_000

    private func question(
        ip: String = "203.0.113.7", session: String? = nil, user: String? = nil, path: String = "/", cost: Int? = nil
    ) -> ThrottleCheck {
        ThrottleCheck(ip: ip, session: session, path: path, user: user, cost: cost)
    }

    @Test func standardPolicies() throws {
        var throttle = Throttle(seed: 1)
        var pages = 0
        while try throttle.check(question(), fingerprint: "fp_a", now: moment(0)).allow { pages += 1 }
        #expect(pages == 100)
        var assets = 0
        while try throttle.check(question(path: "/a.css?v=1"), fingerprint: "fp_a", now: moment(0)).allow {
            assets += 1
        }
        #expect(assets == 1000)
        // 300 a minute are one in 200 ms.
        #expect(try !throttle.check(question(), fingerprint: "fp_a", now: moment(199)).allow)
        #expect(try throttle.check(question(), fingerprint: "fp_a", now: moment(200)).allow)
    }

    @Test func aDecisionSaysWhereTheClientStands() throws {
        var throttle = Throttle(seed: 1)
        let first = try throttle.check(question(cost: 3), fingerprint: "fp_a", now: moment(0))
        #expect(first.limit == 100)
        #expect(first.remaining == 97)
        #expect(first.reset == 600)
        #expect(first.retryAfter == nil)
        #expect(first.reference == nil)
        #expect(first.policy == "default")
        _ = try throttle.check(question(cost: 97), fingerprint: "fp_a", now: moment(0))
        let refused = try throttle.check(question(), fingerprint: "fp_a", now: moment(0))
        #expect(!refused.allow)
        #expect(refused.remaining == 0)
        #expect((1...2).contains(refused.retryAfter ?? 0))
        #expect(throttle.denial(refused.reference ?? "")?.policy == "default")
    }

    /// New agents behind one address share four times the limit, whatever they call themselves.
    @Test func inventedAgentsGainNothing() throws {
        var throttle = Throttle(seed: 1)
        var allowed = 0
        for agent in 0..<2000 where try throttle.check(question(), fingerprint: "fp_\(agent)", now: moment(0)).allow {
            allowed += 1
        }
        #expect(allowed == 400)
        // And they fill no table: what the address did is held against the address.
        #expect(throttle.standings.count == 1)
        #expect(try throttle.check(question(ip: "203.0.113.8"), fingerprint: "fp_1", now: moment(0)).allow)
    }

    @Test func ipv6IsCountedBy64Bits() throws {
        var throttle = Throttle(seed: 1)
        var allowed = 0
        for host in 0..<200 {
            let ip = "2001:db8:1:2:\(String(host, radix: 16))::1"
            if try throttle.check(question(ip: ip), fingerprint: "fp_a", now: moment(0)).allow { allowed += 1 }
        }
        #expect(allowed == 100)
    }

    @Test func aVerifiedSessionIsAKeyOfItsOwn() throws {
        var throttle = Throttle(seed: 1)
        while try throttle.check(question(), fingerprint: "fp_a", now: moment(0)).allow {}
        #expect(try throttle.check(question(session: "sess_1"), fingerprint: "fp_a", now: moment(0)).allow)
    }

    @Test func badQuestionsAreNamed() {
        var throttle = Throttle(seed: 1)
        for (bad, word) in [
            (question(ip: "localhost"), "ip"), (question(cost: -1), "cost"),
            (ThrottleCheck(ip: "203.0.113.7", policy: "nonesuch"), "nonesuch"),
        ] {
            let error = #expect(throws: WireError.self) {
                try throttle.check(bad, fingerprint: "fp_a", now: moment(0))
            }
            #expect(error?.code == .badBody)
            #expect(error?.message.contains(word) == true)
        }
        #expect(throttle.counters.refusedQuestions == 3)
        #expect(throttle.counters.checks == 0)
    }

    @Test func askingWithoutCostOrPeekingChangesNothing() throws {
        var throttle = Throttle(seed: 1)
        for _ in 0..<500 {
            _ = try throttle.check(question(cost: 0), fingerprint: "fp_a", now: moment(0))
            _ = try throttle.peek(question(), fingerprint: "fp_a", now: moment(0))
        }
        #expect(throttle.buckets.count == 0)
        #expect(try throttle.check(question(), fingerprint: "fp_a", now: moment(0)).remaining == 99)
    }

    @Test(arguments: 0..<20)
    func whoWaitsAsToldGetsThrough(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var throttle = Throttle(try .single(30, per: 60, capacity: 5), seed: seed)
        var now: Int64 = 0
        var refusals = 0
        for _ in 0..<60 {
            now += Int64.random(in: 0...1500, using: &random)
            let answer = try throttle.check(question(), fingerprint: "fp_a", now: moment(now))
            guard !answer.allow else { continue }
            refusals += 1
            let wait = try #require(answer.retryAfter)
            #expect(wait >= 1)
            now += Int64(wait) * 1000
            #expect(try throttle.check(question(), fingerprint: "fp_a", now: moment(now)).allow)
        }
        #expect(refusals > 0)
    }

    @Test func whoWaitsOutABlockGetsThrough() throws {
        var throttle = Throttle(seed: 3)
        for step in 0..<3 as Range<Int64> {
            try throttle.report(.sample("v\(step)", score: 60, at: step * minute), now: moment(step * minute))
        }
        let now = 3 * minute
        let refused = try throttle.check(question(), fingerprint: "fp_a", now: moment(now))
        #expect(!refused.allow)
        #expect(refused.level == .blocked)
        let wait = try #require(refused.retryAfter)
        #expect((14 * 60...15 * 60 + 31).contains(wait))
        let later = try throttle.check(question(), fingerprint: "fp_a", now: moment(now + Int64(wait) * 1000))
        #expect(later.allow)
        #expect(later.level == .severe)
    }

    @Test func overTheEndsOfClocksNothingTraps() throws {
        var throttle = Throttle(seed: 1)
        for time in [Int64.min, 0, .max, .min, .max, -1] {
            let now = Moment(monotonic: time, wall: Timestamp(milliseconds: time))
            _ = try throttle.check(question(cost: 90), fingerprint: "fp_a", now: now)
            try throttle.report(.sample("v\(time)", .scanner, score: 99, at: 0), now: now)
            throttle.sweep(now: now)
            _ = throttle.takeChanges()
        }
    }

    /// The wall clock may go where it likes: buckets and levels follow the other one.
    @Test func aSteppedWallClockFreesAndLocksOutNobody() throws {
        var throttle = Throttle(seed: 1)
        for step in 0..<3 as Range<Int64> {
            try throttle.report(.sample("v\(step)", score: 60, at: step * minute), now: moment(step * minute))
        }
        for hours in [-1, 1] as [Int64] {
            var now = moment(4 * minute)
            now.wall = now.wall + hours * 3_600_000
            #expect(try !throttle.check(question(), fingerprint: "fp_a", now: now).allow)
            #expect(try throttle.check(question(), fingerprint: "fp_b", now: now).allow)
        }
    }

    @Test func shadowDecidesAndCountsButAllows() throws {
        var throttle = Throttle(try .single(1, per: 1, capacity: 1), seed: 1, shadow: true)
        _ = try throttle.check(question(), fingerprint: "fp_a", now: moment(0))
        let answer = try throttle.check(question(), fingerprint: "fp_a", now: moment(0))
        #expect(answer.allow)
        #expect(answer.shadow)
        #expect(answer.reference != nil)
        #expect(throttle.counters.shadowDenied == 1)
        #expect(throttle.counters.denied == 0)
    }

    @Test func severalLimitsAreAskedBeforeAnyIsCharged() throws {
        let policies = try PolicySet(
            file: [
                "version": 1,
                "policies": [
                    [
                        "name": "default",
                        "limits": [
                            ["rate_per_s": 2, "capacity": 2],
                            ["requests": 3, "per_seconds": 3600, "capacity": 3],
                        ],
                    ]
                ],
            ])
        var throttle = Throttle(policies, seed: 1)
        let remaining = try ([0, 0, 0, 1000, 1000, 2000] as [Int64]).map {
            let answer = try throttle.check(question(), fingerprint: "fp_a", now: moment($0))
            return answer.allow ? answer.remaining : -answer.remaining - 1
        }
        // Third: the second's limit refuses and the hour's is not charged, so a second later one more goes through.
        #expect(remaining == [1, 0, -1, 0, -1, -1])
        let refused = try throttle.check(question(), fingerprint: "fp_a", now: moment(2000))
        #expect((1198...1320).contains(refused.retryAfter ?? 0))
        #expect(refused.limit == 3)
    }

    @Test func denialsOfOneClientShareAReference() throws {
        var throttle = Throttle(try .single(1, per: 1000, capacity: 1), seed: 1)
        _ = try throttle.check(question(), fingerprint: "fp_a", now: moment(0))
        let references = try ([0, 10, 59_999, 60_000] as [Int64]).map {
            try throttle.check(question(), fingerprint: "fp_a", now: moment($0)).reference!
        }
        #expect(Set(references).count == 2)
        #expect(references[0] == references[2])
        let denial = try #require(throttle.denial(references[0]))
        #expect(denial.count == 3)
        #expect(denial.reason == .quota)
        #expect("\(denial.key)" == "203.0.113.7/32+fp_a")
        #expect(throttle.denial("thr0000000000") == nil)
        #expect(throttle.denial("nonsense") == nil)
    }

    @Test func theLogOfDenialsIsBounded() throws {
        var bounds = Throttle.Bounds()
        bounds.denials = 10
        var throttle = Throttle(try .single(1, per: 1000, capacity: 1), seed: 5, bounds: bounds)
        var references: [String] = []
        for client in 0..<30 {
            let ip = "198.51.100.\(client)"
            _ = try throttle.check(question(ip: ip), fingerprint: "fp_a", now: moment(0))
            references.append(try throttle.check(question(ip: ip), fingerprint: "fp_a", now: moment(0)).reference!)
        }
        #expect(Set(references).count == 30)
        #expect(references.map { throttle.denial($0) != nil } == (0..<30).map { $0 >= 20 })
    }

    @Test func sustainedDenialsRaiseTheLevel() throws {
        var throttle = Throttle(try .single(60, per: 60, capacity: 4), seed: 1)
        var levels: [ThrottleLevel] = []
        for tick in 0..<2000 as Range<Int64> {
            let level = try throttle.check(question(), fingerprint: "fp_a", now: moment(tick * 100)).level
            if levels.last != level { levels.append(level) }
        }
        #expect(levels == [.normal, .warning, .severe, .blocked])
        // Being kept out is no offence: the block ends when it said.
        let answer = try throttle.check(question(), fingerprint: "fp_a", now: moment(200_000 + 16 * minute))
        #expect(answer.level == .severe)
    }

    @Test func aPersonWhoHurriesOnceKeepsTheLevel() throws {
        var throttle = Throttle(seed: 1)
        for _ in 0..<115 { _ = try throttle.check(question(), fingerprint: "fp_a", now: moment(0)) }
        #expect(try throttle.check(question(), fingerprint: "fp_a", now: moment(10_000)).level == .normal)
    }

    @Test func otherPoliciesKeepLevelsAndOverrides() throws {
        var throttle = Throttle(seed: 1)
        try throttle.report(.sample("v", .scanner, at: 0), now: moment(0))
        try throttle.set(Override(.block, .user("eve"), until: nil, reason: "test"))
        throttle.adopt(try .single(1, per: 1, capacity: 1))
        #expect(try throttle.check(question(), fingerprint: "fp_a", now: moment(0)).level == .severe)
        #expect(try !throttle.check(question(user: "eve"), fingerprint: "fp_b", now: moment(0)).allow)
    }
}
