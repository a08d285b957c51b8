import Foundation
import Logging
import NIOPosix
import PostgresSupport
import Synchronization
import Testing
import WeirClient
import WeirProtocol

/// Each service is restarted in its turn while the site is visited, as an upgrade does.
@Suite(.timeLimit(.minutes(5))) struct RollingUpgradeTests {
    /// With the sockets kept by a service manager, and with sockets that go away with their service.
    @Test(arguments: [true, false]) func nobodyNotices(keepsSockets: Bool) async throws {
        let stack = try await Stack()
        if keepsSockets { try stack.keepSockets() }
        try await stack.start()
        try await stack.findsDetectors(2)
        let gateway = LedgerGateway(stack)
        let visitors = Visitors(stack)
        for service in Stack.Service.all {
            try await gateway.acknowledges(150)
            #expect(await stack.stop(service) == 0, "\(service)")
            try await stack.start([service])
        }
        try await gateway.acknowledges(150)
        let (asked, refused) = await visitors.leave()
        #expect(asked > 100 && refused == 0)
        try await gateway.balance(
            "rolling upgrade, sockets \(keepsSockets ? "kept" : "made anew")", fewest: 800, in: stack.database)
        _ = try await eventually("every session is judged", within: .seconds(60)) {
            try await stack.count("select count(*) from user_sessions where verdict_id is null") == 0 ? true : nil
        }
        await stack.stopAll()
    }
}

/// People who ask for a page now and then, each from an address of their own.
private final class Visitors: Sendable {
    private let client: GatewayClient
    private let refused = Atomic(0)
    private let asked = Atomic(0)
    private let hasEnded = Atomic(false)
    private let load = Mutex<Task<Void, Never>?>(nil)

    init(_ stack: Stack) {
        client = GatewayClient(
            runtimeDirectory: stack.directory.path, group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() })
        load.withLock { $0 = Task { await self.visit() } }
    }

    /// How many questions there were, and how many of them were refused.
    func leave() async -> (asked: Int, refused: Int) {
        hasEnded.store(true, ordering: .relaxed)
        await load.withLock { $0 }?.value
        await client.close()
        return (asked.load(ordering: .relaxed), refused.load(ordering: .relaxed))
    }

    private func visit() async {
        for number in 0..<100_000 where !hasEnded.load(ordering: .relaxed) {
            let check = ThrottleCheck(
                ip: "198.18.\(number / 200 % 200).\(number % 200 + 1)", fingerprint: "fp_\(number)", path: "/")
            if await !client.check(check).allow { refused.add(1, ordering: .relaxed) }
            asked.add(1, ordering: .relaxed)
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
