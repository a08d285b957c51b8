import Dispatch
import Synchronization

/// Has what many clients wait for forced to the disk at once: whatever was appended while the disk was at work goes with
/// the next turn.
final class GroupedForce: Sendable {
    private struct State {
        var waiting: [Waiting] = []
        var isAtWork = false
        var failures = 0
    }

    private struct Waiting {
        let ticket: Ticket
        let undo: @Sendable () -> Void
        let done: @Sendable (Spool.Refusal?) -> Void
    }

    /// When something was appended, as far as it matters here: before or after the disk failed the last time.
    struct Ticket: Sendable, Equatable {
        fileprivate let failures: Int
    }

    /// What is said of an earlier failure.
    private static let earlier = Spool.Refusal.disk("the disk has failed meanwhile")

    private let force: @Sendable () -> Spool.Refusal?
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "spool")

    /// - Parameter force: `Spool.force`; it blocks.
    init(_ force: @escaping @Sendable () -> Spool.Refusal?) { self.force = force }

    /// To be had before something is appended.
    var ticket: Ticket { state.withLock { Ticket(failures: $0.failures) } }

    /// Calls `done` once all that was appended before is on the disk, or cannot be brought there. A failure is everybody's
    /// whose ticket is older: the kernel tells of it once, to whoever asks first. Then `undo` comes before all answers, so
    /// that nobody who repeats at once is taken for one whose record is kept.
    func whenForced(
        _ ticket: Ticket, undo: @escaping @Sendable () -> Void = {},
        _ done: @escaping @Sendable (Spool.Refusal?) -> Void
    ) {
        let begins = state.withLock { state in
            state.waiting.append(Waiting(ticket: ticket, undo: undo, done: done))
            defer { state.isAtWork = true }
            return !state.isAtWork
        }
        if begins { queue.async { self.work() } }
    }

    private func work() {
        while true {
            let (waiting, failures) = state.withLock { state in
                defer { state.waiting = [] }
                state.isAtWork = !state.waiting.isEmpty
                return (state.waiting, state.failures)
            }
            guard !waiting.isEmpty else { return }
            let refusal = force()
            let outcomes = waiting.map { refusal ?? ($0.ticket.failures == failures ? nil : Self.earlier) }
            for (waiting, outcome) in zip(waiting, outcomes) where outcome != nil { waiting.undo() }
            if refusal != nil { state.withLock { $0.failures += 1 } }
            for (waiting, outcome) in zip(waiting, outcomes) { waiting.done(outcome) }
        }
    }
}
