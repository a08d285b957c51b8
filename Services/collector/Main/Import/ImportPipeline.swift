import Database
import Logging
import Runtime
import WeirProtocol

/// What an import has read and not yet stored.
struct ClosedBatch: Sendable {
    var drain = DrainBatch()
    /// Sessions that ended, to be judged before the batch is committed.
    var evidence: [SessionEvidence] = []
}

/// Judges and stores batches while the next one is read: judging of one, committing of the one before, reading of the
/// one after go on side by side. Batches are committed in order.
actor ImportPipeline {
    /// Batches under way before the reader has to wait; bounds memory.
    private static let depth = 2
    /// How long the detectors have for a batch.
    private static let patience = Duration.seconds(10)
    /// The same once they have let a batch go by, until they answer again: what they miss is judged later.
    private static let shortPatience = Duration.milliseconds(500)

    private let drain: Drain
    private let ring: DetectorRing
    private let stop: StopSignal
    private let logger: Logger
    /// Batches from one commit that waits for the disk to the next; what a crash of the server may undo is kept so long.
    private static let durableEvery = 8

    private var underWay: [Task<Drain.Outcome, any Error>] = []
    /// Committed, but not known to survive a crash of the server.
    private var unsettled: [(batch: DrainBatch, outcome: Drain.Outcome)] = []
    private var total = Drain.Outcome()
    private var detectorsAway = false
    private var hasWarned = false
    private var expected = Drain.Expectation.news

    init(drain: Drain, ring: DetectorRing, stop: StopSignal, logger: Logger) {
        self.drain = drain
        self.ring = ring
        self.stop = stop
        self.logger = logger
    }

    /// Takes a batch; waits while too many are under way.
    /// - Parameter isLast: Whether it is the last before `finish`, after which everything is to survive a crash.
    func submit(_ batch: ClosedBatch, isLast: Bool) async throws {
        let judging = Task { await self.judge(batch.evidence) }
        let previous = underWay.last
        underWay.append(
            Task {
                _ = try await previous?.value
                var judged = batch.drain
                judged.verdicts = await judging.value
                return try await self.persist(judged, isLast: isLast)
            })
        while underWay.count > Self.depth { try await settleFirst() }
    }

    /// Waits for everything submitted.
    func finish() async throws -> Drain.Outcome {
        while !underWay.isEmpty { try await settleFirst() }
        return total
    }

    private func settleFirst() async throws {
        let first = underWay.removeFirst()
        total = total + (try await first.value)
    }

    private func judge(_ evidence: [SessionEvidence]) async -> [SessionID: SessionVerdict] {
        guard !evidence.isEmpty else { return [:] }
        let deadline = detectorsAway ? Self.shortPatience : Self.patience
        let verdicts = await ring.evaluate(all: evidence, deadline: deadline).verdicts
        detectorsAway = verdicts.isEmpty
        if verdicts.count < evidence.count, !hasWarned {
            hasWarned = true
            logger.warning("no detector answers; the import goes on and verdicts follow later")
        }
        return verdicts
    }

    /// Commits, however long the database stays away, unless the operator wants to end.
    private func persist(_ batch: DrainBatch, isLast: Bool) async throws -> Drain.Outcome {
        let durability: Drain.Durability = isLast || unsettled.count + 1 == Self.durableEvery ? .now : .withNext
        var pause = Backoff()
        var offered = Drain.Outcome()
        while true {
            do {
                if !(await drain.connection.isConnected) { try await offerAgain() }
                let outcome = try await drain.commit(
                    batch, expecting: expected, durable: durability, after: offered
                ) { offered = $0 }
                if durability == .now { unsettled = [] } else { unsettled.append((batch, outcome)) }
                // A log that repeats what is stored does so for long.
                expected = outcome.duplicates > 0 ? .repeats : .news
                return outcome
            } catch let error as DatabaseError where error.kind == .transient && !stop.isOverdue {
                if pause.count == 0 { logger.warning("waiting for the database: \(error)") }
                try await pause.wait()
            }
        }
    }

    /// A server whose connection broke may have lost what it had not written yet. The outcomes of those batches stand:
    /// what is there already changes nothing.
    private func offerAgain() async throws {
        while let (batch, outcome) = unsettled.first {
            _ = try await drain.commit(batch, after: outcome)
            unsettled.removeFirst()
        }
    }
}

/// Pauses that double from 50 ms to 2 s, with jitter.
struct Backoff: Sendable {
    private(set) var count = 0

    mutating func wait() async throws {
        let ceiling = min(Int64(50) << Int64(min(count, 6)), 2000)
        count += 1
        try await Task.sleep(for: .milliseconds(Int64.random(in: ceiling / 2...ceiling)))
    }
}
