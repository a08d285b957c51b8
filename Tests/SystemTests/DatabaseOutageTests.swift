import Foundation
import Logging
import NIOPosix
import PostgresSupport
import Testing
import Transport
import WeirProtocol

/// PostgreSQL goes away under load and comes back; `Benchmarks/outage-under-load` does the same for a minute.
@Suite(.timeLimit(.minutes(5))) struct DatabaseOutageTests {
    private static func record(_ number: Int) -> RequestRecord {
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        var record = RequestRecord(
            eventID: EventID(at: now, entropy: (UInt64(number), .random(in: 0 ... .max))), at: now, method: "GET",
            path: "/page-\(number % 40)", status: 200, ip: "198.18.\(number % 7).\(number % 200 + 1)")
        record.site = "shop.example"
        record.userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        return record
    }

    /// Records requests, fifty at a time; how many were acknowledged.
    private func record(_ numbers: Range<Int>, with client: LineClient) async throws -> Int {
        var acknowledged = 0
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 50) {
            acknowledged += try await withThrowingTaskGroup(of: Void.self) { group in
                for number in start..<min(start + 50, numbers.upperBound) {
                    group.addTask {
                        let reply = try await client.request(
                            .requestRecord, Self.record(number), deadline: .seconds(20))
                        _ = try reply.decode(RequestRecorded.self)
                    }
                }
                return try await group.reduce(0) { count, _ in count + 1 }
            }
        }
        return acknowledged
    }

    @Test func noRequestFailsAndEveryRowArrives() async throws {
        let cluster = try await TestCluster.make()
        let stack = try await Stack(cluster: cluster)
        try await stack.start([.collector])
        let client = LineClient(
            path: stack.directory.appendingPathComponent("collector.sock").path,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() })
        #expect(try await record(0..<1000, with: client) == 1000)
        try await cluster.stop()
        #expect(try await record(1000..<4000, with: client) == 3000)
        _ = try await eventually("the collector knows", within: .seconds(20)) {
            try await stack.status(of: .collector).state == "database_unavailable" ? true : nil
        }
        // Killed meanwhile, it goes on with what it had acknowledged.
        await stack.kill(.collector)
        try await stack.start([.collector])
        #expect(try await record(4000..<5000, with: client) == 1000)
        try await cluster.start()
        #expect(try await record(5000..<6000, with: client) == 1000)
        await client.close()
        _ = try await eventually("every row", within: .seconds(60)) {
            try? await stack.count("select count(*) from analytics_events") == 6000 ? true : nil
        }
        #expect(try await stack.count("select sum(request_count) from user_sessions") == 6000)
        #expect(try await stack.count("select sum(accepted - stored - duplicates - dead) from ingest_ledger") == 0)
        await stack.stopAll()
        try await cluster.destroy()
    }
}
