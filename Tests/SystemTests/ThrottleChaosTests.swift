import Foundation
import Logging
import NIOPosix
import Testing
import Transport
import WeirClient
import WeirProtocol

/// The throttle's process killed: gateways go on.
@Suite(.timeLimit(.minutes(3))) struct ThrottleChaosTests {
    private func gateway(_ stack: Stack) -> GatewayClient {
        GatewayClient(
            runtimeDirectory: stack.directory.path, group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() })
    }

    private func report(_ id: String, _ fingerprint: String, at: Timestamp) -> VerdictReport {
        VerdictReport(
            verdictID: id, sessionID: SessionID("sess_\(fingerprint)")!, site: "example.org", fingerprint: fingerprint,
            ip: "203.0.113.7", verdictClass: .behavioralBot, score: 90, requestsPerMinute: 200, errorRate: 0.9,
            requestCount: 100, at: at)
    }

    /// Killed under load: every check still has its answer, and those that went unasked are counted. Back again, who
    /// was blocked still is.
    @Test func killedUnderLoadAndBack() async throws {
        let stack = try await Stack()
        try await stack.start([.throttle])
        let detector = LineClient(
            path: stack.directory.appendingPathComponent("throttle.sock").path,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() })
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let word = ThrottleOverride(action: .block, key: "198.51.100.9", seconds: 3600, reason: "test")
        _ = try await detector.request(.throttleOverride, word, deadline: .seconds(10))
        // A scanner is severe at once; a minute later the next cause blocks it.
        var scanner = report("v1", "fp_a", at: now - 61_000)
        scanner.verdictClass = .scanner
        detector.send(.verdictReport, scanner)
        detector.send(.verdictReport, report("v2", "fp_a", at: now))
        _ = try await eventually("the block is stored", within: .seconds(20)) {
            try await stack.count("select count(*) from throttle_levels where level = 3") > 0 ? true : nil
        }
        _ = try await eventually("the word is stored", within: .seconds(20)) {
            try await stack.count("select count(*) from throttle_overrides") > 0 ? true : nil
        }

        let client = gateway(stack)
        let process = try #require(stack.process(of: .throttle))
        let total = 4000
        let answered = await withTaskGroup(of: Int.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var answered = 0
                    for number in 0..<total / 8 {
                        if worker == 0, number == total / 32 { kill(process, SIGKILL) }
                        let check = ThrottleCheck(ip: "192.0.2.\(worker)", fingerprint: "fp_\(number)", path: "/")
                        if await client.check(check).allow { answered += 1 }
                    }
                    return answered
                }
            }
            return await group.reduce(0, +)
        }
        #expect(answered == total)
        #expect(client.counters.checked + client.counters.bypassed == total)
        #expect(client.counters.bypassed > 0)

        await stack.kill(.throttle)
        try await stack.start([.throttle])
        let blocked = ThrottleCheck(ip: "203.0.113.7", fingerprint: "fp_a", path: "/")
        let decision = try await stack.ask("throttle.sock", .throttleCheck, blocked).decode(ThrottleDecision.self)
        #expect(!decision.allow)
        #expect(decision.level == .blocked)
        let overruled = ThrottleCheck(ip: "198.51.100.9", fingerprint: "fp_b", path: "/")
        #expect(
            try await !stack.ask("throttle.sock", .throttleCheck, overruled).decode(ThrottleDecision.self).allow)
        _ = try await eventually("the gateway asks again", within: .seconds(20)) {
            let before = client.counters.checked
            _ = await client.check(ThrottleCheck(ip: "192.0.2.1", fingerprint: "fp_1"))
            return client.counters.checked > before ? true : nil
        }
        await client.close()
        await detector.close()
        await stack.stopAll()
    }
}
