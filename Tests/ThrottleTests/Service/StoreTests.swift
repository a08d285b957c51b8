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
        let store = ThrottleStore(try database.connection(as: "weir_throttle"))
        return MemoryKeeper(engine, store, logger: logger)
    }

    private func engine() -> ThrottleEngine { ThrottleEngine(Throttle(seed: UInt64.random(in: 0...9))) }

    private let judged = ThrottleEngine.now.wall

    private func report(_ id: String, _ cause: Int, fingerprint: String = "fp_a") -> VerdictReport {
        VerdictReport(
            verdictID: id, sessionID: SessionID("sess_\(fingerprint.prefix(100))")!, site: "example.org",
            fingerprint: fingerprint, ip: "203.0.113.7", verdictClass: .behavioralBot, score: cause == 0 ? 70 : 0,
            requestsPerMinute: cause == 1 ? 90 : 0, errorRate: cause == 2 ? 1 : 0, requestCount: 30,
            at: judged)
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

    /// The column holds 68 years; a limit of a token in some centuries is one that a file may have.
    @Test func aRefusalForCenturiesIsStored() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let slow: JSONValue = ["rate_per_s": .number(1e-10), "capacity": 1]
        let policies = try PolicySet(
            file: ["version": 1, "policies": [["name": "default", "limits": [slow]]]])
        let engine = ThrottleEngine(Throttle(policies, seed: 1))
        let keeper = try keeper(engine, database)
        #expect(try engine.check(check).allow)
        let reference = try #require(try engine.check(check).reference)
        await keeper.prepare(patience: .seconds(30))
        #expect(try await keeper.history(reference)?.reference == reference)
    }

    @Test func whatIsForgivenLeavesTheTable() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let store = ThrottleStore(try database.connection(as: "weir_throttle"))
        let now = ThrottleEngine.now
        let key = try #require(ClientKey("203.0.113.7/32+fp_a"))
        var changes = Throttle.Changes()
        changes.standings = [(key, .init(level: .severe, cleanSince: now.monotonic - 1000, cause: .score))]
        try await store.store(changes, [], now: now)
        try await store.store(changes, [], now: now)
        #expect(try await store.levels(now: now).map { "\($0.key)" } == ["\(key)"])
        changes.standings = [(key, .init(level: .normal, cleanSince: now.monotonic - 1000))]
        try await store.store(changes, [], now: now)
        #expect(try await store.levels(now: now).isEmpty)
        // A level that time has seen off while nobody looked is not taken up.
        changes.standings = [(key, .init(level: .warning, cleanSince: now.monotonic - 3_600_000))]
        try await store.store(changes, [], now: now)
        #expect(try await store.levels(now: now).isEmpty)
    }

    /// The calendar set an hour back or forward before the restart frees nobody and holds nobody longer, as long as the
    /// machine itself has not been restarted.
    @Test(arguments: [-3_600_000, 0, 3_600_000] as [Int64])
    func aRestartUnderAnotherCalendarChangesNothing(step: Int64) async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try database.connection(as: "weir_throttle")
        let store = ThrottleStore(connection, boot: "one")
        let now = ThrottleEngine.now
        let keys = try ["203.0.113.7/32+fp_a", "203.0.113.7/32+fp_b"].map { try #require(ClientKey($0)) }
        let memories = [
            Standing.Memory(
                level: .blocked, cleanSince: now.monotonic - 60_000, blockedUntil: now.monotonic + 840_000,
                lastBlockEnd: now.monotonic + 840_000, blocks: 1, cause: .score),
            Standing.Memory(level: .warning, cleanSince: now.monotonic - 60_000, cause: .score),
        ]
        var changes = Throttle.Changes()
        changes.standings = Array(zip(keys, memories))
        try await store.store(changes, [], now: now)
        // Storing goes on under the other calendar, and removes nothing that is still in force.
        let set = Moment(monotonic: now.monotonic + 1000, wall: now.wall + 1000 + step)
        changes.standings = [(try #require(ClientKey("user:eve")), memories[1])]
        try await store.store(changes, [], now: set)
        let found = Dictionary(
            uniqueKeysWithValues: try await store.levels(now: set).map { ($0.key, $0.memory) })
        #expect(found.count == 3)
        #expect(found[keys[0]]?.blockedUntil == memories[0].blockedUntil)
        #expect(found[keys[0]]?.cleanSince == memories[0].cleanSince)
        #expect(found[keys[1]]?.cleanSince == memories[1].cleanSince)
        // After twenty minutes both have gone by the clock that never steps; the block's repetition is remembered.
        let later = Moment(monotonic: now.monotonic + 1_200_000, wall: set.wall + 1_199_000)
        #expect(try await store.levels(now: later).map(\.key) == [keys[0]])
        // Another run of the machine has only the calendar.
        let restarted = ThrottleStore(connection, boot: "two")
        let other = Moment(monotonic: 5000, wall: now.wall)
        let until = try await restarted.levels(now: other).first { $0.key == keys[0] }?.memory.blockedUntil
        #expect(until == 845_000)
    }

    /// The row that the database refuses is dropped, and nothing else that waited with it.
    @Test func aRefusedRowTakesNothingWithIt() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let owner = try database.connection(as: "weir_owner")
        try await owner.execute("alter table throttle_levels add check (key not like '%+fp_refused')")
        let before = engine()
        for number in 0..<9 { try before.report(report("v\(number)", 0, fingerprint: "fp_\(number)")) }
        try before.report(report("refused", 0, fingerprint: "fp_refused"))
        let first = try keeper(before, database)
        let words = ["198.51.100.0/24", "user:eve"]
        for word in words {
            let key = try #require(ClientKey(word))
            first.note(
                ThrottleOverride(action: .block, key: word, reason: "test"), on: key, by: "ann",
                at: ThrottleEngine.now.wall)
        }
        await first.prepare(patience: .seconds(30))
        #expect(!first.isAway)
        #expect(first.figures["store_dropped_total"] == 1)
        #expect(first.figures["overrides_waiting"] == 0)
        let store = ThrottleStore(try database.connection(as: "weir_throttle"))
        let now = ThrottleEngine.now
        // A pair with the fingerprint and one with the session for each report.
        #expect(try await store.levels(now: now).count == 19)
        #expect(try await store.overrides(now: now).map { "\($0.override.key)" }.sorted() == words)
        await owner.close()
    }

    /// Words as long as a line allows are stored like all others, and so is what detectors have told.
    @Test func longKeysAndVerdictsSurviveARestart() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let long = String(repeating: "x", count: 9000)
        let before = engine()
        try before.report(report("v1", 0, fingerprint: long))
        var asked = check
        (asked.fingerprint, asked.cost) = (long, 1000)
        #expect(try !before.check(asked).allow)
        let first = try keeper(before, database)
        await first.prepare(patience: .seconds(30))
        #expect(first.figures["store_dropped_total"] == 0)
        let after = engine()
        let second = try keeper(after, database)
        await second.prepare(patience: .seconds(30))
        #expect(try after.check(asked).level == .warning)
        // The detector sends it again.
        try after.report(report("v1", 0, fingerprint: long))
        #expect(try after.check(asked).level == .warning)
    }

    /// The table says when a client is normal again, though how often it was blocked is kept longer.
    @Test func whatTheTableTellsOfABlock() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try database.connection(as: "weir_throttle")
        let store = ThrottleStore(connection)
        let now = ThrottleEngine.now
        var changes = Throttle.Changes()
        let memory = Standing.Memory(
            level: .blocked, cleanSince: now.monotonic, blockedUntil: now.monotonic + 900_000,
            lastBlockEnd: now.monotonic + 900_000, blocks: 1, cause: .score)
        changes.standings = [(try #require(ClientKey("203.0.113.7/32+fp_a")), memory)]
        try await store.store(changes, [], now: now)
        let minutes = try await connection.query(
            "select round(extract(epoch from expires_at - to_timestamp($1 / 1000.0)) / 60)::int from throttle_levels",
            [.int(now.wall.milliseconds)]
        ).single(Int.self)
        #expect(minutes == 45)
        changes.rules.decay = 7_200_000
        try await store.store(changes, [], now: now)
        let longer = try await connection.query(
            "select round(extract(epoch from expires_at - to_timestamp($1 / 1000.0)) / 60)::int from throttle_levels",
            [.int(now.wall.milliseconds)]
        ).single(Int.self)
        #expect(longer == 15 + 240)
        let later = Moment(monotonic: now.monotonic + 20_000_000, wall: now.wall + 20_000_000)
        #expect(try await store.levels(now: later).count == 1)
    }

    /// Two throttles on one database: what a person says to one, both do.
    @Test func otherThrottlesFollowAPersonsWord() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let engines = [engine(), engine()]
        let keepers = try engines.map { try keeper($0, database) }
        for keeper in keepers { await keeper.prepare(patience: .seconds(30)) }
        let key = try #require(ClientKey("203.0.113.0/24"))
        func say(_ action: ThrottleOverride.Action) async throws {
            let word = ThrottleOverride(action: action, key: "\(key)", seconds: 3600, reason: "test")
            engines[0].withThrottle { throttle in
                if action == .clear {
                    _ = throttle.clear(key)
                } else {
                    try? throttle.set(Override(action == .allow ? .allow : .block, key, until: nil, reason: "test"))
                }
                keepers[0].note(word, on: key, by: "ann", at: ThrottleEngine.now.wall)
            }
            // What was said and is not stored yet is not undone by what is.
            try await keepers[0].follow()
            await keepers[0].prepare(patience: .seconds(30))
            for keeper in keepers { try await keeper.follow() }
        }
        try await say(.block)
        for engine in engines { #expect(try !engine.check(check).allow) }
        try await say(.allow)
        for engine in engines {
            #expect(engine.withThrottle { $0.allOverrides(now: ThrottleEngine.now).map(\.action) } == [.allow])
        }
        try await say(.clear)
        for engine in engines { #expect(engine.withThrottle { $0.allOverrides(now: ThrottleEngine.now).isEmpty }) }
    }

    /// A database that hangs is taken for away, and what waits for it is stored when it answers.
    @Test func aHangingDatabaseIsAway() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try database.connection(as: "weir_throttle", statementTimeout: .milliseconds(300))
        let engine = engine()
        let keeper = MemoryKeeper(engine, ThrottleStore(connection), logger: logger)
        await keeper.prepare(patience: .seconds(30))
        #expect(!keeper.isAway)
        try engine.report(report("v1", 0))
        let owner = try database.connection(as: "weir_owner")
        try await owner.script("begin; lock table throttle_levels in access exclusive mode")
        await keeper.prepare(patience: .seconds(30))
        #expect(keeper.isAway)
        try await owner.script("rollback")
        await keeper.prepare(patience: .seconds(30))
        #expect(!keeper.isAway)
        #expect(keeper.figures["levels_stored_total"] == 2)
        await owner.close()
    }

    @Test func clearingAnOverrideIsAudited() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let store = ThrottleStore(try database.connection(as: "weir_throttle"))
        let key = try #require(ClientKey("user:eve"))
        let now = ThrottleEngine.now
        let words = [ThrottleOverride.Action.block, .allow, .clear].map { action in
            ThrottleStore.AuditedOverride(
                word: ThrottleOverride(
                    action: action, key: "\(key)", seconds: 3600, reason: "because of \(action.rawValue)"),
                key: key, by: "ann", at: now.wall)
        }
        try await store.store(Throttle.Changes(), Array(words[..<2]), now: now)
        #expect(try await store.overrides(now: now).map(\.override.action) == [.allow])
        try await store.store(Throttle.Changes(), Array(words[2...]), now: now)
        #expect(try await store.overrides(now: now).isEmpty)
        let connection = try database.connection(as: "weir_operator")
        let kept = try await connection.query(
            "select count(*) from throttle_overrides where revoked_by = 'ann' and created_by = 'ann'"
        ).single(Int.self)
        #expect(kept == 2)
        let why = try await connection.query(
            "select revoked_reason from throttle_overrides order by created_at, action desc")
        #expect(try why.map { try $0.get(0, as: String.self) } == ["because of allow", "because of clear"])
        await connection.close()
    }
}
