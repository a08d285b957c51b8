import Foundation
import Glibc
import Testing
import WeirProtocol

/// Ten thousand connections that say nothing, some in the middle of a line, leave the others what they had. One crowd at
/// a time: each takes half of the descriptors that the tests have.
@Suite(.serialized, .timeLimit(.minutes(3))) struct CrowdTests {
    @Test func theThrottleAnswers() async throws {
        let stack = try await Stack()
        try await stack.start([.throttle])
        let crowd = try Crowd(at: stack.directory.appendingPathComponent("throttle.sock").path)
        let check = ThrottleCheck(ip: "203.0.113.7", fingerprint: "fp_a", path: "/")
        for left in (90..<100).reversed() {
            let answer = try await stack.ask("throttle.sock", .throttleCheck, check).decode(ThrottleDecision.self)
            // The bucket refills meanwhile, and the more so on a busy machine.
            #expect(answer.allow && (left..<100).contains(answer.remaining))
        }
        try expectMemory(of: .throttle, stack, below: 200_000)
        crowd.leave()
        await stack.stopAll()
    }

    @Test func theCollectorAcknowledgesAndStores() async throws {
        let stack = try await Stack()
        try await stack.start([.collector])
        let gateway = LedgerGateway(stack)
        try await gateway.acknowledges(100)
        let crowd = try Crowd(at: stack.directory.appendingPathComponent("collector.sock").path)
        try await gateway.acknowledges(500)
        // Who comes while they are there is served too.
        #expect(try await stack.status(of: .collector).state == "ok")
        try expectMemory(of: .collector, stack, below: 300_000)
        crowd.leave()
        try await gateway.acknowledges(100)
        try await gateway.balance("\(crowd.count) idle clients", fewest: 600, in: stack.database)
        await stack.stopAll()
    }

    /// - Parameter limit: in kB.
    private func expectMemory(of service: Stack.Service, _ stack: Stack, below limit: Int) throws {
        // The address sanitizer keeps 256 MB of what was freed.
        let ofSanitizer = ProcessInfo.processInfo.environment["WEIR_SANITIZE"] == "address" ? 256 << 10 : 0
        #expect(try kilobytes(of: service, stack) < limit + ofSanitizer)
    }

    private func kilobytes(of service: Stack.Service, _ stack: Stack) throws -> Int {
        let process = try #require(stack.process(of: service))
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let resident = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return try #require(resident.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") })
    }
}

/// Ten thousand connections to one socket, or as many as this process may open.
private struct Crowd {
    private let connections: [Int32]

    var count: Int { connections.count }

    init(at path: String) throws {
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        getrlimit(kind, &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(kind, &limit)
        let count = min(10_000, Int(clamping: limit.rlim_cur) - 1000)
        if count < 10_000 { print("a crowd of \(count), since \(limit.rlim_cur) descriptors are all that may be open") }
        connections = try (0..<count).map { index in
            let descriptor = try #require(idleConnection(to: path), "connection \(index)")
            if index % 3 == 0 { _ = send(descriptor, "{\"v\":1,\"ty", 9, Int32(MSG_NOSIGNAL)) }
            return descriptor
        }
    }

    func leave() { for descriptor in connections { close(descriptor) } }
}
