import Testing
import WeirProtocol

@testable import ThrottleCore

@Suite struct StandingTests {
    let rules = LevelRules()
    let minute: Int64 = 60_000

    @Test func risesOneStepPerCauseAndMinute() {
        var standing = Standing(now: 0)
        let raised = [0, 59_999, 60_000, 90_000, 120_000].map {
            standing.offend([.score], at: $0, now: $0, rules)
        }
        #expect(raised == [true, false, true, false, true])
        #expect(standing.level == .blocked)
        #expect(standing.history.map(\.to) == [.warning, .severe, .blocked])
    }

    @Test func anotherCauseDoesNotWait() {
        var standing = Standing(now: 0)
        _ = standing.offend([.score], at: 0, now: 0, rules)
        _ = standing.offend([.pageRate], at: 1000, now: 1000, rules)
        #expect(standing.level == .severe)
    }

    @Test func severalCausesAtOnceAreOneStep() {
        var standing = Standing(now: 0)
        _ = standing.offend([.score, .pageRate, .errors], at: 0, now: 0, rules)
        #expect(standing.level == .warning)
        // Each of them is spent for a minute.
        #expect(standing.offend([.errors], at: 30_000, now: 30_000, rules) == false)
    }

    @Test func aScannerGoesStraightToSevere() {
        var standing = Standing(now: 0)
        _ = standing.offend([.scanner, .score], at: 0, now: 0, rules)
        #expect(standing.level == .severe)
        _ = standing.offend([.scanner], at: minute, now: minute, rules)
        #expect(standing.level == .blocked)
    }

    @Test func fallsOneStepPerFifteenCleanMinutes() {
        var standing = Standing(now: 0)
        _ = standing.offend([.scanner], at: 0, now: 0, rules)
        let levels = [14 * minute + 59_999, 15 * minute, 29 * minute, 30 * minute].map { now in
            standing.settle(at: now, rules)
            return standing.level
        }
        #expect(levels == [.severe, .warning, .warning, .normal])
    }

    @Test func anOffenceThatRaisesNothingStillBreaksTheCleanTime() {
        var standing = Standing(now: 0)
        _ = standing.offend([.score], at: 0, now: 0, rules)
        #expect(standing.offend([.score], at: 30_000, now: 30_000, rules) == false)
        standing.settle(at: 15 * minute, rules)
        #expect(standing.level == .warning)
        standing.settle(at: 15 * minute + 30_000, rules)
        #expect(standing.level == .normal)
    }

    @Test func lookingOftenOrSeldomMakesNoDifference() {
        var often = Standing(now: 0)
        _ = often.offend([.scanner], at: 0, now: 0, rules)
        _ = often.offend([.scanner], at: minute, now: minute, rules)
        var seldom = often
        for now in stride(from: Int64(0), through: 100 * minute, by: 1000) {
            often.settle(at: now, rules)
            var copy = seldom
            copy.settle(at: now, rules)
            #expect(copy.level == often.level)
        }
        seldom.settle(at: 100 * minute, rules)
        #expect(seldom.history == often.history)
    }

    /// 15 minutes, 30, 60 … 24 hours at most; a day without one and it begins anew.
    @Test func blocksDouble() {
        #expect(
            (0..<9).map { rules.blockDuration(after: $0) / minute } == [15, 30, 60, 120, 240, 480, 960, 1440, 1440])
        #expect(rules.blockDuration(after: .max) == rules.longestBlock)
        var standing = Standing(now: 0)
        var now: Int64 = 0
        var lengths: [Int64] = []
        for _ in 0..<9 {
            while standing.level != .blocked {
                _ = standing.offend([.score], at: now, now: now, rules)
                now += minute
            }
            lengths.append((standing.blockedUntil - standing.history.last!.at) / minute)
            now = standing.blockedUntil
            standing.settle(at: now, rules)
            #expect(standing.level == .severe)
        }
        #expect(lengths == [15, 30, 60, 120, 240, 480, 960, 1440, 1440])
        now += rules.repeatWindow
        standing.settle(at: now, rules)
        #expect(standing.level == .normal)
        for _ in 0..<3 {
            _ = standing.offend([.score], at: now, now: now, rules)
            now += minute
        }
        #expect((standing.blockedUntil - standing.history.last!.at) / minute == 15)
    }

    @Test func offencesDuringABlockDoNotProlongIt() {
        var standing = Standing(now: 0)
        for step in 0..<3 { _ = standing.offend([.score], at: Int64(step) * minute, now: Int64(step) * minute, rules) }
        let until = standing.blockedUntil
        for step in 3..<17 { _ = standing.offend([.score], at: Int64(step) * minute, now: Int64(step) * minute, rules) }
        #expect(standing.blockedUntil == until)
    }

    @Test func sharedAddressesStopAtWarning() {
        var standing = Standing(now: 0, ceiling: .warning)
        for step in 0..<5 {
            _ = standing.offend([.scanner], at: Int64(step) * minute, now: Int64(step) * minute, rules)
        }
        #expect(standing.level == .warning)
    }

    @Test func lateEvidenceIsForgivenFromItsOwnTime() {
        var standing = Standing(now: 0)
        _ = standing.offend([.score], at: 0, now: 10 * minute, rules)
        standing.settle(at: 15 * minute, rules)
        #expect(standing.level == .normal)
    }

    @Test func denialsBecomeSustainedByNumberNotByBurstsFarApart() {
        var standing = Standing(now: 0)
        #expect((0..<20).allSatisfy { _ in !standing.countDenial(at: 0, rules) })
        #expect(standing.countDenial(at: 0, rules) == true)
        var patient = Standing(now: 0)
        // One every four seconds is fifteen a minute.
        #expect((0..<200).allSatisfy { !patient.countDenial(at: Int64($0) * 4000, rules) })
        // One every second and a half is forty a minute: the 21st is one too many.
        var pushing = Standing(now: 0)
        #expect((0..<30).map { pushing.countDenial(at: Int64($0) * 1500, rules) }.firstIndex(of: true) == 20)
    }

    @Test func manyDenialsInAShortWindowAreCountedExactly() {
        var rules = LevelRules()
        (rules.denials, rules.denialWindow) = (5000, 1000)
        var standing = Standing(now: 0)
        #expect((0..<6000).map { standing.countDenial(at: Int64($0) / 10, rules) }.firstIndex(of: true) == 5000)
    }

    @Test func whatIsRememberedIsTakenUpAgain() {
        let both = { (now: Int64) in Moment(monotonic: now, wall: Timestamp(milliseconds: now)) }
        var before = Standing(now: 0)
        for step in 0..<3 { _ = before.offend([.score], at: Int64(step) * minute, now: Int64(step) * minute, rules) }
        var after = Standing(now: 10 * minute)
        after.recall(before.memory, now: both(10 * minute), rules)
        #expect(after.level == .blocked)
        #expect(after.blockedUntil == before.blockedUntil)
        var late = Standing(now: 40 * minute)
        late.recall(before.memory, now: both(40 * minute), rules)
        before.settle(at: 40 * minute, rules)
        #expect(late.level == before.level)
        #expect(late.cleanSince == before.cleanSince)
    }

    @Test func theNewestVerdictNamesTheClass() {
        var standing = Standing(now: 0)
        #expect(standing.classify(.declaredBot, evidence: 100) == true)
        #expect(standing.classify(.human, evidence: 50) == false)
        #expect(standing.verdictClass == .declaredBot)
        #expect(standing.classify(.human, evidence: 200) == true)
        #expect(standing.verdictClass == nil)
    }
}
