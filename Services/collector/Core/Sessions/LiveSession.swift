public import WeirProtocol

/// A session that may still grow: its counts, and the recent requests that evidence is made of.
public struct LiveSession: Sendable {
    /// The session's name.
    public let id: SessionID
    /// The site, and who is visiting it from where.
    public let key: SessionKey
    /// The network that evidence is shared over.
    public let networkPrefix: NetworkPrefix
    /// The first request's time.
    public internal(set) var startedAt: Timestamp
    /// The latest request's time.
    public internal(set) var lastActivityAt: Timestamp
    /// Documents, API calls and background requests.
    public internal(set) var requestCount = 0
    /// Static files.
    public internal(set) var assetCount = 0
    /// Engagement events.
    public internal(set) var beaconCount = 0
    /// Answers of 400 and above.
    public internal(set) var errorCount = 0
    /// The request that says where the visitor came from: the first page request, or the very first while there is none.
    public internal(set) var entry: IntakeRequest
    /// Whether `entry` is a page request.
    public internal(set) var entryIsPage = false
    /// The latest page's path.
    public internal(set) var exitPage: String?
    /// The level of the latest request.
    public internal(set) var level: ThrottleLevel?
    /// The registered user, once known.
    public internal(set) var userID: String?
    /// Whether the session began before this book did, so that its earlier requests are only in the database.
    public let isPartial: Bool
    /// Whether a client has sent the session's cookie.
    public internal(set) var isBound = false
    /// Requests, assets and beacons that the verdict over the most has covered; the verdict itself is the database's.
    public internal(set) var judgedCount: Int?
    /// Requests, assets and beacons at the last question to a detector.
    public internal(set) var askedCount = 0
    /// When the last question was asked, on the session's clock.
    public internal(set) var askedAt: Timestamp?

    private var pages: Set<Int> = []
    private var requests: [SessionEvidence.Request] = []
    private var omitted = 0

    /// Distinct pages are counted up to this many, which is far above every threshold.
    static let pageLimit = 2000

    init(_ first: IntakeRequest, id: SessionID, isPartial: Bool) {
        self.id = id
        key = SessionKey(first)
        networkPrefix = first.address.neighbourhood
        startedAt = first.at
        lastActivityAt = first.at
        entry = first
        self.isPartial = isPartial
    }

    /// Everything that a verdict can cover.
    public var totalCount: Int { requestCount + assetCount + beaconCount }

    /// Whether a page of the site has been loaded.
    public var hasDocument: Bool { !pages.isEmpty }

    /// Counts a request, and holds about as many of the latest as it may.
    /// - Returns: how many more it holds now than before.
    mutating func add(_ request: IntakeRequest, kind: RequestKind, holding limit: Int) -> Int {
        if request.at < startedAt { startedAt = request.at }
        if request.at > lastActivityAt { lastActivityAt = request.at }
        if kind == .asset { assetCount += 1 } else { requestCount += 1 }
        if request.status >= 400 { errorCount += 1 }
        if kind.isPageRequest, !entryIsPage || request.at < entry.at {
            // The session's first request is there already.
            if request.eventID != entry.eventID { entry = request }
            entryIsPage = true
        }
        if kind == .document {
            exitPage = request.path
            if pages.count < Self.pageLimit { pages.insert(request.path.hashValue) }
        }
        if let level = request.level { self.level = level }
        if let user = request.userID { userID = user }
        let held = requests.count
        remember(request, kind, limit)
        return requests.count - held
    }

    private mutating func remember(_ request: IntakeRequest, _ kind: RequestKind, _ limit: Int) {
        // A quarter more, so that most requests move nothing.
        if requests.count >= limit * 5 / 4 {
            let excess = requests.count - limit
            // Room for hundreds is not kept by a session that may hold a few.
            if excess > limit { requests = Array(requests.dropFirst(excess)) } else { requests.removeFirst(excess) }
            omitted += excess
        }
        let known = SessionEvidence.Request(
            at: request.at, method: request.method, path: SessionEvidence.Request.clamped(request.url),
            status: request.status, kind: kind,
            referrerHost: request.referrerHost)
        // Nearly always the newest; a late line takes its place in order.
        guard let latest = requests.last, latest.at > known.at else { return requests.append(known) }
        var index = requests.count
        while index > 0, requests[index - 1].at > known.at { index -= 1 }
        requests.insert(known, at: index)
    }

    /// All that a detector needs, as of the last activity.
    func evidence(now: Timestamp, sitePages: Int, sessions24h: Int, agents24h: Int) -> SessionEvidence {
        var evidence = SessionEvidence(
            sessionID: id, site: key.site, fingerprint: key.fingerprint, ip: key.address.description,
            ipPrefix: networkPrefix.description, userAgent: entry.userAgent, acceptLanguage: entry.acceptLanguage,
            startedAt: startedAt)
        evidence.headers = entry.headers
        evidence.now = now
        evidence.lastActivityAt = lastActivityAt
        evidence.sitePages = sitePages
        evidence.fingerprintSessions24h = sessions24h
        evidence.prefixAgents24h = agents24h
        evidence.requestCount = requestCount
        evidence.assetCount = assetCount
        evidence.errorCount = errorCount
        evidence.distinctPages = pages.count
        evidence.engagementEvents = beaconCount
        let excess = max(0, requests.count - SessionEvidence.requestLimit)
        evidence.requests = excess == 0 ? requests : Array(requests.dropFirst(excess))
        evidence.requestsOmitted = omitted + excess
        evidence.isFirstQuestion = askedAt == nil && !isPartial
        return evidence
    }

    /// Requests held, for the bound on all of them.
    var heldRequests: Int { requests.count }
}

/// Who is meant when there is no cookie: the same browser and language from the same address on the same site.
public struct SessionKey: Hashable, Sendable {
    /// The site's host.
    public let site: String
    /// The visitor.
    public let fingerprint: String
    /// The client's address.
    public let address: IPAddress

    /// The key of a request.
    public init(_ request: IntakeRequest) {
        (site, fingerprint, address) = (request.site, request.fingerprint, request.address)
    }

    /// A key of the given parts.
    public init(site: String, fingerprint: String, address: IPAddress) {
        (self.site, self.fingerprint, self.address) = (site, fingerprint, address)
    }
}
