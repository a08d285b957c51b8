import Testing
import WeirProtocol

@Suite("Golden lines")
struct GoldenLineTests {
    @Test("A good line reads, and what is written reads back the same", arguments: WireFixtures.good)
    func roundTrip(line: [UInt8]) throws {
        let envelope = try Envelope(line: line)
        #expect(
            envelope.type.name.contains(".") || ["hello", "error", "status", "recorded"].contains(envelope.type.name))
        #expect(try Envelope(line: envelope.line.dropLast()) == envelope)
        #expect(envelope.line.last == UInt8(ascii: "\n"))
        guard let message = WireFixtures.messages[envelope.type] else {
            #expect(envelope.body == .object(JSONObject()), "a type without a message has an empty body here")
            return
        }
        func check<Message: Codable & Hashable>(_ type: Message.Type) throws {
            let read = try envelope.decode(type)
            #expect(try JSONValue(encoding: read).decoded(as: type) == read)
        }
        try check(message)
    }

    @Test("A bad line is refused with its code", arguments: WireFixtures.bad)
    func refusal(line: WireFixtures.BadLine) throws {
        let error = try #require(throws: WireError.self) { try WireFixtures.read(line.bytes) }
        #expect(error.code.rawValue == line.code)
        #expect(!error.message.isEmpty && error.message.utf8.count <= WireError.messageLimit + 3)
        #expect(error.retryable == false)
    }

    @Test("Every message has a good line")
    func coverage() throws {
        let seen = Set(try WireFixtures.good.map { try Envelope(line: $0).type })
        for type in WireFixtures.messages.keys { #expect(seen.contains(type), "\(type)") }
    }

    @Test("An error names the field")
    func namesTheField() throws {
        for (line, sentence) in [
            (#"{"type":"throttle.check","body":{}}"#, "ip is missing"),
            (#"{"type":"throttle.check","body":{"ip":7}}"#, "ip is not a string"),
            (#"{"type":"throttle.check","body":{"ip":"::1","cost":-1}}"#, "cost is not within 0...1000000"),
        ] {
            let envelope = try Envelope(line: line.utf8)
            let error = try #require(throws: WireError.self) { try envelope.decode(ThrottleCheck.self) }
            #expect(error.message == sentence)
        }
        let nested = try Envelope(
            line: #"{"type":"session.evaluate","body":{"session_id":"sess_a","requests":[{"at_ms":1}]}}"#.utf8)
        let error = try #require(throws: WireError.self) { try nested.decode(SessionEvidence.self) }
        #expect(error.message == "requests.0.path is missing")
    }

    @Test("The contract's examples are messages, and it names every error code and message")
    func contract() throws {
        let examples = WireFixtures.contract.split(separator: "\n").filter { $0.hasPrefix(#"{"v":1,"type""#) }
        #expect(examples.count > 20)
        var shown: Set<MessageType> = []
        for example in examples {
            try WireFixtures.read(Array(example.utf8))
            shown.insert(try Envelope(line: example.utf8).type)
        }
        for type in WireFixtures.messages.keys { #expect(shown.contains(type), "\(type) has no example") }
        for code in WireError.Code.allCases {
            #expect(
                WireFixtures.contract.contains(
                    "| `\(code.rawValue)` | \(WireError(code, "").retryable ? "yes" : "no") |"))
        }
        for type in HotType.allCases { #expect(WireFixtures.contract.contains("\n## \(type.rawValue)")) }
    }
}
