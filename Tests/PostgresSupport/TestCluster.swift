import Database
import Foundation

/// A throwaway PostgreSQL for tests: real server, real roles, no fsync. Most tests share the one of their process and
/// take a fresh database each; a test that stops or kills the server makes its own.
///
/// It is removed by a cleaner that waits for this process to end, however it ends; what a reboot left behind is removed
/// by the next run.
public final class TestCluster: Sendable {
    /// The cluster's folder, made by scripts/postgres-cluster.
    public let directory: URL
    /// PGHOST: the folder of the server's socket.
    public let socketDirectory: String
    private let template = TemplateDatabase()

    private static let sharedCluster = Task { try await TestCluster.make() }
    private static let folderPrefix = "weir-tests-"

    /// The cluster of this process, started on first use.
    public static func shared() async throws -> TestCluster { try await sharedCluster.value }

    /// Starts a cluster of one's own; about a second. One that is to be copied, `durable`, writes the log that a standby
    /// needs, and a standby follows `primary` from then on.
    public static func make(durable: Bool = false, standbyOf primary: TestCluster? = nil) async throws -> TestCluster {
        let temporary = FileManager.default.temporaryDirectory
        removeLeftovers(in: temporary)
        let process = ProcessInfo.processInfo.processIdentifier
        let folder = "\(folderPrefix)\(process)-\(UInt32.random(in: .min ... .max))"
        let directory = temporary.appendingPathComponent(folder)
        let kind = primary.map { ["--standby-of", $0.directory.path] } ?? (durable ? [] : ["--throwaway"])
        try await Program.run(clusterScript, ["start", directory.path, "--owner", String(process)] + kind)
        let environment = try await Program.run(clusterScript, ["status", directory.path, "--env"])
        guard let host = environment.split(whereSeparator: \.isWhitespace).first(where: { $0.hasPrefix("PGHOST=") })
        else { throw CommandFailure(command: "postgres-cluster status", status: 0, output: environment) }
        return TestCluster(directory: directory, socketDirectory: String(host.dropFirst(7)))
    }

    private init(directory: URL, socketDirectory: String) {
        self.directory = directory
        self.socketDirectory = socketDirectory
    }

    /// A new database: migrated, with views and grants, unless told otherwise; then it is empty and owned by weir_owner.
    public func makeDatabase(migrated: Bool = true) async throws -> TestDatabase {
        let database = TestDatabase(cluster: self, name: "test_\(UInt64.random(in: .min ... .max))")
        try await template.copy(to: database, migrated: migrated)
        return database
    }

    /// Starts the server again after `stop`.
    public func start() async throws {
        try await Program.run(Self.clusterScript, ["start", directory.path, "--throwaway"])
    }

    /// Ends the server as an administrator would; its data stays.
    public func stop() async throws {
        try await Program.run(Self.clusterScript, ["stop", directory.path])
    }

    /// Makes a standby a server of its own.
    public func promote() async throws { try await Program.run(Self.clusterScript, ["promote", directory.path]) }

    /// Sets server-wide settings, each as `name = value`, which hold from then on.
    public func set(_ settings: String...) async throws {
        let connection = try TestDatabase(cluster: self, name: "postgres").connection(as: "postgres")
        for setting in settings { try await connection.execute("alter system set \(setting)") }
        try await connection.execute("select pg_reload_conf()")
        await connection.close()
    }

    /// Ends the server and removes its data, before the process ends.
    public func destroy() async throws {
        try await Program.run(Self.clusterScript, ["destroy", directory.path])
    }

    /// The process id of the server, for tests that kill it.
    public func serverProcess() async throws -> Int32 {
        let said = try await Program.run(Self.clusterScript, ["status", directory.path])
        // running, process 4711, socket in …
        guard let word = said.split(separator: ",").dropFirst().first?.split(separator: " ").last, let id = Int32(word)
        else {
            throw CommandFailure(command: "postgres-cluster status", status: 0, output: said)
        }
        return id
    }

    /// The project's root.
    public static let packageRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static var clusterScript: URL { packageRoot.appendingPathComponent("scripts/postgres-cluster") }

    private static func removeLeftovers(in temporary: URL) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: temporary.path)) ?? []
        for name in names where name.hasPrefix(folderPrefix) {
            let owner = name.dropFirst(folderPrefix.count).prefix { $0.isNumber }
            guard let process = Int32(owner), kill(process, 0) != 0, errno == ESRCH else { continue }
            let leftover = temporary.appendingPathComponent(name).path
            Task { try await Program.run(clusterScript, ["destroy", leftover]) }
        }
    }
}

/// The migrated database that the others are copied from; copying one takes a fraction of migrating it.
private actor TemplateDatabase {
    private var made: Task<Void, any Error>?
    private var copying: Task<Void, any Error>?

    func copy(to database: TestDatabase, migrated: Bool) async throws {
        if migrated {
            if made == nil {
                let template = TestDatabase(cluster: database.cluster, name: "weir_template")
                made = Task {
                    try await Self.create(template, from: "template1")
                    try await template.migrate()
                }
            }
            try await made?.value
        }
        // A template may have one copier at a time.
        let before = copying
        let mine = Task {
            _ = await before?.result
            try await Self.create(database, from: migrated ? "weir_template" : "template1")
        }
        copying = mine
        try await mine.value
    }

    private static func create(_ database: TestDatabase, from template: String) async throws {
        let administration = TestDatabase(cluster: database.cluster, name: "postgres")
        let connection = try administration.connection(as: "postgres")
        try await connection.execute("create database \(database.name) owner weir_owner template \(template)")
        await connection.close()
    }
}
