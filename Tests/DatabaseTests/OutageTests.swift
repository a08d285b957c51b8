import Database
import Foundation
import PostgresSupport
import Testing

struct OutageTests {
    @Test func comesBackWithTheServer() async throws {
        let cluster = try await TestCluster.make()
        let database = try await cluster.makeDatabase(migrated: false)
        let connection = try database.connection(as: "weir_owner")
        try await connection.execute("create table notes (text text)")

        try await cluster.stop()
        for _ in 0..<2 {
            let error = await #expect(throws: DatabaseError.self) { try await connection.query("select 1") }
            #expect(error?.kind == .transient)
        }
        try await cluster.start()
        #expect(try await connection.query("select count(*) from notes").single(Int.self) == 0)

        await connection.dropIfLost()
        #expect(await connection.isConnected)
        try await cluster.stop()
        try await cluster.start()
        // Nobody has told it yet.
        #expect(await connection.isConnected)
        await connection.dropIfLost()
        #expect(await !connection.isConnected)
        #expect(try await connection.query("select count(*) from notes").single(Int.self) == 0)
        try await cluster.destroy()
        #expect(!FileManager.default.fileExists(atPath: cluster.directory.path))
    }

    @Test(arguments: [
        ("postgresql:///weir?host=/nonexistent", "08001", DatabaseError.Kind.transient),
        ("postgresql://127.0.0.1:1/weir", "08001", .transient),
    ])
    func saysThatNobodyIsThere(url: String, code: String, kind: DatabaseError.Kind) async throws {
        let connection = Connection(try ConnectionTarget(url, applicationName: "weir-tests", connectSeconds: 2))
        let error = await #expect(throws: DatabaseError.self) { try await connection.connect() }
        #expect(error?.sqlstate == code)
        #expect(error?.kind == kind)
    }

    @Test func tellsRefusalsFromOutages() async throws {
        let cluster = try await TestCluster.shared()
        for (database, role, code, kind) in [
            ("postgres", "nobody_here", "28000", DatabaseError.Kind.permission),
            ("absent", "postgres", "3D000", .schema),
        ] {
            let connection = try TestDatabase(cluster: cluster, name: database).connection(as: role)
            let error = await #expect(throws: DatabaseError.self) { try await connection.connect() }
            #expect(error?.sqlstate == code)
            #expect(error?.kind == kind)
        }
    }

    @Test(arguments: [false, true]) func givesUpOnAServerThatFellSilent(wholly: Bool) async throws {
        let cluster = try await TestCluster.make()
        let connection = try await cluster.makeDatabase(migrated: false).connection(as: "weir_owner")
        let process = try await connection.query("select pg_backend_pid()").single(Int32.self)
        // Who is asked to cancel the statement is the process's parent.
        let words = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8).split(separator: " ")
        let server = try #require(Int32(words[3]))
        if wholly { kill(server, SIGSTOP) }
        kill(process, SIGSTOP)
        let start = ContinuousClock.now
        let error = await #expect(throws: DatabaseError.self) {
            try await connection.query("select 1", timeout: .milliseconds(20))
        }
        kill(process, SIGCONT)
        kill(server, SIGCONT)
        #expect(error?.kind == .transient)
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(try await connection.query("select 1").single(Int.self) == 1)
        try await cluster.destroy()
    }
}
