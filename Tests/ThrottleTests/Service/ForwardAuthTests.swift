import Testing
import ThrottleCore
import WeirProtocol

@testable import throttle

@Suite struct ForwardAuthTests {
    private func auth(capacity: Int = 100, trusted: [String] = [], shadow: Bool = false) throws -> ForwardAuth {
        let policies = try PolicySet.single(300, per: 60, capacity: capacity)
        return ForwardAuth(
            engine: ThrottleEngine(Throttle(policies, seed: 1, shadow: shadow)),
            trusted: trusted.map { NetworkPrefix($0)! })
    }

    private func ask(
        _ auth: ForwardAuth, _ target: String = "/check", method: String = "GET",
        _ headers: [String: String] = ["x-forwarded-for": "203.0.113.7"]
    ) -> HTTPAnswer { auth.answer(method, target) { headers[$0] } }

    private func header(_ answer: HTTPAnswer, _ name: String) -> String? {
        answer.headers.first { $0.name == name }?.value
    }

    @Test func anAllowedRequest() throws {
        let answer = ask(try auth())
        #expect(answer.status == 204)
        #expect(header(answer, "X-Throttle-Level") == "normal")
        #expect(header(answer, "RateLimit-Policy") == #""default";q=100;w=20"#)
        #expect(header(answer, "RateLimit") == #""default";r=99;t=1"#)
        #expect(answer.body.isEmpty)
    }

    @Test(arguments: [("/check", 403), ("/check?style=429", 429)])
    func aRefusedRequest(target: String, status: Int) throws {
        let auth = try auth(capacity: 1)
        _ = ask(auth)
        let answer = ask(auth, target)
        #expect(answer.status == status)
        #expect((1...2).contains(Int(header(answer, "Retry-After") ?? "") ?? 0))
        #expect(header(answer, "Content-Type") == "application/problem+json")
        let problem = try JSONValue(parsing: Array(answer.body.utf8))
        #expect(problem["type"]?.stringValue?.hasSuffix("#quota-exceeded") == true)
        #expect(problem["status"]?.integerValue == Int64(status))
        #expect(problem["reference"]?.stringValue == header(answer, "X-Throttle-Reference"))
        #expect(problem["violated-policies"] == ["default"])
    }

    @Test func whatTheVisitorSees() throws {
        let auth = try auth(capacity: 1)
        _ = ask(auth)
        let reference = try #require(header(ask(auth), "X-Throttle-Reference"))
        let json = ask(auth, "/denied?reference=\(reference)")
        #expect(json.status == 429)
        #expect(header(json, "X-Throttle-Reference") == reference)
        #expect(header(json, "Retry-After") == "1")
        let page = ask(auth, "/denied?reference=\(reference)", ["accept": "text/html,*/*"])
        #expect(header(page, "Content-Type") == "text/html; charset=utf-8")
        #expect(page.body.contains(reference))
        let unknown = ask(auth, "/denied?reference=<script>", ["accept": "text/html"])
        #expect(unknown.status == 429)
        #expect(!unknown.body.contains("<script>"))
        #expect(ask(auth, "/denied").status == 429)
    }

    @Test func suspicionIsToldFromHaste() throws {
        let auth = try auth(capacity: 4)
        let now = ThrottleEngine.now.wall
        try auth.engine.report(
            VerdictReport(
                verdictID: "v", sessionID: SessionID("sess_a")!, site: "example.org",
                fingerprint: ClientFingerprint.word(userAgent: nil, acceptLanguage: nil), ip: "203.0.113.7",
                verdictClass: .scanner, score: 0, requestsPerMinute: 1, errorRate: 0, requestCount: 9, at: now))
        let first = ask(auth)
        #expect(header(first, "X-Throttle-Level") == "severe")
        #expect(header(first, "RateLimit-Policy") == #""default";q=1;w=1"#)
        let refused = ask(auth)
        #expect(refused.status == 403)
        #expect(refused.body.contains("#abnormal-usage-detected"))
    }

