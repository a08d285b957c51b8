import CollectorCore
import Database
import WeirProtocol

/// What goes to the database in one transaction.
///
/// Rows are kept as COPY takes them: in text form what comes from the spool, which holds them so, that draining formats
/// nothing twice; in binary form, which costs the database less, what comes from a log.
struct DrainBatch: Sendable {
    /// One record's row among those of its kind, and the place of its session's row.
    struct Record: Sendable {
        let kind: SpooledRecord.Kind
        let row: Range<Int>
        let session: Int
        let day: Int64
        /// Whether it is a line that came as a datagram.
        var isDatagram = false
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
        /// Where its row is among those of sessions.
        fileprivate(set) var row = 0..<0
        /// What the requests add to it, where that was counted.
        var tally = SessionTally()
        /// Whether, as far as is known here, nothing of it is stored yet.
        var isNew = false
        /// Whether it has a user.
        var isRegistered = false
        /// Whether its row was set after its latest request was added.
        var isSettled = false
    }

    /// The form of all rows of records and sessions.
    let form: CopyWriter.Form
    /// The rows of each kind, one after the other, in the order of `SpooledRecord.Kind.allCases`.
    private var written: [CopyWriter]
    private(set) var records: [Record] = []
    private(set) var sessions: [Session] = []
    /// Rows in the order of `Staging.sessionColumns`; a session's latest counts.
    private var sessionRows: CopyWriter
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

    init(_ form: CopyWriter.Form = .text) {
        self.form = form
        written = SpooledRecord.Kind.allCases.map { _ in CopyWriter(form) }
        sessionRows = CopyWriter(form)
    }

    var isEmpty: Bool {
        records.isEmpty && verdicts.isEmpty && pages.isEmpty && refused.isEmpty && refusedDatagrams.isEmpty
    }
    /// Whether there is anything that pages have reported.
    var hasBeacons: Bool { rows(of: .engagement).rowCount > 0 || rows(of: .clientEvent).rowCount > 0 }
    /// The staging tables that the batch has events in.
    var eventTables: [String] {
        (rows(of: .request).rowCount == 0 ? [] : ["stage_event"])
            + (rows(of: .clientEvent).rowCount == 0 ? [] : ["stage_client_event"])
    }
    /// The rows of a kind, one after the other.
    func rows(of kind: SpooledRecord.Kind) -> CopyWriter { written[Self.place(of: kind)] }
    /// Whether there are verdicts of sessions that have no record in the batch.
    var hasVerdictsOfOthers: Bool { verdicts.keys.contains { sessionIndex[$0] == nil } }
    /// Whether all records are requests that were counted, so that the batch may be stored without asking what is there.
    var isCounted: Bool { countedRecords == records.count }
    /// Whether the session has records in the batch.
    func contains(_ session: SessionID) -> Bool { sessionIndex[session] != nil }
    /// Whether the session has requests in the batch that its row does not know of yet.
    func isWaiting(for session: SessionID) -> Bool { sessionIndex[session].map { !sessions[$0].isSettled } ?? false }
    var sessionIDs: some Collection<SessionID> { sessionIndex.keys }

    /// Adds a record; its session's row must be set before the batch is committed.
    mutating func add(
        _ kind: SpooledRecord.Kind, row: ArraySlice<UInt8>, of session: SessionID, day: Int64, isDatagram: Bool = false
    ) {
        add(kind, of: session, day: day, isDatagram: isDatagram) { $0.append(row: row) }
    }

    private mutating func add(
        _ kind: SpooledRecord.Kind, of session: SessionID, day: Int64, isDatagram: Bool = false,
        _ write: (inout CopyWriter) -> Void
    ) {
        let place = Self.place(of: kind)
        let start = written[place].bytes.count
        write(&written[place])
        records.append(
            Record(
                kind: kind, row: start..<written[place].bytes.count, session: index(of: session), day: day,
                isDatagram: isDatagram))
        if isDatagram { datagramCount += 1 }
    }

    private static func place(of kind: SpooledRecord.Kind) -> Int { Int(kind.rawValue) - 1 }

