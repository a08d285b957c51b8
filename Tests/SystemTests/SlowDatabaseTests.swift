import Foundation
import PostgresSupport
import Testing
import WeirProtocol

/// PostgreSQL is there, and slow, or stands still, or nobody hears what became of a commit.
@Suite(.timeLimit(.minutes(5))) struct SlowDatabaseTests {
    @Test func nothingIsLostOrCountedTwice() async throws {
        let stack = try await Stack()
        let server = try SlowServer(
            before: stack.database, in: stack.directory.appendingPathComponent("slow"), delay: .milliseconds(10))
        stack.environment["WEIR_DATABASE_URL"] = server.url
        try await stack.start([.throttle, .detector(1), .collector])
        let gateway = LedgerGateway(stack)
        try await gateway.acknowledges(300)

        server.loseCommits(5)
        _ = try await eventually("five commits go unheard", within: .seconds(30)) {
            server.commitsLost == 5 ? true : nil
        }
        // Whoever waits for the database meanwhile must not be the gateway.
        server.standStill()
        try await gateway.acknowledges(1000)
        server.goOn()
        try await gateway.acknowledges(300)
        try await gateway.balance("PostgreSQL slow, standing still, commits unheard", fewest: 1500, in: stack.database)
        for service in [Stack.Service.throttle, .detector(1), .collector] {
            _ = try await eventually("\(service) is well", within: .seconds(30)) {
                try await stack.status(of: service).state == "ok" ? true : nil
            }
        }
        await stack.stopAll()
        server.close()
    }
}
