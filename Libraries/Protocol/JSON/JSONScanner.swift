/// Reads JSON text where it lies, value by value, without building a tree: the hot path's reader.
///
/// It accepts nothing that `JSONValue(parsing:)` refuses. What it cannot decide cheaply (names with escapes, objects of
/// many unknown fields) it leaves to that parser by throwing `unsupported`, so callers fall back and answers stay the
/// same. It points into the caller's bytes and must not outlive them.
public struct JSONScanner {
    /// Why the scanner stopped.
    public enum Failure: Error, Hashable, Sendable {
        /// Not JSON, nested too deep, or not the type asked for.
        case malformed
        /// Perhaps JSON, but for the slow parser to say.
        case unsupported
    }

    /// An integer as written without fraction and exponent, or any other number.
    enum Number {
        case integer(Int64)
        case real(Double)
    }

    private let text: UnsafeRawBufferPointer
    private var position = 0
    private var depth = 0
    private let depthLimit: Int

    /// A scanner at the start of `text`, for at most `depthLimit` nested arrays and objects.
    public init(_ text: UnsafeRawBufferPointer, depthLimit: Int = Envelope.depthLimit) {
        self.text = text
        self.depthLimit = depthLimit
    }

    /// Whether `text` is exactly one JSON value with white space around it.
    /// - Throws: `malformed` when it is not, `unsupported` when it may be.
    public static func validate(_ text: UnsafeRawBufferPointer) throws(Failure) {
        var scanner = JSONScanner(text)
        try scanner.skip()
        try scanner.finish()
    }

    /// Nothing but white space may follow.
    public mutating func finish() throws(Failure) {
        skipSpace()
        guard position == text.count else { throw .malformed }
    }

    /// Steps over `null` when it is next.
    public mutating func takeNull() throws(Failure) -> Bool {
        guard next() == UInt8(ascii: "n") else { return false }
        try word("null")
        return true
    }

    /// Whether a string is next.
    mutating func startsString() -> Bool { next() == UInt8(ascii: "\"") }

    /// `true` or `false`.
    public mutating func bool() throws(Failure) -> Bool {
        switch next() {
        case UInt8(ascii: "t"):
            try word("true")
            return true
        case UInt8(ascii: "f"):
            try word("false")
            return false
        default: throw .malformed
        }
    }

    /// A whole number within 64 bits; `1.0` and `1e3` are whole.
    public mutating func int64() throws(Failure) -> Int64 {
        switch try number() {
        case .integer(let value): return value
        case .real(let value):
            guard let whole = Int64(exactly: value) else { throw .malformed }
            return whole
        }
    }

    /// A whole number.
    public mutating func int() throws(Failure) -> Int { Int(try int64()) }

    /// Any number.
    public mutating func double() throws(Failure) -> Double {
        switch try number() {
        case .integer(let value): return Double(value)
        case .real(let value): return value
        }
    }

    /// A string, escapes decoded.
    public mutating func string() throws(Failure) -> String {
        let span = try stringSpan()
        let bytes = UnsafeRawBufferPointer(rebasing: text[span.start..<span.end])
        if span.hasEscape { return try Self.unescaped(bytes) }
        if span.isASCII { return String(decoding: bytes, as: UTF8.self) }
        guard let valid = String(validating: bytes, as: UTF8.self) else { throw .malformed }
        return valid
    }

    /// The bytes of a string of plain ASCII without escapes, in place; other strings are `unsupported`.
    public mutating func plainString() throws(Failure) -> UnsafeRawBufferPointer {
        let span = try stringSpan()
        guard span.isASCII, !span.hasEscape else { throw .unsupported }
        return UnsafeRawBufferPointer(rebasing: text[span.start..<span.end])
    }

    /// A string, or nil for `null`.
    public mutating func optionalString() throws(Failure) -> String? {
        if try takeNull() { nil } else { try string() }
    }

    /// Enters an array: whether it has a first element.
    public mutating func enterArray() throws(Failure) -> Bool {
        try enter(UInt8(ascii: "["))
        return next() == UInt8(ascii: "]") ? leave() : true
    }

    /// After an element: whether another follows.
    public mutating func nextElement() throws(Failure) -> Bool {
        switch next() {
        case UInt8(ascii: ","):
            position += 1
            // A comma before the end of the array is caught by whatever reads the element: no value starts with `]`.
            return true
        case UInt8(ascii: "]"): return leave()
        default: throw .malformed
        }
    }

