import CollectorCore
import WeirProtocol

/// What goes to the database in one transaction.
///
/// Rows are kept in COPY's text form: that is also how the spool holds them, so that draining formats nothing twice.
struct DrainBatch: Sendable {
    /// One record's row among those of its kind, and the place of its session's row.
    struct Record: Sendable {
        let kind: SpooledRecord.Kind
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

    /// A session that has records in the batch.
    struct Session: Sendable {
        let id: SessionID
        /// In the order of `Staging.sessionColumns`.
        var row: [UInt8] = []
        /// What the requests add to it, where that was counted.
        var tally = SessionTally()
        /// Whether, as far as is known here, nothing of it is stored yet.
        var isNew = false
        /// Whether it has a user.
        var isRegistered = false
    }

    /// The rows of each kind, one after the other.
    private(set) var rows: [SpooledRecord.Kind: [UInt8]] = [:]
    private(set) var records: [Record] = []
    private(set) var sessions: [Session] = []
    private var countedRecords = 0
    /// How many of the records are lines that came as datagrams.
    private(set) var datagramCount = 0
    private var sessionIndex: [SessionID: Int] = [:]
    var verdicts: [SessionID: SessionVerdict] = [:]
    var pages: [Page] = []
    /// Refused records by reason, for the ledger.
    var refused: [String: Int] = [:]
    /// The same of datagrams.
    var refusedDatagrams: [String: Int] = [:]

    var isEmpty: Bool {
        records.isEmpty && verdicts.isEmpty && pages.isEmpty && refused.isEmpty && refusedDatagrams.isEmpty
    }
    /// Whether there is anything that pages have reported.
    var hasBeacons: Bool { rows[.engagement] != nil || rows[.clientEvent] != nil }
    /// The staging tables that the batch has events in.
    var eventTables: [String] {
        (rows[.request] == nil ? [] : ["stage_event"]) + (rows[.clientEvent] == nil ? [] : ["stage_client_event"])
    }
    /// Whether there are verdicts of sessions that have no record in the batch.
    var hasVerdictsOfOthers: Bool { verdicts.keys.contains { sessionIndex[$0] == nil } }
    /// Whether all records are requests that were counted, so that the batch may be stored without asking what is there.
    var isCounted: Bool { countedRecords == records.count }
    /// Whether the session has records in the batch.
    func contains(_ session: SessionID) -> Bool { sessionIndex[session] != nil }
    var sessionIDs: some Collection<SessionID> { sessionIndex.keys }

    /// Adds a record; its session's row must be set before the batch is committed.
    mutating func add(_ kind: SpooledRecord.Kind, row: some Collection<UInt8>, of session: SessionID, day: Int64) {
        let start = rows[kind]?.count ?? 0
        rows[kind, default: []].append(contentsOf: row)
        records.append(
            Record(kind: kind, row: start..<start + row.count, session: index(of: session), day: day))
    }

    /// Adds what the spool holds: a request, or the rows of one answer to a page, which share their session.
    mutating func add(_ record: SpooledRecord) {
        set(session: record.session, row: record.sessionRow)
        guard record.kind != .request else {
            if EventRows.source(of: record.row).elementsEqual(Staging.datagramSource.utf8) { datagramCount += 1 }
            return add(.request, row: record.row, of: record.session, day: record.day)
        }
        // COPY's text escapes every line end inside a row.
        var rest = record.row[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            add(record.kind, row: rest[...end], of: record.session, day: record.day)
            rest = rest[rest.index(after: end)...]
        }
    }

    /// Adds a request's row and counts it for its session.
    mutating func add(
        event row: some Collection<UInt8>, of session: SessionID, kind: RequestKind, _ request: IntakeRequest
    ) {
        add(.request, row: row, of: session, day: request.eventID.timestamp.day.number)
        sessions[records[records.count - 1].session].tally.add(
            at: request.at, kind: kind, status: request.status, durationMs: request.durationMs)
        countedRecords += 1
    }

    /// The row of one record.
    func row(of record: Record) -> ArraySlice<UInt8> { rows[record.kind]?[record.row] ?? [] }

    /// Sets what is known of a session by the end of the batch.
    mutating func set(session: SessionID, row: [UInt8]) { sessions[index(of: session)].row = row }

    /// Sets what is known of a session by the end of the batch; it is new when all that it has was counted here.
    mutating func set(_ session: LiveSession, row: [UInt8]) {
        let index = index(of: session.id)
        sessions[index].row = row
        sessions[index].isRegistered = session.userID != nil
        sessions[index].isNew = !session.isPartial && sessions[index].tally.totalCount == session.totalCount
    }

    private mutating func index(of session: SessionID) -> Int {
        if let index = sessionIndex[session] { return index }
        sessionIndex[session] = sessions.count
        sessions.append(Session(id: session))
        return sessions.count - 1
    }

    /// The part of the batch with the given records, their sessions, and no pages or verdicts of others.
    func part(_ range: Range<Int>) -> DrainBatch {
        var part = DrainBatch()
        for record in records[range] {
            let session = sessions[record.session]
            part.add(
                SpooledRecord(
                    kind: record.kind, session: session.id, day: record.day, row: Array(row(of: record)),
                    sessionRow: session.row))
            if let verdict = verdicts[session.id] { part.verdicts[session.id] = verdict }
        }
        return part
    }
}
