import CollectorCore
import Database
import Runtime
import Synchronization
import WeirProtocol

extension RecordDoor {
    /// What became of events that a page reported.
    struct BeaconReceipt: Sendable {
        /// The events' identities, in order; repeats included.
        var ids: [EventID]
        var session: Receipt
    }

    /// Which tables a page's events go to.
    enum BeaconTables: Sendable {
        /// Each is a row of engagement_events.
        case engagement
        /// Each is a row of analytics_events; those that say how a page was read are one of engagement_events, too.
        case events
    }

    /// Takes events that a page reports: all of them or none. A repeat is acknowledged and changes nothing.
    /// - Parameters:
    ///   - carrier: the request that brought them.
    ///   - token: the session that its cookie names.
    /// - Throws: `WireError`: `bad_body` for an identity of another day or a client without address, `overloaded` or
    ///   `unavailable` when the spool takes nothing.
    func take(
        _ events: [PageEvent], for tables: BeaconTables, carrier: RequestRecord, token: SessionToken?
    ) throws(WireError) -> BeaconReceipt {
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        let result: Result<BeaconReceipt, WireError> = state.withLock { state in
            Result { () throws(WireError) in try accept(events, tables, carrier, token, now, &state) }
        }
        if case .success = result { nudge() }
        return try result.get()
    }

    private func accept(
        _ events: [PageEvent], _ tables: BeaconTables, _ carrier: RequestRecord, _ token: SessionToken?,
        _ now: Timestamp, _ state: inout State
    ) throws(WireError) -> BeaconReceipt {
        var request: IntakeRequest
        do throws(RecordRefusal) { request = try requests.request(carrier) } catch {
            refuse(error.rawValue, count: events.count, &state)
            throw WireError(.badBody, "\(error.rawValue): \(error.sentence)")
        }
        // What led to the page, not what the page's own request came from.
        request.referrer = events.lazy.compactMap(\.referrer).first
        request.referrerHost = request.referrer.flatMap { ReferrerURL.host(of: $0) }

        let ids = events.map { $0.id ?? Self.freshID(at: now) }
        var seen: Set<EventID> = []
        let fresh = zip(ids, events).filter { state.intake.isRepeat($0.0) == nil && seen.insert($0.0).inserted }
        state.counters.repeated += events.count - fresh.count
        guard !fresh.isEmpty else {
            let session = ids.first.flatMap { state.intake.isRepeat($0) } ?? SessionID(first: request.eventID)
            return BeaconReceipt(ids: ids, session: Receipt(session: session, startedAt: now, wantsCookie: false))
        }
        guard spool.hasRoom else {
            refuse("spool_full", count: fresh.count, &state)
            throw WireError(.overloaded, "the spool is full: the database has been away for too long")
        }
        let placed = state.intake.place(beacon: request, fresh.map(\.0), token: token?.session, now: now)
        let rows = BeaconRows(
            request: request, session: placed.session, userID: state.intake.book[placed.session]?.userID,
            visitor: state.traits.visitor(request), now: now)
        let records = rows.records(fresh, tables)
        let sessionRow = state.intake.book[placed.session].map { state.rows.row(of: $0) } ?? []
        state.framed.removeAll(keepingCapacity: true)
        for record in records {
            for part in record.parts(sessionRow: sessionRow) { SpoolFraming.append(part.payload, to: &state.framed) }
        }
        let total = records.reduce(0) { $0 + $1.count }
        do throws(WireError) { try append(state.framed, records: total, &state) } catch {
            state.intake.retract(fresh.map(\.0), placed)
            throw error
        }
        state.counters.accepted += total
        return BeaconReceipt(ids: ids, session: receipt(placed.session, isNew: placed.isNew, token, now, state))
    }

    /// An identity for a fact that came without one.
    static func freshID(at now: Timestamp) -> EventID {
        var source = SystemRandomNumberGenerator()
        return EventID(at: now, entropy: (source.next(), source.next()))
    }
}
