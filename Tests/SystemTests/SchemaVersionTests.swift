import Database
import Foundation
import PostgresSupport
import Testing

@Suite struct SchemaVersionTests {
    @Test func theReleaseKnowsTheNewestMigration() throws {
        let files = try FileManager.default.contentsOfDirectory(
            atPath: TestCluster.packageRoot.appendingPathComponent("schema").path)
        let numbers = files.filter { $0.hasSuffix(".sql") }.compactMap { Int($0.prefix { $0.isNumber }) }
        #expect(numbers.max() == SchemaVersion.current)
    }

    @Test(
        arguments: [
            (nil, "run schema/migrate"), (SchemaVersion.current - 1, "run schema/migrate"),
            (SchemaVersion.current + 1, "install the release that belongs to the database"),
        ] as [(Int?, String)])
    func whatToDoFollowsFromWhichIsOlder(_ found: Int?, _ hint: String) async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let owner = try database.connection(as: "weir_owner")
        if let found {
            try await owner.execute("update schema_migrations set version = -version where version > \(found)")
            if found > SchemaVersion.current {
                try await owner.execute("insert into schema_migrations values (\(found), 'later', '')")
            }
        } else {
            try await owner.execute("delete from schema_migrations")
        }
        await owner.close()
        let reporter = try database.connection(as: "weir_reporter")
        let error = await #expect(throws: SchemaVersion.Mismatch.self) { try await SchemaVersion.check(in: reporter) }
        #expect(error?.found == found)
        #expect(error?.hint == hint)
        await reporter.close()
    }

    @Test(.timeLimit(.minutes(1)), arguments: [Stack.Service.collector, .detector(1), .throttle])
    func aServiceDoesNotRunOnASchemaOfALaterRelease(_ service: Stack.Service) async throws {
        let stack = try await Stack()
        let owner = try stack.database.connection(as: "weir_owner")
        try await owner.execute("insert into schema_migrations values (\(SchemaVersion.current + 1), 'later', '')")
        await owner.close()
        let running = try stack.program(service.program).launch(service.arguments)
        #expect(await running.end == 78)
        #expect(running.errors.contains("install the release that belongs to the database"), "\(running.errors)")
    }
}
