import WeirProtocol

/// The formats that Apache gave their names: common, combined, and combined with the virtual host in front.
enum TextLogLine {
    struct Shape {
        enum Presence { case optional, required }
        var host: Bool
        var agent: Presence
    }

    static func parse(_ cursor: inout LogLineCursor, _ shape: Shape) throws(LogRefusal) -> LogEntry {
        let host = shape.host ? cursor.word() : nil
        let address = cursor.word()
        guard let bracket = timeStart(cursor) else {
            throw cursor.address(address) == nil ? .notALogLine : cursor.line.count < 60 ? .truncated : .badTime
        }
        guard let ip = cursor.address(address) else { throw .badAddress }
        cursor.position = bracket
        let time = try LogTime.parse(&cursor)
        cursor.skipBlanks()

        guard cursor.byte == UInt8(ascii: "\"") else { throw cursor.isAtEnd ? .truncated : .notALogLine }
        let line = cursor.line
        guard
            let request = cursor.quoted({ end in
                end + 1 < line.count && line[end] == UInt8(ascii: " ") && isDigitOrDash(line[end + 1])
            }), request.isClosed
        else { throw .truncated }
        cursor.skipBlanks()

        let statusRange = cursor.word()
        guard !statusRange.isEmpty else { throw .truncated }
        guard let status = cursor.number(statusRange), (100...599).contains(status) else { throw .badStatus }
        let bytesRange = cursor.word()
        guard !bytesRange.isEmpty else { throw .truncated }

        let (method, path, query) = try RequestLine.parse(cursor, request.range, status: Int(status))
        var entry = LogEntry(
            loggedAt: time, ip: ip, method: method, path: path, query: query, status: Int(status))
        entry.bytes = cursor.number(bytesRange)
        if entry.bytes == nil, !cursor.isDash(bytesRange) { throw .notALogLine }
        if let host { entry.host = cursor.text(host) }
        try readAgent(&cursor, shape, &entry)
        return entry
    }

    private static func readAgent(
        _ cursor: inout LogLineCursor, _ shape: Shape, _ entry: inout LogEntry
    ) throws(LogRefusal) {
        let line = cursor.line
        guard
            let referrer = cursor.quoted({ end in
                end >= line.count
                    || end + 1 < line.count && line[end] == UInt8(ascii: " ") && line[end + 1] == UInt8(ascii: "\"")
            })
        else {
            if shape.agent == .required { throw .truncated }
            return
        }
        guard referrer.isClosed else { throw .truncated }
        cursor.skipBlanks()
        guard let agent = cursor.quoted({ end in end >= line.count || line[end] == UInt8(ascii: " ") }) else {
            throw .truncated
        }
        entry.referrer = cursor.text(referrer.range)
        entry.userAgent = cursor.text(agent.range)
        entry.isTorn = !agent.isClosed
        cursor.sawAgent = true
        cursor.skipBlanks()
        if let forwarded = cursor.quoted({ end in end >= line.count || line[end] == UInt8(ascii: " ") }),
            forwarded.isClosed, let text = cursor.text(forwarded.range), IPAddress(text.prefix { $0 != "," }) != nil
        {
            entry.forwardedFor = text
        }
    }

    /// The bracket that opens the time: the first before something like a date, else the first there is. The remote
    /// user before it may contain blanks, quotes and brackets.
    private static func timeStart(_ cursor: LogLineCursor) -> Int? {
        var first: Int?
        var index = cursor.position
        while index < min(cursor.line.count, cursor.position + 512) {
            if cursor.line[index] == UInt8(ascii: "["), index > 0, cursor.line[index - 1] == UInt8(ascii: " ") {
                first = first ?? index
                if index + 3 < cursor.line.count, cursor.line[index + 3] == UInt8(ascii: "/") { return index }
            }
            index += 1
        }
        return first
    }

    private static func isDigitOrDash(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: "-")
    }
}

/// `[17/May/2015:10:05:03 +0000]`.
enum LogTime {
    static let years: ClosedRange<Int64> = 1990...2100

    static func parse(_ cursor: inout LogLineCursor) throws(LogRefusal) -> Timestamp {
        let start = cursor.position + 1
        guard start + 20 <= cursor.line.count else { throw .truncated }
        guard let end = cursor.line[start...].prefix(48).firstIndex(of: UInt8(ascii: "]")) else { throw .badTime }
        defer { cursor.position = end + 1 }
        let line = cursor.line
        guard end - start == 26,
            line[start + 2] == UInt8(ascii: "/"), line[start + 6] == UInt8(ascii: "/"),
            line[start + 11] == UInt8(ascii: ":"), line[start + 14] == UInt8(ascii: ":"),
            line[start + 17] == UInt8(ascii: ":"), line[start + 20] == UInt8(ascii: " "),
            let day = cursor.number(start..<start + 2),
            let month = month(line[start + 3], line[start + 4], line[start + 5]),
            let year = cursor.number(start + 7..<start + 11), years.contains(year),
            let hour = cursor.number(start + 12..<start + 14), hour < 24,
            let minute = cursor.number(start + 15..<start + 17), minute < 60,
            let second = cursor.number(start + 18..<start + 20), second <= 60,  // 60 in a leap second
            let zoneHour = cursor.number(start + 22..<start + 24), zoneHour <= 14,
            let zoneMinute = cursor.number(start + 24..<start + 26), zoneMinute < 60,
            day >= 1, day <= daysIn(month, of: year)
        else { throw .badTime }
        let offset = (zoneHour * 60 + zoneMinute) * 60_000
        let local = Timestamp(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        switch line[start + 21] {
        case UInt8(ascii: "+"): return local - offset
        case UInt8(ascii: "-"): return local + offset
        default: throw .badTime
        }
    }

    static func daysIn(_ month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func month(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Int64? {
        switch UInt32(first | 0x20) << 16 | UInt32(second | 0x20) << 8 | UInt32(third | 0x20) {
        case 0x6A616E: 1  // jan
        case 0x666562: 2  // feb
        case 0x6D6172: 3  // mar
        case 0x617072: 4  // apr
        case 0x6D6179: 5  // may
        case 0x6A756E: 6  // jun
        case 0x6A756C: 7  // jul
        case 0x617567: 8  // aug
        case 0x736570: 9  // sep
        case 0x6F6374: 10  // oct
        case 0x6E6F76: 11  // nov
        case 0x646563: 12  // dec
        default: nil
        }
    }
}