    /// Adds what the spool holds: a request, or the rows of one answer to a page, which share their session.
    mutating func add(_ record: SpooledRecord) {
        set(session: record.session, row: record.sessionRow[...])
        guard record.kind != .request else {
            let isDatagram = EventRows.source(of: record.row).elementsEqual(Staging.datagramSource.utf8)
            return add(
                .request, row: record.row[...], of: record.session, day: record.day, isDatagram: isDatagram)
        }
        // COPY's text escapes every line end inside a row.
        var rest = record.row[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            add(record.kind, row: rest[...end], of: record.session, day: record.day)
            rest = rest[rest.index(after: end)...]
        }
    }

    /// Adds a request as an event of its session, and counts it for that.
    mutating func add(_ request: IntakeRequest, kind: RequestKind, of session: SessionID, source: String) {
        add(.request, of: session, day: request.eventID.timestamp.day.number) { rows in
            EventRows.append(request, kind: kind, session: session, source: source, to: &rows)
        }
        let index = records[records.count - 1].session
        sessions[index].isSettled = false
        sessions[index].tally.add(
            at: request.at, kind: kind, status: request.status, durationMs: request.durationMs,
            hasUser: request.userID != nil)
        countedRecords += 1
    }

    /// The row of one record.
    private func row(of record: Record) -> ArraySlice<UInt8> { rows(of: record.kind).bytes[record.row] }

    /// The row of one record and that of its session, in text form.
    func text(of record: Record) -> (row: [UInt8], session: [UInt8]) {
        var rows = CopyWriter()
        switch form {
        case .text: rows.append(row: row(of: record))
        case .binary: rows.append(binaryRow: row(of: record), Staging.eventFields)
        }
        let end = rows.bytes.count
        appendText(of: sessions[record.session], to: &rows)
        return (Array(rows.bytes[..<end]), Array(rows.bytes[end...]))
    }

    /// Appends the row of a session, in text form.
    func appendText(of session: Session, to rows: inout CopyWriter) {
        let row = row(of: session)
        switch form {
        case .text: rows.append(row: row)
        case .binary: if !row.isEmpty { rows.append(binaryRow: row, Staging.sessionFields) }
        }
    }

    /// What counts of the rows of sessions.
    var latestSessionRows: CopyWriter {
        sessions.reduce(into: CopyWriter(form, capacity: sessionRows.bytes.count)) { $0.append(row: row(of: $1)) }
    }

    /// Sets what is known of a session by the end of the batch.
    mutating func set(session: SessionID, row: ArraySlice<UInt8>) {
        let index = index(of: session)
        let start = sessionRows.bytes.count
        if !row.isEmpty { sessionRows.append(row: row) }
        sessions[index].row = start..<sessionRows.bytes.count
    }

    /// The row of a session; empty where none is known.
    func row(of session: Session) -> ArraySlice<UInt8> { sessionRows.bytes[session.row] }

    /// Sets what is known of a session by the end of the batch; it is new when all that it has was counted here.
    mutating func set(_ session: LiveSession, _ rows: SessionRows) {
        let index = index(of: session.id)
        let start = sessionRows.bytes.count
        rows.append(session, to: &sessionRows)
        sessions[index].row = start..<sessionRows.bytes.count
        sessions[index].isSettled = true
        sessions[index].isRegistered = session.userID != nil
        sessions[index].isNew = !session.isPartial && sessions[index].tally.totalCount == session.totalCount
    }

    private mutating func index(of session: SessionID) -> Int {
        // A visitor's requests come in bursts.
        if let latest = records.last?.session, sessions[latest].id == session { return latest }
        if let index = sessionIndex[session] { return index }
        sessionIndex[session] = sessions.count
        sessions.append(Session(id: session))
        return sessions.count - 1
    }

    /// The part of the batch with the given records, their sessions, and no pages or verdicts of others.
    func part(_ range: Range<Int>) -> DrainBatch {
        var part = DrainBatch(form)
        for record in records[range] {
            let session = sessions[record.session]
            if !part.contains(session.id) { part.set(session: session.id, row: row(of: session)) }
            part.add(
                record.kind, row: row(of: record), of: session.id, day: record.day, isDatagram: record.isDatagram)
            if let verdict = verdicts[session.id] { part.verdicts[session.id] = verdict }
        }
        return part
    }
}
