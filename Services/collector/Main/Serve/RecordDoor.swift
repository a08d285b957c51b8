import CollectorCore
import Database
import Logging
import Runtime
import Synchronization
import Transport
import WeirProtocol

/// Takes `request.record`: decides the session, appends to the spool, acknowledges. Runs on the socket's own threads and
/// never waits for the database.
final class RecordDoor: Sendable {
    /// Records by what became of them.
    struct Counters: Sendable {
        var accepted = 0
        var repeated = 0
        var refused: [String: Int] = [:]
    }

    struct State {
        var intake: LiveIntake
        var rows: SessionRows
        var eventRow = CopyWriter(capacity: 1024)
        var framed: [UInt8] = []
        var pages: [DrainBatch.Page] = []
        var counters = Counters()
        var refusedSinceDrain: [String: Int] = [:]
        var refusedDatagrams: [String: Int] = [:]
        let traits: SessionTraits
    }

    let requests: RequestIntake
    let spool: Spool
    let cookies: SessionCookies
    let state: Mutex<State>
    private let force: GroupedForce
    private let appended: AsyncStream<Void>.Continuation
    /// Yields after records were appended.
    let appends: AsyncStream<Void>

    /// Pages noted between two drains; a crawl of a huge site finds the rest again.
    private static let pageLimit = 10_000

