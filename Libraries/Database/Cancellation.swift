import CLibPQ
import Glibc
import Synchronization

/// Whether a connection's user wants no more of it; safe from any thread.
final class Cancellation: Sendable {
    private struct State {
        var isAsked = false
        var canceller: Canceller?
    }

    private let state = Mutex(State())

    /// The session that there is to stop; nil for none.
    func isOf(_ canceller: Canceller?) { state.withLock { $0.canceller = canceller } }

    /// Stops what runs, and what is to run.
    func ask() {
        let canceller = state.withLock { state in
            state.isAsked = true
            return state.canceller
        }
        canceller?.request()
    }

    /// Stops what runs and nothing else: its time is over, or the server had not begun it when it was asked before.
    func `repeat`() { state.withLock { $0.canceller }?.request() }

    var isAsked: Bool { state.withLock { $0.isAsked } }

    /// Whether the server may yet stop what it finds running.
    var isUnderWay: Bool { state.withLock { $0.canceller?.isUnderWay ?? false } }

    func forget() { state.withLock { $0.isAsked = false } }
}

/// Stops the statement that a connection is running; safe from any thread.
final class Canceller: @unchecked Sendable {
    private let pointer: OpaquePointer
    private let underWay = Mutex(false)

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQfreeCancel(pointer) }

    /// Whether the server has not said yet that it was asked.
    var isUnderWay: Bool { underWay.withLock { $0 } }

    /// Asks the server to stop the statement, on a thread that nobody waits for: libpq waits for the server without end,
    /// and a server that stands still is one of the reasons to ask. One request at a time.
    func request() {
        let isFirst = underWay.withLock { underWay in
            defer { underWay = true }
            return !underWay
        }
        guard isFirst else { return }
        let kept = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let outcome = pthread_create(
            &thread, nil,
            { kept in
                Unmanaged<Canceller>.fromOpaque(kept!).takeRetainedValue().cancel()
                return nil
            }, kept.toOpaque())
        if outcome == 0 {
            pthread_detach(thread)
        } else {
            kept.release()
            underWay.withLock { $0 = false }
        }
    }

    private func cancel() {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
            _ = PQcancel(pointer, message.baseAddress!, 256)
        }
        underWay.withLock { $0 = false }
    }
}
