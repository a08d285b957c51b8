/// A fact's identity: a UUIDv7 whose first 48 bits are the fact's time. It is the idempotency key of everything stored.
public struct EventID: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    /// The first eight bytes, big-endian: 48 bits of milliseconds, the version, 12 free bits.
    public let high: UInt64
    /// The last eight bytes, big-endian: the variant and 62 free bits.
    public let low: UInt64

    /// An identifier for `moment` (clamped to 0..<2^48 ms) whose 74 free bits come from `entropy`.
    public init(at moment: Timestamp, entropy: (UInt64, UInt64)) {
        let time = UInt64(min(max(moment.milliseconds, 0), 0xFFFF_FFFF_FFFF))
        high = time << 16 | 0x7000 | entropy.0 & 0x0FFF
        low = 0x8000_0000_0000_0000 | entropy.1 & 0x3FFF_FFFF_FFFF_FFFF
    }

    /// Reads the 36-character form in either case; nil for anything that is not a version 7 UUID.
    public init?(_ text: some StringProtocol) { self.init(utf8: text.utf8) }

    /// Reads the 36 bytes of the text form in either case; nil for anything that is not a version 7 UUID.
    public init?(utf8 text: some Sequence<UInt8>) {
        var digits: (UInt64, UInt64) = (0, 0)
        var position = 0
        var count = 0
        for byte in text {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = Self.hexDigit(byte), count < 32 else { return nil }
                if count < 16 { digits.0 = digits.0 << 4 | digit } else { digits.1 = digits.1 << 4 | digit }
                count += 1
            }
            position += 1
        }
        guard position == 36, digits.0 >> 12 & 0xF == 7, digits.1 >> 62 == 2 else { return nil }
        (high, low) = digits
    }

    /// The time inside it, to the millisecond.
    public var timestamp: Timestamp { Timestamp(milliseconds: Int64(high >> 16)) }

    /// The lower-case 36-character form.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            write(to: buffer)
            return 36
        }
    }

    /// Writes the text form into the buffer's first 36 bytes.
    func write(to buffer: UnsafeMutableBufferPointer<UInt8>) {
        let text = UnsafeMutableRawBufferPointer(buffer)
        let (second, third) = (Self.digits(UInt32(truncatingIfNeeded: high)), Self.digits(UInt32(low >> 32)))
        text.storeBytes(of: Self.digits(UInt32(high >> 32)), toByteOffset: 0, as: UInt64.self)
        text.storeBytes(of: UInt32(truncatingIfNeeded: second), toByteOffset: 9, as: UInt32.self)
        text.storeBytes(of: UInt32(second >> 32), toByteOffset: 14, as: UInt32.self)
        text.storeBytes(of: UInt32(truncatingIfNeeded: third), toByteOffset: 19, as: UInt32.self)
        text.storeBytes(of: UInt32(third >> 32), toByteOffset: 24, as: UInt32.self)
        text.storeBytes(of: Self.digits(UInt32(truncatingIfNeeded: low)), toByteOffset: 28, as: UInt64.self)
        (buffer[8], buffer[13], buffer[18], buffer[23]) = (Self.dash, Self.dash, Self.dash, Self.dash)
    }

    private static let dash = UInt8(ascii: "-")

    /// The eight lower-case hexadecimal digits of a word, the first in the lowest byte.
    private static func digits(_ word: UInt32) -> UInt64 {
        // Each four bits into a byte of its own, the highest first.
        var spread = UInt64(word)
        spread = (spread & 0xFFFF) << 32 | spread >> 16
        spread = (spread & 0x0000_00FF_0000_00FF) << 16 | (spread & 0x0000_FF00_0000_FF00) >> 8
        spread = (spread & 0x000F_000F_000F_000F) << 8 | (spread & 0x00F0_00F0_00F0_00F0) >> 4
        // 1 in each byte that is ten or more, for which the letters begin 39 later than ten after `0`.
        let letters = (spread &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return (spread &+ 0x3030_3030_3030_3030 &+ letters &* 39).littleEndian
    }

    /// By time, then by the free bits.
    public static func < (left: EventID, right: EventID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = EventID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a UUIDv7")
        }
        self = id
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

/// One browsing session's name: `sess_` and up to 123 further characters out of letters, digits, `_` and `-`.
///
/// Those that Weir gives are the id of the session's first fact, and kept as that: two words that are copied, compared
/// and hashed for next to nothing. Other names are kept as their text.
public struct SessionID: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    private enum Form: Equatable, Sendable {
        case first(EventID)
        case text(String)
    }

    private static let prefix: StaticString = "sess_"
    /// Of the text of a `Form.first`, in bytes.
    private static let length = prefix.utf8CodeUnitCount + 36

    private let form: Form

    /// The session that begins with the fact `first`.
    public init(first: EventID) { form = .first(first) }

    /// Nil unless it has the documented form.
    public init?(_ text: String) {
        var text = text
        guard let form = text.withUTF8({ Self.form(UnsafeRawBufferPointer($0)) }) else { return nil }
        self.form = form
    }

    /// Nil unless it has the documented form.
    init?(utf8 text: UnsafeRawBufferPointer) {
        guard let form = Self.form(text) else { return nil }
        self.form = form
    }

    private static func form(_ text: UnsafeRawBufferPointer) -> Form? {
        let start = prefix.utf8CodeUnitCount
        guard text.count > start, text.count <= 128, text.prefix(start).elementsEqual(prefix.utf8) else { return nil }
        let rest = UnsafeRawBufferPointer(rebasing: text[start...])
        // An upper-case form of the same id is another name.
        if rest.count == 36, let id = EventID(utf8: rest), !rest.contains(where: { (0x41...0x5A).contains($0) }) {
            return .first(id)
        }
        return rest.allSatisfy(isAllowed) ? .text(String(decoding: text, as: UTF8.self)) : nil
    }

    /// The whole text, prefix included.
    public var text: String {
        switch form {
        case .text(let text): text
        case .first(let id):
            String(unsafeUninitializedCapacity: Self.length) { buffer in
                Self.write(id, to: buffer)
                return Self.length
            }
        }
    }

    /// Calls `body` with the bytes of the text, without making a string of them.
    public func withUTF8(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        switch form {
        case .text(var text): text.withUTF8(body)
        case .first(let id):
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.length) { buffer in
                Self.write(id, to: buffer)
                body(UnsafeBufferPointer(buffer))
            }
        }
    }

    private static func write(_ id: EventID, to buffer: UnsafeMutableBufferPointer<UInt8>) {
        _ = buffer.update(fromContentsOf: prefix.utf8)
        id.write(to: UnsafeMutableBufferPointer(rebasing: buffer[prefix.utf8CodeUnitCount...]))
    }

    /// The id of the fact that the session began with, where its name is of that kind.
    public var first: EventID? { if case .first(let id) = form { id } else { nil } }

    /// The whole text.
    public var description: String { text }

    /// By text.
    public static func < (left: SessionID, right: SessionID) -> Bool {
        // Hexadecimal digits sort as the numbers that they write.
        if case .first(let one) = left.form, case .first(let other) = right.form { return one < other }
        return left.text < right.text
    }

    /// Adds the name. Nearly all are told apart by the free bits of their first fact's id.
    public func hash(into hasher: inout Hasher) {
        switch form {
        case .first(let id): hasher.combine(id.low)
        case .text(let text): hasher.combine(text)
        }
    }

    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = SessionID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a session id (sess_…)")
        }
        self = id
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension StaticString {
    /// The text's bytes.
    fileprivate var utf8: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}
