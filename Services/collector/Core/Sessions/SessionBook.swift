public import WeirProtocol

/// Decides which session each request belongs to, and keeps what detectors need to judge the live ones.
///
/// A value without effects. Each source of requests (the live gateway, one import) has a book of its own, whose clock is
/// the latest time that the source has shown. A book holds at most `capacity` sessions; beyond that the ones that were
/// quiet longest are handed out early as ended.
public struct SessionBook: Sendable {
    /// When sessions end.
    public struct Policy: Sendable {
        /// Silence that ends a session, in milliseconds.
        public var idle: Int64
        /// The longest a session may last, in milliseconds; nil for no limit.
        public var maximum: Int64?
        /// Sessions held at once.
        public var capacity: Int

        /// A policy; the defaults are 30 minutes, 24 hours, 100,000 sessions.
        public init(idle: Int64 = 1_800_000, maximum: Int64? = 86_400_000, capacity: Int = 100_000) {
            (self.idle, self.maximum, self.capacity) = (idle, maximum, capacity)
        }
    }

    /// Where a request went.
    public struct Placement: Sendable, Equatable {
        /// The session it belongs to.
        public var sessionID: SessionID
        /// What the request was for.
        public var kind: RequestKind
        /// Whether it opened the session.
        public var isNew: Bool
        /// Whether it is the first request of the session in this book, new or continued.
        public var isFirstHere: Bool
    }

    /// A session of the database that a request may continue.
    public struct Stored: Sendable {
        /// The session's name.
        public var id: SessionID
        /// Who it was.
        public var key: SessionKey
        /// Its first request's time.
        public var startedAt: Timestamp
        /// Its latest request's time.
        public var lastActivityAt: Timestamp

        /// A stored session.
        public init(id: SessionID, key: SessionKey, startedAt: Timestamp, lastActivityAt: Timestamp) {
            (self.id, self.key, self.startedAt, self.lastActivityAt) = (id, key, startedAt, lastActivityAt)
        }
    }

    /// When sessions end.
    public let policy: Policy
    /// The latest time seen.
    public private(set) var clock = Timestamp(milliseconds: .min)

    private var sessions: [SessionID: LiveSession] = [:]
    private var byKey: [SessionKey: [SessionID]] = [:]
    private var stored: [SessionKey: [Stored]] = [:]
    private var history = VisitorHistory()
    private var pages = SitePages()
    private var sweptAt = Timestamp(milliseconds: .min)

    /// An empty book.
    public init(policy: Policy = Policy()) { self.policy = policy }

    /// Sessions held.
    public var count: Int { sessions.count }

    /// A live session.
    public subscript(id: SessionID) -> LiveSession? { sessions[id] }

    /// Tells the book of sessions that the database already has, so that requests can continue them.
    public mutating func restore(_ sessions: some Sequence<Stored>) {
        for session in sessions where self.sessions[session.id] == nil {
            guard stored[session.key]?.contains(where: { $0.id == session.id }) != true else { continue }
            stored[session.key, default: []].append(session)
            history.began(session.key.fingerprint, session.key.address.neighbourhood, at: session.startedAt)
        }
    }

    /// Tells the book of pages that the database already knows, with the times that they were first seen.
    public mutating func restore(pages known: some Sequence<(site: String, path: String, firstSeen: Timestamp)>) {
        for page in known { _ = pages.saw(page.path, of: page.site, at: page.firstSeen) }
    }

    /// Puts a request into its session, opening one if need be.
    /// - Parameter token: the session that a verified cookie names.
    public mutating func place(_ request: IntakeRequest, token: SessionID? = nil) -> Placement {
        if request.at > clock { clock = request.at }
        let (id, isNew) = find(request, token: token)
        let kind = request.kind(sessionHasDocument: sessions[id]!.hasDocument)
        sessions[id]!.add(request, kind: kind)
        if isNew { history.began(request.fingerprint, request.address.neighbourhood, at: request.at) }
        history.used(request.fingerprint, in: request.address.neighbourhood, at: request.at)
        return Placement(sessionID: id, kind: kind, isNew: isNew, isFirstHere: sessions[id]!.totalCount == 1)
    }

