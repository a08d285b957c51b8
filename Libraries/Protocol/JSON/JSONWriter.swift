/// Appends JSON text to a byte array, without building a tree first.
///
/// Ours rather than jansson's because jansson prints 0.1 as 0.10000000000000001; here every number is the shortest text
/// that reads back to it.
public struct JSONWriter: Sendable {
    /// What has been written so far.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// A writer with room for `capacity` bytes.
    public init(capacity: Int = 512) { bytes.reserveCapacity(capacity) }

    /// Appends what `body` writes to `bytes`, in place.
    public static func append(to bytes: inout [UInt8], _ body: (inout JSONWriter) -> Void) {
        var writer = JSONWriter(capacity: 0)
        swap(&writer.bytes, &bytes)
        body(&writer)
        swap(&writer.bytes, &bytes)
    }

    /// Empties it and keeps its room.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        needsComma = false
    }

    /// `{`, the fields that `body` writes, `}`.
    public mutating func object(_ body: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "{"))
        body(&self)
        close(UInt8(ascii: "}"))
    }

    /// `[`, the elements that `body` writes, `]`.
    public mutating func array(_ body: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "["))
        body(&self)
        close(UInt8(ascii: "]"))
    }

    /// A field's name; its value must follow.
    public mutating func name(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// The name of a field known at compile time, plain ASCII without quotes; its value must follow.
    @inline(__always)
    public mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A field that is left out when there is no value.
    public mutating func optional(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    /// A field with any value.
    public mutating func field(_ name: String, _ value: JSONValue) {
        self.name(name)
        self.value(value)
    }

    /// A field with a string.
    public mutating func field(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }

    /// A field with an integer.
    public mutating func field(_ name: String, _ value: some FixedWidthInteger) {
        self.name(name)
        integer(value)
    }

    /// A field with a number.
    public mutating func field(_ name: String, _ value: Double) {
        self.name(name)
        number(value)
    }

    /// A field with a boolean.
    public mutating func field(_ name: String, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    /// Any value.
    public mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .integer(let value): integer(value)
        case .number(let value): number(value)
        case .string(let value): string(value)
        case .array(let elements): array { for element in elements { $0.value(element) } }
        case .object(let object): self.object { for field in object.fields { $0.field(field.name, field.value) } }
        }
    }

    /// A value, or several with commas between them, that is JSON already.
    public mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
    }

    /// `null`.
    public mutating func null() { word("null") }

    /// `true` or `false`.
    public mutating func bool(_ value: Bool) { if value { word("true") } else { word("false") } }

    /// An integer.
    public mutating func integer(_ value: some FixedWidthInteger) {
        separate()
        guard let small = Int64(exactly: value) else {
            bytes.append(contentsOf: String(value).utf8)
            return
        }
        if small < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = small.magnitude
        if rest < 10 { return bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest)) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = 20
            while rest > 0 {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
        }
    }

    /// A number, an integer without `.0` where it is one; null when it is not finite, since JSON has no word for that.
    public mutating func number(_ value: Double) {
        guard value.isFinite else {
            null()
            return
        }
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 {
            integer(whole)
        } else {
            separate()
            bytes.append(contentsOf: value.description.utf8)
        }
    }

    /// A string in quotes, control characters, quotes and backslashes escaped.
    public mutating func string(_ value: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { text in
            var clean = 0
            var index = Self.nextEscape(text, from: 0)
            while index < text.count {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[clean..<index]))
                escape(text[index])
                clean = index + 1
                index = Self.nextEscape(text, from: clean)
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[clean...]))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// A string in quotes of ASCII that needs no escapes.
    mutating func plain(_ text: UnsafeBufferPointer<UInt8>) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Where the next byte is that cannot stand in a string as it is; the text's length when there is none.
    private static func nextEscape(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let raw = UnsafeRawBufferPointer(text)
        var index = start
        while raw.count - index >= 8 {
            let stride = ByteStride(raw, at: index)
            let stops = stride.equal(0x22) | stride.equal(0x5C) | stride.equal(0x7F) | stride.below(0x20)
            if stops != 0 { return index + ByteStride.first(stops) }
            index += 8
        }
        while index < raw.count {
            let byte = raw[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C || byte == 0x7F { return index }
            index += 1
        }
        return index
    }

    /// A raw newline, to end a line of the wire; the next value starts afresh.
    public mutating func newline() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    @inline(__always)
    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func word(_ word: StaticString) {
        separate()
        bytes.append(contentsOf: UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    private mutating func escape(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x22, 0x5C: bytes.append(byte)
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            for digit in [byte >> 4, byte & 0xF] {
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}

extension JSONValue {
    /// The compact text.
    public func serialized() -> [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }

    /// The compact text as a string.
    public var text: String { String(decoding: serialized(), as: UTF8.self) }
}
