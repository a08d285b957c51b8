/// Finds the message in a syslog datagram, as nginx and HAProxy write them: RFC 3164, RFC 5424, or nothing around it.
public enum SyslogFrame {
    /// The largest datagram that is read, in bytes.
    public static let sizeLimit = 64 * 1024

    /// Where the message stands in the datagram, without a line end behind it; nil when it has several lines, of which
    /// no more than the first would be understood.
    public static func message(in datagram: UnsafeRawBufferPointer) -> Range<Int>? {
        let message = anyMessage(in: datagram)
        return datagram[message].contains(0x0A) ? nil : message
    }

    private static func anyMessage(in datagram: UnsafeRawBufferPointer) -> Range<Int> {
        var end = datagram.count
        while end > 0, datagram[end - 1] == 0x0A || datagram[end - 1] == 0x0D || datagram[end - 1] == 0 { end -= 1 }
        guard let header = priorityEnd(datagram, end) else { return 0..<end }
        if header + 1 < end, datagram[header] == UInt8(ascii: "1"), datagram[header + 1] == UInt8(ascii: " ") {
            return structured(datagram, header + 2, end)
        }
        // `Nov 21 20:14:00 host nginx: `; no part of it holds a colon and a blank. A message without it is whole.
        var index = header
        while index + 1 < end, index - header < 320 {
            if datagram[index] == UInt8(ascii: "{") { return index..<end }
            if datagram[index] == UInt8(ascii: ":"), datagram[index + 1] == UInt8(ascii: " ") { return index + 2..<end }
            index += 1
        }
        return header..<end
    }

    /// Behind `<190>`; nil when there is none.
    private static func priorityEnd(_ datagram: UnsafeRawBufferPointer, _ end: Int) -> Int? {
        guard end > 2, datagram[0] == UInt8(ascii: "<") else { return nil }
        var index = 1
        while index < min(end, 5), datagram[index] >= UInt8(ascii: "0"), datagram[index] <= UInt8(ascii: "9") {
            index += 1
        }
        return index > 1 && index < end && datagram[index] == UInt8(ascii: ">") ? index + 1 : nil
    }

    /// Behind time, host, application, process, message id and structured data.
    private static func structured(_ datagram: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Range<Int> {
        var index = start
        for _ in 0..<5 {
            while index < end, datagram[index] != UInt8(ascii: " ") { index += 1 }
            index += 1
        }
        guard index < end else { return start..<end }
        if datagram[index] == UInt8(ascii: "[") {
            // Elements stand in brackets, one behind the other; a text in them may hold what it likes.
            var isQuoted = false
            var isInside = false
            while index < end, isQuoted || isInside || datagram[index] != UInt8(ascii: " ") {
                switch datagram[index] {
                case UInt8(ascii: "\\") where isQuoted: index += 1
                case UInt8(ascii: "\""): isQuoted.toggle()
                case UInt8(ascii: "[") where !isQuoted: isInside = true
                case UInt8(ascii: "]") where !isQuoted: isInside = false
                default: break
                }
                index += 1
            }
        } else {
            index += 1
        }
        while index < end, datagram[index] == UInt8(ascii: " ") { index += 1 }
        // A byte order mark may stand in front of UTF-8.
        if end - index >= 3, datagram[index] == 0xEF, datagram[index + 1] == 0xBB, datagram[index + 2] == 0xBF {
            index += 3
        }
        return index < end ? index..<end : start..<end
    }
}
