import Testing
import WeirProtocol

@testable import ThrottleCore

@Suite struct OverrideTests {
    private func ask(
        _ throttle: inout Throttle, ip: String = "203.0.113.7", user: String? = nil, fingerprint: String = "fp_a",
        at milliseconds: Int64 = 0
    ) throws -> ThrottleDecision {
        try throttle.check(ThrottleCheck(ip: ip, user: user), fingerprint: fingerprint, now: moment(milliseconds))
    }

    @Test(arguments: [
        "203.0.113.7", "203.0.113.0/24", "0.0.0.0/0", "fp_a", "user:eve", "203.0.113.7/32+fp_a", "203.0.113.7+fp_a",
    ])
    func eachKindOfKeyBlocks(text: String) throws {
        var throttle = Throttle(seed: 1)
        let key = try ClientKey(typed: text, LevelRules())
        try throttle.set(Override(.block, key, until: moment(5000).monotonic, reason: "test"))
        let refused = try ask(&throttle, user: "eve")
        #expect(!refused.allow)
        #expect(refused.level == .blocked)
        #expect((5...6).contains(refused.retryAfter ?? 0))
        #expect(throttle.denial(refused.reference ?? "")?.note == "test")
        #expect(try ask(&throttle, ip: "2001:db8::1", fingerprint: "fp_b").allow)
        #expect(try ask(&throttle, user: "eve", at: 5000).allow)
    }

    @Test func theMoreParticularWins() throws {
        var throttle = Throttle(seed: 1)
        let steps: [(String, Override.Action)] = [
            ("203.0.0.0/8", .block), ("203.0.113.0/24", .allow), ("203.0.113.7", .block), ("fp_a", .allow),
            ("user:eve", .block), ("203.0.113.7/32+fp_a", .allow),
        ]
        for (text, action) in steps {
            try throttle.set(Override(action, ClientKey(text)!, until: nil, reason: text))
            #expect(try ask(&throttle, user: "eve").allow == (action == .allow), "\(text)")
        }
        for (text, _) in steps.reversed() { #expect(throttle.clear(ClientKey(text)!) == true) }
        #expect(throttle.clear(ClientKey("fp_a")!) == false)
        #expect(try ask(&throttle, user: "eve").allow)
    }

    /// The fingerprint is in the check, whether or not there is a verified session beside it.
    @Test(arguments: [("203.0.113.7", "203.0.113.7+fp_a"), ("2001:db8:1::5", "2001:db8:1::5+fp_a")])
    func aPairsWordHoldsForItsSessions(ip: String, text: String) throws {
        var throttle = Throttle(seed: 1)
        try throttle.set(Override(.block, ClientKey(typed: text, LevelRules()), until: nil, reason: "test"))
        let asked = ThrottleCheck(ip: ip, session: "sess_verified")
        #expect(try !throttle.check(asked, fingerprint: "fp_a", now: moment(0)).allow)
        #expect(try throttle.check(asked, fingerprint: "fp_b", now: moment(0)).allow)
        // The session's own word is the more particular one.
        try throttle.set(
            Override(.allow, ClientKey(typed: ip + "+sess_verified", LevelRules()), until: nil, reason: "test"))
        #expect(try throttle.check(asked, fingerprint: "fp_a", now: moment(0)).allow)
        #expect(try !ask(&throttle, ip: ip).allow)
    }

    @Test func theAllowedAreNeitherLimitedNorCharged() throws {
        var throttle = Throttle(try .single(1, per: 10, capacity: 1), seed: 1)
        try throttle.set(Override(.allow, ClientKey("203.0.113.7")!, until: nil, reason: "monitoring"))
        for _ in 0..<50 { #expect(try ask(&throttle).allow) }
        #expect(throttle.clear(ClientKey("203.0.113.7")!) == true)
        #expect(try ask(&throttle).allow)
        #expect(try !ask(&throttle).allow)
    }

    @Test func aWordOfAPersonGoesBeforeTheFile() throws {
        let policies = try PolicySet(
            file: [
                "version": 1, "allow": ["198.51.100.0/24"], "block": "203.0.113.0/24",
                "policies": [["name": "default", "limits": [["rate_per_s": 1, "capacity": 1]]]],
            ])
        var throttle = Throttle(policies, seed: 1)
        #expect(try !ask(&throttle).allow)
        for _ in 0..<5 { #expect(try ask(&throttle, ip: "198.51.100.9").allow) }
        try throttle.set(Override(.allow, ClientKey("203.0.113.0/24")!, until: nil, reason: "customer"))
        #expect(try ask(&throttle).allow)
    }

    @Test func thereAreOnlySoMany() throws {
        var throttle = Throttle(seed: 1)
        for number in 0..<Overrides.capacity {
            try throttle.set(Override(.block, .user("\(number)"), until: nil, reason: "x"))
        }
        #expect(throws: WireError.self) {
            try throttle.set(Override(.block, .user("one more"), until: nil, reason: "x"))
        }
        try throttle.set(Override(.allow, .user("7"), until: moment(1).monotonic, reason: "replaced"))
        throttle.sweep(now: moment(2))
        try throttle.set(Override(.block, .user("one more"), until: nil, reason: "x"))
    }
}
