import Foundation
import Logging
import PostgresSupport
import Synchronization
import Testing
import WeirProtocol

@testable import ThrottleCore
@testable import throttle

/// Counts what is logged, by level.
private final class LoggedLines: LogHandler {
    private let counts = Mutex<[Logger.Level: Int]>([:])
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) { counts.withLock { $0[event.level, default: 0] += 1 } }

    func count(of level: Logger.Level) -> Int { counts.withLock { $0[level] ?? 0 } }
}

/// What throttles tell each other of levels, and what each knows while the server is away.
@Suite(
    .serialized,
    .enabled(
        if: ProcessInfo.processInfo.environment["CI"] == "true"
            || FileManager.default.isExecutableFile(atPath: RedisServer.program), "redis-server is not here"))
struct SharedLevelTests {
    private func blocked(_ engine: ThrottleEngine) throws {
        let now = ThrottleEngine.now.wall
        for (step, cause) in [VerdictClass.scanner, .scanner, .behavioralBot].enumerated() {
            try engine.report(
                VerdictReport(
                    verdictID: "v\(step)", sessionID: SessionID("sess_a")!, site: "example.org", fingerprint: "fp_a",
                    ip: "203.0.113.7", verdictClass: cause, score: 90, requestsPerMinute: 1, errorRate: 0,
                    requestCount: 9, at: now - 122_000 + Int64(step) * 61_000))
        }
    }

    private let client = ThrottleCheck(ip: "203.0.113.7", fingerprint: "fp_a")

    private func engine() throws -> ThrottleEngine {
        ThrottleEngine(Throttle(try PolicySet.single(1, per: 3600, capacity: 10_000), seed: 1))
    }

    /// What the server told holds on while it is away, for as long as it would have held.
    @Test func aBlockLearntFromTheServerOutlivesIt() async throws {
        let server = try await RedisServer()
        let links = [try server.link(), try server.link()]
        for link in links { try await link.settle() }
        let (first, second) = (try engine(), try engine())
        try blocked(first)
        await LevelSharer(first, links[0]).tell(all: true)
        #expect(try await second.check(client, through: links[1]).level == .blocked)
        server.kill()
        let refused = try await second.check(client, through: links[1])
        #expect(!refused.allow)
        #expect(refused.level == .blocked)
        #expect((800...1000).contains(refused.retryAfter ?? 0))
        for link in links { await link.close() }
    }

    /// However the server comes to know nothing, it is told again.
    @Test func levelsAreToldAgain() async throws {
        let server = try await RedisServer()
        let links = [try server.link(), try server.link()]
        for link in links { try await link.settle() }
        let first = try engine()
        let sharer = LevelSharer(first, links[0])
        await sharer.tell(all: false)
        try blocked(first)
        await sharer.tell(all: false)
        let cli = URL(fileURLWithPath: "/usr/bin/redis-cli")
        for loss in ["told once", "restarted", "flushed"] {
            switch loss {
            case "restarted":
                server.kill()
                try await server.start()
                for link in links { try await link.settle() }
                await sharer.tell(all: false)
            case "flushed":
                try await Program.run(cli, ["-s", server.path, "flushall"])
                try await Program.run(cli, ["-s", server.path, "script", "flush"])
                _ = try await first.check(client, through: links[0])
                for link in links { try await link.settle() }
                await sharer.tell(all: false)
            default: break
            }
            // One that has learnt nothing before.
            #expect(try await engine().check(client, through: links[1]).level == .blocked, "\(loss)")
        }
        for link in links { await link.close() }
    }

    /// Of two throttles' levels the harsher stands, whoever tells last.
    @Test func aMilderLevelReplacesNoHarsherOne() async throws {
        let server = try await RedisServer()
        let link = try server.link()
        try await link.settle()
        let (first, second) = (try engine(), try engine())
        try blocked(first)
        try second.report(
            VerdictReport(
                verdictID: "v", sessionID: SessionID("sess_a")!, site: "example.org", fingerprint: "fp_a",
                ip: "203.0.113.7", verdictClass: .behavioralBot, score: 90, requestsPerMinute: 1, errorRate: 0,
                requestCount: 9, at: ThrottleEngine.now.wall))
        for engine in [second, first, second] { await LevelSharer(engine, link).tell(all: true) }
        #expect(try await engine().check(client, through: link).level == .blocked)
        await link.close()
    }

    /// A peek is answered as a check would be, and charges nothing there either.
    @Test func aPeekAsksTheServer() async throws {
        let server = try await RedisServer()
        let link = try server.link()
        try await link.settle()
        let (first, second) = (try engine(), try engine())
        for _ in 0..<3 { _ = try await first.check(client, through: link) }
        for _ in 0..<2 {
            #expect(try await second.state(client, through: link).decision.remaining == 9996)
        }
        #expect(try await second.check(client, through: link).remaining == 9996)
        await link.close()
    }

    /// A server that refuses is away, and says so once, however often it is tried.
    @Test func aServerThatRefuses() async throws {
        let server = try await RedisServer()
        let cli = URL(fileURLWithPath: "/usr/bin/redis-cli")
        let first = try server.link()
        try await first.settle()
        await first.close()
        try await Program.run(cli, ["-s", server.path, "config", "set", "requirepass", "secret"])
        let lines = LoggedLines()
        let link = try server.link(logger: Logger(label: "test") { _ in lines })
        for _ in 0..<2000 where lines.count(of: .debug) < 5 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(lines.count(of: .debug) >= 5)
        #expect(lines.count(of: .error) == 1)
        #expect(link.presence.isAway)
        #expect(link.figures["shared_store_away"] == 1)
        #expect(try await engine().check(client, through: link).allow)
        try await Program.run(cli, ["-s", server.path, "-a", "secret", "config", "set", "requirepass", ""])
        try await link.settle()
        #expect(!link.presence.isAway)
        // Reached, and of no use.
        try await Program.run(cli, ["-s", server.path, "config", "set", "maxmemory", "1"])
        #expect(try await engine().check(client, through: link).allow)
        #expect(link.presence.isAway)
        try await Program.run(cli, ["-s", server.path, "config", "set", "maxmemory", "0"])
        #expect(try await engine().check(client, through: link).allow)
        #expect(!link.presence.isAway)
        await link.close()
    }
}
