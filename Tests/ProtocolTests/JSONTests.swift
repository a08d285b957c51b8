import Foundation
import Testing
import WeirProtocol

@Suite("JSON")
struct JSONTests {
    @Test(
        "Texts and their values",
        arguments: [
            ("null", nil), (" true\n", true), ("false", false), ("0", 0), ("-0", 0), ("-12", -12),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)), ("1.0", 1.0),
            ("1e3", 1000.0), ("-2.5E-1", -0.25), ("4.9e-324", .number(.leastNonzeroMagnitude)), ("1e-400", 0.0),
            ("\"\"", ""), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"), (#""\u00e9\uD83E\uDD8A""#, "é🦊"),
            ("\"é🦊\u{7f}\"", "é🦊\u{7f}"), ("[]", []), ("[1,[2],{}]", [1, [2], [:]]),
            (#"{"b":1,"a":[null]}"#, ["b": 1, "a": [nil]]),
        ] as [(String, JSONValue)])
    func values(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text.utf8) == value)
        Array(text.utf8).withUnsafeBytes { bytes in
            #expect(throws: Never.self) { try JSONScanner.validate(bytes) }
        }
    }

    @Test(
        "What is not JSON to either reader",
        arguments: [
            "", " ", "{", "}", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "'a'", "tru", "nul",
            "True",
            "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x10", "1_000", "--1", "9223372036854775808",
            "-9223372036854775809", "1e400", "-1e999999999999", "NaN", "Infinity", "\"a", "\"\\x\"", "\"\\u12\"",
            "\"\\u12g4\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\ud800\\u0041\"", "\"\\u0000\"", "\"\u{0}\"",
            "\"\t\"", "\"\n\"", "1 2", "[1 2]", "{\"a\":1 \"b\":2}", "{\"a\":1,\"a\":1}", "[{\"a\":1,\"a\":2}]",
            "1\u{0}",
            "\u{FEFF}1", "/**/1", "[1]]",
        ])
    func refusals(text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text.utf8) }
        Array(text.utf8).withUnsafeBytes { bytes in
            _ = #expect(throws: JSONScanner.Failure.malformed) { try JSONScanner.validate(bytes) }
        }
    }

    @Test("Depth is counted by both readers, brackets in strings aside", arguments: [15, 16, 17, 2000])
    func depth(levels: Int) {
        for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
            let inner = open == "[" ? "" : "1"
            let text =
                String(repeating: open, count: levels) + inner + String(repeating: close, count: levels)
            #expect(((try? JSONValue(parsing: text.utf8)) != nil) == (levels <= 16))
            let scanned = Array(text.utf8).withUnsafeBytes { (try? JSONScanner.validate($0)) != nil }
            #expect(scanned == (levels <= 16))
        }
        let text = "\"" + String(repeating: "[{\\\"", count: levels) + "\""
        #expect((try? JSONValue(parsing: text.utf8)) != nil)
    }

    @Test(
        "Numbers are written as the shortest text that reads back",
        arguments: [
            (0, "0"), (-0.0, "0"), (1, "1"), (-7, "-7"), (0.1, "0.1"), (1e21, "1e+21"), (1.5e-9, "1.5e-09"),
            (9_007_199_254_740_991, "9007199254740991"), (1.0 / 3, "0.3333333333333333"), (.nan, "null"),
            (.infinity, "null"), (.leastNonzeroMagnitude, "5e-324"),
        ] as [(Double, String)])
    func numbers(value: Double, text: String) throws {
        #expect(JSONValue.number(value).text == text)
        if value.isFinite { #expect(try JSONValue(parsing: text.utf8).doubleValue == value) }
    }

    @Test("Integers are written whole", arguments: [Int64.min, .min + 1, -10, -1, 0, 9, 10, 99, 100, .max])
    func integers(value: Int64) { #expect(JSONValue.integer(value).text == String(value)) }

    @Test("Doubles read as the library reads them")
    func doubles() throws {
        var random = SplitMix(seed: 11)
        for _ in 0..<20_000 {
            let text =
                Bool.random(using: &random)
                ? Double(bitPattern: random.next()).description
                : "\(Int.random(in: -9_999_999...9_999_999, using: &random)).\(Int.random(in: 0...99_999, using: &random))"
                    + "e\(Int.random(in: -30...30, using: &random))"
            guard let expected = Double(text), expected.isFinite else { continue }
            let read = try Array(text.utf8).withUnsafeBytes { bytes in
                var scanner = JSONScanner(bytes)
                return try scanner.double()
            }
            #expect(read == expected, "\(text)")
            #expect(try JSONValue(parsing: text.utf8).doubleValue == expected)
        }
    }

    @Test("What is written is one line that Foundation reads the same")
    func strings() throws {
        var random = SplitMix(seed: 12)
        let scalars: [Unicode.Scalar] =
            (1..<0x80).map { Unicode.Scalar(UInt8($0)) } + [
                "é", "日", "🦊", "\u{2028}", "\u{FFFD}", "\u{10FFFF}", "\u{301}",
            ]
        for _ in 0..<2000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                text.unicodeScalars.append(scalars.randomElement(using: &random)!)
            }
            let written = (["a": .string(text)] as JSONValue).serialized()
            #expect(!written.contains(0x0A) && !written.contains { $0 < 0x20 || $0 == 0x7F })
            let read = try JSONSerialization.jsonObject(with: Data(written)) as? [String: String]
            #expect(read?["a"].map { Array($0.utf8) } == Array(text.utf8))
            #expect(try JSONValue(parsing: written)["a"]?.stringValue.map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    @Test("A body of thousands of fields is read in time that grows with their number only")
    func wideBody() throws {
        let fields = (0..<6000).map { "\"h\($0)\":\"\"" }.joined(separator: ",")
        let line =
            #"{"type":"request.record","body":{"event_id":"019aa1b2-c3d4-7e5f-8a6b-0123456789ab","at":0,"#
            + #""method":"GET","path":"/","status":200,"ip":"::1","headers":{\#(fields)}}}"#
        let record = try Envelope(line: line.utf8).decode(RequestRecord.self)
        #expect(record.headers?.count == 6000)
    }

    @Test("An event that cannot be carried out has no reply; a request's names it")
    func replies() throws {
        let event = try Envelope(line: #"{"type":"verdict.report"}"#.utf8)
        #expect(event.reply(WireError(.badBody, "x")) == nil)
        let request = try Envelope(line: #"{"type":"a","id":"7","trace":"t"}"#.utf8)
        let reply = try #require(request.reply(WireError(.overloaded, "x")))
        #expect(reply.re == "7" && reply.trace == "t" && reply.id == nil && reply.type == .error)
        #expect(try reply.decode(WireError.self).retryable)
    }

    @Test("An error quotes no more of the sender than fits a line")
    func longMessages() {
        let error = WireError(.unknownType, String(repeating: "🦊", count: 10_000))
        #expect(error.message.utf8.count <= 520)
        #expect(Envelope(.error, body: JSONValue(encoding: error)).line.count < 1000)
    }
}
