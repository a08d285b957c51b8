import CollectorCore
import Database
import Logging
import Runtime
import ServiceLifecycle
import Synchronization
import WeirProtocol

/// Carries the spool into the database, batch by batch, for as long as the collector runs.
final class DrainWorker: Service {
    /// What the drain has done since the start.
    struct Counters: Sendable {
        var stored = 0
        var duplicates = 0
        var dead = 0
        var isDatabaseAway = false
    }

    /// How long batches take from the spool to their commit.
    let batches = LatencyHistogram()

    let door: RecordDoor
    let spool: Spool
    let drain: Drain
    let usageDoor: UsageDoor
    let usageDrain: UsageDrain
    let logger: Logger
    let counters: Mutex<Counters>

    /// Bytes of the spool that go into one transaction.
    private static let batchBytes = 4 << 20
    /// How long to wait before looking for more to roll up, after there was something and after there was nothing.
    private static let rollUpPause = (some: Duration.seconds(1), none: Duration.seconds(30))
    /// While nothing comes, how often to see whether the database would take it, in ms.
    private static let lookPauses: ClosedRange<Int64> = 2000...4000
    /// How long the first record of a batch waits for company.
    private static let gather = Duration.milliseconds(40)

    init(
        door: RecordDoor, spool: Spool, drain: Drain, usageDoor: UsageDoor, usageDrain: UsageDrain, logger: Logger
    ) {
        self.door = door
        self.spool = spool
        self.drain = drain
        self.usageDoor = usageDoor
        self.usageDrain = usageDrain
        self.logger = logger
        counters = Mutex(Counters())
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { await self.work() }
        // What was acknowledged is on disk; what can be stored within a moment is stored now.
        try? await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { while try await self.step() {} }
            group.addTask { try await Task.sleep(for: .seconds(5)) }
            try await group.next()
            group.cancelAll()
        }
    }

    private func work() async {
        var pause = Backoff()
        var appends = door.appends.makeAsyncIterator()
        var rollUpDue = ContinuousClock.now + Self.rollUpPause.some
        var lookDue = ContinuousClock.now
        while !Task.isCancelled {
            do {
                let isMore = try await step()
                if .now >= rollUpDue {
                    rollUpDue = .now + (await rollUp() ? Self.rollUpPause.some : Self.rollUpPause.none)
                }
                if isMore { continue }
                if .now >= lookDue {
                    try await look()
                    lookDue = .now + .milliseconds(Int64.random(in: Self.lookPauses))
                }
                pause = Backoff()
                counters.withLock { $0.isDatabaseAway = false }
                _ = await wait(&appends)
                try await Task.sleep(for: Self.gather)
            } catch is CancellationError {
                return
            } catch {
                counters.withLock { $0.isDatabaseAway = true }
                lookDue = .now
                if pause.count == 0 { logger.error("the drain waits: \(error)") }
                guard (try? await pause.wait()) != nil else { return }
            }
        }
    }

    /// Throws unless the database would store a request; stores nothing.
    private func look() async throws {
        await drain.connection.dropIfLost()
        try await drain.connection.execute(
            "insert into analytics_events (event_id) select event_id from analytics_events where false",
            timeout: .seconds(5))
    }

    /// Rolls up a few hours that are over, for reports; false when there was none. What goes wrong costs time only:
    /// reports work out what is not rolled up.
    private func rollUp() async -> Bool {
        do {
            let claim = try await drain.connection.query("select claim_session_hours()").single(Int64?.self)
            guard let claim else { return false }
            return try await drain.connection.query("select roll_session_hours($1)", [.int(claim)]).single(Int.self) > 0
        } catch {
            logger.warning("hours are not rolled up: \(error)")
            return false
        }
    }

    /// Waits for records, or a second, so that verdicts and notes do not wait for the next record.
    private func wait(_ appends: inout AsyncStream<Void>.AsyncIterator) async -> Void? {
        let timer = Task {
            try? await Task.sleep(for: .seconds(1))
            door.nudge()
        }
        defer { timer.cancel() }
        return await appends.next(isolation: nil)
    }

    /// Commits one batch; false when there was nothing to do.
    private func step() async throws -> Bool {
        let (payloads, end) = spool.read(after: nil, limit: Self.batchBytes)
        var batch = DrainBatch()
        var usage: [SpooledUsage] = []
        for payload in payloads {
            if let record = SpooledUsage(payload: payload) {
                usage.append(record)
                continue
            }
            guard let record = SpooledRecord(payload: payload) else {
                logger.error("the spool holds a record of another release; it is kept as a dead letter")
                _ = drain.deadLetters.write(.request, row: payload, session: [], reason: "unknown form")
                continue
            }
            batch.add(record)
        }
        let verdicts = door.withIntake { $0.verdicts(before: end, or: batch.contains) }
        batch.verdicts = verdicts
        let notes = door.takeNotes()
        batch.pages = notes.pages
        batch.refused = notes.refused
        batch.refusedDatagrams = notes.refusedDatagrams
        let usageRefused = usageDoor.takeRefused()
        guard !batch.isEmpty || !payloads.isEmpty || !usageRefused.isEmpty else { return false }
        var outcome = Drain.Outcome()
        let start = ContinuousClock.now
        defer { batches.note(start.duration(to: .now)) }
        do { outcome = try await drain.commit(batch) } catch {
            door.putBack(notes)
            usageDoor.putBack(refused: usageRefused)
            throw error
        }
        // After the requests, which may have opened the sessions that these name.
        do { outcome = outcome + (try await usageDrain.commit(usage, refused: usageRefused)) } catch {
            usageDoor.putBack(refused: usageRefused)
            throw error
        }
        if !payloads.isEmpty { spool.commit(end) }
        // A verdict that found no session there has lost it.
        door.withIntake { $0.stored(verdicts.values) }
        counters.withLock { counters in
            counters.stored += outcome.stored
            counters.duplicates += outcome.duplicates
            counters.dead += outcome.dead
            counters.isDatabaseAway = false
        }
        return !payloads.isEmpty
    }
}
