import Testing
import WeirProtocol

@testable import ThrottleCore

@Suite struct BucketTests {
    /// In any window the requests let through never exceed the capacity plus what the rate refills, whatever arrives
    /// and however the level moves.
    @Test(arguments: 0..<60)
    func neverMoreThanBurstPlusRate(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let (tokens, seconds) = (Int128.random(in: 1...50, using: &random), Int128.random(in: 1...20, using: &random))
        let capacity = Int128.random(in: 1...30, using: &random)
        let limit = Limit(tokens, per: seconds, capacity: capacity)
        var bucket = Bucket()
        var now: Int64 = 0
        var level = ThrottleLevel.normal
        var passed: [(at: Int64, cost: Int64)] = []
        for _ in 0..<600 {
            if Int.random(in: 0..<4, using: &random) == 0 {
                now += Int64.random(in: 0...Int64(seconds) * 2000, using: &random)
            }
            if Int.random(in: 0..<20, using: &random) == 0 {
                level = ThrottleLevel.allCases.randomElement(using: &random)!
            }
            let cost = Int64.random(in: 1...3, using: &random)
            bucket.settle(at: now, limit)
            let outcome = bucket.outcome(of: cost, limit, at: level)
            if outcome.allowed {
                bucket.debt += outcome.charge
                passed.append((now, cost))
            }
        }
        for first in passed.indices {
            var sum: Int64 = 0
            for last in first..<passed.count {
                sum += passed[last].cost
                // sum ≤ capacity + tokens/seconds · t, in whole numbers.
                let window = Int128(passed[last].at - passed[first].at)
                #expect(Int128(sum) * seconds * 1000 <= capacity * seconds * 1000 + tokens * window)
            }
        }
    }

    @Test(arguments: 100..<140)
    func waitingAsToldIsEnoughAndNoMoreThanNeeded(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let limit = Limit(
            Int128.random(in: 1...2000, using: &random), per: Int128.random(in: 1...60, using: &random),
            capacity: Int128.random(in: 1...40, using: &random))
        var bucket = Bucket()
        var now: Int64 = 5
        var refusals = 0
        for _ in 0..<300 {
            now += Int64.random(in: 0...3, using: &random)
            let level: ThrottleLevel = [.normal, .warning, .severe].randomElement(using: &random)!
            let cost = Int64.random(in: 1...4, using: &random)
            bucket.settle(at: now, limit)
            let outcome = bucket.outcome(of: cost, limit, at: level)
            bucket.debt += outcome.charge
            guard let wait = outcome.retryAfter else { continue }
            refusals += 1
            for (pause, expected) in [(wait, true), (wait - 1, false)] {
                var later = bucket
                later.settle(at: now + pause, limit)
                #expect(later.outcome(of: cost, limit, at: level).allowed == expected, "after \(pause) of \(wait) ms")
            }
        }
        #expect(refusals > 0)
    }

    @Test(arguments: 200..<230)
    func whatAHarderLevelAllowsAMilderOneDoes(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let limit = Limit(
            Int128.random(in: 1...9, using: &random), per: Int128.random(in: 1...9, using: &random),
            capacity: Int128.random(in: 0...9, using: &random))
        for _ in 0..<200 {
            let most = limit.capacityUnits.max() + limit.tokenUnits.max()
            let bucket = Bucket(debt: Int64.random(in: 0...max(1, most), using: &random), last: 0)
            let cost = Int64.random(in: 0...4, using: &random)
            let outcomes = ThrottleLevel.allCases.map { bucket.outcome(of: cost, limit, at: $0) }
            for (milder, harder) in zip(outcomes, outcomes.dropFirst()) {
                #expect(milder.allowed || !harder.allowed)
            }
            let left = ThrottleLevel.allCases.map { bucket.outcome(of: 0, limit, at: $0).remaining }
            #expect(left == left.sorted(by: >))
        }
    }

    @Test func refusedRequestsCostNothing() {
        let limit = Limit(1, capacity: 2)
        var bucket = Bucket(debt: 0, last: 0)
        for _ in 0..<2 { bucket.debt += bucket.outcome(of: 1, limit, at: .normal).charge }
        for at in stride(from: Int64(0), to: 999, by: 3) {
            bucket.settle(at: at, limit)
            let outcome = bucket.outcome(of: 1, limit, at: .normal)
            #expect(!outcome.allowed)
            #expect(outcome.charge == 0)
            #expect(outcome.retryAfter == 1000 - at)
        }
        bucket.settle(at: 1000, limit)
        #expect(bucket.outcome(of: 1, limit, at: .normal).allowed)
    }

