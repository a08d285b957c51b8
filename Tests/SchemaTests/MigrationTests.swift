import Database
import Foundation
import PostgresSupport
import Testing

struct MigrationTests {
    /// A copy of schema/ that a test may change.
    private func copyOfSchema() throws -> URL {
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent("weir it's \(UUID().uuidString)")
        let schema = TestCluster.packageRoot.appendingPathComponent("schema").resolvingSymlinksInPath()
        try FileManager.default.copyItem(at: schema, to: copy)
        return copy
    }

    private func history(_ database: TestDatabase) async throws -> [String] {
        let connection = try database.connection(as: "weir_owner")
        return try await connection.query(
            "select version || ' ' || name as line from schema_migrations order by version"
        )
        .map { try $0.get("line", as: String.self) }
    }

    private static let fileNames: [String] = {
        let folder = TestCluster.packageRoot.appendingPathComponent("schema")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasPrefix("0") && $0.hasSuffix(".sql") }.map { String($0.dropLast(4)) }.sorted()
    }()

    @Test func appliesEachFileOnce() async throws {
        let database = try await TestCluster.shared().makeDatabase(migrated: false)
        try await database.migrate()
        let first = try await history(database)
        #expect(first == Self.fileNames.enumerated().map { "\($0.offset + 1) \($0.element)" })
        try await database.migrate()
        #expect(try await history(database) == first)
    }

    @Test func twoAtOnceMigrateOnce() async throws {
        let database = try await TestCluster.shared().makeDatabase(migrated: false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try await database.migrate() } }
            try await group.waitForAll()
        }
        #expect(try await history(database).count == Self.fileNames.count)
    }

    @Test func databasesOfOneClusterMigrateAtOnce() async throws {
        let cluster = try await TestCluster.shared()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask { try await cluster.makeDatabase(migrated: false).migrate() }
            }
            try await group.waitForAll()
        }
    }

    @Test func refusesADatabaseThatIsNewer() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let owner = try database.connection(as: "weir_owner")
        try await owner.execute(
            "insert into schema_migrations (version, name, checksum) values (9999, '9999_future', 'x')")
        let failure = await #expect(throws: CommandFailure.self) { try await database.migrate() }
        #expect(failure?.status == 78)
        #expect(failure?.output.contains("version 9999") == true)
        let status = await #expect(throws: CommandFailure.self) { try await database.migrate(["--status"]) }
        #expect(status?.status == 78)
    }

    @Test func refusesAFileThatWasChanged() async throws {
        let database = try await TestCluster.shared().makeDatabase(migrated: false)
        let schema = try copyOfSchema()
        defer { try? FileManager.default.removeItem(at: schema) }
        try await database.migrate(schema: schema)
        let file = schema.appendingPathComponent(Self.fileNames[0] + ".sql")
        try (String(contentsOf: file, encoding: .utf8) + "-- changed\n").write(
            to: file, atomically: true, encoding: .utf8)
        let failure = await #expect(throws: CommandFailure.self) { try await database.migrate(schema: schema) }
        #expect(failure?.status == 78)
        #expect(failure?.output.contains(Self.fileNames[0]) == true)
    }

    @Test func aFailingMigrationLeavesNothingAndCanBeMended() async throws {
        let database = try await TestCluster.shared().makeDatabase(migrated: false)
        let schema = try copyOfSchema()
        defer { try? FileManager.default.removeItem(at: schema) }
        let next = schema.appendingPathComponent(String(format: "%04d_next.sql", Self.fileNames.count + 1))
        try "create table half (n integer); select 1/0;".write(to: next, atomically: true, encoding: .utf8)
        let failure = await #expect(throws: CommandFailure.self) { try await database.migrate(schema: schema) }
        #expect(failure?.status == 1)
        #expect(try await history(database).count == Self.fileNames.count)
        let owner = try database.connection(as: "weir_owner")
        #expect(try await owner.query("select to_regclass('half') is null").single(Bool.self))
        try "create table half (n integer);".write(to: next, atomically: true, encoding: .utf8)
        try await database.migrate(schema: schema)
        #expect(try await history(database).count == Self.fileNames.count + 1)
    }

    @Test func refusesAGapInTheNumbers() async throws {
        let database = try await TestCluster.shared().makeDatabase(migrated: false)
        let schema = try copyOfSchema()
        defer { try? FileManager.default.removeItem(at: schema) }
        try FileManager.default.removeItem(at: schema.appendingPathComponent(Self.fileNames[1] + ".sql"))
        let failure = await #expect(throws: CommandFailure.self) { try await database.migrate(schema: schema) }
        #expect(failure?.status == 78)
    }

    @Test(arguments: [
        (["--sideways"], "weir_owner", Int32(64)), (["a", "b"], "weir_owner", 64),
        (["host=/nonexistent dbname=weir"], "weir_owner", 3), ([], "weir_reporter", 5), (["--status"], "weir_owner", 1),
    ])
    func saysWhyItCannot(arguments: [String], role: String, status: Int32) async throws {
        let database = try await TestCluster.shared().makeDatabase(migrated: false)
        let migrate = TestCluster.packageRoot.appendingPathComponent("schema/migrate")
        _ = try await TestCluster.shared().makeDatabase()  // the roles exist
        let failure = await #expect(throws: CommandFailure.self) {
            try await Program.run(migrate, arguments, environment: database.environment(as: role))
        }
        #expect(failure?.status == status, "\(failure?.description ?? "")")
    }

    @Test func takesAURL() async throws {
        let database = try await TestCluster.shared().makeDatabase(migrated: false)
        let migrate = TestCluster.packageRoot.appendingPathComponent("schema/migrate")
        try await Program.run(migrate, [database.url(as: "weir_owner")])
        #expect(try await history(database).count == Self.fileNames.count)
        #expect(
            try await Program.run(migrate, ["--status", database.url(as: "weir_owner")])
                == "database \(Self.fileNames.count), files \(Self.fileNames.count)\n")
    }
}
