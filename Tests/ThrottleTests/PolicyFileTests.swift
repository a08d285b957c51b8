import Testing
import WeirProtocol

@testable import ThrottleCore

@Suite struct PolicyFileTests {
    private func policies(_ text: String) throws -> PolicySet {
        try PolicySet(file: JSONValue(parsing: Array(text.utf8)))
    }

    private func problems(_ text: String) throws -> [String] {
        try #require(#expect(throws: PolicyFileError.self) { try policies(text) }).problems
    }

    @Test func everyProblemAtOnce() throws {
        let found = try problems(
            """
            {"version": 2, "colour": "red", "allow": ["10.0.0.0/40"], "levels": {"score": 0, "decy_s": 5},
             "policies": [
               {"name": "api", "match": {"path_prefix": "api", "class": "martian", "user": 5}, "limits": [
                 {"rate_per_s": -1, "capacity": 3},
                 {"requests": 3, "capacity": 3},
                 {"rate_per_s": 1, "requests": 3, "per_seconds": 1, "capacity": 3, "key": "planet"},
                 {"rate_per_s": 1}]},
               {"name": "api", "limits": []},
               {"shadow": "yes", "limits": [7]}]}
            """)
        for part in [
            "version must be 1", "colour is not known here", "allow has '10.0.0.0/40'", "levels.score must be",
            "levels.decy_s is not known here", "policies[0].match.path_prefix is 'api'",
            "policies[0].match.class is 'martian'", "policies[0].match.user must be",
            "policies[0].limits[0].rate_per_s must be", "policies[0].limits[1] needs rate_per_s",
            "policies[0].limits[2] has rate_per_s and requests", "policies[0].limits[2].key is 'planet'",
            "policies[0].limits[3].capacity is missing", "policies[1].limits must be a list",
            "policies has two policies called 'api'", "policies[2].name is missing", "policies[2].shadow must be",
            "policies[2].limits[0] must be a mapping", "policies needs one called 'default'",
        ] {
            #expect(found.contains { $0.hasPrefix(part) }, "\(part) is not among \(found)")
        }
    }

