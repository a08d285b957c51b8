import Foundation
import Logging
import NIOCore
import NIOPosix
import PostgresSupport
import Testing
import WeirProtocol

@testable import ThrottleCore
@testable import throttle

/// A redis-server of the test's own, on a Unix socket.
final class RedisServer: Sendable {
    static let program = "/usr/bin/redis-server"
    let folder: URL

    var path: String { folder.appendingPathComponent("redis.sock").path }

    init() async throws {
        folder = URL(fileURLWithPath: "/tmp/weir-redis-\(UInt32.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try await start()
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    func start() async throws {
        try await Program.run(
            URL(fileURLWithPath: Self.program),
            [
                "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no", "--daemonize", "yes",
                "--pidfile", folder.appendingPathComponent("pid").path, "--dir", folder.path,
            ])
    }

    func kill() {
        let text = try? String(contentsOf: folder.appendingPathComponent("pid"), encoding: .utf8)
        if let process = text.flatMap({ Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) {
            _ = Glibc.kill(process, SIGKILL)
        }
    }

    /// A link whose deadline a busy machine does not miss.
    func link(
        deadline: TimeAmount = .seconds(10),
        logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    ) throws -> RedisLink {
        RedisLink(
            try RedisAddress("unix:\(path)"), group: MultiThreadedEventLoopGroup.singleton, logger: logger,
            deadline: deadline)
    }
}

extension RedisLink {
    func ask(_ question: SharedQuestion) async -> SharedAnswer? {
        await withCheckedContinuation { continuation in ask(question) { continuation.resume(returning: $0) } }
    }

    /// Returns once the server has the script.
    func settle() async throws {
        let question = SharedQuestion(keys: ["weir:test:1", "weir:test:2"], arguments: [1, 0, 0, 0, 1000])
        for _ in 0..<1000 where await ask(question) == nil { try await Task.sleep(for: .milliseconds(10)) }
    }
}

/// Where a check is decided, for tests that all stores must pass.
private protocol Store: AnyObject {
    func check(_ check: ThrottleCheck, _ fingerprint: String, at: Int64) async throws -> ThrottleDecision
    func report(_ report: VerdictReport, at: Int64) async throws
}

private final class InMemory: Store {
    private var throttle: Throttle

    init(_ policies: PolicySet) { throttle = Throttle(policies, seed: 7) }

    func check(_ check: ThrottleCheck, _ fingerprint: String, at: Int64) async throws -> ThrottleDecision {
        try throttle.check(check, fingerprint: fingerprint, now: moment(at))
    }

    func report(_ report: VerdictReport, at: Int64) async throws { try throttle.report(report, now: moment(at)) }
}

/// Two throttles that share a server and are asked in turn: together they must do what one does alone.
private final class Shared: Store {
    private var throttles: [Throttle]
    private let link: RedisLink
    private var turn = 0

    init(_ policies: PolicySet, _ link: RedisLink) {
        throttles = [Throttle(policies, seed: 7), Throttle(policies, seed: 7)]
        throttles[0].tellAll()
        self.link = link
    }

    func check(_ check: ThrottleCheck, _ fingerprint: String, at: Int64) async throws -> ThrottleDecision {
        turn += 1
        let (index, now) = (turn % 2, moment(at))
        let clock = now.wall.milliseconds
        let question = try throttles[index].sharedQuestion(check, fingerprint: fingerprint, now: now, clock: clock)
        let answer = await link.ask(try #require(question))
        return try throttles[index].check(
            check, fingerprint: fingerprint, shared: try #require(answer), now: now)
    }

    func report(_ report: VerdictReport, at: Int64) async throws {
        // One of them hears it; the other only knows what the server tells it.
        try throttles[0].report(report, now: moment(at))
        let now = moment(at)
        await link.tell(throttles[0].takeUntold(now: now, clock: now.wall.milliseconds))
    }
}

@Suite(
    .serialized,
    .enabled(
        if: ProcessInfo.processInfo.environment["CI"] == "true"
            || FileManager.default.isExecutableFile(atPath: RedisServer.program), "redis-server is not here"))
struct SharedStoreTests {
    private static func policies() throws -> PolicySet {
        try PolicySet(
            file: [
                "version": 1,
                // Each throttle counts the refusals that it has answered itself, so two of them raise a level later.
                "levels": ["denials": 1_000_000],
                "policies": [
                    [
                        "name": "login", "match": ["path_prefix": "/login"],
                        "limits": [
                            ["rate_per_s": 0.7, "capacity": 6],
                            ["requests": 30, "per_seconds": 60, "capacity": 12, "key": "prefix"],
                        ],
                    ],
                    ["name": "default", "limits": [["requests": 7, "per_seconds": 3, "capacity": 20]]],
                ],
            ])
    }

    /// The same questions at the same times get the same answers out of memory and out of a server.
    @Test(arguments: [1, 2, 3] as [UInt64]) func bothStoresDecideAlike(seed: UInt64) async throws {
        let server = try await RedisServer()
        let link = try server.link()
        try await link.settle()
        let (memory, shared) = (InMemory(try Self.policies()), Shared(try Self.policies(), link))
        var random = SplitMix(seed: seed)
        var (at, denied): (Int64, Int) = (0, 0)
        for step in 0..<400 {
            // Now and then the clock steps back.
            at += Int64.random(in: 0...100, using: &random) < 3 ? -2000 : Int64.random(in: 0...400, using: &random)
            if step % 130 == 129 {
                let report = VerdictReport.sample(
                    "v\(step)", fingerprint: "fp_1", .behavioralBot, score: 80, at: at)
                for store in [memory, shared] as [any Store] { try await store.report(report, at: at) }
            }
            let check = ThrottleCheck(
                ip: "203.0.113.\(Int.random(in: 7...8, using: &random))",
                path: Bool.random(using: &random) ? "/login" : "/", cost: Int.random(in: 0...3, using: &random))
            let fingerprint = "fp_\(Int.random(in: 1...2, using: &random))"
            let expected = try await memory.check(check, fingerprint, at: at)
            let found = try await shared.check(check, fingerprint, at: at)
            if !expected.allow { denied += 1 }
            #expect(found.allow == expected.allow, "step \(step)")
            #expect(found.level == expected.level, "step \(step)")
            #expect(found.limit == expected.limit, "step \(step)")
            #expect(found.remaining == expected.remaining, "step \(step)")
            #expect(found.reset == expected.reset, "step \(step)")
            #expect((found.retryAfter == nil) == (expected.retryAfter == nil), "step \(step)")
        }
        #expect(denied > 50)
        await link.close()
    }

    @Test func aBlockIsKnownToTheOthersAndEnds() async throws {
        let server = try await RedisServer()
        let link = try server.link()
        try await link.settle()
        let shared = Shared(try Self.policies(), link)
        for number in 0..<3 {
            try await shared.report(
                .sample("v\(number)", .behavioralBot, score: 90, at: Int64(number) * 61_000), at: Int64(number) * 61_000
            )
        }
        let check = ThrottleCheck(ip: "203.0.113.7")
        for _ in 0..<2 {
            let answer = try await shared.check(check, "fp_a", at: 130_000)
            #expect(answer.level == .blocked)
            #expect(!answer.allow)
            #expect((answer.retryAfter ?? 0) > 800)
        }
        for _ in 0..<2 {
            let answer = try await shared.check(check, "fp_a", at: 122_000 + 15 * 60_000)
            #expect(answer.level == .severe)
            #expect(answer.allow)
        }
        await link.close()
    }

    /// However many ask at once and through however many throttles, no token is given twice.
    @Test func oneCheckIsOneStep() async throws {
        let server = try await RedisServer()
        let policies = try PolicySet.single(1, per: 3600, capacity: 50)
        var links: [RedisLink] = []
        var engines: [ThrottleEngine] = []
        for _ in 0..<3 {
            links.append(try server.link())
            engines.append(ThrottleEngine(Throttle(policies, seed: 1)))
            try await links.last!.settle()
        }
        let allowed = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<300 {
                let (engine, link) = (engines[number % 3], links[number % 3])
                group.addTask {
                    try await engine.check(ThrottleCheck(ip: "203.0.113.7", fingerprint: "fp_a"), through: link).allow
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(allowed == 50)
        for link in links { await link.close() }
    }

    /// No request fails while the server is killed and comes back; meanwhile memory decides, which has followed.
    @Test func withoutTheServerMemoryDecides() async throws {
        let server = try await RedisServer()
        let link = try server.link()
        try await link.settle()
        let engine = ThrottleEngine(Throttle(try PolicySet.single(1, per: 3600, capacity: 10), seed: 1))
        let check = ThrottleCheck(ip: "203.0.113.7", fingerprint: "fp_a")
        for left in (5..<10).reversed() { #expect(try await engine.check(check, through: link).remaining == left) }
        server.kill()
        for left in (0..<5).reversed() {
            let answer = try await engine.check(check, through: link)
            #expect(answer.allow)
            #expect(answer.remaining == left)
        }
        #expect(try await !engine.check(check, through: link).allow)
        #expect((link.figures["shared_bypassed_total"] ?? 0) >= 6)
        #expect(link.figures["shared_store_away"] == 1)
        try await server.start()
        try await link.settle()
        #expect(try await engine.check(check, through: link).allow)
        #expect(link.figures["shared_store_away"] == 0)
        await link.close()
    }

    /// A server that hangs makes nobody wait longer than the deadline, and one that was emptied gets its script again.
    @Test func aServerThatHangsOrIsEmptied() async throws {
        let server = try await RedisServer()
        let link = try server.link(deadline: .milliseconds(50))
        try await link.settle()
        let engine = ThrottleEngine(Throttle(try PolicySet.single(1, per: 3600, capacity: 10_000), seed: 1))
        let check = ThrottleCheck(ip: "203.0.113.7", fingerprint: "fp_a")
        let cli = URL(fileURLWithPath: "/usr/bin/redis-cli")
        try await Program.run(cli, ["-s", server.path, "client", "pause", "1500", "all"])
        let before = link.figures["shared_bypassed_total"] ?? 0
        for _ in 0..<200 where link.figures["shared_bypassed_total"] == before {
            #expect(try await engine.check(check, through: link).level == .normal)
        }
        #expect(link.figures["shared_bypassed_total"] != before)
        try await link.settle()
        try await Program.run(cli, ["-s", server.path, "script", "flush"])
        #expect(try await engine.check(check, through: link).level == .normal)
        try await link.settle()
        await link.close()
    }
}

@Suite struct RedisWordsTests {
    @Test(arguments: [
        ("redis://localhost", RedisAddress.Place.host("localhost", 6379), 0), ("redis://h:7000/3", .host("h", 7000), 3),
        ("redis://:secret@h", .host("h", 6379), 0), ("redis://[::1]:7000", .host("::1", 7000), 0),
        ("redis://[::1]", .host("::1", 6379), 0), ("unix:/run/r.sock", .unix("/run/r.sock"), 0),
        ("unix:/run/r.sock?db=2", .unix("/run/r.sock"), 2),
    ])
    func addresses(text: String, place: RedisAddress.Place, database: Int) throws {
        let address = try RedisAddress(text)
        #expect(address.place == place)
        #expect(address.database == database)
        #expect(!"\(address)".contains("secret"))
    }

    @Test(arguments: ["", "redis:", "redis://", "redis://h:0", "redis://h:x", "redis://h/x", "unix:r.sock", "http://h"])
    func badAddresses(text: String) { #expect(throws: (any Error).self) { try RedisAddress(text) } }

    @Test func credentialsComeFirst() throws {
        #expect(try RedisAddress("redis://:p@h/4").greeting == [["AUTH", "p"], ["SELECT", "4"]])
        #expect(try RedisAddress("redis://u:p:q@h").greeting == [["AUTH", "u", "p:q"]])
    }

    private func read(_ text: String) -> RedisReply.Step { Array(text.utf8).withUnsafeBytes { RedisReply.read($0) } }

    @Test(arguments: [
        ("+OK\r\n", RedisReply.Step.reply(.text("OK"), 5)), ("-NOSCRIPT no\r\n", .reply(.error("NOSCRIPT no"), 14)),
        (":-12\r\n+", .reply(.number(-12), 6)), ("$3\r\nabc\r\n", .reply(.text("abc"), 9)),
        ("$-1\r\n", .reply(.none, 5)),
        ("*2\r\n:1\r\n:22\r\n", .reply(.numbers([1, 22]), 13)), ("*0\r\n", .reply(.numbers([]), 4)),
        ("*-1\r\n", .reply(.none, 5)), ("", .incomplete), ("+OK\r", .incomplete), ("$3\r\nab", .incomplete),
        ("*2\r\n:1\r\n", .incomplete), ("*2\r\n:1\r\n:2", .incomplete), ("?\r\n", .broken), (":x\r\n", .broken),
        ("*1\r\n+a\r\n", .broken), ("*99999\r\n", .broken), ("$99999999\r\n", .broken), (":\r\n", .broken),
    ])
    func replies(text: String, expected: RedisReply.Step) { #expect(read(text) == expected) }

    /// However it is cut or spoilt, an answer is read, waited for or refused, and never read past its end.
    @Test func spoiltReplies() {
        let good = Array("*3\r\n:1\r\n:22\r\n:333\r\n$5\r\nabcde\r\n-ERR x\r\n".utf8)
        var random = SplitMix(seed: 9)
        for _ in 0..<20_000 {
            var bytes = Array(good.prefix(Int.random(in: 0...good.count, using: &random)))
            if !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes.withUnsafeBytes { bytes in
                if case .reply(_, let count) = RedisReply.read(bytes) { #expect((1...bytes.count).contains(count)) }
            }
        }
    }
}
