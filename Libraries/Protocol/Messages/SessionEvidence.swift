/// All that the detector needs to judge a session: the body of `session.evaluate` and a line of `detector judge`.
///
/// Detectors keep nothing of their own about sessions, so any of them gives the same verdict for the same evidence.
public struct SessionEvidence: Hashable, Sendable, Codable {
    /// The most requests that travel along; older ones are counted in `requestsOmitted`.
    public static let requestLimit = 400
    /// The largest count: far beyond any session, and small enough that sums of counts stay in range.
    public static let countLimit = 1_000_000_000_000

    /// The session judged.
    public var sessionID: SessionID
    /// The site, a lower-case host name.
    public var site: String
    /// `fp_` and 32 hex digits over user agent and first language.
    public var fingerprint: String
    /// The client's address, so that a report can name the key that the throttle holds; rules never look at it.
    public var ip: String?
    /// The client's /24 or /48, as `address/length`.
    public var ipPrefix: String
    /// The User-Agent as sent, empty when there was none.
    public var userAgent: String
    /// The Accept-Language as sent, empty when there was none.
    public var acceptLanguage: String
    /// Further headers that rules consult, names lower-cased. Absent names were not sent or not recorded.
    public var headers: [String: String]
    /// The moment the question is asked, on the clock of the session's source.
    public var now: Timestamp
    /// The first request's time.
    public var startedAt: Timestamp
    /// The latest request's time.
    public var lastActivityAt: Timestamp
    /// How many distinct pages the site was known to have at the last activity.
    public var sitePages: Int
    /// Sessions started in the 24 hours before the last activity that share fingerprint and `ipPrefix`, this included.
    public var fingerprintSessions24h: Int
    /// Distinct user agents seen in `ipPrefix` in the 24 hours before the last activity.
    public var prefixAgents24h: Int
    /// Documents, API calls and background requests so far.
    public var requestCount: Int
    /// Static files so far.
    public var assetCount: Int
    /// Answers of 400 and above so far, over all kinds.
    public var errorCount: Int
    /// Distinct document paths so far.
    public var distinctPages: Int
    /// Engagement events received so far.
    public var engagementEvents: Int
    /// Whether the site is known to run the tracker, so that a missing engagement event means something.
    public var trackerExpected: Bool
    /// The newest requests, oldest first, at most `requestLimit`.
    public var requests: [Request]
    /// Requests that happened before the first of `requests`.
    public var requestsOmitted: Int
    /// Whether the asker knows that nobody has asked about the session before, which spares looking that up.
    public var isFirstQuestion: Bool

    /// One request of the session.
    public struct Request: Hashable, Sendable, Codable {
        /// When it arrived.
        public var at: Timestamp
        /// The method as sent.
        public var method: String
        /// The path, with its query where there was one.
        public var path: String
        /// The answer's status, 100...599.
        public var status: Int
        /// What it was for.
        public var kind: RequestKind
        /// The host of its Referer, lower case.
        public var referrerHost: String?

        /// One request of the session.
        public init(
            at: Timestamp, method: String, path: String, status: Int, kind: RequestKind, referrerHost: String? = nil
        ) {
            self.at = at
            self.method = method
            self.path = path
            self.status = status
            self.kind = kind
            self.referrerHost = referrerHost
        }

        /// A target as evidence carries it: without control characters and cut at 200 bytes, as rules look at how it
        /// begins, and hundreds must fit in a message.
        public static func clamped(_ target: String) -> String { target.withoutControls.cut(toBytes: 200) }

        enum CodingKeys: String, CodingKey, CaseIterable {
            case at = "at_ms"
            case method, path, status, kind
            case referrerHost = "referrer_host"
        }

