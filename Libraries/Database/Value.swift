/// A value bound to a parameter ($1, $2, …). The server learns its type from the statement, so that `.text` also
/// carries inet, uuid, date and interval.
public enum Value: Hashable, Sendable {
    case null
    /// Any type in its text form. A NUL inside is refused as data error 22021.
    case text(String)
    case int(Int64)
    case double(Double)
    case bool(Bool)
    /// A timestamptz, in milliseconds since 1970 UTC.
    case timestamp(milliseconds: Int64)
    /// A bytea.
    case bytes([UInt8])
    /// A text[].
    case texts([String])
    /// A bigint[] or integer[].
    case ints([Int64])

    /// Text, or null.
    public static func text(_ text: String?) -> Value { text.map { .text($0) } ?? .null }

    /// An integer of any width, or null.
    public static func int(_ number: (some BinaryInteger)?) -> Value {
        number.map { .int(Int64(clamping: $0)) } ?? .null
    }

    /// A number, or null.
    public static func double(_ number: Double?) -> Value { number.map { .double($0) } ?? .null }

    /// A moment in milliseconds since 1970 UTC, or null.
    public static func timestamp(milliseconds: Int64?) -> Value {
        milliseconds.map { .timestamp(milliseconds: $0) } ?? .null
    }

    /// Appends the text form without a terminator; false for null.
    func write(to bytes: inout [UInt8]) -> Bool {
        switch self {
        case .null: return false
        case .text(let text): bytes.append(contentsOf: text.utf8)
        case .int(let number): DecimalText.append(number, to: &bytes)
        case .double(let number): bytes.append(contentsOf: number.description.utf8)
        case .bool(let flag): bytes.append(UInt8(ascii: flag ? "t" : "f"))
        case .timestamp(let milliseconds): CalendarText.appendTimestamp(milliseconds, to: &bytes)
        case .bytes(let octets):
            bytes.append(contentsOf: "\\x".utf8)
            for octet in octets {
                bytes.append(Hexadecimal.digit(octet >> 4))
                bytes.append(Hexadecimal.digit(octet & 15))
            }
        case .texts(let texts): Self.writeArray(texts, to: &bytes)
        case .ints(let numbers):
            bytes.append(UInt8(ascii: "{"))
            for (index, number) in numbers.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                DecimalText.append(number, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
        return true
    }

    private static func writeArray(_ texts: [String], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, text) in texts.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "\""))
            for byte in text.utf8 {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        }
        bytes.append(UInt8(ascii: "}"))
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    /// Text.
    public init(stringLiteral value: String) { self = .text(value) }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .int(value) }
    /// A number.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// A flag.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Null.
    public init(nilLiteral: ()) { self = .null }
}

enum Hexadecimal {
    static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
