import Database
import Foundation
import Glibc
import PostgresSupport
import Testing
import WeirProtocol

/// What may go wrong around the collector without its fault: nothing that it has acknowledged is lost, nothing counts
/// twice, and it goes on by itself once the trouble is over.
@Suite(.timeLimit(.minutes(5))) struct FailureTests {
    /// Records before, during and after the trouble, and expects all of it.
    private func goesOn(_ stack: Stack, trouble: String, end: String) async throws {
        try await stack.start([.collector])
        let gateway = RecordingGateway(stack)
        try await gateway.record(0..<200)
        let administrator = try stack.database.connection(as: "postgres")
        for statement in trouble.split(separator: ";") { try await administrator.execute(String(statement)) }
        try await gateway.record(200..<700)
        _ = try await eventually("the collector knows", within: .seconds(20)) {
            try await stack.status(of: .collector).state == "database_unavailable" ? true : nil
        }
        for statement in end.split(separator: ";") { try await administrator.execute(String(statement)) }
        try await gateway.record(700..<900)
        await gateway.close()
        let count = "select count(*) from analytics_events"
        _ = try await eventually("every row", within: .seconds(60)) {
            try? await administrator.query(count).single(Int.self) == 900 ? true : nil
        }
        await administrator.close()
        #expect(try await stack.count("select sum(request_count) from user_sessions") == 900)
        #expect(try await stack.count("select sum(accepted - stored - duplicates - dead) from ingest_ledger") == 0)
        #expect(try await stack.status(of: .collector).counters["dead_letters_total"] == 0)
        _ = try await eventually("all is well", within: .seconds(20)) {
            try await stack.status(of: .collector).state == "ok" ? true : nil
        }
        await stack.stopAll()
    }

    @Test func aServerThatOnlyReads() async throws {
        let stack = try await Stack()
        let name = stack.database.name
        try await goesOn(
            stack,
            trouble: """
                alter database \(name) set default_transaction_read_only = on;
                select pg_terminate_backend(pid) from pg_stat_activity where usename = 'weir_collector'
                    and datname = '\(name)'
                """,
            end: """
                set default_transaction_read_only = off;
                alter database \(name) reset default_transaction_read_only;
                select pg_terminate_backend(pid) from pg_stat_activity where usename = 'weir_collector'
                    and datname = '\(name)'
                """)
    }

    /// Connections that only wait leave the descriptors alone that the work needs.
    @Test func noDescriptorsForIdleConnections() async throws {
        let stack = try await Stack()
        try await stack.start([.collector])
        let gateway = RecordingGateway(stack)
        try await gateway.record(0..<100)
        let process = try #require(stack.process(of: .collector))
        try await Program.run(URL(fileURLWithPath: "/usr/bin/prlimit"), ["--pid", "\(process)", "--nofile=64"])
        let idle = ["collector.sock", "collector.http.sock"].flatMap { name in
            (0..<150).compactMap { _ in idleConnection(to: stack.directory.appendingPathComponent(name).path) }
        }
        #expect(idle.count > 100)
        try await gateway.record(100..<600)
        for descriptor in idle { close(descriptor) }
        _ = try await eventually("others are served again", within: .seconds(20)) {
            try? await stack.status(of: .collector).state
        }
        await gateway.close()
        _ = try await eventually("every row", within: .seconds(60)) {
            try await stack.count("select count(*) from analytics_events") == 600 ? true : nil
        }
        await stack.stopAll()
    }

    /// Retention, or somebody by hand, drops a partition that the collector has seen: it is made anew, and nothing of what
    /// comes then is taken for bad data.
    @Test func aPartitionThatIsDropped() async throws {
        let stack = try await Stack()
        try await stack.start([.collector])
        let gateway = RecordingGateway(stack)
        let stored = "select count(*) from analytics_events"
        for (first, after) in [(0, 100), (100, 150), (150, 200)] {
            try await gateway.record(first..<after)
            _ = try await eventually("every row", within: .seconds(60)) {
                try await stack.count(stored) == after - first ? true : nil
            }
            let partitions = try await stack.column("select name from event_partitions()", as: "postgres")
            let administrator = try stack.database.connection(as: "postgres")
            for name in partitions { try await administrator.execute("drop table \(name)") }
            await administrator.close()
        }
        await gateway.close()
        #expect(try await stack.status(of: .collector).counters["dead_letters_total"] == 0)
        await stack.stopAll()
    }

    @Test func aServerWithoutAFreeConnection() async throws {
        let cluster = try await TestCluster.make()
        let stack = try await Stack(cluster: cluster)
        try await goesOn(
            stack,
            trouble: """
                alter role weir_collector connection limit 0;
                select pg_terminate_backend(pid) from pg_stat_activity where usename = 'weir_collector'
                """, end: "alter role weir_collector connection limit -1")
        try await cluster.destroy()
    }
}
