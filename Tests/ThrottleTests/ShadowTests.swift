import Testing
import WeirProtocol

@testable import ThrottleCore

/// What a trial may do, and what it may not.
@Suite struct ShadowTests {
    private let check = ThrottleCheck(ip: "203.0.113.7", path: "/trial")

    private func policies(blocked: [String] = []) throws -> PolicySet {
        try PolicySet(
            file: [
                "version": 1, "block": .array((blocked + ["192.0.2.0/24"]).map(JSONValue.string)),
                "policies": [
                    [
                        "name": "trial", "match": ["path_prefix": "/trial"], "shadow": true,
                        "limits": [["requests": 1, "per_seconds": 3600, "capacity": 1]],
                    ],
                    ["name": "default", "limits": [["rate_per_s": 100, "capacity": 1000]]],
                ],
            ])
    }

    @Test func aPolicyOnTrialRaisesNoLevel() throws {
        var throttle = Throttle(try policies(), seed: 1)
        for second in 0..<600 as Range<Int64> {
            let answer = try throttle.check(check, fingerprint: "fp_a", now: moment(second * 1000))
            #expect(answer.allow)
            #expect(answer.shadow == (second > 0))
            #expect(answer.level == .normal)
        }
        #expect(throttle.counters.raises == 0)
        let elsewhere = try throttle.check(
            ThrottleCheck(ip: "203.0.113.7", path: "/"), fingerprint: "fp_a", now: moment(600_000))
        #expect(elsewhere.level == .normal)
        #expect(elsewhere.remaining == 999)
    }

    /// Everything in shadow: levels are shown as they would be, and nothing is enforced by them.
    @Test func whereEverythingIsOnTrialLevelsAreShown() throws {
        var throttle = Throttle(try .single(1, per: 1, capacity: 1), seed: 1, shadow: true)
        for tick in 0..<1200 as Range<Int64> {
            #expect(try throttle.check(check, fingerprint: "fp_a", now: moment(tick * 200)).allow)
        }
        let peeked = try throttle.peek(check, fingerprint: "fp_a", now: moment(240_000))
        #expect(peeked.level == .blocked)
        #expect(peeked.allow)
        #expect(peeked.shadow)
        let free = ThrottleCheck(ip: "203.0.113.7", path: "/trial", cost: 0)
        #expect(try throttle.check(free, fingerprint: "fp_a", now: moment(240_000)).allow)
    }

    /// An operator's word is no trial.
    @Test(arguments: [true, false]) func whoIsBlockedByHandIsRefused(everything: Bool) throws {
        var throttle = Throttle(try policies(), seed: 1, shadow: everything)
        try throttle.set(Override(.block, .fingerprint("fp_bad"), until: nil, reason: "test"))
        let path = everything ? "/" : "/trial"
        for (ip, fingerprint) in [("203.0.113.7", "fp_bad"), ("192.0.2.9", "fp_a")] {
            let asked = ThrottleCheck(ip: ip, path: path)
            #expect(try !throttle.peek(asked, fingerprint: fingerprint, now: moment(0)).allow)
            let refused = try throttle.check(asked, fingerprint: fingerprint, now: moment(0))
            #expect(!refused.allow)
            #expect(!refused.shadow)
            #expect(throttle.denial(refused.reference ?? "")?.shadow == false)
        }
        #expect(throttle.counters.denied == 2)
        #expect(throttle.counters.shadowDenied == 0)
    }
}
