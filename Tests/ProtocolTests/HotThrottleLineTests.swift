import Testing

@testable import WeirProtocol

/// The busiest line and its answer, against the readers and writers that every message has.
@Suite struct HotThrottleLineTests {
    private func text(_ word: UnsafeRawBufferPointer?) -> String? { word.map { String(decoding: $0, as: UTF8.self) } }

    private func read(_ line: String) -> HotEnvelope<ThrottleCheck>? {
        var bytes = Array(line.utf8)
        return bytes.withUnsafeMutableBytes { bytes in
            guard let found = CheckLine(UnsafeRawBufferPointer(bytes)) else { return nil }
            let check = ThrottleCheck(
                ip: text(found.ip)!, session: text(found.session), fingerprint: text(found.fingerprint),
                userAgent: text(found.userAgent), acceptLanguage: text(found.acceptLanguage),
                method: text(found.method), path: text(found.path), user: text(found.user), cost: found.cost,
                policy: text(found.policy))
            return HotEnvelope(id: text(found.id), trace: text(found.trace), check)
        }
    }

    @Test func readsEveryField() throws {
        let line = #"""
            {"v":1,"type":"throttle.check","id":"a1","trace":"00-ab","body":{"ip":"2001:db8::1","session":"sess_1","fingerprint":"fp_0123456789abcdef0123456789abcdef","user_agent":"Mozilla/5.0 (X11; Linux x86_64)","accept_language":"en-GB,en;q=0.9","method":"POST","path":"/a?b=c","user":"bob","cost":12,"policy":"login"}}
            """#
        let found = try #require(read(line))
        #expect(found.id == "a1")
        #expect(found.trace == "00-ab")
        #expect(
            found.message
                == ThrottleCheck(
                    ip: "2001:db8::1", session: "sess_1", fingerprint: "fp_0123456789abcdef0123456789abcdef",
                    userAgent: "Mozilla/5.0 (X11; Linux x86_64)", acceptLanguage: "en-GB,en;q=0.9", method: "POST",
                    path: "/a?b=c", user: "bob", cost: 12, policy: "login"))
    }

    @Test(arguments: [
        #"{"type":"throttle.check","body":{"ip":"1.2.3.4"}}"#,
        "\t{ \"body\" : { \"ip\" : \"1.2.3.4\" } , \"type\" : \"throttle.check\" } \r",
        #"{"v": 1, "type": "throttle.check", "id": "", "body": {"ip": "", "cost": 0 , "path": ""}}"#,
    ])
    func takesOtherWaysOfWritingIt(line: String) throws {
        let found = try #require(read(line))
        let slow = try Envelope(line: Array(line.utf8))
        #expect(found.id == slow.id)
        var check = try slow.decode(ThrottleCheck.self)
        check.cost = check.cost ?? 1
        #expect(found.message == check)
    }

    /// What it does not take may still be good; what is bad it must not take.
    @Test(arguments: [
        "", "{}", "[]", #"{"type":"throttle.check"}"#, #"{"type":"throttle.check","body":{}}"#,
        #"{"type":"throttle.chekc","body":{"ip":"1.2.3.4"}}"#, #"{"type":"throttle.check","body":{"ip":"1.2.3.4"}"#,
        #"{"type":"throttle.check","body":{"ip":"1.2.3.4"}}}"#, #"{"type":"throttle.check","body":{"ip":"1.2.3.4"},}"#,
        #"{"type":"throttle.check","body":{"ip":"1.2.3.4",}}"#, #"{"type":"throttle.check" "body":{"ip":"1.2.3.4"}}"#,
        #"{"v":2,"type":"throttle.check","body":{"ip":"1.2.3.4"}}"#,
        #"{"v":1.5,"type":"throttle.check","body":{"ip":"1.2.3.4"}}"#,
        #"{"v":01,"type":"throttle.check","body":{"ip":"1.2.3.4"}}"#,
        #"{"type":"throttle.check","body":{"ip":"1.2.3.4","ip":"1.2.3.5"}}"#,
        #"{"type":"throttle.check","type":"throttle.check","body":{"ip":"1.2.3.4"}}"#,
        #"{"type":"throttle.check","body":{"ip":"1.2.3.4","cost":1000001}}"#,
        #"{"type":"throttle.check","body":{"ip":"1.2.3.4","cost":-1}}"#,
        #"{"type":"throttle.check","body":{"ip":"1.2.3.4","cost":99999999999}}"#,
        #"{"type":"throttle.check","body":{"ip":7}}"#,
        #"{"type":"throttle.check","body":{"ip":"1.2.3.4","path":"\x"}}"#,
        "{\"type\":\"throttle.check\",\"body\":{\"ip\":\"1.2.3.4\",\"path\":\"\u{1}\"}}",
        #"{"type":"throttle.check","body":{"ip":"1.2.3.4","path":"/é"}}"#,
        #"{"type":"throttle.check","body":{"ip":"1.2.3.4","other":"x"}}"#,
        #"{"type":"throttle.check","re":"1","body":{"ip":"1.2.3.4"}}"#,
    ])
    func leavesTheRestToOthers(line: String) { #expect(read(line) == nil) }

    /// Whatever it takes out of a spoilt line is what the usual reader takes out of it.
    @Test func agreesOnSpoiltLines() throws {
        let good = Array(
            #"{"v":1,"type":"throttle.check","id":"7","body":{"ip":"10.0.0.1","fingerprint":"fp_1","path":"/","cost":3}}"#
                .utf8)
        var random = SplitMix(seed: 5)
        var taken = 0
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = good.randomElement(using: &random)!
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
            }
            guard let found = read(String(decoding: bytes, as: UTF8.self)) else { continue }
            taken += 1
            let slow = try Envelope(line: bytes)
            var check = try slow.decode(ThrottleCheck.self)
            check.cost = check.cost ?? 1
            #expect(found.message == check)
            #expect(found.id == slow.id)
        }
        #expect(taken > 5000)
    }

    @Test(arguments: [
        ThrottleDecision(allow: true, level: .normal, limit: 100, remaining: 99, reset: 200),
        ThrottleDecision(
            allow: false, level: .severe, limit: 0, remaining: 0, reset: Int64.max, retryAfter: 17,
            reference: "thr0123456789", shadow: true, policy: "login"),
        ThrottleDecision(allow: true, level: .warning, limit: -3, remaining: 10, reset: 0, policy: "a\"b\u{7F}é"),
        ThrottleDecision(
            allow: true, level: .blocked, limit: 1_000_000_000, remaining: 999_999_999, reset: 9,
            policy: String(repeating: "p", count: 65)),
    ])
    func writesTheSameLine(decision: ThrottleDecision) {
        for trace in [nil, String(repeating: "t", count: 128)] {
            let id = String(repeating: "i", count: trace == nil ? 0 : 128)
            var expected: [UInt8] = Array("before".utf8)
            HotEnvelope(re: id, trace: trace, decision).append(to: &expected)
            var found: [UInt8] = Array("before".utf8)
            Array(id.utf8).withUnsafeBytes { id in
                guard let trace else { return decision.appendLine(re: id, trace: nil, to: &found) }
                Array(trace.utf8).withUnsafeBytes { decision.appendLine(re: id, trace: $0, to: &found) }
            }
            #expect(String(decoding: found, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
        }
    }

    @Test func pathsOfFilesByTheirBytes() {
        for path in ["/a.css", "/A.WOFF2", "/x.webmanifest", "/.js", "/a.b/c", "/a.", "", "css", "/a.css/", "/a.html"] {
            let isFile = ["/a.css", "/A.WOFF2", "/x.webmanifest", "/.js"].contains(path)
            #expect(RequestKind.isAssetPath(path) == isFile, "\(path)")
            let bytes = Array(path.utf8)
            #expect(bytes.withUnsafeBytes { RequestKind.isAssetPath(utf8: $0) } == isFile, "\(path)")
        }
    }
}