        /// Reads a request; method (`GET`), status (200) and kind (`document`) have defaults.
        public init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            at = try fields.decode(Timestamp.self, forKey: .at)
            method = try fields.decodeIfPresent(String.self, forKey: .method) ?? "GET"
            path = try fields.decode(String.self, forKey: .path)
            status = try fields.decodeIfPresent(Int.self, forKey: .status) ?? 200
            kind = try fields.decodeIfPresent(RequestKind.self, forKey: .kind) ?? .document
            referrerHost = try fields.decodeIfPresent(String.self, forKey: .referrerHost)
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case sessionID = "session_id"
        case site, fingerprint, ip
        case ipPrefix = "ip_prefix"
        case userAgent = "user_agent"
        case acceptLanguage = "accept_language"
        case headers
        case now = "now_ms"
        case startedAt = "started_at_ms"
        case lastActivityAt = "last_activity_at_ms"
        case sitePages = "site_pages"
        case fingerprintSessions24h = "fingerprint_sessions_24h"
        case prefixAgents24h = "prefix_agents_24h"
        case requestCount = "request_count"
        case assetCount = "asset_count"
        case errorCount = "error_count"
        case distinctPages = "distinct_pages"
        case engagementEvents = "engagement_events"
        case trackerExpected = "tracker_expected"
        case requests
        case requestsOmitted = "requests_omitted"
        case isFirstQuestion = "first_question"
    }

    /// Evidence with nothing seen yet.
    public init(
        sessionID: SessionID, site: String = "", fingerprint: String = "", ip: String? = nil, ipPrefix: String = "",
        userAgent: String = "", acceptLanguage: String = "", startedAt: Timestamp
    ) {
        self.sessionID = sessionID
        self.site = site
        self.fingerprint = fingerprint
        self.ip = ip
        self.ipPrefix = ipPrefix
        self.userAgent = userAgent
        self.acceptLanguage = acceptLanguage
        headers = [:]
        (now, self.startedAt, lastActivityAt) = (startedAt, startedAt, startedAt)
        (sitePages, fingerprintSessions24h, prefixAgents24h) = (0, 1, 1)
        (requestCount, assetCount, errorCount, distinctPages, engagementEvents) = (0, 0, 0, 0, 0)
        trackerExpected = false
        requests = []
        requestsOmitted = 0
        isFirstQuestion = false
    }

    /// Reads evidence. Only `session_id` and `requests` are needed: counts and times that are absent are taken from the
    /// requests, everything else is empty.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        sessionID = try fields.decode(SessionID.self, forKey: .sessionID)
        requests = try fields.decode([Request].self, forKey: .requests)
        func text(_ key: CodingKeys) throws -> String { try fields.decodeIfPresent(String.self, forKey: key) ?? "" }
        func count(_ key: CodingKeys, _ fallback: @autoclosure () -> Int) throws -> Int {
            let value = try fields.decodeIfPresent(Int.self, forKey: key) ?? fallback()
            guard (0...Self.countLimit).contains(value) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: fields, debugDescription: "is not within 0...10^12")
            }
            return value
        }
        site = try text(.site)
        fingerprint = try text(.fingerprint)
        ip = try fields.decodeIfPresent(String.self, forKey: .ip)
        ipPrefix = try text(.ipPrefix)
        userAgent = try text(.userAgent)
        acceptLanguage = try text(.acceptLanguage)
        headers = try fields.decodeIfPresent([String: String].self, forKey: .headers) ?? [:]
        startedAt =
            try fields.decodeIfPresent(Timestamp.self, forKey: .startedAt)
            ?? requests.first?.at ?? Timestamp(milliseconds: 0)
        lastActivityAt =
            try fields.decodeIfPresent(Timestamp.self, forKey: .lastActivityAt) ?? requests.last?.at ?? startedAt
        now = try fields.decodeIfPresent(Timestamp.self, forKey: .now) ?? lastActivityAt
        sitePages = try count(.sitePages, 0)
        fingerprintSessions24h = try count(.fingerprintSessions24h, 1)
        prefixAgents24h = try count(.prefixAgents24h, 1)
        requestCount = try count(.requestCount, requests.count { $0.kind != .asset })
        assetCount = try count(.assetCount, requests.count { $0.kind == .asset })
        errorCount = try count(.errorCount, requests.count { $0.status >= 400 })
        distinctPages = try count(
            .distinctPages, Set(requests.lazy.filter { $0.kind == .document }.map(\.path)).count)
        engagementEvents = try count(.engagementEvents, 0)
        trackerExpected = try fields.decodeIfPresent(Bool.self, forKey: .trackerExpected) ?? false
        requestsOmitted = try count(.requestsOmitted, 0)
        isFirstQuestion = try fields.decodeIfPresent(Bool.self, forKey: .isFirstQuestion) ?? false
    }
}
