import Foundation
import PostgresSupport
import Testing
import WeirProtocol

/// PostgreSQL goes away under load and comes back; `Benchmarks/outage-under-load` does the same for a minute.
@Suite(.timeLimit(.minutes(5))) struct DatabaseOutageTests {
    /// What the collector says does not wait for the next record, neither when the database goes nor when it is back.
    @Test func theCollectorKnowsWhileNothingComes() async throws {
        let cluster = try await TestCluster.make()
        let stack = try await Stack(cluster: cluster)
        try await stack.start([.collector])
        func says(_ state: String) async throws {
            _ = try await eventually("the collector says \(state)", within: .seconds(20)) {
                try await stack.status(of: .collector).state == state ? true : nil
            }
        }
        try await says("ok")
        try await cluster.stop()
        try await says("database_unavailable")
        try await cluster.start()
        try await says("ok")
        await stack.stopAll()
        try await cluster.destroy()
    }

    @Test func noRequestFailsAndEveryRowArrives() async throws {
        let cluster = try await TestCluster.make()
        let stack = try await Stack(cluster: cluster)
        try await stack.start([.collector])
        let gateway = RecordingGateway(stack)
        try await gateway.record(0..<1000, atOnce: 50)
        try await cluster.stop()
        try await gateway.record(1000..<4000, atOnce: 50)
        _ = try await eventually("the collector knows", within: .seconds(20)) {
            try await stack.status(of: .collector).state == "database_unavailable" ? true : nil
        }
        // Killed meanwhile, it goes on with what it had acknowledged.
        await stack.kill(.collector)
        try await stack.start([.collector])
        try await gateway.record(4000..<5000, atOnce: 50)
        try await cluster.start()
        try await gateway.record(5000..<6000, atOnce: 50)
        await gateway.close()
        _ = try await eventually("every row", within: .seconds(60)) {
            try? await stack.count("select count(*) from analytics_events") == 6000 ? true : nil
        }
        #expect(try await stack.count("select sum(request_count) from user_sessions") == 6000)
        #expect(try await stack.count("select sum(accepted - stored - duplicates - dead) from ingest_ledger") == 0)
        await stack.stopAll()
        try await cluster.destroy()
    }
}
