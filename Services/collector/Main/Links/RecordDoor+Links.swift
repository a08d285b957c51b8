import CollectorCore
import Database
import Runtime
import Synchronization
import WeirProtocol

extension RecordDoor {
    /// Takes a click on a campaign link that is about to be answered with a redirect. It belongs to the visitor's session
    /// or opens one, which the page that it leads to then continues; as evidence it speaks neither for nor against a
    /// person.
    /// - Throws: `WireError`, like `take(_:for:carrier:token:)`.
    func take(click link: CampaignLink, carrier: RequestRecord, token: SessionToken?) throws(WireError) -> Receipt {
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        let result: Result<Receipt, WireError> = state.withLock { state in
            Result { () throws(WireError) in
                let request: IntakeRequest
                do throws(RecordRefusal) { request = try requests.request(carrier) } catch {
                    refuse(error.rawValue, &state)
                    throw WireError(.badBody, "\(error.rawValue): \(error.sentence)")
                }
                guard spool.hasRoom else {
                    refuse("spool_full", &state)
                    throw WireError(.overloaded, "the spool is full: the database has been away for too long")
                }
                let placed = state.intake.place(
                    beacon: request, [request.eventID], isEngagement: false, token: token?.session, now: now)
                let record = SpooledRecord(
                    kind: .clientEvent, session: placed.session, day: request.eventID.timestamp.day.number,
                    row: Self.row(
                        link, request, session: placed.session, user: state.intake.book[placed.session]?.userID),
                    sessionRow: state.intake.book[placed.session].map { state.rows.row(of: $0) } ?? [])
                state.framed.removeAll(keepingCapacity: true)
                SpoolFraming.append(record.payload, to: &state.framed)
                do throws(WireError) { try append(state.framed, &state) } catch {
                    state.intake.retract([], placed)
                    throw error
                }
                state.counters.accepted += 1
                return receipt(placed.session, isNew: placed.isNew, token, now, state)
            }
        }
        if case .success = result { nudge() }
        return try result.get()
    }

    /// In the order of `Staging.eventColumns`.
    private static func row(
        _ link: CampaignLink, _ request: IntakeRequest, session: SessionID, user: String?
    ) -> [UInt8] {
        var row = CopyWriter(capacity: 512)
        row.append(dayOfMilliseconds: request.eventID.timestamp.milliseconds)
        row.append(uuid: request.eventID.high, request.eventID.low)
        row.append(timestampMilliseconds: request.at.milliseconds)
        row.append(request.site)
        row.append(session)
        row.append(user)
        row.append("link_redirect")
        row.append("interaction")
        row.append("info")
        row.append(request.method)
        row.append(request.path)
        row.appendNull()
        row.append(request.status)
        for _ in 0..<3 { row.appendNull() }
        row.append(request.referrer)
        row.append(request.referrerHost)
        row.append(request.address.description)
        row.appendNull()
        row.append("live")
        row.append(JSONValue.object(JSONObject(["link_id": .string(link.id), "code": .string(link.code)])).text)
        row.endRow()
        return row.bytes
    }
}
