import Database
import Foundation
import Glibc
import Logging
import NIOPosix
import PostgresSupport
import Testing
import Transport
import WeirProtocol

/// What may go wrong around the collector without its fault: nothing that it has acknowledged is lost, nothing counts
/// twice, and it goes on by itself once the trouble is over.
@Suite(.timeLimit(.minutes(5))) struct FailureTests {
    private static func record(_ number: Int) -> RequestRecord {
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        var record = RequestRecord(
            eventID: EventID(at: now, entropy: (UInt64(number), .random(in: 0 ... .max))), at: now, method: "GET",
            path: "/page-\(number % 40)", status: 200, ip: "198.18.\(number % 7).\(number % 200 + 1)")
        record.site = "shop.example"
        record.userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        return record
    }

    private func client(_ stack: Stack) -> LineClient {
        LineClient(
            path: stack.directory.appendingPathComponent("collector.sock").path,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() })
    }

    private func record(_ numbers: Range<Int>, with client: LineClient) async throws {
        for number in numbers {
            let reply = try await client.request(.requestRecord, Self.record(number), deadline: .seconds(20))
            _ = try reply.decode(RequestRecorded.self)
        }
    }

    /// Records before, during and after the trouble, and expects all of it.
    private func goesOn(_ stack: Stack, trouble: String, end: String) async throws {
        try await stack.start([.collector])
        let client = client(stack)
        try await record(0..<200, with: client)
        let administrator = try stack.database.connection(as: "postgres")
        for statement in trouble.split(separator: ";") { try await administrator.execute(String(statement)) }
        try await record(200..<700, with: client)
        _ = try await eventually("the collector knows", within: .seconds(20)) {
            try await stack.status(of: .collector).state == "database_unavailable" ? true : nil
        }
        for statement in end.split(separator: ";") { try await administrator.execute(String(statement)) }
        try await record(700..<900, with: client)
        await client.close()
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

    /// Connections beyond the descriptors wait or are closed; those that are open are served.
    @Test func fewDescriptors() async throws {
        let stack = try await Stack()
        stack.wrappers["collector"] = ["/usr/bin/prlimit", "--nofile=64"]
        try await stack.start([.collector])
        let client = client(stack)
        try await record(0..<50, with: client)
        var idle: [Int32] = []
        let path = stack.directory.appendingPathComponent("collector.sock").path
        for _ in 0..<200 { idle.append(try connected(to: path)) }
        try await record(50..<150, with: client)
        for descriptor in idle { close(descriptor) }
        _ = try await eventually("new connections are served", within: .seconds(20)) {
            let other = self.client(stack)
            let isServed = (try? await record(150..<151, with: other)) != nil
            await other.close()
            return isServed ? true : nil
        }
        await client.close()
        _ = try await eventually("every row", within: .seconds(20)) {
            try await stack.count("select count(*) from analytics_events") >= 151 ? true : nil
        }
        #expect(try await stack.count("select sum(accepted - stored - duplicates - dead) from ingest_ledger") == 0)
        await stack.stopAll()
    }

    private func connected(to path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0)
        return descriptor
    }
}
