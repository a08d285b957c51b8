import Database
import PostgresSupport
import Testing

struct PoolTests {
    private func pool(size: Int, wait: Duration = .seconds(30), waiters: Int = 256, checkAfter: Duration = .seconds(30))
        async throws -> (Pool, TestDatabase)
    {
        let database = try await TestCluster.shared().makeDatabase(migrated: false)
        let target = try database.target(as: "weir_owner")
        return (Pool(target, size: size, waitLimit: wait, waiterLimit: waiters, checkAfter: checkAfter), database)
    }

    @Test func neverOpensMoreThanItsSize() async throws {
        let (pool, _) = try await pool(size: 3)
        let seen = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for _ in 0..<60 {
                group.addTask {
                    try await pool.withConnection { connection in
                        let rows = try connection.query(
                            """
                            select pg_backend_pid() as process, (select count(*) from pg_stat_activity
                                where datname = current_database() and application_name = 'weir-tests') as connections
                            """)
                        return (try rows[0].get("process"), try rows[0].get("connections"))
                    }
                }
            }
            return try await group.reduce(into: (processes: Set<Int>(), most: 0)) {
                $0.processes.insert($1.0)
                $0.most = max($0.most, $1.1)
            }
        }
        #expect(seen.processes.count <= 3)
        #expect(seen.most <= 3)
    }

    /// Holds the pool's only connection until `release` is called.
    private func hold(_ pool: Pool, database: TestDatabase) async throws -> (
        release: () async throws -> Void, holder: Task<Void, any Error>
    ) {
        let key = Int.random(in: 1...1_000_000_000)
        let gate = try database.connection(as: "weir_owner")
        try await gate.query("select pg_advisory_lock($1)", [.int(key)])
        let holder = Task {
            _ = try await pool.query("select pg_advisory_lock($1), pg_advisory_unlock_all()", [.int(key)])
        }
        while try await gate.query(
            "select count(*) from pg_locks where locktype = 'advisory' and not granted and objid = $1", [.int(key)]
        )
        .single(Int.self) == 0 { await Task.yield() }
        return ({ _ = try await gate.query("select pg_advisory_unlock($1)", [.int(key)]) }, holder)
    }

    @Test func letsNobodyWaitForEver() async throws {
        let (pool, database) = try await pool(size: 1, wait: .milliseconds(20))
        let (release, holder) = try await hold(pool, database: database)
        let error = await #expect(throws: DatabaseError.self) { try await pool.query("select 1") }
        #expect(error?.sqlstate == "53300")
        #expect(error?.kind == .transient)
        try await release()
        try await holder.value
        #expect(try await pool.query("select 1").single(Int.self) == 1)
    }

    @Test func boundsThoseWhoWait() async throws {
        let (pool, database) = try await pool(size: 1, waiters: 1)
        let (release, holder) = try await hold(pool, database: database)
        let answers = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    do {
                        return try await pool.query("select 1").single()
                    } catch let error as DatabaseError {
                        return error.sqlstate == "53300" ? 0 : -1
                    }
                }
            }
            // Four are refused at once; the fifth waits for the release that comes after them.
            var answers: [Int] = []
            for _ in 0..<4 { answers.append(try await group.next() ?? -1) }
            try await release()
            answers.append(try await group.next() ?? -1)
            return answers
        }
        try await holder.value
        #expect(answers == [0, 0, 0, 0, 1])
    }

    @Test func aCancelledCallerWaitsNoLonger() async throws {
        let (pool, database) = try await pool(size: 1)
        let (release, holder) = try await hold(pool, database: database)
        let waiter = Task { try await pool.query("select 1") }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        try await release()
        try await holder.value
    }

    /// The server takes a cancellation for the statement that it is at: one that comes between two is lost.
    @Test func aCancelledCallersNextStatementDoesNotBegin() async throws {
        let (pool, _) = try await pool(size: 1)
        await #expect(throws: DatabaseError.self) {
            try await pool.transaction { connection in
                _ = try connection.query("select 1")
                connection.cancel()
                _ = try connection.query("select pg_sleep(60)")
            }
        }
        #expect(try await pool.query("select 2 as two").single(Int.self) == 2)
    }

    /// Whenever in its course a caller is cancelled, nothing of it goes on, and the next has the connection to itself.
    @Test(.timeLimit(.minutes(1))) func aCancellationIsNeverLost() async throws {
        let (pool, _) = try await pool(size: 1)
        for step in 0..<120 {
            let caller = Task {
                try await pool.transaction { connection in
                    for _ in 0..<5 { _ = try connection.query("select 1") }
                    _ = try connection.query("select pg_sleep(60)")
                }
            }
            try await Task.sleep(for: .microseconds(step * 25))
            caller.cancel()
            await #expect(throws: (any Error).self) { try await caller.value }
            for _ in 0..<3 { #expect(try await pool.query("select 3 as three").single(Int.self) == 3) }
        }
    }

    @Test func aCancelledCallersStatementEnds() async throws {
        let (pool, database) = try await pool(size: 1)
        let sleeper = Task { try await pool.query("select pg_sleep(60)") }
        let watcher = try database.connection(as: "postgres")
        let sleepers = """
            select count(*) from pg_stat_activity where datname = current_database() and query like '%pg_sleep(60)'
                and state = 'active' and pid <> pg_backend_pid()
            """
        while try await watcher.query(sleepers).single(Int.self) == 0 { await Task.yield() }
        sleeper.cancel()
        let error = await #expect(throws: DatabaseError.self) { try await sleeper.value }
        #expect(error?.isCancelled == true)
        #expect(try await pool.query("select 1").single(Int.self) == 1)
    }

    @Test func replacesConnectionsThatDiedWhileIdle() async throws {
        let (pool, database) = try await pool(size: 1, checkAfter: .zero)
        let process = try await pool.query("select pg_backend_pid()").single(Int.self)
        let administrator = try database.connection(as: "postgres")
        try await administrator.query("select pg_terminate_backend($1, 5000)", [.int(process)])
        let next = try await pool.query("select pg_backend_pid()").single(Int.self)
        #expect(next != process)
    }
}