    /// - Parameter force: forces what was appended to the disk, `Spool.force` unless told otherwise.
    init(
        requests: RequestIntake, spool: Spool, cookies: SessionCookies, policy: SessionBook.Policy,
        traits: SessionTraits, force: (@Sendable () -> Spool.Refusal?)? = nil
    ) {
        self.requests = requests
        self.spool = spool
        self.force = GroupedForce(force ?? { spool.force() })
        self.cookies = cookies
        state = Mutex(
            State(
                intake: LiveIntake(policy: policy), rows: SessionRows(traits: traits, source: "live"), traits: traits))
        (appends, appended) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var counters: Counters { state.withLock { $0.counters } }

    /// Changes or reads what the collector knows.
    func withIntake<T: Sendable>(_ body: (inout LiveIntake) -> T) -> T { state.withLock { body(&$0.intake) } }

    /// Keeps a verdict for the drain.
    func judged(_ verdict: SessionVerdict) {
        // Records are placed and spooled under the same lock.
        state.withLock { $0.intake.judged(verdict, before: spool.end) }
    }

    /// What the drain is to store beside the records: refusals by reason, those of datagrams apart.
    struct Notes: Sendable {
        var pages: [DrainBatch.Page]
        var refused: [String: Int]
        var refusedDatagrams: [String: Int]
    }

    /// Takes the pages and refusals that the drain is to store.
    func takeNotes() -> Notes {
        state.withLock { state in
            defer {
                state.pages = []
                state.refusedSinceDrain = [:]
                state.refusedDatagrams = [:]
            }
            return Notes(
                pages: state.pages, refused: state.refusedSinceDrain, refusedDatagrams: state.refusedDatagrams)
        }
    }

    /// Gives back notes that could not be stored.
    func putBack(_ notes: Notes) {
        state.withLock { state in
            state.pages = Array((notes.pages + state.pages).prefix(Self.pageLimit))
            state.refusedSinceDrain.merge(notes.refused, uniquingKeysWith: +)
            state.refusedDatagrams.merge(notes.refusedDatagrams, uniquingKeysWith: +)
        }
    }

    /// Wakes the drain without a record.
    func nudge() { appended.yield() }

    /// The socket's hot path.
    func take(_ line: UnsafeRawBufferPointer, _ output: inout [UInt8], _ later: () -> Responder) -> LineAnswer {
        guard let message = HotEnvelope<RequestRecord>(line: line), let id = message.id else { return .declined }
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        let record = message.message
        let known = record.cookie.flatMap { cookies.known($0, now: now) }
        guard record.cookie == nil || known != nil else {
            let responder = later()
            Task {
                let token = await cookies.verify(record.cookie!, now: now)
                let ticket = force.ticket
                let receipt = await forced(take(record, token, now), record.eventID, ticket)
                responder.send(await completed(receipt, id, message.trace))
            }
            return .deferred
        }
        let ticket = force.ticket
        let receipt = take(record, known, now)
        guard case .success(let accepted) = receipt, accepted.wantsCookie || spool.isDurable else {
            output.append(contentsOf: reply(receipt, nil, id, message.trace))
            return .answered
        }
        let responder = later()
        if spool.isDurable, !accepted.wantsCookie {
            whenForced(record.eventID, ticket) { [self] problem in
                responder.send(reply(problem.map { .failure($0) } ?? receipt, nil, id, message.trace))
            }
        } else {
            // Signing is asynchronous; only new visitors and those with an old token wait for it.
            Task { responder.send(await completed(await forced(receipt, record.eventID, ticket), id, message.trace)) }
        }
        return .deferred
    }

    /// Calls `done` once a record is on the disk. One that cannot be brought there is taken again when it is repeated.
    private func whenForced(
        _ id: EventID, _ ticket: GroupedForce.Ticket, _ done: @escaping @Sendable (WireError?) -> Void
    ) {
        force.whenForced(ticket) { [self] in
            withIntake { $0.forget(id) }
        } _: { refusal in
            guard case .disk(let reason)? = refusal else { return done(nil) }
            done(Self.unwritable(reason))
        }
    }

    /// The receipt of a record that is to be on the disk before it is acknowledged.
    private func forced(
        _ receipt: Result<Receipt, WireError>, _ id: EventID, _ ticket: GroupedForce.Ticket
    ) async -> Result<Receipt, WireError> {
        guard spool.isDurable, case .success = receipt else { return receipt }
        let problem = await withCheckedContinuation { continuation in
            whenForced(id, ticket) { continuation.resume(returning: $0) }
        }
        return problem.map { .failure($0) } ?? receipt
    }

    private static func unwritable(_ reason: String) -> WireError {
        WireError(.unavailable, "the spool cannot be written: \(reason)")
    }

    /// The usual path, for a record that the hot path could not read.
    func take(_ envelope: Envelope) async throws(WireError) -> MessageTable.Reply {
        let record = try envelope.decode(RequestRecord.self)
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        var token: SessionToken?
        if let text = record.cookie { token = await cookies.verify(text, now: now) }
        let ticket = force.ticket
        let receipt = try await forced(take(record, token, now), record.eventID, ticket).get()
        return MessageTable.Reply(
            .requestRecorded, RequestRecorded(sessionID: receipt.session, setCookie: await cookie(for: receipt)))
    }

    /// What became of a record.
    struct Receipt: Sendable {
        var session: SessionID
        var startedAt: Timestamp
        var wantsCookie: Bool
    }

    /// Takes a record that was read from a log line, for which nobody waits.
    func take(logged record: RequestRecord) async -> Result<Receipt, WireError> {
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        var token: SessionToken?
        if let text = record.cookie { token = await cookies.verify(cached: text, now: now) }
        let receipt = take(record, token, now, source: Staging.datagramSource)
        if spool.isDurable { force.whenForced(force.ticket) { _ in } }
        return receipt
    }

    private func take(
        _ record: RequestRecord, _ token: SessionToken?, _ now: Timestamp, source: String = "live"
    ) -> Result<Receipt, WireError> {
        let result: Result<Receipt, WireError> = state.withLock { state in
            Result { () throws(WireError) in try accept(record, token, now, source, &state) }
        }
        if case .success = result { appended.yield() }
        return result
    }

    /// A Set-Cookie value for whoever is owed one.
    func cookie(for receipt: Receipt) async -> String? {
        guard receipt.wantsCookie else { return nil }
        return await cookies.cookie(
            for: receipt.session, startedAt: receipt.startedAt, now: Timestamp(milliseconds: WallClock.milliseconds))
    }

    private func completed(_ receipt: Result<Receipt, WireError>, _ id: String, _ trace: String?) async -> [UInt8] {
        var cookie: String?
        if case .success(let accepted) = receipt { cookie = await self.cookie(for: accepted) }
        return reply(receipt, cookie, id, trace)
    }

    private func reply(
        _ receipt: Result<Receipt, WireError>, _ cookie: String?, _ id: String, _ trace: String?
    ) -> [UInt8] {
        switch receipt {
        case .success(let accepted):
            var line: [UInt8] = []
            HotEnvelope(re: id, trace: trace, RequestRecorded(sessionID: accepted.session, setCookie: cookie))
                .append(to: &line)
            return line
        case .failure(let error):
            return Envelope(.error, re: id, trace: trace, body: JSONValue(encoding: error)).line
        }
    }

    private func accept(
        _ record: RequestRecord, _ held: SessionToken?, _ now: Timestamp, _ source: String, _ state: inout State
    ) throws(WireError) -> Receipt {
        guard abs(record.eventID.timestamp - now) <= LiveIntake.tolerance else {
            refuse("event_id_time", of: source, &state)
            throw WireError(.badBody, "event_id_time: the time in event_id is more than 24 hours from now")
        }
        guard abs(record.at - now) <= LiveIntake.tolerance else {
            refuse("at_time", of: source, &state)
            throw WireError(.badBody, "at_time: at is more than 24 hours from now")
        }
        let request: IntakeRequest
        do throws(RecordRefusal) { request = try requests.request(record) } catch {
            refuse(error.rawValue, of: source, &state)
            throw WireError(.badBody, "\(error.rawValue): \(error.sentence)")
        }
        // Whoever is not to be tracked is known by no cookie and gets none.
        let isPrivate = requests.respectsDoNotTrack && request.asksForPrivacy
        let token = isPrivate ? nil : held
        if let known = state.intake.isRepeat(record.eventID) {
            state.counters.repeated += 1
            return Receipt(session: known, startedAt: now, wantsCookie: false)
        }
        // Asked before the session is decided, so that a refused record leaves no trace in it.
        guard spool.hasRoom else {
            refuse("spool_full", of: source, &state)
            throw WireError(.overloaded, "the spool is full: the database has been away for too long")
        }
        let placement = state.intake.place(request, token: token?.session, now: now)
        state.eventRow.removeAll()
        EventRows.append(
            request, kind: placement.kind, session: placement.sessionID, source: source, to: &state.eventRow)
        let spooled = SpooledRecord(
            session: placement.sessionID, day: request.eventID.timestamp.day.number, row: state.eventRow.bytes,
            sessionRow: state.intake.book[placement.sessionID].map { state.rows.row(of: $0) } ?? [])
        state.framed.removeAll(keepingCapacity: true)
        SpoolFraming.append(spooled.payload, to: &state.framed)
        // Whoever waits for the acknowledgement waits for the disk together with others.
        do throws(WireError) { try append(state.framed, of: source, forcing: false, &state) } catch {
            state.intake.retract(request, placement)
            throw error
        }
        if state.intake.book.serves(request, kind: placement.kind), state.pages.count < Self.pageLimit {
            state.pages.append(DrainBatch.Page(site: request.site, path: request.path, firstSeen: request.at))
        }
        state.counters.accepted += 1
        return receipt(placement.sessionID, isNew: placement.isNew && !isPrivate, token, now, state)
    }

    /// The acknowledgement. A client without a token gets one for a session that its own request opened, never for one
    /// it was put into by its address: that may be somebody else's.
    func receipt(
        _ id: SessionID, isNew: Bool, _ token: SessionToken?, _ now: Timestamp, _ state: borrowing State
    ) -> Receipt {
        let isHolder = token?.session == id
        let isOld = token.map { now - $0.issuedAt > SessionCookies.refreshAfter } ?? false
        return Receipt(
            session: id, startedAt: isHolder ? token!.startedAt : state.intake.book[id]?.startedAt ?? now,
            wantsCookie: isHolder ? isOld : isNew)
    }

    /// Appends framed records; counts why when they are not taken.
    func append(
        _ framed: [UInt8], records: Int = 1, of source: String = "live", forcing: Bool = true, _ state: inout State
    ) throws(WireError) {
        do throws(Spool.Refusal) { try spool.append(framed, forcing: forcing) } catch {
            switch error {
            case .full:
                refuse("spool_full", count: records, of: source, &state)
                throw WireError(.overloaded, "the spool is full: the database has been away for too long")
            case .disk(let reason):
                refuse("disk", count: records, of: source, &state)
                throw Self.unwritable(reason)
            }
        }
    }

    /// Counts what was refused before it reached the door.
    func refuse(_ reason: String, count: Int = 1, of source: String = "live") {
        state.withLock { refuse(reason, count: count, of: source, &$0) }
    }

    /// Counts what is not taken.
    func refuse(_ reason: String, count: Int = 1, of source: String = "live", _ state: inout State) {
        state.counters.refused[reason, default: 0] += count
        if source == Staging.datagramSource {
            state.refusedDatagrams[reason, default: 0] += count
        } else {
            state.refusedSinceDrain[reason, default: 0] += count
        }
    }
}
