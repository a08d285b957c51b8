extension RequestRecord: HotMessage {
    /// `request.record`.
    public static var hotType: HotType { .requestRecord }

    private static let fields = FieldTable<CodingKeys>()

    /// Reads the body.
    public init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        var eventID: EventID?
        var at: Timestamp?
        var (method, path, ip): (String?, String?, String?)
        var status: Int?
        var record = RequestRecord(
            eventID: EventID(at: Timestamp(milliseconds: 0), entropy: (0, 0)), at: Timestamp(milliseconds: 0),
            method: "", path: "", status: 0, ip: "")
        var fields = FieldCursor(Self.fields)
        while let field = try fields.next(&scanner) {
            switch field {
            case .eventID: eventID = try EventID(scanning: &scanner)
            case .at: at = try Timestamp(scanning: &scanner)
            case .site: record.site = try scanner.optionalString()
            case .method: method = try scanner.string()
            case .path: path = try scanner.string()
            case .query: record.query = try scanner.optionalString()
            case .status: status = try scanner.int()
            case .durationMs: record.durationMs = try scanner.takeNull() ? nil : try scanner.double()
            case .bytes: record.bytes = try scanner.takeNull() ? nil : try scanner.int64()
            case .ip: ip = try scanner.string()
            case .forwardedFor: record.forwardedFor = try scanner.optionalString()
            case .userAgent: record.userAgent = try scanner.optionalString()
            case .acceptLanguage: record.acceptLanguage = try scanner.optionalString()
            case .referrer: record.referrer = try scanner.optionalString()
            case .contentType: record.contentType = try scanner.optionalString()
            case .headers: record.headers = try scanner.optionalHeaders()
            case .cookie: record.cookie = try scanner.optionalString()
            case .userID: record.userID = try scanner.optionalString()
            case .level: record.level = try scanner.takeNull() ? nil : try ThrottleLevel(scanning: &scanner)
            }
        }
        guard let eventID, let at, let method, let path, let status, let ip else { throw .unsupported }
        record.eventID = eventID
        record.at = at
        record.method = method
        record.path = path
        record.status = status
        record.ip = ip
        guard record.rangeProblem == nil else { throw .unsupported }
        self = record
    }

    /// Writes the body.
    public func write(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.text("event_id", eventID.description)
            writer.whole("at", at.milliseconds)
            writer.optional("site", site)
            writer.text("method", method)
            writer.text("path", path)
            writer.optional("query", query)
            writer.whole("status", status)
            if let durationMs {
                writer.key("duration_ms")
                writer.number(durationMs)
            }
            if let bytes { writer.whole("bytes", bytes) }
            writer.text("ip", ip)
            writer.optional("forwarded_for", forwardedFor)
            writer.optional("user_agent", userAgent)
            writer.optional("accept_language", acceptLanguage)
            writer.optional("referrer", referrer)
            writer.optional("content_type", contentType)
            if let headers {
                writer.key("headers")
                writer.strings(headers)
            }
            writer.optional("cookie", cookie)
            writer.optional("user_id", userID)
            if let level { writer.text("level", level.name) }
        }
    }
}

extension RequestRecorded: HotMessage {
    /// `request.recorded`.
    public static var hotType: HotType { .requestRecorded }

    private static let fields = FieldTable<CodingKeys>()

    /// Reads the body.
    public init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        var sessionID: SessionID?
        var setCookie: String?
        var fields = FieldCursor(Self.fields)
        while let field = try fields.next(&scanner) {
            switch field {
            case .sessionID: sessionID = try SessionID(scanning: &scanner)
            case .setCookie: setCookie = try scanner.optionalString()
            }
        }
        guard let sessionID else { throw .unsupported }
        self.init(sessionID: sessionID, setCookie: setCookie)
    }

    /// Writes the body.
    public func write(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.text("session_id", sessionID)
            writer.optional("set_cookie", setCookie)
        }
    }
}
