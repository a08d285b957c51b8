import Database
import Logging
import Runtime
import Synchronization
import WeirProtocol

/// Judges the sessions that are owed a verdict, from what is stored: the durable queue that a lost message, a dead
/// detector or a restart falls back on.
final class Recovery: Sendable {
    let ring: DetectorRing
    let evidence: StoredEvidence
    private let drain: Drain
    private let logger: Logger
    /// Sessions that a detector has refused, and when to ask again, in ms of the monotonic clock. One that is refused
    /// each time must not stand in the way of those behind it.
    private let postponed = Mutex<[SessionID: Int64]>([:])
    /// What was counted last.
    private let counted = Atomic(0)

    /// Sessions judged at a time.
    private static let step = 200
    /// How long detectors have for a step; whoever wants to stop waits for it.
    private static let patience = Duration.seconds(10)
    /// How long a refused session waits, in ms.
    private static let postponement: Int64 = 300_000
    /// Refused sessions remembered; beyond that the queue waits for the oldest of them.
    private static let postponedLimit = 10_000

    init(evidence: StoredEvidence, drain: Drain, ring: DetectorRing, logger: Logger) {
        self.evidence = evidence
        self.drain = drain
        self.ring = ring
        self.logger = logger
    }

    /// Sessions that waited for a verdict when they were counted last.
    var waiting: Int { counted.load(ordering: .relaxed) }

    /// Counts the sessions that wait for a verdict.
    @discardableResult
    func count() async throws -> Int {
        let waiting = try await evidence.waitingCount()
        counted.store(waiting, ordering: .relaxed)
        return waiting
    }

    /// Works through the queue.
    /// - Parameters:
    ///   - quietFor: seconds that nothing must have been added to a session.
    ///   - untilDone: wait for detectors as long as anything is owed that they have not refused.
    ///   - isStopped: asked between steps; nothing further is judged once it says so.
    /// - Returns: how many sessions still wait.
    func run(quietFor: Int, untilDone: Bool, isStopped: () -> Bool) async throws -> Int {
        var pause = Backoff()
        while true {
            let waiting = try await count()
            if waiting == 0 || isStopped() { return waiting }
            ring.scan()
            if try await judgeSome(quietFor: quietFor) > 0 {
                pause = Backoff()
                continue
            }
            if waiting <= postponed.withLock({ $0.count }) || !untilDone { return waiting }
            if pause.count == 0 { logger.warning("waiting for a detector: \(waiting) sessions are not judged yet") }
            try await pause.wait()
        }
    }

    /// One step: at most 200 sessions.
    /// - Returns: how many were dealt with.
    func judgeSome(quietFor: Int) async throws -> Int {
        guard ring.count > 0 else { return 0 }
        let now = WallClock.monotonicMilliseconds
        let resting = postponed.withLock { postponed in
            postponed = postponed.filter { $0.value > now }
            return Array(postponed.keys)
        }
        guard resting.count < Self.postponedLimit else { return 0 }
        let questions = try await evidence.waiting(limit: Self.step, quietFor: quietFor, except: resting)
        guard !questions.isEmpty else { return 0 }
        var batch = DrainBatch()
        let answers = await ring.evaluate(all: questions, deadline: Self.patience)
        batch.verdicts = answers.verdicts
        if !batch.verdicts.isEmpty {
            _ = try await drain.commit(batch)
            try await evidence.settle(Array(batch.verdicts.keys))
        }
        guard answers.isComplete else { return batch.verdicts.count }
        let refused = questions.map(\.sessionID).filter { answers.verdicts[$0] == nil }
        if !refused.isEmpty {
            logger.warning(
                "detectors refuse \(refused.count) sessions, among them \(refused[0].text); asking again later")
            postponed.withLock { postponed in
                for session in refused { postponed[session] = now + Self.postponement }
            }
        }
        return questions.count
    }
}
