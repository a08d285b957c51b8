/// A bounded set of connections to one target. Connections are opened when first needed, checked after a pause and
/// dropped when broken; a caller who finds all of them taken waits, in order, for a limited time and in limited company.
public actor Pool {
    /// Whom the connections talk to.
    public nonisolated let target: ConnectionTarget
    private let size: Int
    private let waitLimit: Duration
    private let waiterLimit: Int
    private let statementTimeout: Duration
    private let checkAfter: Duration
    private var idle: [(connection: Connection, since: ContinuousClock.Instant)] = []
    private var taken = 0
    private var waiters: [Waiter] = []
    private var nextWaiter: UInt64 = 0

    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Connection?, any Error>
    }

    /// A pool of at most `size` connections. A caller waits at most `waitLimit` and behind at most `waiterLimit - 1`
    /// others. A connection unused for `checkAfter` is asked for a sign of life before it is handed out.
    public init(
        _ target: ConnectionTarget, size: Int = 4, statementTimeout: Duration = .seconds(30),
        waitLimit: Duration = .seconds(5), waiterLimit: Int = 256, checkAfter: Duration = .seconds(30)
    ) {
        precondition(size > 0)
        self.target = target
        self.size = size
        self.statementTimeout = statementTimeout
        self.waitLimit = waitLimit
        self.waiterLimit = waiterLimit
        self.checkAfter = checkAfter
    }

    /// Runs `body` on a connection of its own. Throws 53300, a transient error, when none came free in time. When the
    /// caller's task is cancelled the statement under way ends with 57014.
    @discardableResult
    public func withConnection<T: Sendable>(
        _ body: @Sendable (isolated Connection) throws -> T
    ) async throws -> T {
        let connection = try await take()
        if connection.isSpoilt { await connection.renew() }
        do {
            try Task.checkCancellation()
            let value = try await withTaskCancellationHandler {
                try await body(connection)
            } onCancel: {
                connection.cancel()
            }
            await giveBack(connection)
            return value
        } catch {
            await giveBack(connection)
            throw error
        }
    }

    /// Runs one statement; see `Connection.query`.
    @discardableResult
    public func query(_ sql: String, _ values: [Value] = [], timeout: Duration? = nil) async throws -> Rows {
        try await withConnection { connection in try connection.query(sql, values, timeout: timeout) }
    }

    /// Runs one statement and counts the rows it touched; see `Connection.execute`.
    @discardableResult
    public func execute(_ sql: String, _ values: [Value] = [], timeout: Duration? = nil) async throws -> Int {
        try await withConnection { connection in try connection.execute(sql, values, timeout: timeout) }
    }

    /// Runs `body` in a transaction; see `Connection.transaction`.
    @discardableResult
    public func transaction<T: Sendable>(
        _ mode: TransactionMode = .readWrite, within limit: Duration? = nil,
        _ body: @Sendable (isolated Connection) throws -> T
    ) async throws -> T {
        try await withConnection { connection in try connection.transaction(mode, within: limit, body) }
    }

    /// Ends the idle connections.
    public func close() async {
        let ended = idle
        idle = []
        for entry in ended { await entry.connection.close() }
    }

    private func take() async throws -> Connection {
        if let entry = idle.popLast() {
            taken += 1
            if ContinuousClock.now - entry.since > checkAfter { await check(entry.connection) }
            return entry.connection
        }
        if taken < size {
            taken += 1
            return Connection(target, statementTimeout: statementTimeout)
        }
        guard waiters.count < waiterLimit else { throw exhausted("\(waiterLimit) callers wait already") }
        nextWaiter += 1
        let id = nextWaiter
        let expiry = Task { [waitLimit] in
            try await Task.sleep(for: waitLimit)
            self.giveUp(id)
        }
        defer { expiry.cancel() }
        let handed: Connection? = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Connection?, any Error>) in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else {
                    waiters.append(Waiter(id: id, continuation: continuation))
                }
            }
        } onCancel: {
            Task { await self.abandon(id) }
        }
        guard let handed else { throw exhausted("none came free within \(waitLimit)") }
        return handed
    }

    /// The connection passes to the first who waits, and only else becomes idle.
    private func giveBack(_ connection: Connection) async {
        if waiters.isEmpty {
            taken -= 1
            idle.append((connection, .now))
        } else {
            waiters.removeFirst().continuation.resume(returning: connection)
        }
    }

    /// A connection whose server restarted meanwhile is closed here, so that its next use connects anew instead of
    /// failing.
    private func check(_ connection: Connection) async {
        do {
            _ = try await connection.query("select 1", timeout: .seconds(1))
        } catch {
            await connection.close()
        }
    }

    private func giveUp(_ id: UInt64) {
        remove(id)?.resume(returning: nil)
    }

    private func abandon(_ id: UInt64) {
        remove(id)?.resume(throwing: CancellationError())
    }

    private func remove(_ id: UInt64) -> CheckedContinuation<Connection?, any Error>? {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return nil }
        return waiters.remove(at: index).continuation
    }

    private func exhausted(_ why: String) -> DatabaseError {
        DatabaseError(
            sqlstate: "53300", message: "all \(size) connections are in use and \(why)", target: target.description)
    }
}