    /// Enters an object: the first field's name, or nil when it has none. The name's bytes are plain.
    mutating func enterObject() throws(Failure) -> UnsafeRawBufferPointer? {
        try enter(UInt8(ascii: "{"))
        if next() == UInt8(ascii: "}") {
            _ = leave()
            return nil
        }
        return try fieldName()
    }

    /// After a field's value: the next field's name, or nil at the end of the object.
    mutating func nextField() throws(Failure) -> UnsafeRawBufferPointer? {
        switch next() {
        case UInt8(ascii: ","):
            position += 1
            return try fieldName()
        case UInt8(ascii: "}"):
            _ = leave()
            return nil
        default: throw .malformed
        }
    }

    /// Steps over any value, checking it.
    public mutating func skip() throws(Failure) {
        switch next() {
        case UInt8(ascii: "\""):
            let span = try stringSpan()
            guard span.hasEscape || !span.isASCII else { return }
            let bytes = UnsafeRawBufferPointer(rebasing: text[span.start..<span.end])
            if span.hasEscape {
                _ = try Self.unescaped(bytes)
            } else {
                guard String(validating: bytes, as: UTF8.self) != nil else { throw .malformed }
            }
        case UInt8(ascii: "{"):
            var names = FieldNameSet()
            var name = try enterObject()
            while let current = name {
                try names.insert(current)
                try skip()
                name = try nextField()
            }
        case UInt8(ascii: "["):
            var more = try enterArray()
            while more {
                try skip()
                more = try nextElement()
            }
        case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try bool()
        case UInt8(ascii: "n"): _ = try takeNull()
        default: _ = try number()
        }
    }
}

extension JSONScanner {
    private struct StringSpan {
        let start: Int
        let end: Int
        let hasEscape: Bool
        let isASCII: Bool
    }

    /// The next byte after white space, not consumed; 0, which starts nothing, at the end.
    private mutating func next() -> UInt8 {
        skipSpace()
        return position < text.count ? text[position] : 0
    }

    private mutating func skipSpace() {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func word(_ word: StaticString) throws(Failure) {
        let length = word.utf8CodeUnitCount
        guard text.count - position >= length else { throw .malformed }
        for index in 0..<length where text[position + index] != word.utf8Start[index] { throw .malformed }
        position += length
    }

    private mutating func enter(_ bracket: UInt8) throws(Failure) {
        guard next() == bracket, depth < depthLimit else { throw .malformed }
        position += 1
        depth += 1
    }

    /// Steps over the closing bracket; false, for "nothing follows".
    private mutating func leave() -> Bool {
        position += 1
        depth -= 1
        return false
    }

    private mutating func fieldName() throws(Failure) -> UnsafeRawBufferPointer {
        let name = try plainString()
        guard next() == UInt8(ascii: ":") else { throw .malformed }
        position += 1
        return name
    }

    /// From an opening quote to past the closing one. Eight bytes at a time: a quote, a backslash, a control character
    /// or, the first time, a byte beyond ASCII stops the stride.
    private mutating func stringSpan() throws(Failure) -> StringSpan {
        guard next() == UInt8(ascii: "\"") else { throw .malformed }
        position += 1
        let start = position
        var hasEscape = false
        var isASCII = true
        while true {
            while text.count - position >= 8 {
                let stride = ByteStride(text, at: position)
                var stops = stride.equal(UInt8(ascii: "\"")) | stride.equal(UInt8(ascii: "\\")) | stride.below(0x20)
                if isASCII { stops |= stride.beyondASCII }
                guard stops == 0 else {
                    position += ByteStride.first(stops)
                    break
                }
                position += 8
            }
            guard position < text.count else { throw .malformed }
            let byte = text[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return StringSpan(start: start, end: position - 1, hasEscape: hasEscape, isASCII: isASCII)
            case UInt8(ascii: "\\"):
                hasEscape = true
                position += 2
            case 0..<0x20: throw .malformed
            default:
                if byte >= 0x80 { isASCII = false }
                position += 1
            }
        }
    }

    private static func unescaped(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                decoded.append(byte)
                continue
            }
            guard index < bytes.count else { throw .malformed }
            let letter = bytes[index]
            index += 1
            switch letter {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(letter)
            case UInt8(ascii: "b"): decoded.append(0x08)
            case UInt8(ascii: "f"): decoded.append(0x0C)
            case UInt8(ascii: "n"): decoded.append(0x0A)
            case UInt8(ascii: "r"): decoded.append(0x0D)
            case UInt8(ascii: "t"): decoded.append(0x09)
            case UInt8(ascii: "u"):
                decoded.append(contentsOf: String(try escapedScalar(bytes, &index)).utf8)
            default: throw .malformed
            }
        }
        guard let text = String(validating: decoded, as: UTF8.self) else { throw .malformed }
        return text
    }

    /// The scalar of `\uXXXX`, or of two that are a surrogate pair, from behind the `u`. NUL is refused, as jansson does.
    private static func escapedScalar(
        _ bytes: UnsafeRawBufferPointer, _ index: inout Int
    ) throws(Failure) -> Unicode.Scalar {
        let first = try fourHexDigits(bytes, &index)
        var value = first
        if first & 0xFC00 == 0xD800 {
            guard bytes.count - index >= 6, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u")
            else { throw .malformed }
            index += 2
            let second = try fourHexDigits(bytes, &index)
            guard second & 0xFC00 == 0xDC00 else { throw .malformed }
            value = 0x10000 + (first & 0x3FF) << 10 + second & 0x3FF
        }
        guard value != 0, let scalar = Unicode.Scalar(value) else { throw .malformed }
        return scalar
    }

    private static func fourHexDigits(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) throws(Failure) -> UInt32 {
        guard bytes.count - index >= 4 else { throw .malformed }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[index]
            index += 1
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw .malformed
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}

