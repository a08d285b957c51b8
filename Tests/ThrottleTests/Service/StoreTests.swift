import Database
import Logging
import PostgresSupport
import Testing
import ThrottleCore
import WeirProtocol

@testable import throttle

/// Levels and overrides through a real database, under the throttle's own role.
@Suite struct StoreTests {
    private let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private func keeper(_ engine: ThrottleEngine, _ database: TestDatabase) throws -> MemoryKeeper {
        let store = ThrottleStore(try database.connection(as: "weir_throttle"), rules: LevelRules())
        return MemoryKeeper(engine, store, logger: logger)
    }

    private func engine() -> ThrottleEngine { ThrottleEngine(Throttle(seed: UInt64.random(in: 0...9))) }

    private func report(_ id: String, _ cause: Int, fingerprint: String = "fp_a") -> VerdictReport {
        VerdictReport(
            verdictID: id, sessionID: SessionID("sess_\(fingerprint)")!, site: "example.org", fingerprint: fingerprint,
            ip: "203.0.113.7", verdictClass: .behavioralBot, score: cause == 0 ? 70 : 0,
            requestsPerMinute: cause == 1 ? 90 : 0, errorRate: cause == 2 ? 1 : 0, requestCount: 30,
            at: ThrottleEngine.now.wall)
    }

    private let check = ThrottleCheck(ip: "203.0.113.7", fingerprint: "fp_a", path: "/wanted")

    @Test func aRestartKeepsBlocksOverridesAndReferences() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let before = engine()
        for cause in 0..<3 { try before.report(report("v\(cause)", cause)) }
        let refused = try before.check(check)
        #expect(!refused.allow)
        let first = try keeper(before, database)
        let key = try #require(ClientKey("198.51.100.0/24"))
        before.withThrottle { try? $0.set(Override(.allow, key, until: nil, reason: "partner")) }
        first.note(
            ThrottleOverride(action: .allow, key: "\(key)", reason: "partner"), on: key, by: "ann",
            at: ThrottleEngine.now.wall)
        await first.prepare(patience: .seconds(30))
        #expect(!first.isAway)

        let after = engine()
        let second = try keeper(after, database)
        await second.prepare(patience: .seconds(30))
        let answer = try after.check(check)
        #expect(!answer.allow)
        #expect(answer.level == .blocked)
        #expect(abs((answer.retryAfter ?? 0) - (refused.retryAfter ?? 0)) <= 95)
        #expect(after.withThrottle { $0.allOverrides(now: ThrottleEngine.now).map(\.key) } == [key])
        let history = try await second.history(try #require(refused.reference))
        #expect(history?.key == "203.0.113.7/32+fp_a")
        #expect(history?.reason == "level_blocked")
        #expect(history?.path == "/wanted")
        #expect(try await second.history("thr0000000000") == nil)
    }

    @Test func whatIsForgivenLeavesTheTable() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let store = ThrottleStore(try database.connection(as: "weir_throttle"), rules: LevelRules())
        let now = ThrottleEngine.now
        let key = try #require(ClientKey("203.0.113.7/32+fp_a"))
        var changes = Throttle.Changes()
        changes.standings = [(key, .init(level: .severe, cleanSince: now.monotonic - 1000, cause: .score))]
        try await store.store(changes, [], now: now)
        try await store.store(changes, [], now: now)
        #expect(try await store.load(now: now).levels.map { "\($0.key)" } == ["\(key)"])
        changes.standings = [(key, .init(level: .normal, cleanSince: now.monotonic - 1000))]
        try await store.store(changes, [], now: now)
        #expect(try await store.load(now: now).levels.isEmpty)
        // A level that time has seen off while nobody looked is not taken up.
        changes.standings = [(key, .init(level: .warning, cleanSince: now.monotonic - 3_600_000))]
        try await store.store(changes, [], now: now)
        #expect(try await store.load(now: now).levels.isEmpty)
    }

    @Test func clearingAnOverrideIsAudited() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let store = ThrottleStore(try database.connection(as: "weir_throttle"), rules: LevelRules())
        let key = try #require(ClientKey("user:eve"))
        let now = ThrottleEngine.now
        let words = [ThrottleOverride.Action.block, .allow, .clear].map { action in
            ThrottleStore.AuditedOverride(
                word: ThrottleOverride(action: action, key: "\(key)", seconds: 3600, reason: "because"), key: key,
                by: "ann", at: now.wall)
        }
        try await store.store(Throttle.Changes(), Array(words[..<2]), now: now)
        #expect(try await store.load(now: now).overrides.map(\.action) == [.allow])
        try await store.store(Throttle.Changes(), Array(words[2...]), now: now)
        #expect(try await store.load(now: now).overrides.isEmpty)
        let connection = try database.connection(as: "weir_operator")
        let kept = try await connection.query(
            "select count(*) from throttle_overrides where revoked_by = 'ann' and created_by = 'ann'"
        ).single(Int.self)
        #expect(kept == 2)
        await connection.close()
    }
}
