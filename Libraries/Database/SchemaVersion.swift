/// The schema that this release reads and writes, by the number of its newest migration.
///
/// A program that meets another one stops and says so, instead of failing statement by statement.
public enum SchemaVersion {
    /// The newest migration under schema/ in this release.
    public static let current = 18

    /// The database and the program do not belong together.
    public struct Mismatch: Error, Hashable, Sendable, CustomStringConvertible {
        /// The newest migration that the database has had; nil when it has had none.
        public let found: Int?

        /// What is wrong, in a sentence without its full stop.
        public var description: String {
            guard let found else { return "the database is empty, this release needs schema version \(current)" }
            return "the database is at schema version \(found), this release needs \(current)"
        }

        /// What to do about it.
        public var hint: String {
            (found ?? 0) > current ? "install the release that belongs to the database" : "run schema/migrate"
        }
    }

    /// Waits until the database can be asked, and compares it with this release.
    /// - Throws: `Mismatch` when they differ; `CancellationError`.
    public static func await(at target: ConnectionTarget) async throws {
        let connection = Connection(target, statementTimeout: .seconds(10))
        while true {
            do {
                try await check(in: connection)
                break
            } catch let error as DatabaseError {
                // Without the table there was no migration; what else is wrong, the service's own work will report.
                if error.sqlstate == DatabaseError.undefinedTable { throw Mismatch(found: nil) }
                guard error.kind == .transient else { break }
                try await Task.sleep(for: .seconds(2))
            }
        }
        await connection.close()
    }

    /// Compares the database with this release.
    /// - Throws: `Mismatch` when they differ, `DatabaseError` when the database cannot say.
    public static func check(in connection: isolated Connection) throws {
        let found: Int? = try connection.query("select max(version)::int from schema_migrations").single()
        guard found == current else { throw Mismatch(found: found) }
    }
}