    /// Notes a page that the site serves.
    /// - Returns: whether it was not known before.
    public mutating func serves(_ request: IntakeRequest, kind: RequestKind) -> Bool {
        guard kind == .document, request.method == "GET", (200..<300).contains(request.status) || request.status == 304
        else { return false }
        return pages.saw(request.path, of: request.site, at: request.at)
    }

    /// Puts what a page reports into the session that the page belongs to: the cookie's, or the one of the same site,
    /// address and user agent. Its language is ignored where needed, since logs often lack it. Opens a session without
    /// requests if there is none.
    /// - Parameters:
    ///   - beacon: the request that carried the events.
    ///   - count: how many events it carried.
    public mutating func place(
        beacon: IntakeRequest, count: Int, token: SessionID? = nil
    ) -> (session: SessionID, isNew: Bool) {
        if beacon.at > clock { clock = beacon.at }
        var found = known(beacon, token: token)
        if found == nil, !beacon.acceptLanguage.isEmpty {
            var spoken = beacon
            spoken.acceptLanguage = ""
            spoken.fingerprint = Fingerprint.word(userAgent: beacon.userAgent, acceptLanguage: "")
            found = known(spoken, token: nil)
        }
        let (id, isNew) =
            found.map { ($0, false) } ?? open(beacon, as: SessionID(first: beacon.eventID), isPartial: false)
        sessions[id]!.beaconCount += count
        if beacon.at > sessions[id]!.lastActivityAt { sessions[id]!.lastActivityAt = beacon.at }
        if isNew { history.began(beacon.fingerprint, beacon.address.neighbourhood, at: beacon.at) }
        history.used(beacon.fingerprint, in: beacon.address.neighbourhood, at: beacon.at)
        return (id, isNew)
    }

    /// Takes back what `place(beacon:count:token:)` counted.
    mutating func retract(_ id: SessionID, beacons count: Int, isNew: Bool) {
        if isNew { retract(id) } else { sessions[id]?.beaconCount -= count }
    }

    /// What a detector needs to judge a session now, and notes that it was asked; nil when the session is not live
    /// here, or when its beginning is only in the database.
    public mutating func evidence(for id: SessionID, now: Timestamp) -> SessionEvidence? {
        guard let session = sessions[id], !session.isPartial else { return nil }
        sessions[id]!.askedCount = session.totalCount
        sessions[id]!.askedAt = now
        return evidence(of: session, now: now)
    }

    /// What a detector needs to judge a session that has left the book; nil when its beginning is only in the database.
    public func evidence(of session: LiveSession, now: Timestamp) -> SessionEvidence? {
        guard !session.isPartial else { return nil }
        return session.evidence(
            now: now, sitePages: pages.count(of: session.key.site, by: session.lastActivityAt),
            sessions24h: history.sessions(
                of: session.key.fingerprint, in: session.networkPrefix, by: session.lastActivityAt),
            agents24h: history.agents(in: session.networkPrefix, by: session.lastActivityAt))
    }

    /// Keeps a verdict if it covers at least as much as the one before.
    /// - Returns: whether it counts now.
    public mutating func judged(_ verdict: SessionVerdict) -> Bool {
        guard let session = sessions[verdict.sessionID] else { return false }
        if let known = session.verdict, known.judgedCount > verdict.judgedCount { return false }
        sessions[verdict.sessionID]!.verdict = verdict
        return true
    }

