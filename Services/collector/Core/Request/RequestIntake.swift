import WeirProtocol

/// A request as the collector keeps it: checked, clamped, without secrets, with the client and the visitor decided.
/// Whatever its source (gateway, log, datagram), this is the one form.
public struct IntakeRequest: Hashable, Sendable {
    public var eventID: EventID
    public var at: Timestamp
    /// The site, lower case.
    public var site: String
    public var method: String
    /// Path as sent, secrets redacted; an absolute-form target that names the site is reduced to its path.
    public var path: String
    /// Query as sent, secrets redacted; nil when there was none.
    public var query: String?
    public var status: Int
    public var durationMs: Double?
    public var bytes: Int64?
    /// The client, anonymised when so configured.
    public var address: IPAddress
    /// `fp_…`.
    public var fingerprint: String
    /// Empty when there was none.
    public var userAgent: String
    /// Empty when there was none.
    public var acceptLanguage: String
    /// Referer as sent, secrets redacted.
    public var referrer: String?
    /// The Referer's host, lower case without port.
    public var referrerHost: String?
    /// Whether the Referer names the site itself.
    public var hasSameSiteReferrer: Bool
    public var contentType: String?
    /// The known ones, names lower-cased.
    public var headers: [String: String]
    public var campaign: CampaignTags
    public var cookie: String?
    public var userID: String?
    public var level: ThrottleLevel?

    /// Path, and query after a question mark.
    public var url: String { query.map { path + "?" + $0 } ?? path }

    /// Whether the client asks not to be tracked: DNT or Sec-GPC of 1.
    public var asksForPrivacy: Bool { headers["dnt"] == "1" || headers["sec-gpc"] == "1" }

    /// What the request was for.
    public func kind(sessionHasDocument: Bool) -> RequestKind {
        RequestKind(
            RequestFacts(
                method: method, path: path, contentType: contentType, fetchDestination: headers["sec-fetch-dest"],
                fetchMode: headers["sec-fetch-mode"], purpose: headers["sec-purpose"] ?? headers["purpose"],
                hasSameSiteReferrer: hasSameSiteReferrer, sessionHasDocument: sessionHasDocument))
    }
}

/// Why a record is refused; the raw value is the stable word that counters and replies carry.
public enum RecordRefusal: String, Error, Sendable, CaseIterable {
    /// No client address can be believed.
    case badAddress = "bad_address"
    /// The status is outside 100...599.
    case badStatus = "bad_status"
    /// The method is empty or over 32 bytes.
    case badMethod = "bad_method"

    /// What is wrong, in a sentence.
    public var sentence: String {
        switch self {
        case .badAddress: "ip is not an address, and no trusted proxy names one in forwarded_for"
        case .badStatus: "status is outside 100 to 599"
        case .badMethod: "method is empty or longer than \(FieldLimits.method) bytes"
        }
    }
}

/// Makes `IntakeRequest`s. Pure: the same record and settings give the same request.
public struct RequestIntake: Sendable {
    private let sites: SiteNames
    private let addresses: ClientAddressRule
    /// Whether DNT and Sec-GPC are honoured: the request is counted, its client cannot be told from the neighbours.
    public let respectsDoNotTrack: Bool

    /// The rules that apply to every request.
    public init(
        sites: SiteNames = SiteNames(), addresses: ClientAddressRule = ClientAddressRule(),
        respectsDoNotTrack: Bool = false
    ) {
        self.sites = sites
        self.addresses = addresses
        self.respectsDoNotTrack = respectsDoNotTrack
    }

    /// The record as it is kept.
    public func request(_ record: RequestRecord) throws(RecordRefusal) -> IntakeRequest {
        var nothing = FingerprintMemory(capacity: 0)
        return try request(record, recalling: &nothing)
    }

