public import WeirProtocol

/// What the live collector knows: its sessions, the records it has just seen, and which sessions are to be judged.
public struct LiveIntake: Sendable {
    /// The sessions.
    public var book: SessionBook
    /// When to judge which session.
    public var schedule = JudgingSchedule()
    private var recent = RecentRecords()
    private var unstored: [SessionID: Unstored] = [:]

    /// A verdict that is not in the database yet, and where the records end that it may cover.
    private struct Unstored {
        let verdict: SessionVerdict
        let end: SpoolPosition
    }

    /// Verdicts kept for the database while it is away; further ones are made again later from what is stored.
    static let verdictLimit = 50_000
    /// How far a record's identity may lie from its receipt, in milliseconds.
    public static let tolerance: Int64 = 86_400_000

    /// An intake without sessions.
    public init(policy: SessionBook.Policy) { book = SessionBook(policy: policy) }

    /// Where a record has already gone, when it is a repeat.
    public func isRepeat(_ id: EventID) -> SessionID? { recent[id] }

    /// Takes the next record of this identity for a new one: what became of this one nobody was told.
    public mutating func forget(_ id: EventID) { recent.forget(id) }

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
    /// - Parameter end: where the spool ends now; what the verdict covers lies before.
    public mutating func judged(_ verdict: SessionVerdict, before end: SpoolPosition) {
        _ = book.judged(verdict)
        if let known = unstored[verdict.sessionID], known.verdict.judgedCount > verdict.judgedCount { return }
        guard unstored[verdict.sessionID] != nil || unstored.count < Self.verdictLimit else { return }
        unstored[verdict.sessionID] = Unstored(verdict: verdict, end: end)
    }

    /// Verdicts that are not yet in the database.
    public var unstoredVerdicts: Int { unstored.count }

    /// The verdicts that can be stored with a batch: their session is in the batch, or was in one before.
    /// - Parameters:
    ///   - end: where the batch ends.
    ///   - isPresent: whether it has records of a session.
    public func verdicts(before end: SpoolPosition, or isPresent: (SessionID) -> Bool) -> [SessionID: SessionVerdict] {
        var ready: [SessionID: SessionVerdict] = [:]
        for (session, held) in unstored where held.end <= end || isPresent(session) {
            ready[session] = held.verdict
        }
        return ready
    }

    /// Forgets verdicts that are stored now, unless a newer one has come meanwhile.
    public mutating func stored(_ stored: some Sequence<SessionVerdict>) {
        for verdict in stored where unstored[verdict.sessionID]?.verdict.verdictID == verdict.verdictID {
            unstored[verdict.sessionID] = nil
        }
    }
}
