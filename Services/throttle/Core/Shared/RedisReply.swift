/// An answer of a Redis or Valkey server, as far as a throttle gets any: a line, a number, or numbers.
public enum RedisReply: Hashable, Sendable {
    /// `+OK`, or a text's bytes.
    case text(String)
    /// Why the server refuses, beginning with a word such as NOSCRIPT.
    case error(String)
    /// A number.
    case number(Int64)
    /// An array of numbers; nothing else comes in arrays.
    case numbers([Int64])
    /// Nothing.
    case none

    /// The most bytes that one answer may have.
    public static let limit = 64 * 1024

    /// What was found at the start of some bytes.
    public enum Step: Hashable, Sendable {
        /// The answer, and how many bytes it took.
        case reply(RedisReply, Int)
        /// The rest has not come yet.
        case incomplete
        /// Not what such a server sends.
        case broken
    }

    /// Reads the answer at the start of `bytes`.
    public static func read(_ bytes: UnsafeRawBufferPointer) -> Step {
        guard let kind = bytes.first else { return .incomplete }
        guard let (line, end) = line(bytes, from: 1) else { return bytes.count > limit ? .broken : .incomplete }
        let text = UnsafeRawBufferPointer(rebasing: bytes[line])
        switch kind {
        case UInt8(ascii: "+"): return .reply(.text(String(decoding: text, as: UTF8.self)), end)
        case UInt8(ascii: "-"): return .reply(.error(String(decoding: text, as: UTF8.self)), end)
        case UInt8(ascii: ":"):
            guard let number = number(text) else { return .broken }
            return .reply(.number(number), end)
        case UInt8(ascii: "$"):
            guard let count = number(text), count <= limit else { return .broken }
            guard count >= 0 else { return .reply(.none, end) }
            let stop = end + Int(count)
            guard bytes.count >= stop + 2 else { return .incomplete }
            return .reply(.text(String(decoding: bytes[end..<stop], as: UTF8.self)), stop + 2)
        case UInt8(ascii: "*"):
            guard let count = number(text), count <= 4096 else { return .broken }
            return numbers(bytes, Int(count), from: end)
        default: return .broken
        }
    }

    private static func numbers(_ bytes: UnsafeRawBufferPointer, _ count: Int, from start: Int) -> Step {
        guard count >= 0 else { return .reply(.none, start) }
        var found: [Int64] = []
        var place = start
        for _ in 0..<count {
            guard place < bytes.count else { return .incomplete }
            guard bytes[place] == UInt8(ascii: ":") else { return .broken }
            guard let (line, end) = line(bytes, from: place + 1) else {
                return bytes.count > limit ? .broken : .incomplete
            }
            guard let value = number(UnsafeRawBufferPointer(rebasing: bytes[line])) else { return .broken }
            found.append(value)
            place = end
        }
        return .reply(.numbers(found), place)
    }

    /// The bytes up to CR LF, and where what follows begins.
    private static func line(_ bytes: UnsafeRawBufferPointer, from start: Int) -> (Range<Int>, Int)? {
        var index = start
        while index + 1 < bytes.count {
            if bytes[index] == 0x0D, bytes[index + 1] == 0x0A { return (start..<index, index + 2) }
            index += 1
        }
        return nil
    }

    private static func number(_ text: UnsafeRawBufferPointer) -> Int64? {
        guard !text.isEmpty, text.count <= 20 else { return nil }
        return Int64(String(decoding: text, as: UTF8.self))
    }
}
