import Database
import PostgresSupport
import Testing

struct TransactionTests {
    private struct Refusal: Error {}

    private func connection() async throws -> Connection {
        let connection = try await TestCluster.shared().makeDatabase(migrated: false).connection(as: "weir_owner")
        try await connection.execute("create table notes (text text)")
        return connection
    }

    private func count(_ connection: Connection) async throws -> Int {
        try await connection.query("select count(*) from notes").single()
    }

    @Test func keepsWhatItsBodyWrote() async throws {
        let connection = try await connection()
        let written = try await connection.transaction { connection in
            try connection.execute("insert into notes values ($1), ($2)", ["a", "b"])
        }
        #expect(written == 2)
        #expect(try await count(connection) == 2)
    }

    @Test func keepsNothingWhenItsBodyThrows() async throws {
        let connection = try await connection()
        await #expect(throws: Refusal.self) {
            try await connection.transaction { connection in
                try connection.execute("insert into notes values ('a')")
                throw Refusal()
            }
        }
        #expect(try await count(connection) == 0)
    }

    @Test func saysSoWhenAFailedStatementWasSwallowed() async throws {
        let connection = try await connection()
        let error = await #expect(throws: DatabaseError.self) {
            try await connection.transaction { connection in
                try connection.execute("insert into notes values ('a')")
                _ = try? connection.query("select 1/0")
            }
        }
        #expect(error?.sqlstate == "25P02")
        #expect(try await count(connection) == 0)
    }

    @Test func doesNotGoOnOverANewConnection() async throws {
        let connection = try await connection()
        let error = await #expect(throws: DatabaseError.self) {
            try await connection.transaction { connection in
                try connection.execute("insert into notes values ('lost')")
                _ = try? connection.query("select pg_terminate_backend(pg_backend_pid())")
                try connection.execute("insert into notes values ('must not be stored alone')")
            }
        }
        #expect(error?.kind == .transient)
        #expect(try await count(connection) == 0)
    }

    @Test func aSnapshotNeitherWritesNorMoves() async throws {
        let database = try await TestCluster.shared().makeDatabase(migrated: false)
        let reader = try database.connection(as: "weir_owner")
        try await reader.execute("create table notes (text text)")
        let error = await #expect(throws: DatabaseError.self) {
            try await reader.transaction(.readOnlySnapshot) { connection in
                try connection.execute("insert into notes values ('a')")
            }
        }
        #expect(error?.sqlstate == "25006")
    }

    @Test func handsLongListsOverInPieces() async throws {
        let connection = try await connection()
        let sizes = try await connection.transaction(.readOnlySnapshot) { connection in
            var sizes: [Int] = []
            var sum = 0
            try connection.forEachBatch(of: 400, "select n from generate_series(1, $1::integer) as n", [1000]) { rows in
                sizes.append(rows.count)
                sum += try rows.reduce(0) { try $0 + $1.get("n", as: Int.self) }
                return true
            }
            #expect(sum == 500_500)
            try connection.forEachBatch(of: 10, "select 1 from generate_series(1, 100)") { rows in
                sizes.append(rows.count)
                return false
            }
            return sizes
        }
        #expect(sizes == [400, 400, 200, 10])
    }
}
