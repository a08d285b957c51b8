import CollectorCore
import Database
import WeirProtocol

/// What goes to the database in one transaction.
///
/// Rows are kept in COPY's text form: that is also how the spool holds them, so that draining formats nothing twice.
struct DrainBatch: Sendable {
    /// One event's row and the place of its session's row.
    struct Event: Sendable {
        let row: Range<Int>
        let session: Int
        let day: Int64
    }

    /// A page that a site was seen to serve.
    struct Page: Sendable {
        let site: String
        let path: String
        let firstSeen: Timestamp
    }

    private(set) var eventBytes: [UInt8] = []
    private(set) var events: [Event] = []
    private(set) var sessionRows: [[UInt8]] = []
    private var sessionIndex: [SessionID: Int] = [:]
    var verdicts: [SessionID: SessionVerdict] = [:]
    var pages: [Page] = []
    /// Refused records by reason, for the ledger.
    var refused: [String: Int] = [:]

    var isEmpty: Bool { events.isEmpty && verdicts.isEmpty && pages.isEmpty && refused.isEmpty }
    /// Whether there are verdicts of sessions that have no event in the batch.
    var hasVerdictsOfOthers: Bool { verdicts.keys.contains { sessionIndex[$0] == nil } }
    var sessionIDs: some Collection<SessionID> { sessionIndex.keys }

    /// Adds an event; its session's row must be set before the batch is committed.
    mutating func add(event row: some Collection<UInt8>, of session: SessionID, day: Int64) {
        let start = eventBytes.count
        eventBytes.append(contentsOf: row)
        events.append(Event(row: start..<eventBytes.count, session: index(of: session), day: day))
    }

    /// Sets what is known of a session by the end of the batch.
    mutating func set(session: SessionID, row: [UInt8]) { sessionRows[index(of: session)] = row }

    private mutating func index(of session: SessionID) -> Int {
        if let index = sessionIndex[session] { return index }
        sessionIndex[session] = sessionRows.count
        sessionRows.append([])
        return sessionRows.count - 1
    }

    /// The part of the batch with the given events, their sessions, and no pages or verdicts of others.
    func part(_ range: Range<Int>) -> DrainBatch {
        var part = DrainBatch()
        let names = Dictionary(uniqueKeysWithValues: sessionIndex.map { ($0.value, $0.key) })
        for event in events[range] {
            guard let name = names[event.session] else { continue }
            part.add(event: eventBytes[event.row], of: name, day: event.day)
            part.set(session: name, row: sessionRows[event.session])
            if let verdict = verdicts[name] { part.verdicts[name] = verdict }
        }
        return part
    }
}
