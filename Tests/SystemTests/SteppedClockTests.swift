import Foundation
import PostgresSupport
import Testing
import WeirProtocol

/// The host's clock is set back by an hour, forward by two and right again, under load.
@Suite(.timeLimit(.minutes(5))) struct SteppedClockTests {
    // A sanitizer's library has to be the first one.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["WEIR_SANITIZE"] == nil))
    func nothingIsLostAndEverySessionIsJudged() async throws {
        let stack = try await Stack()
        let clock = stack.directory.appendingPathComponent("clock")
        try Data(repeating: 0, count: 8).write(to: clock)
        func set(_ seconds: Int64) throws {
            let file = try FileHandle(forWritingTo: clock)
            try file.write(contentsOf: withUnsafeBytes(of: seconds) { Data($0) })
            try file.close()
        }
        let library = stack.directory.appendingPathComponent("stepping.so")
        try await Program.run(
            URL(fileURLWithPath: "/usr/bin/env"),
            [
                "clang", "-shared", "-fPIC", "-O1", "-o", library.path,
                TestCluster.packageRoot.appendingPathComponent("Tests/Fixtures/clock/stepping.c").path,
            ])
        stack.environment["LD_PRELOAD"] = library.path
        stack.environment["STEPPING_CLOCK"] = clock.path
        let services: [Stack.Service] = [.throttle, .detector(1), .collector]
        try await stack.start(services)
        try await stack.findsDetectors(1)
        let gateway = LedgerGateway(stack)
        try await gateway.acknowledges(200)
        let check = ThrottleCheck(ip: "203.0.113.9", fingerprint: "fp_a", path: "/")
        for seconds in [-3600, 3600, 0] as [Int64] {
            try set(seconds)
            try await gateway.acknowledges(200)
            #expect(try await stack.ask("throttle.sock", .throttleCheck, check).decode(ThrottleDecision.self).allow)
        }
        try await gateway.balance("clock an hour back, an hour ahead, right again", fewest: 800, in: stack.database)
        _ = try await eventually("every session is judged", within: .seconds(60)) {
            try await stack.count("select count(*) from user_sessions where verdict_id is null") == 0 ? true : nil
        }
        await stack.stopAll()
    }
}
