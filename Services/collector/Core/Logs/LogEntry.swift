import WeirProtocol

/// What one line of an access log says. Texts are valid UTF-8 without NUL; lengths are clamped later, with those of
/// every other source.
public struct LogEntry: Hashable, Sendable {
    /// When the request arrived, as far as the log tells: its own time less the duration where it logs one.
    public var at: Timestamp
    /// The time written in the line, from which the event's id is made.
    public var loggedAt: Timestamp
    /// The virtual host, as logged.
    public var host: String?
    /// The peer's address, valid; or `unix:`, which nginx writes for a peer on a Unix socket.
    public var ip: String
    /// X-Forwarded-For as logged.
    public var forwardedFor: String?
    /// The method as sent; `-` when the client sent no HTTP.
    public var method: String
    /// The target up to its question mark as sent, be it absolute-form or empty; what was sent instead of HTTP,
    /// escaped as logged, when `method` is `-`.
    public var path: String
    /// The target's query without its question mark.
    public var query: String?
    /// 100...599.
    public var status: Int
    /// Bytes of the answer.
    public var bytes: Int64?
    /// How long the answer took.
    public var durationMs: Double?
    /// Referer.
    public var referrer: String?
    /// User-Agent.
    public var userAgent: String?
    /// Accept-Language.
    public var acceptLanguage: String?
    /// The answer's Content-Type.
    public var contentType: String?
    /// Further request headers by lower-case name.
    public var headers: [String: String]?
    /// The `weir_session` cookie.
    public var cookie: String?
    /// The throttle's level.
    public var level: ThrottleLevel?
    /// The gateway's own name for the request.
    public var requestID: String?
    /// Whether the line ends inside its last field: accepted, and to be counted.
    public var isTorn = false

    init(loggedAt: Timestamp, ip: String, method: String, path: String, query: String?, status: Int) {
        (at, self.loggedAt) = (loggedAt, loggedAt)
        (self.ip, self.method, self.path, self.query, self.status) = (ip, method, path, query, status)
    }

    /// The same as the gateway would have reported it.
    /// - Parameter site: The site the log belongs to; it gives way to a host named in the line.
    public func record(id: EventID, site: String?) -> RequestRecord {
        var record = RequestRecord(eventID: id, at: at, method: method, path: path, status: status, ip: ip)
        record.site = host ?? site
        record.query = query
        record.durationMs = durationMs
        // A count that nobody can have sent is none.
        record.bytes = bytes.flatMap { $0 <= RequestRecord.bytesLimit ? $0 : nil }
        record.forwardedFor = forwardedFor
        record.userAgent = userAgent
        record.acceptLanguage = acceptLanguage
        record.referrer = referrer
        record.contentType = contentType
        record.headers = headers
        record.cookie = cookie
        record.level = level
        return record
    }
}

/// Why a line is not an access-log line. The raw value is the stable word that summaries and rejects files carry.
public enum LogRefusal: String, Error, Sendable, CaseIterable {
    /// Nothing but blanks.
    case empty
    /// Over the longest accepted length.
    case tooLong = "too_long"
    /// Not text.
    case binary
    /// Text of another shape.
    case notALogLine = "not_a_log_line"
    /// It starts as a log line and ends before its last field.
    case truncated
    /// The client is not an IP address: the server resolved names, or the field is damaged.
    case badAddress = "bad_address"
    /// The time is missing, not a date, before 1990, or ahead of every clock.
    case badTime = "bad_time"
    /// No method and target, and the server did not answer with an error.
    case badRequestLine = "bad_request_line"
    /// The status is missing or outside 100...599.
    case badStatus = "bad_status"
    /// The line starts with a brace and is not the JSON of a known log.
    case badJSON = "bad_json"

    /// What is wrong and what to do, in a sentence.
    public var sentence: String {
        switch self {
        case .empty: "the line is blank"
        case .tooLong: "the line is longer than \(LogLineParser.lineLimit) bytes"
        case .binary: "the line is not text; is the file compressed or encrypted?"
        case .notALogLine: "the line is in none of the known formats; name one with --format"
        case .truncated: "the line ends before its last field"
        case .badAddress: "the client is not an IP address; turn host name look-ups off in the server"
        case .badTime: "the time is missing, impossible, before 1990 or more than a week ahead"
        case .badRequestLine: "the request has no method and target"
        case .badStatus: "the status is missing or outside 100 to 599"
        case .badJSON: "the JSON is broken or lacks msec, remote_addr, uri or status"
        }
    }
}
