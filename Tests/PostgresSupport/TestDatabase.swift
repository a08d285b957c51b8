import Database
import Foundation

/// One database of a test cluster, and ways into it under each role.
public struct TestDatabase: Sendable {
    /// The cluster that it lives in.
    public let cluster: TestCluster
    /// Its name.
    public let name: String

    /// A database of the cluster by name, which need not exist.
    public init(cluster: TestCluster, name: String) {
        self.cluster = cluster
        self.name = name
    }

    /// `database.url` for a service: names host and database, and the role when one is given.
    public func url(as role: String? = nil) -> String {
        let host =
            cluster.socketDirectory
            .addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? cluster.socketDirectory
        return "postgresql:///\(name)?host=\(host)" + (role.map { "&user=\($0)" } ?? "")
    }

    /// PGHOST, PGDATABASE and PGUSER for programs such as psql.
    public func environment(as role: String) -> [String: String] {
        ["PGHOST": cluster.socketDirectory, "PGDATABASE": name, "PGUSER": role]
    }

    /// The target under a role: postgres, weir_owner, weir_collector, weir_detector, weir_throttle, weir_reporter,
    /// weir_operator.
    public func target(as role: String) throws -> ConnectionTarget {
        try ConnectionTarget(url(as: role), applicationName: "weir-tests")
    }

    /// A connection under a role, not connected yet.
    public func connection(as role: String, statementTimeout: Duration = .seconds(30)) throws -> Connection {
        Connection(try target(as: role), statementTimeout: statementTimeout)
    }

    /// Runs schema/migrate over it, as its owner; returns what it printed on standard output.
    @discardableResult
    public func migrate(
        _ arguments: [String] = [], schema: URL = TestCluster.packageRoot.appendingPathComponent("schema")
    ) async throws -> String {
        try await Program.run(
            schema.appendingPathComponent("migrate"), arguments, environment: environment(as: "weir_owner"))
    }

    /// Removes it, connections and all, when a test made it large; else the end of the process does.
    public func drop() async throws {
        let connection = try TestDatabase(cluster: cluster, name: "postgres").connection(as: "postgres")
        try await connection.execute("drop database \(name) with (force)")
        await connection.close()
    }
}
