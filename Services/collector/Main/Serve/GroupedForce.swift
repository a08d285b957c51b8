import Dispatch
import Synchronization

/// Has what many clients wait for forced to the disk at once: whatever was appended while the disk was at work goes with
/// the next turn.
final class GroupedForce: Sendable {
    private struct State {
        var waiting: [@Sendable (Spool.Refusal?) -> Void] = []
        var isAtWork = false
    }

    private let force: @Sendable () -> Spool.Refusal?
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "spool")

    /// - Parameter force: `Spool.force`; it blocks.
    init(_ force: @escaping @Sendable () -> Spool.Refusal?) { self.force = force }

    /// Calls `done` once all that was appended before is on the disk, or cannot be brought there.
    func whenForced(_ done: @escaping @Sendable (Spool.Refusal?) -> Void) {
        let begins = state.withLock { state in
            state.waiting.append(done)
            defer { state.isAtWork = true }
            return !state.isAtWork
        }
        if begins { queue.async { self.work() } }
    }

    private func work() {
        while true {
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                state.isAtWork = !state.waiting.isEmpty
                return state.waiting
            }
            guard !waiting.isEmpty else { return }
            let refusal = force()
            for done in waiting { done(refusal) }
        }
    }
}
