/// The pairs of neighbouring bytes that a text has, ASCII letters in lower case.
///
/// A regular expression of the uap-core kind nearly always names something, and most agents lack the name. A look at
/// the pairs tells so a thousand times faster than the expression does, and there are more than a thousand of those.
public struct AgentPairs: Sendable {
    /// Whether every byte is ASCII. Beyond that, letters have cases that bytes do not show.
    public let isASCII: Bool
    /// One bit for each pair of 7-bit bytes.
    private var bits = [UInt64](repeating: 0, count: 1 << 8)

    /// Reads a text; the time grows with its length.
    public init(_ text: String) {
        var last: UInt8?
        var isASCII = true
        for byte in text.utf8 {
            guard byte < 0x80 else {
                (isASCII, last) = (false, nil)
                continue
            }
            let lowered = Self.lowered(byte)
            if let last { bits[Int(last) << 1 | Int(lowered) >> 6] |= 1 << UInt64(lowered & 63) }
            last = lowered
        }
        self.isASCII = isASCII
    }

    /// Whether a text with these pairs can match: false is certain, true is not.
    public func mayMatch(_ needed: NeededPairs) -> Bool {
        if needed.ignoresCase, !isASCII { return true }
        return needed.pairs.allSatisfy { bits[Int($0 >> 6)] >> UInt64($0 & 63) & 1 == 1 }
    }

    static func lowered(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}

/// Pairs of neighbouring bytes without which no text matches a regular expression.
public struct NeededPairs: Sendable {
    /// Two 7-bit bytes each, the first in the upper bits.
    let pairs: [UInt16]
    let ignoresCase: Bool

    /// Reads a regular expression in ICU's syntax. Where it is not plain what must be there, nothing is needed.
    public init(_ pattern: String, ignoresCase: Bool) {
        var reader = Reader(Array(pattern.utf8))
        pairs = reader.alternatives(depth: 0).map { Set($0).sorted() } ?? []
        self.ignoresCase = ignoresCase
    }

    /// Walks over a pattern. Nil from any step: it says something that is not understood here.
    private struct Reader {
        private static let depthLimit = 64
        private let pattern: [UInt8]
        private var position = 0

        init(_ pattern: [UInt8]) { self.pattern = pattern }

        private var next: UInt8? { position < pattern.count ? pattern[position] : nil }

        /// What every way through needs, up to the end or the group's closing bracket, which is left unread.
        mutating func alternatives(depth: Int) -> [UInt16]? {
            guard depth < Self.depthLimit, let first = sequence(depth: depth) else { return nil }
            guard next == UInt8(ascii: "|") else { return first }
            while next == UInt8(ascii: "|") {
                position += 1
                guard sequence(depth: depth) != nil else { return nil }
            }
            return []
        }

        private mutating func sequence(depth: Int) -> [UInt16]? {
            var needed: [UInt16] = []
            // The literal bytes just read; the last waits for a quantifier that may take it back.
            var run: [UInt8] = []
            func flush() {
                for (first, second) in zip(run, run.dropFirst()) { needed.append(UInt16(first) << 7 | UInt16(second)) }
                run = []
            }
            while let byte = next {
                position += 1
                switch byte {
                case UInt8(ascii: "|"), UInt8(ascii: ")"):
                    position -= 1
                    flush()
                    return needed
                case UInt8(ascii: "("):
                    flush()
                    guard let group = group(depth: depth) else { return nil }
                    needed += group
                case UInt8(ascii: "["):
                    flush()
                    guard skipSet() else { return nil }
                case UInt8(ascii: "\\"):
                    guard let escaped = next else { return nil }
                    position += 1
                    if Self.isLetterOrDigit(escaped) {
                        guard Self.classes.contains(escaped) else { return nil }
                        flush()
                    } else if escaped < 0x80 {
                        run.append(escaped)
                    } else {
                        flush()
                    }
                case UInt8(ascii: "?"), UInt8(ascii: "*"), UInt8(ascii: "{"):
                    if byte == UInt8(ascii: "{"), !skip(to: UInt8(ascii: "}")) { return nil }
                    _ = run.popLast()
                    flush()
                case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "$"): flush()
                case ..<0x80: run.append(AgentPairs.lowered(byte))
                default: flush()
                }
            }
            flush()
            return needed
        }

        /// What a group needs, its opening bracket read, up to and with its closing one.
        private mutating func group(depth: Int) -> [UInt16]? {
            var counts = true
            if next == UInt8(ascii: "?") {
                position += 1
                switch next {
                case UInt8(ascii: ":"), UInt8(ascii: "="): break
                case UInt8(ascii: "!"): counts = false
                // Flags change the meaning of what follows; the rest is rare.
                default: return nil
                }
                position += 1
            }
            guard let needed = alternatives(depth: depth + 1), next == UInt8(ascii: ")") else { return nil }
            position += 1
            switch next {
            case UInt8(ascii: "?"), UInt8(ascii: "*"), UInt8(ascii: "{"): return []
            default: return counts ? needed : []
            }
        }

        /// Passes a set, its opening bracket read. Sets nest, and what a bracket means at their start is disputed.
        private mutating func skipSet() -> Bool {
            if next == UInt8(ascii: "^") { position += 1 }
            if next == UInt8(ascii: "]") { return false }
            var open = 1
            while let byte = next {
                position += 1
                switch byte {
                case UInt8(ascii: "\\"): position += 1
                case UInt8(ascii: "["): open += 1
                case UInt8(ascii: "]"): open -= 1
                default: break
                }
                if open == 0 { return true }
            }
            return false
        }

        private mutating func skip(to end: UInt8) -> Bool {
            while let byte = next {
                position += 1
                if byte == end { return true }
            }
            return false
        }

        /// Escapes that stand for one of several characters, or for a place between them.
        private static let classes = Set("dDwWsSbBAZznrtf".utf8)

        private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
            byte &- 0x30 < 10 || AgentPairs.lowered(byte) &- 0x61 < 26
        }
    }
}