extension JSONScanner {
    /// A number in JSON's own grammar. As with jansson, an integer beyond 64 bits and a real beyond Double are refused.
    mutating func number() throws(Failure) -> Number {
        let first = next()
        let start = position
        let isNegative = first == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let whole = takeDigits()
        guard !whole.isEmpty, whole.count == 1 || text[whole.lowerBound] != UInt8(ascii: "0") else { throw .malformed }

        var fraction = position..<position
        var isReal = false
        if position < text.count, text[position] == UInt8(ascii: ".") {
            position += 1
            fraction = takeDigits()
            guard !fraction.isEmpty else { throw .malformed }
            isReal = true
        }
        var exponent = 0
        if position < text.count, text[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            exponent = try takeExponent()
            isReal = true
        }
        guard isReal else { return .integer(try integer(whole, isNegative)) }
        return .real(try real(start, whole, fraction, exponent, isNegative))
    }

    private mutating func takeDigits() -> Range<Int> {
        let start = position
        while position < text.count, text[position] &- UInt8(ascii: "0") <= 9 { position += 1 }
        return start..<position
    }

    /// The exponent behind `e`; its size is capped, since past a few thousand only the sign matters.
    private mutating func takeExponent() throws(Failure) -> Int {
        var isNegative = false
        if position < text.count, text[position] == UInt8(ascii: "+") || text[position] == UInt8(ascii: "-") {
            isNegative = text[position] == UInt8(ascii: "-")
            position += 1
        }
        let digits = takeDigits()
        guard !digits.isEmpty else { throw .malformed }
        var value = 0
        for index in digits { value = min(value * 10 + Int(text[index] - UInt8(ascii: "0")), 1_000_000) }
        return isNegative ? -value : value
    }

    private func integer(_ digits: Range<Int>, _ isNegative: Bool) throws(Failure) -> Int64 {
        guard digits.count <= 19 else { throw .malformed }
        var magnitude: UInt64 = 0
        for index in digits { magnitude = magnitude * 10 + UInt64(text[index] - UInt8(ascii: "0")) }
        if magnitude <= UInt64(Int64.max) { return isNegative ? -Int64(magnitude) : Int64(magnitude) }
        guard isNegative, magnitude == 1 << 63 else { throw .malformed }
        return .min
    }

    /// Up to 2^53 times or over a power of ten up to 10^22 both operands are exact, so one operation rounds correctly
    /// (Clinger). Everything else goes through the library's conversion.
    private func real(
        _ start: Int, _ whole: Range<Int>, _ fraction: Range<Int>, _ exponent: Int, _ isNegative: Bool
    ) throws(Failure) -> Double {
        let power = exponent - fraction.count
        if whole.count + fraction.count <= 15, power.magnitude <= 22 {
            var mantissa: UInt64 = 0
            for index in whole { mantissa = mantissa * 10 + UInt64(text[index] - UInt8(ascii: "0")) }
            for index in fraction { mantissa = mantissa * 10 + UInt64(text[index] - UInt8(ascii: "0")) }
            let scale = Self.powersOfTen[Int(power.magnitude)]
            let value = power < 0 ? Double(mantissa) / scale : Double(mantissa) * scale
            return isNegative ? -value : value
        }
        let literal = String(decoding: text[start..<position], as: UTF8.self)
        guard let value = Double(literal), value.isFinite else { throw .malformed }
        return value
    }

    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
