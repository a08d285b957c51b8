import CollectorCore
import Runtime
import Synchronization
import Transport
import WeirProtocol

/// Takes `usage.record` and `event.record`: checks, appends to the spool, acknowledges. Never waits for the database.
final class UsageDoor: Sendable {
    /// Records by what became of them.
    struct Counters: Sendable {
        var accepted = 0
        var refused: [String: Int] = [:]
    }

    private struct State {
        var counters = Counters()
        var refusedSinceDrain: [String: Int] = [:]
    }

    private let intake: UsageIntake
    private let spool: Spool
    private let appended: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameter appended: told after records were appended.
    init(intake: UsageIntake, spool: Spool, appended: @escaping @Sendable () -> Void) {
        self.intake = intake
        self.spool = spool
        self.appended = appended
    }

    var counters: Counters { state.withLock { $0.counters } }

    /// Takes the refusals that the drain is to store.
    func takeRefused() -> [String: Int] {
        state.withLock { state in
            defer { state.refusedSinceDrain = [:] }
            return state.refusedSinceDrain
        }
    }

    /// Gives back refusals that could not be stored.
    func putBack(refused: [String: Int]) {
        state.withLock { $0.refusedSinceDrain.merge(refused, uniquingKeysWith: +) }
    }

    /// `usage.record`.
    func takeUsage(_ envelope: Envelope) throws(WireError) -> MessageTable.Reply {
        let record: UsageRecord = try checked(envelope)
        try checkTime(record.eventID, record.at, record.completedAt)
        try append([.usage(intake.kept(record))])
        return MessageTable.Reply(.recorded, Recorded(eventID: record.eventID))
    }

    /// `event.record`.
    func takeEvent(_ envelope: Envelope) throws(WireError) -> MessageTable.Reply {
        let record: EventRecord = try checked(envelope)
        try checkTime(record.eventID, record.at)
        try append([.event(intake.kept(record))])
        return MessageTable.Reply(.recorded, Recorded(eventID: record.eventID))
    }

    /// Takes records that are checked and in the form that is kept; all of them or none.
    /// - Throws: `WireError` with `overloaded` or `unavailable`.
    func append(_ records: [SpooledUsage]) throws(WireError) {
        guard !records.isEmpty else { return }
        guard spool.hasRoom else {
            refuse("spool_full", records.count)
            throw WireError(.overloaded, "the spool is full: the database has been away for too long")
        }
        var framed: [UInt8] = []
        for record in records { SpoolFraming.append(record.payload, to: &framed) }
        do throws(Spool.Refusal) { try spool.append(framed) } catch {
            switch error {
            case .full:
                refuse("spool_full", records.count)
                throw WireError(.overloaded, "the spool is full: the database has been away for too long")
            case .disk(let reason):
                refuse("disk", records.count)
                throw WireError(.unavailable, "the spool cannot be written: \(reason)")
            }
        }
        state.withLock { $0.counters.accepted += records.count }
        appended()
    }

    /// Counts records that were not taken.
    func refuse(_ reason: String, _ count: Int = 1) {
        state.withLock { state in
            state.counters.refused[reason, default: 0] += count
            state.refusedSinceDrain[reason, default: 0] += count
        }
    }

    /// A record as the spool is to hold it.
    func kept(_ record: UsageRecord) -> SpooledUsage { .usage(intake.kept(record)) }

    private func checked<Message: Decodable>(_ envelope: Envelope) throws(WireError) -> Message {
        do throws(WireError) { return try envelope.decode(Message.self) } catch {
            refuse("bad_body")
            throw error
        }
    }

    private func checkTime(
        _ eventID: EventID, _ at: Timestamp, _ completedAt: Timestamp? = nil
    ) throws(WireError) {
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        guard let problem = UsageIntake.timeProblem(eventID: eventID, at: at, completedAt: completedAt, now: now) else {
            return
        }
        refuse(problem)
        throw WireError(
            .badBody,
            problem == "event_id_time"
                ? "event_id_time: the time in event_id is more than 24 hours from now"
                : "time_ahead: at or completed_at is more than 24 hours ahead")
    }
}
