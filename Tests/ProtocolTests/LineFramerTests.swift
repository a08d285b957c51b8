import Testing
import WeirProtocol

@Suite("Framing")
struct LineFramerTests {
    /// Feeds the pieces one after the other: the lines, and whether one was too long.
    static func cut(_ pieces: [[UInt8]], limit: Int) -> (lines: [[UInt8]], tooLong: Bool, pending: Int) {
        var framer = LineFramer(limit: limit)
        var lines: [[UInt8]] = []
        var tooLong = false
        for piece in pieces {
            piece.withUnsafeBytes { bytes in
                do { try framer.feed(bytes) { lines.append(Array($0)) } } catch { tooLong = true }
            }
        }
        return (lines, tooLong, framer.pendingCount)
    }

    static func cut(_ text: String, limit: Int = 8) -> (lines: [String], tooLong: Bool, pending: Int) {
        let result = cut([Array(text.utf8)], limit: limit)
        return (result.lines.map { String(decoding: $0, as: UTF8.self) }, result.tooLong, result.pending)
    }

    @Test(
        "Cuts at newlines",
        arguments: [
            ("", [], 0), ("a", [], 1), ("a\n", ["a"], 0), ("a\nb", ["a"], 1), ("a\nb\n", ["a", "b"], 0),
            ("\n\n\n", [], 0), ("a\n\nb\n", ["a", "b"], 0), ("a\r\nb\r\n", ["a", "b"], 0), ("\r\n", [], 0),
            ("a\r\r\n", ["a\r"], 0), ("a\rb\n", ["a\rb"], 0), ("\ra\n", ["\ra"], 0), (" \n", [" "], 0),
        ] as [(String, [String], Int)])
    func lines(text: String, lines: [String], pending: Int) {
        let result = Self.cut(text)
        #expect(result.lines == lines)
        #expect(result.pending == pending)
        #expect(result.tooLong == false)
    }

    @Test(
        "The limit counts the newline, and a carriage return",
        arguments: [
            ("1234567\n", ["1234567"], false), ("12345678\n", [], true), ("123456\r\n", ["123456"], false),
            ("1234567\r\n", [], true), ("1234567", [], false), ("12345678", [], true),
            ("a\n12345678\nb\n", ["a"], true), ("1234567\n1234567\n", ["1234567", "1234567"], false),
        ] as [(String, [String], Bool)])
    func limit(text: String, lines: [String], tooLong: Bool) {
        let result = Self.cut(text)
        #expect(result.lines == lines)
        #expect(result.tooLong == tooLong)
    }

    @Test("After a line too long nothing is a line any more")
    func sticky() {
        let result = Self.cut([Array("123456789".utf8), Array("\nhello\n".utf8), Array("x\n".utf8)], limit: 8)
        #expect(result.lines.isEmpty && result.tooLong && result.pending == 0)
    }

    @Test("The wire's limit is 64 KiB with the newline")
    func wireLimit() {
        let longest = [UInt8](repeating: UInt8(ascii: "a"), count: 65_535) + [10]
        #expect(Self.cut([longest], limit: Envelope.lineLimit).lines.map(\.count) == [65_535])
        #expect(Self.cut([[97] + longest], limit: Envelope.lineLimit).tooLong)
        // Memory stays within the limit however much comes without a newline.
        let flood = Self.cut([longest.dropLast(), [97, 97], longest, longest], limit: Envelope.lineLimit)
        #expect(flood.tooLong && flood.pending == 0 && flood.lines.isEmpty)
    }

    @Test("Where the stream is cut into reads makes no difference")
    func anySplit() {
        var random = SplitMix(seed: 7)
        let alphabet: [UInt8] = [10, 10, 13, 97, 98, 0, 0xFF]
        for _ in 0..<2000 {
            let stream = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                alphabet.randomElement(using: &random)!
            }
            var pieces: [[UInt8]] = []
            var rest = stream[...]
            while !rest.isEmpty {
                let length = Int.random(in: 1...rest.count, using: &random)
                pieces.append(Array(rest.prefix(length)))
                rest = rest.dropFirst(length)
            }
            let limit = Int.random(in: 2...20, using: &random)
            let (whole, split) = (Self.cut([stream], limit: limit), Self.cut(pieces, limit: limit))
            #expect(whole.lines == split.lines && whole.tooLong == split.tooLong && whole.pending == split.pending)
        }
    }
}
