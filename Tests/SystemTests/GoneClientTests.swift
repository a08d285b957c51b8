import Database
import Foundation
import Glibc
import PostgresSupport
import Testing

/// Questions whose client has gone: nobody waits for the answer, so the few connections to the database are for others.
@Suite(.timeLimit(.minutes(2))) struct GoneClientTests {
    /// A question, and the socket that takes it.
    private static let doors = [
        ("reporter.sock", "{\"command\":\"analytics sessions stats\"}\n"),
        ("reporter.http.sock", "GET /api/v1/reports/sessions/stats HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    ]

    @Test(arguments: doors) func theirStatementsEnd(door: String, question: String) async throws {
        let stack = try await Stack()
        try await stack.start([.reporter])
        let holder = try stack.database.connection(as: "postgres")
        try await holder.script("begin; lock table user_sessions in access exclusive mode")
        // A transaction sees the server's processes as they were when it first looked.
        let watcher = try stack.database.connection(as: "postgres")
        let path = stack.directory.appendingPathComponent(door).path
        let clients = try (0..<3).map { _ in try #require(idleConnection(to: path)) }
        for client in clients { #expect(send(client, question, question.utf8.count, 0) == question.utf8.count) }
        let waiting = """
            select count(*) from pg_stat_activity
            where usename = 'weir_reporter' and datname = '\(stack.database.name)' and state = 'active'
            """
        _ = try await eventually("three wait for the lock", within: .seconds(20)) {
            try await watcher.query(waiting).single(Int.self) == 3 ? true : nil
        }
        for client in clients { close(client) }
        // Well before the 20 seconds that a question may take.
        _ = try await eventually("none does", within: .seconds(12)) {
            try await watcher.query(waiting).single(Int.self) == 0 ? true : nil
        }
        try await holder.script("rollback")
        await holder.close()
        await watcher.close()
        // One that has only said all it has to say has not gone.
        if door.hasSuffix("http.sock") {
            #expect(try SocketHTTP(path: path).exchange(Data(question.utf8), endsEarly: true).status == 200)
        }
        await stack.stopAll()
    }
}