    @Test func levelsScaleRateAndCapacity() {
        let limit = Limit(1, capacity: 8)
        #expect(ThrottleLevel.allCases.map { limit.capacity(at: $0) } == [8, 4, 2, 0])
        for (level, spacing) in [(ThrottleLevel.normal, Int64(1000)), (.warning, 2000), (.severe, 4000)] {
            var bucket = Bucket(debt: 0, last: 0)
            while bucket.outcome(of: 1, limit, at: level).allowed {
                bucket.debt += bucket.outcome(of: 1, limit, at: level).charge
            }
            #expect(bucket.outcome(of: 1, limit, at: level).retryAfter == spacing)
        }
    }

    @Test func severeLeavesRoomForOne() {
        let limit = Limit(1, capacity: 1)
        #expect(ThrottleLevel.allCases.map { limit.capacity(at: $0) } == [1, 1, 1, 0])
        var bucket = Bucket(debt: 0, last: 0)
        bucket.debt += bucket.outcome(of: 1, limit, at: .severe).charge
        #expect(bucket.outcome(of: 1, limit, at: .severe).retryAfter == 4000)
    }

    @Test func aLimitOfNothingAllowsNothing() {
        let limit = Limit(5, capacity: 0)
        let outcome = Bucket().outcome(of: 1, limit, at: .normal)
        #expect(!outcome.allowed)
        #expect(outcome.isNever)
        #expect(outcome.remaining == 0)
        let frozen = Limit(0, capacity: 2)
        var bucket = Bucket()
        bucket.debt += bucket.outcome(of: 2, frozen, at: .normal).charge
        bucket.settle(at: .max, frozen)
        #expect(bucket.outcome(of: 1, frozen, at: .normal).isNever)
        #expect(bucket.outcome(of: 1, frozen, at: .normal).resetAfter == nil)
    }

    @Test(arguments: [
        [Int64.min, Int64.max], [Int64.max, Int64.min], [0, Int64.max, 0], [Int64.min, 0, Int64.min, Int64.max],
    ])
    func clocksAtTheEdgeDoNoHarm(times: [Int64]) {
        let limit = Limit(1_000_000_000, capacity: 1_000_000_000)
        var bucket = Bucket(debt: 0, last: times[0])
        for time in times {
            bucket.settle(at: time, limit)
            for cost in [Int64.max, 1_000_000_000, 1] {
                let outcome = bucket.outcome(of: cost, limit, at: .normal)
                bucket.debt += outcome.charge
                #expect(bucket.debt >= 0)
            }
        }
    }

    @Test func aClockSteppingBackFreesAndPunishesNobody() {
        let limit = Limit(10, capacity: 3)
        var bucket = Bucket(debt: 0, last: 3_600_000)
        for _ in 0..<3 { bucket.debt += bucket.outcome(of: 1, limit, at: .normal).charge }
        bucket.settle(at: 0, limit)
        #expect(bucket.outcome(of: 1, limit, at: .normal).retryAfter == 100)
        bucket.settle(at: 100, limit)
        #expect(bucket.outcome(of: 1, limit, at: .normal).allowed)
    }

    @Test(
        arguments: [
            (0.1, 1, 10), (3.3333, 33333, 10000), (1e-7, 1, 10_000_000), (250, 250, 1), (1e9, 1_000_000_000, 1),
            (0, 0, 1),
            (2.5, 5, 2), (123456.789, 123_456_789, 1000),
        ] as [(Double, Int64, Int64)])
    func decimalsAreReadExactly(value: Double, numerator: Int64, denominator: Int64) {
        let ratio = Ratio(decimal: value)
        #expect(ratio?.numerator == numerator)
        #expect(ratio?.denominator == denominator)
    }

    @Test func impossibleDecimalsAreRefused() {
        for value in [-1, .nan, .infinity, 1e-30, 1e30] { #expect(Ratio(decimal: value) == nil) }
    }

    /// Rates and capacities whose common unit does not fit 60 bits are rounded, always to the stricter side.
    @Test(arguments: [(0.123456789, 1e12), (999_999_999.9, 1e12), (1e-9, 1e6), (7.000000001, 3.3e11)])
    func extremesAreRoundedDown(rate: Double, capacity: Double) throws {
        let limit = try #require(
            Limit(tokensPerSecond: Ratio(decimal: rate)!, capacity: Ratio(decimal: capacity)!))
        let token = Double(limit.tokenUnits[0])
        #expect(Double(limit.unitsPerMs) * 1000 / token <= rate * (1 + 1e-12))
        #expect(Double(limit.unitsPerMs) * 1000 / token >= rate * 0.99)
        #expect(Double(limit.capacityUnits[0]) / token <= capacity * (1 + 1e-12))
        #expect(Double(limit.capacityUnits[0]) / token >= capacity * 0.99)
    }
}