    /// The record as it is kept, by a source whose visitors come again and again.
    public func request(
        _ record: RequestRecord, recalling fingerprints: inout FingerprintMemory
    ) throws(RecordRefusal) -> IntakeRequest {
        guard (100...599).contains(record.status) else { throw .badStatus }
        let method = record.method.withoutControls
        guard !method.isEmpty, record.method.utf8.count <= FieldLimits.method else { throw .badMethod }
        guard let address = addresses.client(peer: record.ip, forwardedFor: record.forwardedFor) else {
            throw .badAddress
        }
        let site = sites.site(host: record.site)
        let userAgent = FieldLimits.clamp(record.userAgent ?? "", to: FieldLimits.userAgent)
        let language = FieldLimits.clamp(record.acceptLanguage ?? "", to: FieldLimits.acceptLanguage)
        let referrer = record.referrer.flatMap { $0.isEmpty ? nil : $0 }
            .map { FieldLimits.url($0, to: FieldLimits.referrer) }
        let referrerHost = referrer.flatMap { ReferrerURL.host(of: $0) }
        let target = Self.target(of: record)
        let query = target.query.map { SecretRedaction.redact(query: $0.withoutControls) }
        var request = IntakeRequest(
            eventID: record.eventID, at: record.at, site: site,
            method: method, path: FieldLimits.url(path(target.path.withoutControls, site), to: FieldLimits.path),
            query: query.map { $0.cut(toBytes: FieldLimits.query) },
            status: record.status,
            durationMs: record.durationMs.flatMap { $0.isFinite && $0 >= 0 ? FieldLimits.real(min($0, 1e9)) : nil },
            bytes: record.bytes.flatMap { $0 >= 0 ? $0 : nil }, address: address,
            // As the throttle makes it, of what was sent.
            fingerprint: fingerprints.word(
                userAgent: (record.userAgent ?? "").cut(toBytes: FieldLimits.userAgent),
                acceptLanguage: (record.acceptLanguage ?? "").cut(toBytes: FieldLimits.acceptLanguage)),
            userAgent: userAgent,
            acceptLanguage: language, referrer: referrer, referrerHost: referrerHost,
            hasSameSiteReferrer: referrerHost.map { Self.isSame($0, site) } ?? false,
            contentType: record.contentType.map { FieldLimits.clamp($0, to: FieldLimits.contentType) },
            headers: Self.known(record.headers), campaign: CampaignTags(query: query), cookie: record.cookie,
            userID: record.userID.flatMap { $0.isEmpty ? nil : FieldLimits.clamp($0, to: FieldLimits.userID) },
            level: record.level)
        if respectsDoNotTrack, request.asksForPrivacy {
            request.address = address.neighbourhood.address
            request.userID = nil
            request.cookie = nil
        }
        return request
    }

    /// Whether two hosts are one site: equal, `www.` aside.
    public static func isSame(_ host: String, _ site: String) -> Bool {
        host == site
            || (host.hasPrefix("www.")
                ? host.dropFirst(4) == site : site.hasPrefix("www.") && site.dropFirst(4) == host)
    }

    /// Path and query. A query that stands in the path counts where none is given beside it; `-` marks what is no HTTP and
    /// has none.
    private static func target(of record: RequestRecord) -> (path: String, query: String?) {
        if record.method == "-" { return (record.path.withoutControls.isEmpty ? "-" : record.path, record.query) }
        guard record.path.utf8.contains(UInt8(ascii: "?")) else {
            return (record.path, record.query)
        }
        let (path, query) = RequestLine.split(record.path)
        return (path, record.query ?? query)
    }

    private func path(_ sent: String, _ site: String) -> String {
        if sent.utf8.first == UInt8(ascii: "/") { return sent }
        if sent.isEmpty { return "/" }
        for scheme in ["http://", "https://"] where sent.prefix(scheme.count).lowercased() == scheme {
            let rest = sent.dropFirst(scheme.count)
            let authority = rest.prefix { $0 != "/" }
            guard let host = SiteNames.normalized(authority), Self.isSame(host, site) else { return sent }
            return authority.endIndex == rest.endIndex ? "/" : String(rest[authority.endIndex...])
        }
        return sent
    }

    private static func known(_ headers: [String: String]?) -> [String: String] {
        guard let headers, !headers.isEmpty else { return [:] }
        return headers.filter { knownHeaders.contains($0.key) }
            .mapValues { FieldLimits.clamp($0, to: FieldLimits.header) }
    }

    private static let knownHeaders: Set<String> = [
        "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-purpose", "purpose", "sec-ch-ua",
        "sec-ch-ua-mobile", "sec-ch-ua-platform", "accept", "accept-encoding", "dnt", "sec-gpc",
    ]
}
