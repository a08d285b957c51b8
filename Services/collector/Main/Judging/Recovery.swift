import Database
import Logging
import WeirProtocol

/// Judges the sessions that are owed a verdict, from what is stored: the durable queue that a lost message, a dead
/// detector or a restart falls back on.
struct Recovery: Sendable {
    let evidence: StoredEvidence
    let drain: Drain
    let ring: DetectorRing
    let logger: Logger

    /// Sessions judged at a time.
    private static let step = 200

    /// Works through the queue.
    /// - Parameters:
    ///   - quietFor: seconds that nothing must have been added to a session.
    ///   - untilDone: wait for detectors as long as anything is owed.
    /// - Returns: how many sessions still wait.
    func run(quietFor: Int, untilDone: Bool) async throws -> Int {
        var pause = Backoff()
        while true {
            ring.scan()
            let judged = try await judgeSome(quietFor: quietFor)
            if judged > 0 {
                pause = Backoff()
                continue
            }
            let waiting = try await evidence.waitingCount()
            if waiting == 0 || !untilDone { return waiting }
            if pause.count == 0 { logger.warning("waiting for a detector: \(waiting) sessions are not judged yet") }
            try await pause.wait()
        }
    }

    /// One step: at most 200 sessions.
    /// - Returns: how many were judged.
    func judgeSome(quietFor: Int) async throws -> Int {
        guard ring.count > 0 else { return 0 }
        let questions = try await evidence.waiting(limit: Self.step, quietFor: quietFor)
        guard !questions.isEmpty else { return 0 }
        var batch = DrainBatch()
        batch.verdicts = await ring.evaluate(all: questions, deadline: .seconds(30))
        guard !batch.verdicts.isEmpty else { return 0 }
        let answered = Array(batch.verdicts.keys)
        _ = try await drain.commit(batch)
        try await evidence.settle(answered)
        return batch.verdicts.count
    }
}
