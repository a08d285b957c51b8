import Testing
import WeirProtocol

@Suite("Hot path")
struct HotMessageTests {
    /// What the slow path makes of a line, as far as the hot path knows it.
    static func slow<Message: HotMessage & Hashable>(_ line: [UInt8], _ type: Message.Type) -> Reading<Message>? {
        guard let envelope = try? Envelope(line: line), envelope.type == Message.hotType.messageType,
            let message = try? envelope.decode(type)
        else { return nil }
        return Reading(id: envelope.id, re: envelope.re, trace: envelope.trace, message: message)
    }

    static func fast<Message: HotMessage & Hashable>(_ line: [UInt8], _ type: Message.Type) -> Reading<Message>? {
        line.withUnsafeBytes { HotEnvelope<Message>(line: $0) }.map {
            Reading(id: $0.id, re: $0.re, trace: $0.trace, message: $0.message)
        }
    }

    struct Reading<Message: Hashable>: Hashable {
        let id: String?
        let re: String?
        let trace: String?
        let message: Message
    }

    static let types: [any (HotMessage & Hashable).Type] = [
        ThrottleCheck.self, ThrottleDecision.self, VerdictReport.self, RequestRecord.self, RequestRecorded.self,
        SessionEvidence.self, SessionVerdict.self, EvidenceList.self, VerdictList.self,
    ]

    /// Whether the fast path says the same as the slow one, or nothing. True when it read the line.
    @discardableResult
    static func agree(_ line: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) -> Bool {
        func check<Message: HotMessage & Hashable>(_ type: Message.Type) -> Bool {
            guard let fast = fast(line, type) else { return false }
            if fast != slow(line, type) {
                Issue.record(
                    "the scanner reads what the parser does not: \(String(decoding: line, as: UTF8.self))",
                    sourceLocation: sourceLocation)
            }
            return true
        }
        return types.reduce(false) { found, type in check(type) || found }
    }

    @Test("A good line reads as through the tree", arguments: WireFixtures.good)
    func goodLines(line: [UInt8]) throws {
        let isHot = HotType(rawValue: try Envelope(line: line).type.name) != nil
        #expect(Self.agree(line) == isHot)
    }

    @Test("A bad line is left to the slow path", arguments: WireFixtures.bad)
    func badLines(line: WireFixtures.BadLine) { #expect(Self.agree(line.bytes) == false) }

    @Test("What the hot path writes reads the same on both paths", arguments: WireFixtures.good)
    func writing(line: [UInt8]) throws {
        func check<Message: HotMessage & Hashable>(_ type: Message.Type) {
            guard let read = line.withUnsafeBytes({ HotEnvelope<Message>(line: $0) }) else { return }
            var written = Array("before".utf8)
            read.append(to: &written)
            #expect(written.starts(with: "before".utf8) && written.last == UInt8(ascii: "\n"))
            let bare = Array(written.dropFirst(6).dropLast())
            #expect(Self.fast(bare, type) == Self.slow(line, type))
            #expect(Self.slow(bare, type) == Self.slow(line, type))
        }
        for type in Self.types { check(type) }
    }

    @Test("The type is found without reading the body")
    func peeking() {
        func peek(_ line: String) -> HotType? { Array(line.utf8).withUnsafeBytes { HotType(peeking: $0) } }
        #expect(peek(#"{"v":1,"type":"throttle.check","id":"1","body":{"#) == .throttleCheck)
        #expect(peek(#"{"type":"session.evaluate""#) == .sessionEvaluate)
        #expect(peek(#"{"id":"\u0041","x":[{}],"type":"request.record","#) == .requestRecord)
        #expect(peek(#"{"type":"status.get"}"#) == nil)
        #expect(peek(#"{"body":{},"type":"throttle.check"}"#) == nil)
        #expect(peek(#"{"type":"throttle.chec"#) == nil)
        #expect(peek("") == nil)
    }

    @Test("Mutations of good lines never read differently")
    func mutations() {
        var random = SplitMix(seed: 20_261_121)
        let tokens =
            [
                "\"", "\\", "{", "}", "[", "]", ",", ":", "null", "true", "0", "-", "1e9", "1.5", ".", "\\u0000",
                "\\ud800",
                "é", "\u{212A}", "\u{0}", "\n", "\u{7f}", "9223372036854775807", "9223372036854775808", "\"v\":1,",
                "\"type\":", "\"x\":{\"y\":1,\"y\":2},", " ", "1e400", "-0", "00",
            ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xED, 0xA0, 0x80]]
        var read = 0
        for _ in 0..<20_000 {
            var line = WireFixtures.good.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0...line.count, using: &random)
                switch Int.random(in: 0..<5, using: &random) {
                case 0: line.insert(contentsOf: tokens.randomElement(using: &random)!, at: place)
                case 1: line.removeSubrange(place..<min(line.count, place + Int.random(in: 0...6, using: &random)))
                case 2 where place < line.count: line[place] = UInt8.random(in: 0...255, using: &random)
                case 3 where place < line.count: line[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
                default:
                    let from = Int.random(in: 0...line.count, using: &random)
                    let piece = line[from..<min(line.count, from + Int.random(in: 0...30, using: &random))]
                    line.insert(contentsOf: Array(piece), at: place)
                }
            }
            if Self.agree(line) { read += 1 }
        }
        #expect(read > 1000, "most mutations must not break the line, or the comparison is empty")
    }
}
