import Database
import Foundation
import PostgresSupport
import Testing

/// What docs/operator.md says of backup and restore.
@Suite struct BackupTests {
    @Test func aRestoredDatabaseAnswersAlikeAndGrantsAlike() async throws {
        let source = try await GoldenAnswerTests.seeded()
        try await source.rollUp()
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("weir-\(UUID()).dump")
        defer { try? FileManager.default.removeItem(at: file) }
        let dump = URL(fileURLWithPath: "/usr/bin/pg_dump")
        let restore = URL(fileURLWithPath: "/usr/bin/pg_restore")
        try await Program.run(dump, ["-Fc", "-f", file.path], environment: source.environment(as: "postgres"))

        let copy = TestDatabase(cluster: source.cluster, name: "\(source.name)_restored")
        let administrator = try TestDatabase(cluster: source.cluster, name: "postgres").connection(as: "postgres")
        try await administrator.execute("create database \(copy.name) owner weir_owner")
        await administrator.close()
        try await Program.run(
            restore, ["--exit-on-error", "-d", copy.name, file.path], environment: copy.environment(as: "postgres"))

        let contents = try await Self.contents(of: source)
        #expect(contents.count > 20)
        #expect(try await Self.contents(of: copy) == contents)
        for question in ["overview --since 30d", "content top --since 30d", "traffic bots --since 30d"] {
            #expect(try await copy.data(question) == source.data(question))
        }
        // Nothing is left to migrate, and each role may what it may.
        try await copy.migrate()
        let reporter = try copy.connection(as: "weir_reporter")
        await #expect(throws: DatabaseError.self) { try await reporter.execute("delete from user_sessions") }
        let collector = try copy.connection(as: "weir_collector")
        try await collector.query("select ensure_event_partitions(array['2027-01-01'::date])")
        // A change takes its hours out of the roll-up, as the triggers do.
        let before = try await collector.query("select count(*) from rolled_hours").single(Int.self)
        try await collector.execute("update user_sessions set request_count = request_count + 1")
        #expect(try await collector.query("select count(*) from rolled_hours").single(Int.self) < before)
        for connection in [reporter, collector] { await connection.close() }
    }

    /// Every table's rows, however they are ordered.
    private static func contents(of database: TestDatabase) async throws -> [String: String] {
        let connection = try database.connection(as: "postgres")
        let tables = try await connection.query(
            """
            select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
                and not relispartition
            """
        ).map { try $0.get(0, as: String.self) }
        var contents: [String: String] = [:]
        for table in tables {
            contents[table] = try await connection.query(
                "select count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) from \(table) as t"
            ).single()
        }
        await connection.close()
        return contents
    }
}
