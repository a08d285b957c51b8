import WeirProtocol

/// Log lines that are JSON objects: our own flat fields, and Caddy's.
enum JSONLogLine {
    static func parse(_ line: UnsafeRawBufferPointer) throws(LogRefusal) -> LogEntry {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: line)
        } catch {
            // nginx passes bytes that are not UTF-8 through; a parser of JSON may not.
            var repaired = String(decoding: line, as: UTF8.self)
            repaired.unicodeScalars.removeAll { $0.value == 0 }
            guard let second = try? JSONValue(parsing: Array(repaired.utf8)) else { throw .badJSON }
            value = second
        }
        guard case .object = value else { throw .badJSON }
        if let request = value["request"], case .object = request { return try caddy(value, request) }
        return try flat(value)
    }

    private static func flat(_ fields: JSONValue) throws(LogRefusal) -> LogEntry {
        guard let written = number(fields["msec"]), let loggedAt = time(seconds: written) else {
            throw fields["msec"] == nil ? .badJSON : .badTime
        }
        guard let peer = text(fields["remote_addr"]) else { throw .badJSON }
        var entry = try entry(
            loggedAt: loggedAt, peer: peer, method: text(fields["method"]), target: text(fields["uri"]),
            status: number(fields["status"]))
        entry.host = text(fields["host"])
        entry.forwardedFor = text(fields["x_forwarded_for"])
        entry.bytes = whole(fields["bytes"])
        take(duration: number(fields["request_time"]), &entry)
        entry.referrer = text(fields["referer"])
        entry.userAgent = text(fields["user_agent"])
        entry.acceptLanguage = text(fields["accept_language"])
        entry.contentType = text(fields["content_type"])
        entry.cookie = text(fields["cookie"])
        entry.level = level(fields["level"])
        entry.requestID = text(fields["request_id"]).flatMap { $0.utf8.count <= 128 ? $0 : nil }
        var headers: [String: String] = [:]
        for name in headerNames {
            var field = name
            if name.utf8.contains(UInt8(ascii: "-")) { field = String(name.map { $0 == "-" ? "_" : $0 }) }
            if let value = text(fields[field]) { headers[name] = value }
        }
        entry.headers = headers.isEmpty ? nil : headers
        return entry
    }

    private static func caddy(_ fields: JSONValue, _ request: JSONValue) throws(LogRefusal) -> LogEntry {
        let loggedAt: Timestamp? =
            switch fields["ts"] {
            case .string(let text)?: time(text)
            case let other: number(other).flatMap { time(seconds: $0 > 1e11 ? $0 / 1000 : $0) }
            }
        guard let loggedAt else { throw fields["ts"] == nil ? .badJSON : .badTime }
        guard let peer = text(request["client_ip"]) ?? text(request["remote_ip"]) else { throw .badJSON }
        var entry = try entry(
            loggedAt: loggedAt, peer: peer, method: text(request["method"]), target: text(request["uri"]),
            status: number(fields["status"]))
        entry.host = text(request["host"])
        entry.bytes = whole(fields["size"])
        take(duration: number(fields["duration"]), &entry)
        let sent = request["headers"]
        entry.forwardedFor = header("X-Forwarded-For", sent)
        entry.referrer = header("Referer", sent)
        entry.userAgent = header("User-Agent", sent)
        entry.acceptLanguage = header("Accept-Language", sent)
        entry.cookie = header("Cookie", sent).flatMap(sessionCookie)
        entry.contentType = header("Content-Type", fields["resp_headers"])
        entry.level = header("X-Throttle-Level", fields["resp_headers"]).flatMap { level(.string($0)) }
        var headers: [String: String] = [:]
        for name in headerNames {
            if let value = header(name, sent) { headers[name] = value }
        }
        entry.headers = headers.isEmpty ? nil : headers
        return entry
    }

    private static let headerNames = [
        "sec-fetch-dest", "sec-fetch-mode", "sec-purpose", "sec-ch-ua", "accept", "dnt", "sec-gpc",
    ]

    private static func entry(
        loggedAt: Timestamp, peer: String, method: String?, target: String?, status: Double?
    ) throws(LogRefusal) -> LogEntry {
        guard peer == "unix:" || IPAddress(peer) != nil else { throw .badAddress }
        guard let status, let code = Int(exactly: status), (100...599).contains(code) else { throw .badStatus }
        guard let method, let target, method.utf8.count <= 32 else {
            guard code >= 400 else { throw .badRequestLine }
            return LogEntry(loggedAt: loggedAt, ip: peer, method: "-", path: target ?? "-", query: nil, status: code)
        }
        let (path, query) = RequestLine.split(target)
        return LogEntry(loggedAt: loggedAt, ip: peer, method: method, path: path, query: query, status: code)
    }

    private static func take(duration: Double?, _ entry: inout LogEntry) {
        guard let duration, duration >= 0, duration < 1e8 else { return }
        // Shortest text of a product such as 0.123 × 1000 has no noise after rounding to the microsecond.
        entry.durationMs = (duration * 1_000_000).rounded() / 1000
        entry.at = entry.loggedAt - Int64((duration * 1000).rounded())
    }

    /// `2026-11-21T20:14:00.123+01:00`, a blank or slashes allowed as Caddy can be told to write them.
    private static func time(_ text: String) -> Timestamp? {
        var text = text
        return text.withUTF8 { bytes -> Timestamp? in
            let cursor = LogLineCursor(UnsafeRawBufferPointer(bytes))
            guard (19...40).contains(bytes.count),
                let year = cursor.number(0..<4), LogTime.years.contains(year),
                let month = cursor.number(5..<7), (1...12).contains(month),
                let day = cursor.number(8..<10), day >= 1, day <= LogTime.daysIn(month, of: year),
                let hour = cursor.number(11..<13), hour < 24, let minute = cursor.number(14..<16), minute < 60,
                let second = cursor.number(17..<19), second <= 60
            else { return nil }
            var index = 19
            var fraction: Int64 = 0
            if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
                let digits = bytes[(index + 1)...].prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
                for place in 0..<3 {
                    let digit = place < digits.count ? digits[index + 1 + place] - UInt8(ascii: "0") : 0
                    fraction = fraction * 10 + Int64(digit)
                }
                index += 1 + digits.count
            }
            let local = Timestamp(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second, millisecond: fraction)
            guard index + 5 <= bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-")
            else {
                return local
            }
            guard let zoneHour = cursor.number(index + 1..<index + 3),
                let zoneMinute = cursor.number(bytes.count - 2..<bytes.count)
            else { return nil }
            let offset = (zoneHour * 60 + zoneMinute) * 60_000
            return bytes[index] == UInt8(ascii: "+") ? local - offset : local + offset
        }
    }

    private static func time(seconds: Double) -> Timestamp? {
        guard seconds.isFinite, seconds > 0, seconds < 1e11 else { return nil }
        let moment = Timestamp(milliseconds: Int64((seconds * 1000).rounded()))
        return LogTime.years.contains(moment.day.civil.year) ? moment : nil
    }

    /// A string's text; nil when empty or `-`, NUL dropped.
    private static func text(_ value: JSONValue?) -> String? {
        guard case .string(let text)? = value, !text.isEmpty, text != "-" else { return nil }
        return text.utf8.contains(0) ? String(text.unicodeScalars.filter { $0.value != 0 }.map(Character.init)) : text
    }

    private static func number(_ value: JSONValue?) -> Double? {
        if case .string(let text)? = value { return Double(text) }
        return value?.doubleValue
    }

    private static func whole(_ value: JSONValue?) -> Int64? {
        number(value).flatMap { Int64(exactly: $0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    private static func level(_ value: JSONValue?) -> ThrottleLevel? {
        text(value).flatMap { ThrottleLevel(name: $0) }
    }

    private static func header(_ name: String, _ headers: JSONValue?) -> String? {
        guard case .object(let object)? = headers else { return nil }
        for field in object.fields where field.name.utf8.count == name.utf8.count {
            guard field.name == name || field.name.lowercased() == name.lowercased() else { continue }
            return text(field.value.arrayValue?.first ?? field.value)
        }
        return nil
    }

    private static func sessionCookie(_ header: String) -> String? {
        for pair in header.split(separator: ";") {
            let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0] == "weir_session" { return String(parts[1]) }
        }
        return nil
    }
}
