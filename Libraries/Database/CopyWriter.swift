/// Rows in the text form of `COPY … FROM STDIN`, built field by field in one buffer that is used again and again.
///
/// Fields are appended in the order of the COPY's columns and `endRow()` closes each row; that the count of fields is
/// right is the caller's duty and the server's check. Text may hold anything but NUL, which the server refuses (22021).
public struct CopyWriter: Sendable {
    /// The rows so far.
    public private(set) var bytes: [UInt8] = []
    /// How many rows were ended.
    public private(set) var rowCount = 0
    private var isRowOpen = false

    /// An empty buffer with room for `capacity` bytes.
    public init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Forgets the rows and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        rowCount = 0
        isRowOpen = false
    }

    /// Closes the row.
    public mutating func endRow() {
        bytes.append(UInt8(ascii: "\n"))
        rowCount += 1
        isRowOpen = false
    }

    /// Null.
    public mutating func appendNull() {
        separate()
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(UInt8(ascii: "N"))
    }

    /// Text of any type (text, inet, jsonb, date …), or null.
    public mutating func append(_ text: String?) {
        guard var text else { return appendNull() }
        separate()
        text.withUTF8 { escape($0) }
    }

    /// UTF-8 of any type.
    public mutating func append(utf8 text: UnsafeBufferPointer<UInt8>) {
        separate()
        escape(text)
    }

    /// A row that another writer has ended.
    public mutating func append(row: ArraySlice<UInt8>) {
        bytes.append(contentsOf: row)
        rowCount += 1
    }

    /// The fields of a row that another writer has ended, for further ones to follow.
    public mutating func append(fields row: ArraySlice<UInt8>) {
        separate()
        bytes.append(contentsOf: row.last == UInt8(ascii: "\n") ? row.dropLast() : row)
    }

    /// An integer, or null. Inlined: a generic call into another module would cost more than the digits.
    @inlinable
    public mutating func append(_ number: (some BinaryInteger)?) {
        append(integer: number.map { Int64(clamping: $0) })
    }

    @usableFromInline
    mutating func append(integer number: Int64?) {
        guard let number else { return appendNull() }
        separate()
        DecimalText.append(number, to: &bytes)
    }

    /// A number, or null.
    public mutating func append(_ number: Double?) {
        guard let number else { return appendNull() }
        separate()
        // Most are whole milliseconds, for which printing a Double would be the slowest part of a row.
        if number.magnitude < 1e15, let whole = Int64(exactly: number) {
            DecimalText.append(whole, to: &bytes)
        } else {
            bytes.append(contentsOf: number.description.utf8)
        }
    }

    /// A flag, or null.
    public mutating func append(_ flag: Bool?) {
        guard let flag else { return appendNull() }
        separate()
        bytes.append(UInt8(ascii: flag ? "t" : "f"))
    }

    /// A timestamptz in milliseconds since 1970 UTC, or null.
    public mutating func append(timestampMilliseconds moment: Int64?) {
        guard let moment else { return appendNull() }
        separate()
        CalendarText.appendTimestamp(moment, to: &bytes)
    }

    /// The UTC date around a moment in milliseconds since 1970 UTC.
    public mutating func append(dayOfMilliseconds moment: Int64) {
        separate()
        CalendarText.appendDay(of: moment, to: &bytes)
    }

    /// A uuid of two big-endian halves.
    public mutating func append(uuid high: UInt64, _ low: UInt64) {
        separate()
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

    @inline(__always)
    private mutating func separate() {
        if isRowOpen { bytes.append(UInt8(ascii: "\t")) } else { isRowOpen = true }
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
