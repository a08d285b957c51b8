import Synchronization

/// What the connection's thread tells the others of the shared server.
final class RedisPresence: Sendable {
    private struct State {
        var isAway = false
        var isNew = false
    }

    private let state = Mutex(State())

    /// Whether the server cannot be reached, or refuses.
    var isAway: Bool { state.withLock { $0.isAway } }

    /// Notes that the server answers, and may know no levels.
    func found() { state.withLock { $0 = State(isNew: true) } }

    /// Notes that the server is away.
    func lost() { state.withLock { $0.isAway = true } }

    /// Whether a server that may know no levels was found since the last time that this was asked.
    func takeIsNew() -> Bool {
        state.withLock { state in
            defer { state.isNew = false }
            return state.isNew
        }
    }
}
