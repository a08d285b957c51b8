import Testing
import WeirProtocol

@testable import ThrottleCore

/// What a new process makes of what the one before it has stored.
@Suite struct RestartTests {
    private let minute: Int64 = 60_000
    private let pair = ClientKey("203.0.113.7/32+fp_a")!

    /// Another throttle that has taken up what `before` would have stored at `now`.
    private func restarted(_ before: inout Throttle, at now: Int64) -> Throttle {
        var after = Throttle(seed: 2)
        for (key, memory) in before.takeChanges().standings { after.recall(key, memory, now: moment(now)) }
        return after
    }

    private func level(_ throttle: Throttle, at now: Int64) -> ThrottleLevel? {
        throttle.standing(of: pair, now: moment(now))?.level
    }

    /// Detectors send the verdicts of the last quarter of an hour again to a throttle that they connect to.
    @Test func verdictsThatComeAgainChangeNothing() throws {
        var before = Throttle(seed: 1)
        let reports: [VerdictReport] = [
            .sample("v1", .scanner, at: 0), .sample("v2", .scanner, score: 70, at: 30_000),
            .sample("v3", .scanner, at: 50_000),
        ]
        for report in reports {
            try before.report(report, now: moment(report.at.milliseconds - moment(0).wall.milliseconds))
        }
        #expect(level(before, at: 55_000) == .blocked)
        let until = before.standing(of: pair, now: moment(55_000))?.blockedUntil
        var after = restarted(&before, at: 60_000)
        for report in reports { try after.report(report, now: moment(61_000)) }
        #expect(level(after, at: 61_000) == .blocked)
        #expect(after.standing(of: pair, now: moment(61_000))?.blockedUntil == until)
        #expect(after.standing(of: pair, now: moment(61_000))?.blocks == 1)
        #expect(after.counters.raises == 0)

        var scanned = Throttle(seed: 1)
        try scanned.report(reports[0], now: moment(0))
        var again = restarted(&scanned, at: 90_000)
        try again.report(reports[0], now: moment(90_000))
        #expect(level(again, at: 90_000) == .severe)
    }

    @Test func aCauseStillCountsOnceInAMinute() throws {
        var before = Throttle(seed: 1)
        try before.report(.sample("v1", score: 70, at: 0), now: moment(0))
        var after = restarted(&before, at: 10_000)
        try after.report(.sample("v2", score: 70, at: 20_000), now: moment(20_000))
        #expect(level(after, at: 20_000) == .warning)
        try after.report(.sample("v3", rate: 90, at: 21_000), now: moment(21_000))
        #expect(level(after, at: 21_000) == .severe)
        try after.report(.sample("v4", score: 70, at: minute), now: moment(minute))
        #expect(level(after, at: minute) == .blocked)
    }

    /// A detector whose clock is ahead does not make the throttle deaf to what it says next.
    @Test func verdictsFromTheFutureSilenceNobody() throws {
        var before = Throttle(seed: 1)
        try before.report(.sample("v1", score: 70, at: 60 * minute), now: moment(0))
        var after = restarted(&before, at: minute)
        try after.report(.sample("v2", score: 70, at: 2 * minute), now: moment(2 * minute))
        #expect(level(after, at: 2 * minute) == .severe)
    }

    /// Of a fingerprint as long as a header may be, and of an empty one, too.
    @Test(arguments: ["", String(repeating: "x", count: 9000), "sess_" + String(repeating: "é", count: 300)])
    func everyKeyIsTakenUpAgain(fingerprint: String) throws {
        var before = Throttle(seed: 1)
        try before.report(.sample("v1", fingerprint: fingerprint, .scanner, at: 0), now: moment(0))
        var after = Throttle(seed: 2)
        for (key, memory) in before.takeChanges().standings {
            #expect("\(key)".utf8.count <= ClientKey.textLimit)
            after.recall(try #require(ClientKey("\(key)")), memory, now: moment(0))
        }
        let check = ThrottleCheck(ip: "203.0.113.7")
        #expect(try after.check(check, fingerprint: fingerprint, now: moment(0)).level == .severe)
        #expect(try after.check(check, fingerprint: fingerprint + "y", now: moment(0)).level == .normal)
    }

    /// When a level is forgiven is stored with it, and so stored anew when the policy file says otherwise.
    @Test func otherNumbersAreStoredWithTheLevels() throws {
        var throttle = Throttle(seed: 1)
        try throttle.report(.sample("v1", .scanner, at: 0), now: moment(0))
        #expect(!throttle.takeChanges().isEmpty)
        throttle.adopt(try .single(1, per: 1, capacity: 1))
        #expect(throttle.takeChanges().isEmpty)
        let slower = try PolicySet(
            file: [
                "version": 1, "levels": ["decay_s": 7200],
                "policies": [["name": "default", "limits": [["rate_per_s": 1, "capacity": 1]]]],
            ])
        throttle.adopt(slower)
        let changes = throttle.takeChanges()
        let memory = try #require(changes.standings.first { $0.key == pair }?.memory)
        #expect(memory.normalAgain(changes.rules) == moment(2 * 7_200_000).monotonic)
    }

    @Test func aBlockedClientIsNormalAfterTheBlockAndTwoSteps() {
        let rules = LevelRules()
        let memory = Standing.Memory(
            level: .blocked, cleanSince: 0, blockedUntil: 15 * minute, lastBlockEnd: 15 * minute, blocks: 1)
        #expect(memory.normalAgain(rules) == 45 * minute)
        // Until a further block would be the first one, it is kept.
        #expect(memory.forgotten(rules) == 15 * minute + 24 * 60 * minute)
        #expect(Standing.Memory(level: .normal, cleanSince: 7).normalAgain(rules) == 7)
    }
}
