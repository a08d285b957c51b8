import Database
import WeirProtocol

/// The rows of a batch whose events are all new: whole rows of sessions that begin in it, and what it adds to those that
/// began before.
struct NewRows {
    /// Sessions that begin, in the order of `Staging.insertSessions`.
    private(set) var sessions: CopyWriter
    /// Of sessions that go on: their rows in the order of `Staging.sessionColumns`, in text form as all that follows.
    private(set) var staged = CopyWriter()
    /// Of the same sessions: what is added.
    private(set) var tallies = CopyWriter()
    /// Verdicts of sessions that do not begin in the batch, in the order of `Staging.verdictColumns`.
    private(set) var verdicts = CopyWriter()

    /// - Parameter endedBefore: Sessions quiet since before this time have ended, in ms.
    init(_ batch: DrainBatch, endedBefore: Int64) {
        sessions = CopyWriter(batch.form, capacity: 1 << 16)
        for session in batch.sessions {
            let verdict = batch.verdicts[session.id]
            if session.isNew {
                sessions.append(fields: batch.row(of: session))
                session.tally.append(to: &sessions)
                session.tally.appendDerived(
                    isRegistered: session.isRegistered, endedBefore: endedBefore, to: &sessions)
                VerdictRows.append(verdict, to: &sessions)
                sessions.append((verdict?.judgedCount ?? 0) < session.tally.totalCount)
                sessions.endRow()
            } else {
                batch.appendText(of: session, to: &staged)
                tallies.append(session.id)
                session.tally.append(to: &tallies)
                tallies.append(timestampMilliseconds: session.tally.registeredAt)
                tallies.endRow()
                if let verdict { add(verdict) }
            }
        }
        for (id, verdict) in batch.verdicts where !batch.contains(id) { add(verdict) }
    }

    private mutating func add(_ verdict: SessionVerdict) {
        verdicts.append(verdict.sessionID)
        VerdictRows.append(verdict, to: &verdicts)
        verdicts.endRow()
    }
}
