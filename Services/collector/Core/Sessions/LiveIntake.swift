public import WeirProtocol

/// What the live collector knows: its sessions, the records it has just seen, and which sessions are to be judged.
public struct LiveIntake: Sendable {
    /// The sessions.
    public var book: SessionBook
    /// When to judge which session.
    public var schedule = JudgingSchedule()
    /// Verdicts that are not yet in the database.
    public private(set) var verdicts: [SessionID: SessionVerdict] = [:]
    private var recent = RecentRecords()

    /// Verdicts kept for the database while it is away; further ones are made again later from what is stored.
    static let verdictLimit = 50_000
    /// How far a record's identity may lie from its receipt, in milliseconds.
    public static let tolerance: Int64 = 86_400_000

    /// An intake without sessions.
    public init(policy: SessionBook.Policy) { book = SessionBook(policy: policy) }

    /// Where a record has already gone, when it is a repeat.
    public func isRepeat(_ id: EventID) -> SessionID? { recent[id] }

    /// Puts a new request into its session.
    public mutating func place(_ request: IntakeRequest, token: SessionID?, now: Timestamp) -> SessionBook.Placement {
        let placement = book.place(request, token: token)
        recent.note(request.eventID, placement.sessionID)
        schedule.changed(placement.sessionID, askedAt: book[placement.sessionID]?.askedAt, now: now)
        return placement
    }

    /// Puts new events of a page into its session.
    /// - Parameters:
    ///   - beacon: the request that carried the events.
    ///   - ids: the events' identities; none of them a repeat.
    ///   - isEngagement: whether the events speak for a person in front of the page.
    public mutating func place(
        beacon: IntakeRequest, _ ids: [EventID], isEngagement: Bool = true, token: SessionID?, now: Timestamp
    ) -> (session: SessionID, isNew: Bool) {
        let placed = book.place(beacon: beacon, count: isEngagement ? ids.count : 0, token: token)
        for id in ids { recent.note(id, placed.session) }
        schedule.changed(placed.session, askedAt: book[placed.session]?.askedAt, now: now)
        return placed
    }

    /// Takes events back that could not be spooled.
    public mutating func retract(_ ids: [EventID], _ placed: (session: SessionID, isNew: Bool)) {
        for id in ids { recent.forget(id) }
        book.retract(placed.session, beacons: ids.count, isNew: placed.isNew)
    }

    /// Takes a request back that could not be spooled.
    public mutating func retract(_ request: IntakeRequest, _ placement: SessionBook.Placement) {
        recent.forget(request.eventID)
        if placement.isNew { book.retract(placement.sessionID) }
    }

    /// The evidence of up to `limit` sessions that are to be judged now.
    public mutating func questions(_ limit: Int, now: Timestamp) -> [SessionEvidence] {
        schedule.take(limit, now: now).compactMap { book.evidence(for: $0, now: now) }
    }

    /// Keeps a verdict until it is stored.
    public mutating func judged(_ verdict: SessionVerdict) {
        _ = book.judged(verdict)
        if let known = verdicts[verdict.sessionID], known.judgedCount > verdict.judgedCount { return }
        guard verdicts[verdict.sessionID] != nil || verdicts.count < Self.verdictLimit else { return }
        verdicts[verdict.sessionID] = verdict
    }

    /// Forgets verdicts that are stored now, unless a newer one has come meanwhile.
    public mutating func stored(_ stored: some Sequence<SessionVerdict>) {
        for verdict in stored where verdicts[verdict.sessionID]?.verdictID == verdict.verdictID {
            verdicts[verdict.sessionID] = nil
        }
    }
}