    @Test(arguments: ["[]", "{}", "7", #"{"version":1}"#, #"{"version":1,"policies":{}}"#])
    func whatIsNoPolicyFileIsRefused(text: String) throws { #expect(try !problems(text).isEmpty) }

    @Test func rateInEitherForm() throws {
        let found = try policies(
            """
            {"version":1,"policies":[{"name":"default","limits":[
              {"rate_per_s":5,"capacity":100},{"requests":300,"per_seconds":60,"capacity":100}]}]}
            """)
        let limits = found.policies[0].limits.filter { !$0.isImplied }.map(\.limit)
        #expect(limits[0] == limits[1])
        #expect(limits[0] == Limit(5, capacity: 100))
    }

    /// A limit that cannot be kept exactly must not vanish.
    @Test(arguments: [("2.718281828459045", "604800"), ("3.141592653589793", "86400"), ("1e-18", "31622400")])
    func aFractionWithTooManyDigitsIsRefused(requests: String, seconds: String) throws {
        let found = try problems(
            """
            {"version":1,"policies":[{"name":"default","limits":[
              {"requests":\(requests),"per_seconds":\(seconds),"capacity":1}]}]}
            """)
        #expect(found.count == 1 && found[0].hasPrefix("policies[0].limits[0].requests "), "\(found)")
    }

    @Test func theFirstThatMatchesAppliesAndDefaultLast() throws {
        let found = try policies(
            """
            {"version":1,"policies":[
              {"name":"default","limits":[{"rate_per_s":1,"capacity":1}]},
              {"name":"login","match":{"path_prefix":["/login","/signin"],"method":"post"},
               "limits":[{"rate_per_s":1,"capacity":1}]},
              {"name":"vip","match":{"user":["ann","bob"]},"limits":[{"rate_per_s":1,"capacity":1}]},
              {"name":"members","match":{"user":true},"limits":[{"rate_per_s":1,"capacity":1}]},
              {"name":"bots","match":{"class":["declared_bot","false_claim"]},"limits":[{"rate_per_s":1,"capacity":1}]},
              {"name":"files","match":{"class":"asset"},"limits":[{"rate_per_s":1,"capacity":1}]}]}
            """)
        let cases: [(ThrottleCheck, VerdictClass?, String)] = [
            (ThrottleCheck(ip: "1.1.1.1", path: "/"), nil, "default"),
            (ThrottleCheck(ip: "1.1.1.1", method: "POST", path: "/login?next=/"), nil, "login"),
            (ThrottleCheck(ip: "1.1.1.1", method: "POST", path: "/signin"), nil, "login"),
            (ThrottleCheck(ip: "1.1.1.1", path: "/login"), nil, "default"),
            (ThrottleCheck(ip: "1.1.1.1", path: "/", user: "bob"), nil, "vip"),
            (ThrottleCheck(ip: "1.1.1.1", path: "/", user: "eve"), nil, "members"),
            (ThrottleCheck(ip: "1.1.1.1", path: "/"), .falseClaim, "bots"),
            (ThrottleCheck(ip: "1.1.1.1", path: "/a.png?x=/"), nil, "files"),
            (ThrottleCheck(ip: "1.1.1.1"), nil, "default"),
        ]
        for (check, verdictClass, name) in cases {
            #expect(
                found.policies[check.withQuestion(fingerprint: "fp_a") { found.applying(to: $0, class: verdictClass) }]
                    .name == name, "\(check)")
        }
    }

    /// A path has many spellings that servers take for one.
    @Test(arguments: [
        ("/admin", "admin"), ("/admin/x?y=1", "admin"), ("/%61dmin", "admin"), ("/%61%64%6D%69%6e", "admin"),
        ("//admin", "admin"), ("/x/../admin", "admin"), ("/./admin", "admin"), ("/x/y/../../admin", "admin"),
        ("/x/%2e%2E/admin", "admin"), ("/%2Fadmin", "admin"), ("/../../admin", "admin"), ("/.//./admin/", "admin"),
        ("/x/%2e%2E%2fadmin", "admin"), ("/a%2Fb/c", "encoded"), ("/a/b/c", "encoded"),
        ("/x/admin", "default"), ("/admi%6", "default"), ("/admi", "default"), ("/?/admin", "default"),
        ("/x?/../admin", "default"), ("/admin/../x", "default"), ("/admin/..", "default"), ("/%2561dmin", "default"),
        ("/", "default"), ("", "default"), ("/.", "default"), ("/..", "default"), ("%", "default"),
        ("/%zzadmin", "default"), ("/.well-known/x", "hidden"), ("/x/.%2E/.well-known/x", "hidden"),
    ])
    func pathsAreMatchedInTheirPlainSpelling(path: String, name: String) throws {
        let found = try policies(
            """
            {"version":1,"policies":[
              {"name":"admin","match":{"path_prefix":"/admin"},"limits":[{"rate_per_s":1,"capacity":1}]},
              {"name":"encoded","match":{"path_prefix":"/a%2fb"},"limits":[{"rate_per_s":1,"capacity":1}]},
              {"name":"hidden","match":{"path_prefix":"/.well-known"},"limits":[{"rate_per_s":1,"capacity":1}]},
              {"name":"default","limits":[{"rate_per_s":1,"capacity":1}]}]}
            """)
        let check = ThrottleCheck(ip: "1.1.1.1", path: path)
        let index = check.withQuestion(fingerprint: "fp_a") { found.applying(to: $0, class: nil) }
        #expect(found.policies[index].name == name)
    }

    @Test func everyNumberIsASetting() throws {
        let found = try policies(
            """
            {"version":1,"levels":{"warning_multiplier":0.8,"severe_multiplier":0.1,"score":70,"requests_per_minute":90,
              "error_rate":0.25,"error_requests":40,"denials":5,"denial_window_s":10,"raise_interval_s":1.5,
              "decay_s":60,"block_s":30,"longest_block_s":120,"repeat_window_s":600,"evidence_age_s":60,
              "ipv4_prefix":24,"ipv6_prefix":48,"prefix_factor":10},
             "policies":[{"name":"default","limits":[{"rate_per_s":1,"capacity":10}]}]}
            """)
        #expect(found.rules.score == 70)
        #expect(found.rules.raiseInterval == 1500)
        #expect((0..<4).map { found.rules.blockDuration(after: $0) } == [30_000, 60_000, 120_000, 120_000])
        let limits = found.policies[0].limits
        #expect(ThrottleLevel.allCases.map { limits[0].limit.capacity(at: $0) } == [10, 8, 1, 0])
        #expect(limits[1].key == .prefix)
        #expect(limits[1].limit.capacity(at: .normal) == 100)
        var throttle = Throttle(found, seed: 1)
        try throttle.report(.sample("v", ip: "203.0.113.7", score: 70, at: 0), now: moment(0))
        let near = try throttle.peek(ThrottleCheck(ip: "203.0.113.99"), fingerprint: "fp_a", now: moment(0))
        #expect(near.level == .warning)
    }
}
