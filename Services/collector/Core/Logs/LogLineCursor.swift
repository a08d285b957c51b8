import WeirProtocol

/// A place in a line's bytes, and the small readings that every text format is made of.
struct LogLineCursor {
    let line: UnsafeRawBufferPointer
    var position = 0
    var sawAgent = false

    init(_ line: UnsafeRawBufferPointer) {
        let end = line.last == 0x0D ? line.count - 1 : line.count
        self.line = UnsafeRawBufferPointer(rebasing: line[..<end])
    }

    var isAtEnd: Bool { position >= line.count }

    /// The byte here, 0 at the end.
    var byte: UInt8 { position < line.count ? line[position] : 0 }

    /// The range up to the next blank, and on past it.
    mutating func word() -> Range<Int> {
        let start = position
        while position < line.count, line[position] != UInt8(ascii: " ") { position += 1 }
        let word = start..<position
        skipBlanks()
        return word
    }

    mutating func skipBlanks() {
        while position < line.count, line[position] == UInt8(ascii: " ") { position += 1 }
    }

    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: line[range]) }

    func isDash(_ range: Range<Int>) -> Bool { range.count == 1 && line[range.lowerBound] == UInt8(ascii: "-") }

    /// Digits only, at most 18 of them.
    func number(_ range: Range<Int>) -> Int64? {
        guard !range.isEmpty, range.count <= 18 else { return nil }
        var value: Int64 = 0
        for byte in bytes(range) {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    /// Whether the line's first word is a host and its second an address, as in vhost_combined.
    func startsWithHost() -> Bool {
        var copy = self
        let first = copy.word()
        let second = copy.word()
        guard !second.isEmpty, address(second) != nil else { return false }
        // Two addresses in a row: a virtual host without a name, unless the second is the remote user.
        return address(first) == nil || copy.byte == UInt8(ascii: "-")
    }

    /// The text of an IP address, or of `unix:`.
    func address(_ range: Range<Int>) -> String? {
        guard (2...45).contains(range.count) else { return nil }
        let text = String(decoding: bytes(range), as: UTF8.self)
        return text == "unix:" || IPAddress(text) != nil ? text : nil
    }

    /// What stands between quotes here, escapes left in place. The closing quote is the first unescaped one before
    /// which `isEnd` (asked for the position after it) holds, so that quotes which a server failed to escape do not
    /// end the field.
    mutating func quoted(_ isEnd: (Int) -> Bool) -> (range: Range<Int>, isClosed: Bool)? {
        guard byte == UInt8(ascii: "\"") else { return nil }
        let start = position + 1
        var index = start
        while index < line.count {
            let byte = line[index]
            if byte == UInt8(ascii: "\\") {
                index += 2
            } else if byte == UInt8(ascii: "\""), isEnd(index + 1) {
                position = index + 1
                return (start..<index, true)
            } else {
                index += 1
            }
        }
        position = line.count
        return (start..<line.count, false)
    }

    /// The field's text: nil for `-` and when empty, escapes resolved, NUL dropped, invalid UTF-8 repaired.
    func text(_ range: Range<Int>) -> String? {
        range.isEmpty || isDash(range) ? nil : unescaped(range)
    }

    func unescaped(_ range: Range<Int>) -> String {
        let raw = bytes(range)
        var isPlain = true
        for byte in raw where byte == UInt8(ascii: "\\") || byte == 0 {
            isPlain = false
            break
        }
        return isPlain ? String(decoding: raw, as: UTF8.self) : String(decoding: Self.unescape(raw), as: UTF8.self)
    }

    /// Apache's and nginx's escapes: `\xNN`, `\"`, `\\` and C's control characters. Any other backslash is itself.
    static func unescape(_ raw: UnsafeRawBufferPointer) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            let byte = raw[index]
            guard byte == UInt8(ascii: "\\"), index + 1 < raw.count else {
                if byte != 0 { plain.append(byte) }
                index += 1
                continue
            }
            let next = raw[index + 1]
            switch next {
            case UInt8(ascii: "x"):
                guard index + 3 < raw.count, let high = hex(raw[index + 2]), let low = hex(raw[index + 3]) else {
                    plain.append(byte)
                    index += 1
                    continue
                }
                if high << 4 | low != 0 { plain.append(high << 4 | low) }
                index += 4
                continue
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): plain.append(next)
            case UInt8(ascii: "n"): plain.append(0x0A)
            case UInt8(ascii: "r"): plain.append(0x0D)
            case UInt8(ascii: "t"): plain.append(0x09)
            case UInt8(ascii: "b"): plain.append(0x08)
            case UInt8(ascii: "v"): plain.append(0x0B)
            case UInt8(ascii: "f"): plain.append(0x0C)
            default:
                plain.append(byte)
                if next != 0 { plain.append(next) }
            }
            index += 2
        }
        return plain
    }

    static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
