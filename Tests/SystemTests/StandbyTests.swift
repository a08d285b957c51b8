import Database
import Foundation
import PostgresSupport
import Testing
import WeirProtocol

/// Two servers: reports read on a hot standby, and it takes over when the first one dies, as docs/scale.md says.
@Suite(.timeLimit(.minutes(3))) struct StandbyTests {
    private func requests(_ stack: Stack) async throws -> Int64? {
        let outcome = try await stack.program("reporter").run(["ingest", "audit", "--json"])
        guard outcome.status == 0 else { return nil }
        return try JSONValue(parsing: outcome.output.utf8)["data"]?["stored"]?.integerValue
    }

    @Test func reportsReadThereAndNothingIsLostWhenItTakesOver() async throws {
        let primary = try await TestCluster.make(durable: true)
        let stack = try await Stack(cluster: primary)
        let standby = try await TestCluster.make(standbyOf: primary)
        // What is committed is on both.
        try await primary.set("synchronous_standby_names = '*'")
        let name = stack.database.name
        let copy = TestDatabase(cluster: standby, name: name)
        let both = [primary, standby].map(\.socketDirectory).joined(separator: ",")
            .addingPercentEncoding(withAllowedCharacters: .alphanumerics)!
        stack.environment["WEIR_DATABASE_URL"] = "postgresql:///\(name)?host=\(both)&target_session_attrs=read-write"
        stack.environment["WEIR_DATABASE_READ_URL"] = copy.url()
        try await stack.start()
        let gateway = LedgerGateway(stack)
        try await gateway.acknowledges(300)
        _ = try await eventually("reports see what is stored", within: .seconds(20)) {
            try await requests(stack).flatMap { $0 >= 300 ? true : nil }
        }
        let there = try copy.connection(as: "postgres")
        let question = "select count(*) from pg_stat_activity where usename = 'weir_reporter' and pg_is_in_recovery()"
        #expect(try await there.query(question).single(Int.self) > 0)

        kill(try await primary.serverProcess(), SIGKILL)
        try await gateway.acknowledges(300)
        try await standby.promote()
        try await gateway.acknowledges(300)
        try await gateway.balance("failing over to a promoted standby", fewest: 900, in: copy)
        let stored = try await there.query("select count(*) from analytics_events").single(Int64.self)
        #expect(try await requests(stack) == stored)
        for service in Stack.Service.all {
            _ = try await eventually("\(service) is well", within: .seconds(20)) {
                try await stack.status(of: service).state == "ok" ? true : nil
            }
        }
        await there.close()
        await stack.stopAll()
        try await standby.destroy()
        try await primary.destroy()
    }
}