    /// Removes the sessions that no request can continue any more, and, when there are too many, those quiet longest.
    /// - Parameter now: the source's clock; requests may still come up to one idle time late.
    public mutating func ended(by now: Timestamp) -> [LiveSession] {
        // Sessions end at the granularity of this step, which keeps the sweep off the path of single requests.
        guard now - sweptAt >= policy.idle / 60 || sessions.count > policy.capacity else { return [] }
        sweptAt = now
        let limit = now - 2 * policy.idle
        var gone = sessions.values.filter { $0.lastActivityAt < limit }
        if sessions.count - gone.count > policy.capacity {
            let surplus = sessions.count - gone.count - policy.capacity * 9 / 10
            let quiet = sessions.values.filter { $0.lastActivityAt >= limit }
                .sorted { ($0.lastActivityAt, $0.id) < ($1.lastActivityAt, $1.id) }
            gone.append(contentsOf: quiet.prefix(surplus))
        }
        for session in gone { remove(session) }
        if !stored.isEmpty { stored = stored.filter { $0.value.contains { $0.lastActivityAt >= limit } } }
        history.forget(by: now)
        return gone.sorted { ($0.lastActivityAt, $0.id) < ($1.lastActivityAt, $1.id) }
    }

    /// Removes every session: the source has ended.
    public mutating func finish() -> [LiveSession] {
        let all = sessions.values.sorted { ($0.lastActivityAt, $0.id) < ($1.lastActivityAt, $1.id) }
        sessions = [:]
        byKey = [:]
        return all
    }

    /// Removes a session whose opening request could not be kept.
    mutating func retract(_ id: SessionID) {
        if let session = sessions[id] { remove(session) }
    }

    private mutating func remove(_ session: LiveSession) {
        sessions[session.id] = nil
        byKey[session.key]?.removeAll { $0 == session.id }
        if byKey[session.key]?.isEmpty == true { byKey[session.key] = nil }
    }

    private mutating func find(_ request: IntakeRequest, token: SessionID?) -> (SessionID, isNew: Bool) {
        if let id = known(request, token: token) { return (id, false) }
        return open(request, as: SessionID(first: request.eventID), isPartial: false)
    }

    /// The session that a request continues; nil when it opens one.
    private mutating func known(_ request: IntakeRequest, token: SessionID?) -> SessionID? {
        if let token {
            if let session = sessions[token] {
                if session.key.site == request.site, continues(session.startedAt, session.lastActivityAt, request.at) {
                    sessions[token]!.isBound = true
                    return token
                }
            } else {
                // The token is fresh, or it would not have been passed on: its session lives on in the database.
                return open(request, as: token, isPartial: true).0
            }
        }
        let key = SessionKey(request)
        for id in (byKey[key] ?? []).reversed() {
            guard let session = sessions[id], continues(session.startedAt, session.lastActivityAt, request.at) else {
                continue
            }
            // Whoever navigates without the cookie is not the one who has sent it.
            if session.isBound, request.kind(sessionHasDocument: true) == .document { continue }
            return id
        }
        if let known = stored[key]?.last(where: { continues($0.startedAt, $0.lastActivityAt, request.at) }) {
            let id = open(request, as: known.id, isPartial: true).0
            sessions[id]!.startedAt = min(known.startedAt, request.at)
            sessions[id]!.lastActivityAt = max(known.lastActivityAt, request.at)
            return id
        }
        return nil
    }

    private mutating func open(_ request: IntakeRequest, as id: SessionID, isPartial: Bool) -> (SessionID, isNew: Bool)
    {
        let session = LiveSession(request, id: id, isPartial: isPartial)
        sessions[id] = session
        byKey[session.key, default: []].append(id)
        return (id, !isPartial)
    }

    /// A gap of more than the idle time on either side starts another session.
    private func continues(_ startedAt: Timestamp, _ lastActivityAt: Timestamp, _ moment: Timestamp) -> Bool {
        guard moment - lastActivityAt <= policy.idle, startedAt - moment <= policy.idle else { return false }
        guard let maximum = policy.maximum else { return true }
        return moment - startedAt <= maximum && lastActivityAt - moment <= maximum
    }
}
