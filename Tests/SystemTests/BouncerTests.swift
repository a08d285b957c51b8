import Database
import Foundation
import Logging
import PostgresSupport
import Testing
import WeirProtocol

@testable import detector

/// All services behind PgBouncer with transaction pooling, as docs/scale.md says: what a service leaves in a session is
/// another one's a moment later.
@Suite(.needsProgram(Bouncer.program), .timeLimit(.minutes(5))) struct BouncerTests {
    @Test func everythingWorksByTheTransaction() async throws {
        let stack = try await Stack()
        let bouncer = try Bouncer(
            before: stack.database, in: stack.directory.appendingPathComponent("pool"), connections: 3)
        stack.environment["WEIR_DATABASE_URL"] = bouncer.url
        try await stack.start()
        try await stack.findsDetectors(2)
        let gateway = LedgerGateway(stack)
        try await gateway.acknowledges(300)
        _ = try await eventually("sessions are judged", within: .seconds(30)) {
            try await stack.count("select count(*) from user_sessions where verdict_id is not null") > 0 ? true : nil
        }
        try await bouncer.restart()
        try await gateway.acknowledges(300)
        try await gateway.balance("PgBouncer, and killed", fewest: 600, in: stack.database)
        let audit = try await stack.program("reporter").run(["ingest", "audit", "--json"])
        let stored = try await stack.count("select count(*) from analytics_events")
        #expect(try JSONValue(parsing: audit.output.utf8)["data"]?["stored"]?.integerValue == Int64(stored))
        for words in [["overview"], ["maintenance", "retention"], ["privacy", "export", "--user", "nobody"]] {
            let outcome = try await stack.program("reporter").run(words)
            #expect([0, 1].contains(outcome.status), "\(words): \(outcome.errors)")
        }
        for service in Stack.Service.all {
            _ = try await eventually("\(service) is well", within: .seconds(30)) {
                try await stack.status(of: service).state == "ok" ? true : nil
            }
        }
        await stack.stopAll()
        await bouncer.kill()
    }

    /// A lock that is its taker's for longer than a statement is nobody else's, and goes with its taker.
    @Test func oneDetectorWatchesForAnomalies() async throws {
        let stack = try await Stack()
        let bouncer = try Bouncer(
            before: stack.database, in: stack.directory.appendingPathComponent("pool"), connections: 3)
        let target = try ConnectionTarget(bouncer.url, defaultUser: "weir_detector", applicationName: "weir-tests")
        let logger = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
        let watches = (0..<2).map { _ in AnomalyWatch(Connection(target), logger: logger) }
        let noon: Int64 = 1_772_366_400_000
        _ = try await eventually("PgBouncer answers", within: .seconds(20)) { try? await watches[0].begin(noon) }
        #expect(try await watches[1].begin(noon) == nil)
        await watches[0].giveUp()
        _ = try await eventually("the other takes over", within: .seconds(20)) { try await watches[1].begin(noon) }
        #expect(watches[1].counters.isWatching)
        await watches[1].giveUp()
        await bouncer.kill()
    }
}
