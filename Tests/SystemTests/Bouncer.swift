import Foundation
import Glibc
import PostgresSupport

/// PgBouncer before a test's database, which lends its connections by the transaction.
final class Bouncer {
    static let program = "/usr/sbin/pgbouncer"

    /// `database.url` of the same database by way of it.
    let url: String
    private let command: [String]
    private var running: RunningProduct

    /// Runs it as the server's own user, who may log in under every role.
    init(before database: TestDatabase, in directory: URL, connections: Int) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let socket = database.cluster.socketDirectory
        var owner = stat()
        guard stat(socket, &owner) == 0 else { throw NeverHappened(what: "\(socket) is there", limit: .zero) }
        chown(directory.path, owner.st_uid, owner.st_gid)
        let users = ["weir_collector", "weir_detector", "weir_throttle", "weir_reporter", "weir_operator"]
        let list = directory.appendingPathComponent("users")
        try Data(users.map { "\"\($0)\" \"\"\n" }.joined().utf8).write(to: list)
        let settings = directory.appendingPathComponent("pgbouncer.ini")
        try Data(
            """
            [databases]
            \(database.name) = host=\(socket)
            [pgbouncer]
            unix_socket_dir = \(directory.path)
            listen_port = 5432
            auth_type = trust
            auth_file = \(list.path)
            pool_mode = transaction
            default_pool_size = \(connections)
            """.utf8
        ).write(to: settings)
        url = "postgresql:///\(database.name)?host=\(directory.path)"
        let user = geteuid() == 0 ? ["/usr/bin/setpriv", "--reuid=\(owner.st_uid)", "--clear-groups", "--"] : []
        command = user + [Self.program, settings.path]
        running = try RunningProduct(command: command, environment: [:], input: nil)
    }

    /// Ends it as a crash would and starts it again.
    func restart() async throws {
        await kill()
        running = try RunningProduct(command: command, environment: [:], input: nil)
    }

    func kill() async {
        running.signal(SIGKILL)
        _ = await running.end
    }

    deinit { running.signal(SIGKILL) }
}