    /// The last entry that is not a proxy of ours; the leftmost is what the visitor chose to say.
    @Test(arguments: [
        (["x-forwarded-for": "6.6.6.6, 203.0.113.7"], "203.0.113.7"),
        (["x-forwarded-for": "6.6.6.6, 203.0.113.7, 10.1.2.3,10.0.0.9"], "203.0.113.7"),
        (["x-forwarded-for": "10.0.0.1, 10.0.0.2"], "10.0.0.1"),
        (["x-forwarded-for": "203.0.113.7:51234"], "203.0.113.7"),
        (["x-forwarded-for": "[2001:db8::7]:443"], "2001:db8::7"),
        (["x-forwarded-for": "2001:db8::7"], "2001:db8::7"),
        (["x-forwarded-for": "unknown, 10.0.0.2"], "10.0.0.2"),
        (["x-forwarded-for": "203.0.113.7", "x-real-ip": "6.6.6.6"], "203.0.113.7"),
        (["x-real-ip": "203.0.113.7"], "203.0.113.7"), (["x-real-ip": " [2001:db8::7]:80"], "2001:db8::7"),
        (["x-forwarded-for": "", "x-real-ip": "203.0.113.7"], "203.0.113.7"),
        (["x-forwarded-for": "unknown", "x-real-ip": "203.0.113.7"], "203.0.113.7"),
        (["x-forwarded-for": "203.0.113.7, fe80::1%eth0"], "fe80::1"),
        (["x-forwarded-for": "[fe80::1%25eth0]:443"], "fe80::1"), (["x-real-ip": "fe80::1%2"], "fe80::1"),
    ])
    func theClientsAddress(headers: [String: String], expected: String) throws {
        let auth = try auth(capacity: 1, trusted: ["10.0.0.0/8"])
        #expect(ask(auth, "/check", headers).status == 204)
        // The client's only token is gone: the same address, said plainly, is refused.
        #expect(ask(auth, "/check", ["x-real-ip": expected]).status == 403)
    }

    @Test(arguments: [[:], ["x-forwarded-for": ""], ["x-forwarded-for": "unknown"], ["x-real-ip": "localhost"]])
    func aMisconfiguredServerLetsAllThrough(headers: [String: String]) throws {
        let auth = try auth(capacity: 1)
        for _ in 0..<3 {
            let answer = ask(auth, "/check", headers)
            #expect(answer.status == 204)
            #expect(header(answer, "X-Throttle-Bypass") != nil)
        }
    }

    @Test(
        arguments: [
            ("7", 93), ("0", 100), ("100", 0), ("1000000", nil), ("1000001", 99), ("2000000", 99), ("abc", 99),
            ("-1", 99),
            ("1.5", 99), ("", 99), ("999999999999999999999999999999", 99),
        ] as [(String, Int?)])
    func costs(text: String, left: Int?) throws {
        let auth = try auth()
        let answer = ask(auth, "/check?cost=\(text)")
        #expect(answer.status == (left == nil ? 403 : 204))
        #expect(header(answer, "X-Throttle-Bypass") == nil)
        if let left { #expect(header(answer, "RateLimit")?.contains(";r=\(left);") == true) }
        #expect(auth.engine.figures["unusable_costs_total"] == (left == 99 ? 1 : 0))
    }

    @Test func referencesAreFoundInEitherCase() throws {
        let auth = try auth(capacity: 1)
        _ = ask(auth)
        let reference = try #require(header(ask(auth), "X-Throttle-Reference"))
        let shown = ask(auth, "/denied?reference=\(reference.uppercased())")
        #expect(header(shown, "X-Throttle-Reference") == reference)
    }

    @Test func shadowLetsThroughAndSaysSo() throws {
        let auth = try auth(capacity: 1, shadow: true)
        _ = ask(auth)
        let answer = ask(auth)
        #expect(answer.status == 204)
        #expect(header(answer, "X-Throttle-Shadow") == "denied")
    }

    @Test func otherTargetsAndMethods() throws {
        let auth = try auth()
        #expect(ask(auth, "/").status == 404)
        #expect(ask(auth, method: "POST").status == 405)
        #expect(ask(auth, method: "HEAD").status == 204)
        #expect(header(ask(auth, "/check?policy=nonesuch"), "X-Throttle-Bypass") != nil)
    }

    /// printf 'AGENT\nlanguage' | sha256sum
    @Test(
        arguments: [
            ("curl/8.5", nil, "fp_e13bcb60a5b9e5bf0280495e53e1f7bd"),
            (nil, nil, "fp_01ba4719c80b6fe911b091a7c05124b6"),
            ("Mozilla/5.0", " De-AT ;q=0.9, en", "fp_69d500c7ef72b1150b86083ef60a77df"),
        ] as [(String?, String?, String)])
    func fingerprintsAreTheCollectors(agent: String?, language: String?, expected: String) {
        #expect(ClientFingerprint.word(userAgent: agent, acceptLanguage: language) == expected)
    }
}
