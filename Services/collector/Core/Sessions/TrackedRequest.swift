public import WeirProtocol

/// One accepted request, cleaned and ready to be placed in a session: the client's address is decided, secrets are
/// gone, lengths are bounded.
public struct TrackedRequest: Sendable, Equatable {
    /// The request's identity.
    public var eventID: EventID
    /// When it arrived, on the clock of its source.
    public var at: Timestamp
    /// The site's host, lower case.
    public var site: String
    /// The method as sent.
    public var method: String
    /// The path without its query.
    public var path: String
    /// The query without its question mark.
    public var query: String?
    /// The answer's status.
    public var status: Int
    /// How long the answer took.
    public var durationMs: Double?
    /// Bytes of the answer's body.
    public var bytes: Int64?
    /// The client's address.
    public var address: IPAddress
    /// The User-Agent, empty when there was none.
    public var userAgent: String
    /// The Accept-Language, empty when there was none.
    public var acceptLanguage: String
    /// `fp_` and 32 hex digits.
    public var fingerprint: String
    /// The Referer.
    public var referrer: String?
    /// Its host, lower case.
    public var referrerHost: String?
    /// The answer's Content-Type.
    public var contentType: String?
    /// Further headers that the classifier and the detector consult, names lower-cased.
    public var headers: [String: String]
    /// The registered user, when the gateway knows one.
    public var userID: String?
    /// The level that the throttle's decision carried.
    public var level: ThrottleLevel?

    /// A request with the given facts; what is not known is absent.
    public init(
        eventID: EventID, at: Timestamp, site: String, method: String, path: String, query: String? = nil, status: Int,
        address: IPAddress, userAgent: String = "", acceptLanguage: String = "", fingerprint: String
    ) {
        self.eventID = eventID
        self.at = at
        self.site = site
        self.method = method
        self.path = path
        self.query = query
        self.status = status
        self.address = address
        self.userAgent = userAgent
        self.acceptLanguage = acceptLanguage
        self.fingerprint = fingerprint
        headers = [:]
    }

    /// The path, and the query where there was one.
    public var target: String { query.map { "\(path)?\($0)" } ?? path }

    func kind(sessionHasDocument: Bool) -> RequestKind {
        RequestKind(
            RequestFacts(
                method: method, path: path, contentType: contentType, fetchDestination: headers["sec-fetch-dest"],
                fetchMode: headers["sec-fetch-mode"], purpose: headers["sec-purpose"] ?? headers["purpose"],
                hasSameSiteReferrer: referrerHost.map { Self.isSameSite($0, site) } ?? false,
                sessionHasDocument: sessionHasDocument))
    }

    private static func isSameSite(_ referrerHost: String, _ site: String) -> Bool {
        func bare(_ host: String) -> Substring { host.hasPrefix("www.") ? host.dropFirst(4) : Substring(host) }
        return !site.isEmpty && bare(referrerHost) == bare(site)
    }
}
