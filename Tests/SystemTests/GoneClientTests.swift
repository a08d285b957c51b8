import Database
import Foundation
import Glibc
import PostgresSupport
import Testing

/// Questions whose client has gone: nobody waits for the answer, so the few connections to the database are for others.
@Suite(.timeLimit(.minutes(2))) struct GoneClientTests {
    @Test func theirStatementsEnd() async throws {
        let stack = try await Stack()
        try await stack.start([.reporter])
        let holder = try stack.database.connection(as: "postgres")
        try await holder.script("begin; lock table user_sessions in access exclusive mode")
        // A transaction sees the server's processes as they were when it first looked.
        let watcher = try stack.database.connection(as: "postgres")
        let question = "{\"command\":\"analytics sessions stats\"}\n"
        let path = stack.directory.appendingPathComponent("reporter.sock").path
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
        await stack.stopAll()
    }
}
