import Glibc

/// Rows for `COPY … FROM STDIN`, built field by field in one buffer that is used again and again.
///
/// Fields are appended in the order of the COPY's columns, each as the type of its column, and `endRow()` closes each row;
/// that the count of fields is right is the caller's duty and the server's check. Text may hold anything but NUL, which the
/// server refuses (22021). A number or time that its column cannot hold is the server's to refuse as well: 22003 or 22008
/// in text form; in binary form 22008, and 22P03 of a number, which is written in more bytes than its column takes.
public struct CopyWriter: Sendable {
    /// How COPY reads the rows.
    public enum Form: Sendable {
        /// As text, which any type is read from.
        case text
        /// As the server holds values itself, so that it has none to read out of text.
        case binary
    }

    /// How COPY reads the rows.
    public let form: Form
    /// The rows so far.
    public private(set) var bytes: [UInt8] = []
    /// How many rows were ended.
    public private(set) var rowCount = 0
    private var isRowOpen = false
    /// In binary form the open row begins here with the count of its fields, which is known when it ends.
    private var rowStart = 0
    private var fieldCount: UInt16 = 0

    /// An empty buffer with room for `capacity` bytes.
    public init(_ form: Form = .text, capacity: Int = 0) {
        self.form = form
        bytes.reserveCapacity(capacity)
    }

