/// One connection to PostgreSQL. Its methods run on a thread of its own, so that libpq blocks nobody, and are plain
/// synchronous calls for whoever is already there:
///
///     try await connection.transaction { connection in
///         try connection.copyIn("copy staging from stdin", rows)
///         try connection.execute("insert into … select … from staging on conflict do nothing")
///     }
///
/// Values are always bound, never pasted into SQL. It connects when first used and again after the connection broke,
/// except inside a transaction; it never repeats a statement by itself, since only the caller knows whether that is safe.
public actor Connection {
    /// Whom it talks to, for messages.
    public nonisolated let target: ConnectionTarget
    /// The longest that a statement may take when its caller does not say.
    public nonisolated let statementTimeout: Duration
    private nonisolated let thread = ConnectionThread()
    private nonisolated let cancellation = Cancellation()
    private var session: Session?
    private var isInTransaction = false
    /// When the statements of the transaction under way have had their time.
    private var bodyEnd: ContinuousClock.Instant?

    /// The connection's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// A connection that is not connected yet.
    public init(_ target: ConnectionTarget, statementTimeout: Duration = .seconds(30)) {
        self.target = target
        self.statementTimeout = statementTimeout
    }

    deinit { thread.stop() }

    /// Whether it was connected when last used.
    public var isConnected: Bool { session?.isAlive ?? false }

    /// Connects unless connected.
    public func connect() throws(DatabaseError) { _ = try connectedSession() }

    /// Ends the connection when the server has done so since the last use, as one that was restarted has: the next use
    /// connects again instead of failing. What was bound to the connection is gone.
    public func dropIfLost() {
        guard !isInTransaction, let session, !session.isStillThere() else { return }
        close()
    }

    /// Ends the connection; the next use connects again.
    public func close() {
        session = nil
        cancellation.isOf(nil)
    }

    /// Stops the statement running now, and every later one before it begins: they throw 57014 until `renew()`. From any
    /// thread.
    public nonisolated func cancel() { cancellation.ask() }

    /// Whether it was cancelled and not renewed.
    public nonisolated var isCancelled: Bool { cancellation.isAsked }

    /// Whether `renew()` is due before somebody else uses it: it was cancelled, or a cancellation may still strike.
    nonisolated var isSpoilt: Bool { cancellation.isAsked || cancellation.isUnderWay }

    /// Takes statements again after `cancel()`.
    public func renew() {
        // What may still be on its way to the server is for a statement of whoever had the connection before.
        if cancellation.isUnderWay { close() }
        cancellation.forget()
    }

    /// Runs one statement with `values` for $1, $2, … and returns its rows.
    @discardableResult
    public func query(
        _ sql: String, _ values: [Value] = [], timeout: Duration? = nil
    ) throws(DatabaseError) -> Rows {
        Rows(
            result: try perform { session throws(DatabaseError) in
                try session.run(sql, values, until: deadline(timeout))
            })
    }

    /// Runs one statement with `values` for $1, $2, … and returns how many rows it touched.
    @discardableResult
    public func execute(
        _ sql: String, _ values: [Value] = [], timeout: Duration? = nil
    ) throws(DatabaseError) -> Int {
        try query(sql, values, timeout: timeout).affected
    }

    /// Runs several statements, separated by semicolons and without values.
    public func script(_ sql: String, timeout: Duration? = nil) throws(DatabaseError) {
        _ = try perform { session throws(DatabaseError) in
            try session.run(script: sql, until: deadline(timeout))
        }
    }

    /// Runs a `COPY … FROM STDIN` in text form over rows as `CopyWriter` writes them; returns how many were stored.
    @discardableResult
    public func copyIn(_ sql: String, _ rows: [UInt8], timeout: Duration? = nil) throws(DatabaseError) -> Int {
        try perform { session throws(DatabaseError) in
            try session.copyIn(sql, rows, until: deadline(timeout))
        }.affected
    }

    /// Runs a `COPY … FROM STDIN`, which names no form, over rows in their own; returns how many were stored.
    @discardableResult
    public func copyIn(_ sql: String, _ rows: CopyWriter, timeout: Duration? = nil) throws(DatabaseError) -> Int {
        guard rows.form == .binary else { return try copyIn(sql, rows.bytes, timeout: timeout) }
        return try perform { session throws(DatabaseError) in
            try session.copyIn(
                "\(sql) (format binary)", rows.bytes, between: BinaryForm.header, and: BinaryForm.trailer,
                until: deadline(timeout))
        }.affected
    }

    /// Runs `body` between BEGIN and COMMIT; when it throws, everything is rolled back and its error passed on. A
    /// connection lost at COMMIT leaves open whether it took effect. Not to be nested. All of the body's statements together
    /// may take `limit`; a later one throws 57014.
    @discardableResult
    public func transaction<T: Sendable>(
        _ mode: TransactionMode = .readWrite, within limit: Duration? = nil,
        _ body: @Sendable (isolated Connection) throws -> T
    ) throws -> T {
        precondition(!isInTransaction, "transactions do not nest")
        try script(mode.begin)
        isInTransaction = true
        bodyEnd = limit.map { .now + $0 }
        defer {
            isInTransaction = false
            bodyEnd = nil
        }
        do {
            let value = try body(self)
            bodyEnd = nil
            let committed = try query("commit")
            guard committed.isCommit else {
                throw DatabaseError(
                    sqlstate: "25P02", message: "the transaction was rolled back: a statement in it had failed",
                    target: target.description)
            }
            return value
        } catch {
            bodyEnd = nil
            // Also after `cancel()`, which refuses what the caller asks.
            if let session, session.isAlive, session.isInTransaction,
                (try? session.run(script: "rollback", until: deadline(nil))) == nil
            {
                close()
            }
            throw error
        }
    }

    /// Runs a select inside a transaction and hands its rows over in pieces of at most `size`, so that a list of any
    /// length needs little memory. When `body` returns false the rest is left.
    public func forEachBatch(
        of size: Int = 1000, _ sql: String, _ values: [Value] = [], _ body: (Rows) throws -> Bool
    ) throws {
        precondition(isInTransaction && size > 0, "a cursor lives in a transaction")
        try execute("declare weir_batches no scroll cursor for \(sql)", values)
        while true {
            let rows = try query("fetch \(size) from weir_batches")
            if rows.isEmpty { break }
            guard try body(rows), rows.count == size else { break }
        }
        try execute("close weir_batches")
    }

    private func deadline(_ timeout: Duration?) -> Deadline {
        let own = timeout ?? statementTimeout
        return Deadline(bodyEnd.map { min(own, max(.zero, ContinuousClock.now.duration(to: $0))) } ?? own)
    }

    private func perform(
        _ body: (Session) throws(DatabaseError) -> QueryResult
    ) throws(DatabaseError) -> QueryResult {
        guard !cancellation.isAsked else {
            throw DatabaseError(
                sqlstate: "57014", message: "cancelled by whoever asked", target: target.description)
        }
        let session = try connectedSession()
        do {
            return try body(session)
        } catch {
            if !session.isAlive { close() }
            throw error
        }
    }

    private func connectedSession() throws(DatabaseError) -> Session {
        if let session, session.isAlive { return session }
        close()
        guard !isInTransaction else {
            throw DatabaseError(
                sqlstate: "08006", message: "the connection was lost inside a transaction", target: target.description)
        }
        let fresh = try Session(connectingTo: target, cancellation)
        cancellation.isOf(fresh.makeCanceller())
        // Times are read in this form whatever the server's or the role's settings are. And a server whose client has been
        // killed ends the statement, and gives its locks up, within seconds.
        _ = try fresh.run(
            script: """
                set datestyle = 'ISO, YMD'; set timezone = 'UTC'; set client_connection_check_interval = '2s'
                """, until: Deadline(statementTimeout))
        session = fresh
        return fresh
    }
}

/// What a transaction may do and see.
public enum TransactionMode: Sendable {
    /// Reads and writes, each statement seeing what was committed before it.
    case readWrite
    /// Only reads, all of one moment: reports whose numbers must agree.
    case readOnlySnapshot

    /// The statement that begins it, for whoever keeps one open by hand.
    public var begin: String {
        switch self {
        case .readWrite: "begin"
        case .readOnlySnapshot: "begin isolation level repeatable read read only"
        }
    }
}
