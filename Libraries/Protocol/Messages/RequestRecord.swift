/// `request.record`: one HTTP request that the gateway has answered.
public struct RequestRecord: Hashable, Sendable, Codable {
    /// The largest count of bytes that an answer can have.
    public static let bytesLimit: Int64 = 1_000_000_000_000_000

    /// The request's identity and idempotency key; its time must lie within 24 hours of the receipt.
    public var eventID: EventID
    /// When the request arrived.
    public var at: Timestamp
    /// The site's host name, lower case; the collector's first configured host when absent.
    public var site: String?
    /// The method as sent.
    public var method: String
    /// The path, percent-encoded as sent. A query that stands in it is taken for `query` where that is absent.
    public var path: String
    /// The query without its question mark.
    public var query: String?
    /// The answer's status, 100...599.
    public var status: Int
    /// How long the answer took, 0...10⁹.
    public var durationMs: Double?
    /// Bytes of the answer's body, 0...10¹⁵.
    public var bytes: Int64?
    /// The peer's address as the gateway saw it.
    public var ip: String
    /// X-Forwarded-For as sent; consulted only when `ip` is a trusted proxy.
    public var forwardedFor: String?
    /// The User-Agent as sent.
    public var userAgent: String?
    /// The Accept-Language as sent.
    public var acceptLanguage: String?
    /// The Referer as sent.
    public var referrer: String?
    /// The answer's Content-Type.
    public var contentType: String?
    /// Further headers of use, names lower-cased: sec-fetch-dest, sec-fetch-mode, sec-purpose, sec-ch-ua, accept, dnt,
    /// sec-gpc.
    public var headers: [String: String]?
    /// The value of the `weir_session` cookie.
    public var cookie: String?
    /// The registered user, when the gateway knows one.
    public var userID: String?
    /// The level that the throttle's decision carried.
    public var level: ThrottleLevel?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case eventID = "event_id"
        case at, site, method, path, query, status
        case durationMs = "duration_ms"
        case bytes, ip
        case forwardedFor = "forwarded_for"
        case userAgent = "user_agent"
        case acceptLanguage = "accept_language"
        case referrer
        case contentType = "content_type"
        case headers, cookie
        case userID = "user_id"
        case level
    }

    /// One request; what is not known stays nil.
    public init(eventID: EventID, at: Timestamp, method: String, path: String, status: Int, ip: String) {
        self.eventID = eventID
        self.at = at
        self.method = method
        self.path = path
        self.status = status
        self.ip = ip
    }
}

extension RequestRecord: RangeChecked {
    /// What is out of range.
    public var rangeProblem: String? {
        if !(100...599).contains(status) { return "status is not within 100...599" }
        if let durationMs, !(0...1e9).contains(durationMs) { return "duration_ms is not within 0...10^9" }
        if let bytes, !(0...Self.bytesLimit).contains(bytes) { return "bytes is not within 0...10^15" }
        return nil
    }
}

/// `request.recorded`: the record is on disk.
public struct RequestRecorded: Hashable, Sendable, Codable {
    /// The session it belongs to.
    public var sessionID: SessionID
    /// A Set-Cookie value for the gateway to add to its answer, when the client has none or an old one.
    public var setCookie: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case sessionID = "session_id"
        case setCookie = "set_cookie"
    }

    /// An acknowledgement.
    public init(sessionID: SessionID, setCookie: String? = nil) {
        self.sessionID = sessionID
        self.setCookie = setCookie
    }
}
