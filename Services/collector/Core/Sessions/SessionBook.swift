public import WeirProtocol

/// Decides which session each request belongs to, and keeps what detectors need to judge the live ones.
///
/// A value without effects. Each source of requests (the live gateway, one import) has a book of its own, whose clock is
/// the latest time that the source has shown. A book holds at most `capacity` sessions; beyond that the ones that were
/// quiet longest are handed out early as ended. Of all sessions together it holds about `requestCapacity` requests; beyond
/// that each one that goes on keeps as many of its latest as its share comes to, though at least `smallestShare`.
public struct SessionBook: Sendable {
    /// When sessions end.
    public struct Policy: Sendable {
        /// Silence that ends a session, in milliseconds.
        public var idle: Int64
        /// The longest a session may last, in milliseconds; nil for no limit.
        public var maximum: Int64?
        /// Sessions held at once.
        public var capacity: Int
        /// Requests held at once, of all sessions; some 100 to 300 bytes each.
        public var requestCapacity: Int

        /// A policy; the defaults are 30 minutes, 24 hours, 100,000 sessions and a million requests.
        public init(
            idle: Int64 = 1_800_000, maximum: Int64? = 86_400_000, capacity: Int = 100_000,
            requestCapacity: Int = 1_000_000
        ) {
            (self.idle, self.maximum) = (idle, maximum)
            (self.capacity, self.requestCapacity) = (capacity, requestCapacity)
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

    // A session is large, so it stays where it is: looking at one field of it, or changing it, copies nothing.
    private var slots: [LiveSession?] = []
    private var freeSlots: [Int] = []
    private var slotByID: [SessionID: Int] = [:]
    private var slotsByKey: [SessionKey: KeySlots] = [:]
    /// No session's latest activity is before this, so that a sweep that would find nothing need not look.
    private var quietSince = Timestamp(milliseconds: .min)
    private var stored: [SessionKey: [Stored]] = [:]
    private var history = VisitorHistory()
    private var pages = SitePages()
    private var trackers = TrackedSites()
    private var sweptAt = Timestamp(milliseconds: .min)
    /// Requests that the sessions hold.
    private(set) var heldRequests = 0

    /// Requests that every session may hold: enough for each of the signals that look at their order and pace.
    static let smallestShare = 20

    /// An empty book.
    public init(policy: Policy = Policy()) { self.policy = policy }

    /// Sessions held.
    public var count: Int { slotByID.count }

    /// A live session.
    public subscript(id: SessionID) -> LiveSession? { slotByID[id].flatMap { slots[$0] } }

    /// Tells the book of sessions that the database already has, so that requests can continue them.
    public mutating func restore(_ sessions: some Sequence<Stored>) {
        for session in sessions where slotByID[session.id] == nil {
            guard stored[session.key]?.contains(where: { $0.id == session.id }) != true else { continue }
            stored[session.key, default: []].append(session)
            history.began(
                session.id, of: session.key.fingerprint, in: session.key.address.neighbourhood, at: session.startedAt)
        }
    }

    /// Tells the book of pages that the database already knows, with the times that they were first seen.
    public mutating func restore(pages known: some Sequence<(site: String, path: String, firstSeen: Timestamp)>) {
        for page in known { _ = pages.saw(page.path, of: page.site, at: page.firstSeen) }
    }

    /// Tells the book of sites whose pages have reported engagement, with the latest time known.
    public mutating func restore(trackers known: some Sequence<(site: String, heard: Timestamp)>) {
        for tracker in known { trackers.heard(of: tracker.site, at: tracker.heard) }
    }

    /// Puts a request into its session, opening one if need be.
    /// - Parameter token: the session that a verified cookie names.
    public mutating func place(_ request: IntakeRequest, token: SessionID? = nil) -> Placement {
        if request.at > clock { clock = request.at }
        let (slot, isNew) = find(request, token: token)
        let kind = request.kind(sessionHasDocument: slots[slot]!.hasDocument)
        heldRequests += slots[slot]!.add(request, kind: kind, holding: requestShare)
        let network = slots[slot]!.networkPrefix
        if isNew { history.began(slots[slot]!.id, of: request.fingerprint, in: network, at: request.at) }
        history.used(request.fingerprint, in: network, at: request.at)
        return Placement(
            sessionID: slots[slot]!.id, kind: kind, isNew: isNew, isFirstHere: slots[slot]!.totalCount == 1)
    }

    private var requestShare: Int {
        heldRequests < policy.requestCapacity
            ? SessionEvidence.requestLimit
            : min(SessionEvidence.requestLimit, max(Self.smallestShare, policy.requestCapacity / max(count, 1)))
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
        if count > 0 { trackers.heard(of: beacon.site, at: beacon.at) }
        var found = known(beacon, token: token)
        if found == nil, !beacon.acceptLanguage.isEmpty {
            var spoken = beacon
            spoken.acceptLanguage = ""
            spoken.fingerprint = Fingerprint.word(userAgent: beacon.userAgent, acceptLanguage: "")
            found = known(spoken, token: nil)
        }
        let isNew = found == nil
        let slot = found ?? open(beacon, as: SessionID(first: beacon.eventID), isPartial: false)
        slots[slot]!.beaconCount += count
        if beacon.at > slots[slot]!.lastActivityAt { slots[slot]!.lastActivityAt = beacon.at }
        if isNew {
            history.began(slots[slot]!.id, of: beacon.fingerprint, in: beacon.address.neighbourhood, at: beacon.at)
        }
        history.used(beacon.fingerprint, in: beacon.address.neighbourhood, at: beacon.at)
        return (slots[slot]!.id, isNew)
    }

    /// Takes back what `place(beacon:count:token:)` counted.
    mutating func retract(_ id: SessionID, beacons count: Int, isNew: Bool) {
        if isNew { retract(id) } else if let slot = slotByID[id] { slots[slot]!.beaconCount -= count }
    }

    /// What a detector needs to judge a session now, and notes that it was asked; nil when the session is not live
    /// here, or when its beginning is only in the database.
    public mutating func evidence(for id: SessionID, now: Timestamp) -> SessionEvidence? {
        guard let slot = slotByID[id], !slots[slot]!.isPartial else { return nil }
        let evidence = evidence(of: slots[slot]!, now: now)
        slots[slot]!.askedCount = slots[slot]!.totalCount
        slots[slot]!.askedAt = now
        return evidence
    }

    /// What a detector needs to judge a session that has left the book; nil when its beginning is only in the database.
    public func evidence(of session: LiveSession, now: Timestamp) -> SessionEvidence? {
        guard !session.isPartial else { return nil }
        var evidence = session.evidence(
            now: now, sitePages: pages.count(of: session.key.site, by: session.lastActivityAt),
            sessions24h: history.sessions(
                of: session.key.fingerprint, in: session.networkPrefix, by: session.lastActivityAt),
            agents24h: history.agents(in: session.networkPrefix, by: session.lastActivityAt))
        evidence.trackerExpected = trackers.expects(of: session.key.site, at: session.lastActivityAt)
        return evidence
    }

    /// Notes a verdict if it covers at least as much as the one before.
    /// - Returns: whether it counts now.
    public mutating func judged(_ verdict: SessionVerdict) -> Bool {
        guard let slot = slotByID[verdict.sessionID] else { return false }
        if let known = slots[slot]!.judgedCount, known > verdict.judgedCount { return false }
        slots[slot]!.judgedCount = verdict.judgedCount
        return true
    }

    /// Removes the sessions that no request can continue any more, and, when there are too many, those quiet longest.
    /// - Parameter now: the source's clock; requests may still come up to one idle time late.
    public mutating func ended(by now: Timestamp) -> [LiveSession] {
        // Sessions end at the granularity of this step, which keeps the sweep off the path of single requests.
        guard now - sweptAt >= policy.idle / 60 || now < sweptAt || count > policy.capacity else { return [] }
        sweptAt = now
        history.forget(by: now)
        let limit = now - 2 * policy.idle
        guard quietSince < limit || count > policy.capacity else { return [] }
        if !stored.isEmpty { stored = stored.filter { $0.value.contains { $0.lastActivityAt >= limit } } }

        var gone: [Int] = []
        quietSince = now
        for slot in slots.indices where slots[slot] != nil {
            if slots[slot]!.lastActivityAt < limit {
                gone.append(slot)
            } else {
                quietSince = min(quietSince, slots[slot]!.lastActivityAt)
            }
        }
        if count - gone.count > policy.capacity {
            let surplus = count - gone.count - policy.capacity * 9 / 10
            let quiet = slots.indices.filter { slots[$0].map { $0.lastActivityAt >= limit } ?? false }
                .map { (at: slots[$0]!.lastActivityAt, id: slots[$0]!.id, slot: $0) }
                .sorted { ($0.at, $0.id) < ($1.at, $1.id) }
            gone.append(contentsOf: quiet.prefix(surplus).map(\.slot))
        }
        if gone.count > 1 {
            gone.sort {
                (slots[$0]!.lastActivityAt, slots[$0]!.id) < (slots[$1]!.lastActivityAt, slots[$1]!.id)
            }
        }
        return gone.map { remove($0) }
    }

    /// Removes every session: the source has ended.
    public mutating func finish() -> [LiveSession] {
        let all = slots.compactMap(\.self).sorted { ($0.lastActivityAt, $0.id) < ($1.lastActivityAt, $1.id) }
        slots = []
        freeSlots = []
        slotByID = [:]
        slotsByKey = [:]
        heldRequests = 0
        return all
    }

    /// Removes a session whose opening request could not be kept.
    mutating func retract(_ id: SessionID) {
        if let slot = slotByID[id] { _ = remove(slot) }
    }

    private mutating func remove(_ slot: Int) -> LiveSession {
        let session = slots[slot].take()!
        heldRequests -= session.heldRequests
        freeSlots.append(slot)
        slotByID[session.id] = nil
        if let place = slotsByKey.index(forKey: session.key), !slotsByKey.values[place].remove(slot) {
            slotsByKey.remove(at: place)
        }
        return session
    }

    private mutating func find(_ request: IntakeRequest, token: SessionID?) -> (slot: Int, isNew: Bool) {
        if let slot = known(request, token: token) { return (slot, false) }
        return (open(request, as: SessionID(first: request.eventID), isPartial: false), true)
    }

    /// The session that a request continues; nil when it opens one.
    private mutating func known(_ request: IntakeRequest, token: SessionID?) -> Int? {
        if let token {
            if let slot = slotByID[token] {
                if slots[slot]!.key.site == request.site, continues(slot, request.at) {
                    slots[slot]!.isBound = true
                    return slot
                }
            } else {
                // The token is fresh, or it would not have been passed on: its session lives on in the database.
                return open(request, as: token, isPartial: true)
            }
        }
        let key = SessionKey(request)
        if let candidates = slotsByKey[key] {
            // Whoever navigates without the cookie is not the one who has sent it.
            let found = candidates.latest { slot in
                continues(slot, request.at)
                    && !(slots[slot]!.isBound && request.kind(sessionHasDocument: true) == .document)
            }
            if let found { return found }
        }
        guard !stored.isEmpty,
            let known = stored[key]?.last(where: { continues($0.startedAt, $0.lastActivityAt, request.at) })
        else { return nil }
        let slot = open(request, as: known.id, isPartial: true)
        slots[slot]!.startedAt = min(known.startedAt, request.at)
        slots[slot]!.lastActivityAt = max(known.lastActivityAt, request.at)
        return slot
    }

    private mutating func open(_ request: IntakeRequest, as id: SessionID, isPartial: Bool) -> Int {
        let session = LiveSession(request, id: id, isPartial: isPartial)
        let slot = freeSlots.popLast() ?? slots.count
        if let place = slotsByKey.index(forKey: session.key) {
            slotsByKey.values[place].append(slot)
        } else {
            slotsByKey[session.key] = KeySlots(slot)
        }
        slotByID[id] = slot
        quietSince = min(quietSince, session.lastActivityAt)
        if slot == slots.count { slots.append(session) } else { slots[slot] = session }
        return slot
    }

    private func continues(_ slot: Int, _ moment: Timestamp) -> Bool {
        continues(slots[slot]!.startedAt, slots[slot]!.lastActivityAt, moment)
    }

    /// A gap of more than the idle time on either side starts another session.
    private func continues(_ startedAt: Timestamp, _ lastActivityAt: Timestamp, _ moment: Timestamp) -> Bool {
        guard moment - lastActivityAt <= policy.idle, startedAt - moment <= policy.idle else { return false }
        guard let maximum = policy.maximum else { return true }
        return moment - startedAt <= maximum && lastActivityAt - moment <= maximum
    }
}

/// The places of the live sessions that share a key, in the order they were opened. There is nearly always one, which
/// costs no allocation.
private struct KeySlots: Sendable {
    private var first: Int
    private var others: [Int] = []

    init(_ slot: Int) { first = slot }

    mutating func append(_ slot: Int) { others.append(slot) }

    /// The one opened last that satisfies the condition.
    func latest(where condition: (Int) -> Bool) -> Int? {
        others.last(where: condition) ?? (condition(first) ? first : nil)
    }

    /// Forgets a place.
    /// - Returns: whether any is left.
    mutating func remove(_ slot: Int) -> Bool {
        guard slot == first else {
            others.removeAll { $0 == slot }
            return true
        }
        guard !others.isEmpty else { return false }
        first = others.removeFirst()
        return true
    }
}
