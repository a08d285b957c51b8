import Testing
import WeirProtocol

@testable import ThrottleCore

/// Levels that the shared server told, while it is away.
@Suite struct LearntLevelTests {
    private let minute: Int64 = 60_000
    private let check = ThrottleCheck(ip: "203.0.113.7")

    /// A throttle that was told: level, how long it lasts, and the same of the address.
    private func told(_ levels: [Int64], _ throttle: Throttle = Throttle(seed: 1), at now: Int64 = 0) throws -> Throttle
    {
        var throttle = throttle
        let answer = try #require(SharedAnswer(levels + [0, 0]))
        _ = try throttle.check(check, fingerprint: "fp_a", shared: answer, now: moment(now))
        return throttle
    }

    private func levels(_ throttle: Throttle, at times: [Int64]) throws -> [ThrottleLevel] {
        var throttle = throttle
        return try times.map { try throttle.peek(check, fingerprint: "fp_a", now: moment($0)).level }
    }

    @Test func theyHoldOnUntilTheyWouldHaveFallen() throws {
        let blocked = try told([3, 10 * minute, 0, 0])
        let times = [0, 10 * minute - 1, 10 * minute, 25 * minute - 1, 25 * minute, 40 * minute - 1, 40 * minute]
        #expect(
            try levels(blocked, at: times) == [.blocked, .blocked, .severe, .severe, .warning, .warning, .normal])
        let severe = try told([2, 5 * minute, 0, 0])
        #expect(
            try levels(severe, at: [0, 5 * minute - 1, 5 * minute, 20 * minute]) == [
                .severe, .severe, .warning, .normal,
            ])
        var waiting = blocked
        let refused = try waiting.check(check, fingerprint: "fp_a", now: moment(minute))
        #expect(!refused.allow)
        #expect((9 * 60...9 * 60 + 31).contains(refused.retryAfter ?? 0))
        // The next client is not concerned.
        #expect(try waiting.check(check, fingerprint: "fp_b", now: moment(minute)).level == .normal)
    }

    @Test func theAddressHasItsOwn() throws {
        var throttle = try told([0, 0, 1, 5 * minute])
        // Half of four times the pair's limit, for all clients behind it.
        var allowed = 0
        for agent in 0..<1000 where try throttle.check(check, fingerprint: "fp_\(agent)", now: moment(0)).allow {
            allowed += 1
        }
        #expect((199...200).contains(allowed))
    }

    @Test func whatTheServerSaysLastCounts() throws {
        let milder = try told([1, minute, 0, 0], told([3, 10 * minute, 0, 0]), at: 1000)
        #expect(try levels(milder, at: [2000]) == [.warning])
        let forgiven = try told([0, 0, 0, 0], told([3, 10 * minute, 0, 0]), at: 1000)
        #expect(try levels(forgiven, at: [2000]) == [.normal])
        #expect(forgiven.learnt.count == 0)
    }

    @Test func theyAreNeitherStoredNorTold() throws {
        var throttle = Throttle(seed: 1)
        throttle.tellAll()
        throttle = try told([2, minute, 1, minute], throttle)
        #expect(throttle.takeChanges().standings.isEmpty)
        #expect(throttle.takeUntold(now: moment(0)).isEmpty)
        let question = try throttle.sharedQuestion(check, fingerprint: "fp_a", now: moment(0))
        // What a question says of levels is the throttle's own.
        #expect(question?.arguments[2...3] == [0, 0])
    }

    @Test func theyAreBounded() throws {
        var bounds = Throttle.Bounds()
        bounds.standings = 10
        var throttle = Throttle(seed: 1, bounds: bounds)
        for client in 0..<50 {
            let answer = try #require(SharedAnswer([3, minute, 0, 0, 0, 0]))
            _ = try throttle.check(check, fingerprint: "fp_\(client)", shared: answer, now: moment(0))
        }
        #expect(throttle.learnt.count == 10)
        for step in 0..<100 as Range<Int64> { throttle.sweep(now: moment(60 * minute + step)) }
        #expect(throttle.learnt.count == 0)
    }

    /// What changed is told once, and everything again when asked for.
    @Test func ownLevelsAreTold() throws {
        var throttle = Throttle(seed: 1)
        throttle.tellAll()
        try throttle.report(.sample("v1", .scanner, at: 0), now: moment(0))
        #expect(throttle.takeUntold(limit: 2, now: moment(0)).count == 2)
        #expect(throttle.takeUntold(now: moment(0)).count == 1)
        #expect(throttle.takeUntold(now: moment(0)).isEmpty)
        throttle.tellAll()
        let all = throttle.takeUntold(now: moment(1000))
        #expect(
            Set(all.map(\.key)) == [
                "weir:level:203.0.113.7/32+fp_a", "weir:level:203.0.113.7/32+sess_a", "weir:level:203.0.113.7/32",
            ])
        // Telling takes nothing from what is to be stored, as it is when it has fallen meanwhile.
        throttle.tellAll()
        #expect(throttle.takeUntold(now: moment(31 * minute)).isEmpty)
        #expect(throttle.takeChanges().standings.count == 3)
    }
}