    /// Forgets the rows and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        rowCount = 0
        isRowOpen = false
    }

    /// Closes the row.
    public mutating func endRow() {
        switch form {
        case .text: bytes.append(UInt8(ascii: "\n"))
        case .binary:
            bytes[rowStart] = UInt8(truncatingIfNeeded: fieldCount >> 8)
            bytes[rowStart + 1] = UInt8(truncatingIfNeeded: fieldCount)
        }
        rowCount += 1
        isRowOpen = false
    }

    /// Null.
    public mutating func appendNull() {
        beginField()
        switch form {
        case .text:
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(UInt8(ascii: "N"))
        case .binary: append(raw: UInt32.max)
        }
    }

    /// Text, or null. In text form, a value of any type.
    public mutating func append(_ text: String?) {
        guard var text else { return appendNull() }
        text.withUTF8 { append(utf8: $0) }
    }

    /// UTF-8. In text form, a value of any type.
    public mutating func append(utf8 text: UnsafeBufferPointer<UInt8>) {
        beginField()
        switch form {
        case .text: escape(text)
        case .binary:
            append(raw: UInt32(text.count).bigEndian)
            bytes.append(contentsOf: text)
        }
    }

    /// A jsonb, or null.
    public mutating func append(jsonb text: String?) {
        guard var text else { return appendNull() }
        text.withUTF8 { append(jsonb: $0) }
    }

    /// A jsonb, as UTF-8.
    public mutating func append(jsonb text: UnsafeBufferPointer<UInt8>) {
        guard form == .binary else { return append(utf8: text) }
        beginField()
        append(raw: UInt32(1 + text.count).bigEndian)
        bytes.append(1)  // the version of the form
        bytes.append(contentsOf: text)
    }

    /// A row that another writer of the same form has ended.
    public mutating func append(row: ArraySlice<UInt8>) {
        bytes.append(contentsOf: row)
        rowCount += 1
    }

    /// The fields of a row that another writer of the same form has ended, for further ones to follow.
    public mutating func append(fields row: ArraySlice<UInt8>) {
        beginField()
        switch form {
        case .text: bytes.append(contentsOf: row.last == UInt8(ascii: "\n") ? row.dropLast() : row)
        case .binary:
            fieldCount += (UInt16(row[row.startIndex]) << 8 | UInt16(row[row.startIndex + 1])) - 1
            bytes.append(contentsOf: row.dropFirst(2))
        }
    }

    /// An integer, or null; in text form only, where its column may have any width. Inlined, as are those below: a generic
    /// call into another module would cost more than the digits.
    @inlinable
    public mutating func append(_ number: (some BinaryInteger)?) {
        precondition(form == .text, "an integer in binary form has a width")
        append(integer: number.map { Int64(clamping: $0) }, width: 8)
    }

    /// A smallint, or null.
    @inlinable
    public mutating func append(int2 number: (some BinaryInteger)?) {
        append(integer: number.map { Int64(clamping: $0) }, width: 2)
    }

    /// An integer, or null.
    @inlinable
    public mutating func append(int4 number: (some BinaryInteger)?) {
        append(integer: number.map { Int64(clamping: $0) }, width: 4)
    }

    /// A bigint, or null.
    @inlinable
    public mutating func append(int8 number: (some BinaryInteger)?) {
        append(integer: number.map { Int64(clamping: $0) }, width: 8)
    }

    @usableFromInline
    mutating func append(integer number: Int64?, width: Int) {
        guard let number else { return appendNull() }
        beginField()
        if form == .text {
            DecimalText.append(number, to: &bytes)
        } else if width == 2, let short = Int16(exactly: number) {
            append(raw: (UInt32(2).bigEndian, short.bigEndian))
        } else if width == 4, let word = Int32(exactly: number) {
            append(raw: (UInt32(4).bigEndian, word.bigEndian))
        } else {
            append(eight: UInt64(bitPattern: number))
        }
    }

    /// A double precision number, or null. In text form, a number of any type.
    public mutating func append(_ number: Double?) {
        guard let number else { return appendNull() }
        beginField()
        // As text has it, there is no negative zero.
        guard form == .text else { return append(eight: (number + 0).bitPattern) }
        // Most are whole milliseconds, for which printing a Double would be the slowest part of a row.
        if number.magnitude < 1e15, let whole = Int64(exactly: number) {
            DecimalText.append(whole, to: &bytes)
        } else {
            bytes.append(contentsOf: number.description.utf8)
        }
    }

    /// A real, or null.
    public mutating func append(real number: Double?) {
        guard form == .binary, let number else { return append(number) }
        let real = Float(number + 0)
        // What is too large or too near to 0 for a real is left to the server to refuse.
        guard real.isInfinite == number.isInfinite, real.isZero == number.isZero else { return append(number) }
        beginField()
        append(raw: (UInt32(4).bigEndian, real.bitPattern.bigEndian))
    }

    /// A flag, or null.
    public mutating func append(_ flag: Bool?) {
        guard let flag else { return appendNull() }
        beginField()
        switch form {
        case .text: bytes.append(UInt8(ascii: flag ? "t" : "f"))
        case .binary: append(raw: (UInt32(1).bigEndian, UInt8(flag ? 1 : 0)))
        }
    }

    /// A timestamptz in milliseconds since 1970 UTC, or null.
    public mutating func append(timestampMilliseconds moment: Int64?) {
        guard let moment else { return appendNull() }
        beginField()
        switch form {
        case .text: CalendarText.appendTimestamp(moment, to: &bytes)
        case .binary: append(eight: UInt64(bitPattern: BinaryCalendar.timestamp(ofMilliseconds: moment)))
        }
    }

    /// The UTC date around a moment in milliseconds since 1970 UTC.
    public mutating func append(dayOfMilliseconds moment: Int64) {
        beginField()
        switch form {
        case .text: CalendarText.appendDay(of: moment, to: &bytes)
        case .binary: append(raw: (UInt32(4).bigEndian, BinaryCalendar.date(ofMilliseconds: moment).bigEndian))
        }
    }

    /// A uuid of two big-endian halves.
    public mutating func append(uuid high: UInt64, _ low: UInt64) {
        beginField()
        guard form == .text else {
            append(raw: UInt32(16).bigEndian)
            return append(raw: (high.bigEndian, low.bigEndian))
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { text in
            var position = 0
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                    text[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = digit < 16 ? high : low
                text[position] = Hexadecimal.digit(
                    UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (digit & 15)) & 15))
                position += 1
            }
            bytes.append(contentsOf: UnsafeBufferPointer(text))
        }
    }

    /// An inet that is an IPv4 address, its first octet highest.
    public mutating func append(inet4 bits: UInt32) {
        beginField()
        guard form == .text else {
            // Family, bits of the network, that it is no cidr, and bytes of the address.
            append(raw: (UInt32(8).bigEndian, UInt32(0x0220_0004).bigEndian, bits.bigEndian))
            return
        }
        for shift in [24, 16, 8, 0] as [UInt32] {
            DecimalText.append(Int64(bits >> shift & 255), to: &bytes)
            if shift > 0 { bytes.append(UInt8(ascii: ".")) }
        }
    }

    /// An inet that is an IPv6 address of two big-endian halves.
    public mutating func append(inet6 high: UInt64, _ low: UInt64) {
        beginField()
        guard form == .text else {
            append(raw: (UInt32(20).bigEndian, UInt32(0x0380_0010).bigEndian))
            return append(raw: (high.bigEndian, low.bigEndian))
        }
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            var address = (high.bigEndian, low.bigEndian)
            let start = inet_ntop(AF_INET6, &address, text.baseAddress!, socklen_t(text.count))!
            bytes.append(contentsOf: UnsafeRawBufferPointer(start: start, count: strlen(start)))
        }
    }

    @inline(__always)
    private mutating func beginField() {
        switch form {
        case .text: if isRowOpen { bytes.append(UInt8(ascii: "\t")) } else { isRowOpen = true }
        case .binary:
            if !isRowOpen {
                (isRowOpen, rowStart, fieldCount) = (true, bytes.count, 0)
                append(raw: UInt16(0))
            }
            fieldCount += 1
        }
    }

    /// A field of eight bytes.
    @inline(__always)
    private mutating func append(eight word: UInt64) {
        append(
            raw: (
                UInt32(8).bigEndian, UInt32(truncatingIfNeeded: word >> 32).bigEndian,
                UInt32(truncatingIfNeeded: word).bigEndian
            ))
    }

    /// The bytes of a value without padding.
    @inline(__always)
    private mutating func append<Value: BitwiseCopyable>(raw value: Value) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
        var clean = 0
        var index = 0
        while true {
            index = Self.nextSpecial(in: text, from: index)
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[clean..<index]))
            if index == text.count { return }
            bytes.append(UInt8(ascii: "\\"))
            switch text[index] {
            case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
            case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
            case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
            default: bytes.append(UInt8(ascii: "\\"))
            }
            index += 1
            clean = index
        }
    }

    /// Where the next tab, line feed, carriage return or backslash is, or the end. Eight bytes at a time: text is most of
    /// every row and nearly always clean. A word that has a control character or a backslash, possibly by a carry from
    /// its neighbour, is looked at byte by byte.
    private static func nextSpecial(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let (ones, highs): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        var index = start
        while index < text.count {
            if text.count - index >= 8 {
                let word = UnsafeRawPointer(text.baseAddress! + index).loadUnaligned(as: UInt64.self)
                let backslash = word ^ (ones &* 0x5C)
                let suspects = ((word &- ones &* 0x0E) & ~word) | ((backslash &- ones) & ~backslash)
                if suspects & highs == 0 {
                    index += 8
                    continue
                }
            }
            let end = min(index + 8, text.count)
            while index < end {
                let byte = text[index]
                if byte == 0x5C || (byte < 0x0E && (byte == 0x09 || byte == 0x0A || byte == 0x0D)) { return index }
                index += 1
            }
        }
        return text.count
    }
}
