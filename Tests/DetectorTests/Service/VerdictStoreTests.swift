import Database
import DetectorCore
import Logging
import PostgresSupport
import ServiceLifecycle
import Synchronization
import Testing
import WeirProtocol

@testable import detector

/// What becomes of verdicts on their way into a real database.
@Suite("Storing verdicts") struct VerdictStoreTests {
    private static func evidence(_ number: Int) -> SessionEvidence {
        var evidence = JudgeTests.session(at: [0, 40]) { evidence in
            evidence.fingerprint = "fp_test"
            evidence.ipPrefix = "192.0.2.0/24"
        }
        evidence.sessionID = SessionID("sess_\(number)")!
        return evidence
    }

    private static func finding(_ number: Int, score: Int = 0) -> StandingShare.Finding {
        let evidence = evidence(number)
        var verdict = Judge().verdict(on: evidence)
        verdict.score = score
        return StandingShare.Finding(verdict: verdict, evidence: evidence, velocity: 2)
    }

    /// What `add` answers to each, in their order, once all are settled.
    private static func answers(
        _ store: VerdictStore, _ findings: [StandingShare.Finding]
    ) async -> [String] {
        await withCheckedContinuation { continuation in
            store.add(findings) { refused in
                continuation.resume(returning: findings.indices.map { refused[$0]?.code.rawValue ?? "stored" })
            }
        }
    }

    private static func stored(_ database: TestDatabase) async throws -> Int {
        try await database.connection(as: "weir_reporter").query("select count(*) from session_verdicts").single()
    }

    @Test("a batch that the database rejects is halved until the culprits are alone")
    func halving() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        try await database.connection(as: "postgres").script(
            "alter table session_verdicts add constraint unlucky check (score <> 13)")
        try await ServiceBench.running(database) { bench in
            let findings = (0..<37).map { Self.finding($0, score: [5, 6, 36].contains($0) ? 13 : 1) }
            let answers = await Self.answers(bench.store, findings)
            #expect(answers.indices.filter { answers[$0] == "bad_body" } == [5, 6, 36])
            #expect(answers.count { $0 == "stored" } == 34)
            #expect(bench.store.counters.stored == 34 && bench.store.counters.rejected == 3)
            #expect(!bench.store.counters.isAway && bench.store.counters.deferred == 0)
            // What was refused does not stand in the way of what follows.
            #expect(await Self.answers(bench.store, [Self.finding(99)]) == ["stored"])
        }
        #expect(try await Self.stored(database) == 35)
        // The standing counts what was stored, once.
        let standing = try await database.connection(as: "weir_reporter").query(
            "select total_session_count from fingerprint_reputation")
        #expect(try standing.single(Int.self) == 35)
    }

    @Test("the rest of a list is answered when some of its verdicts cannot be stored")
    func lists() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        try await database.connection(as: "postgres").script(
            "alter table session_verdicts add constraint unlucky check (session_id <> 'sess_1')")
        try await ServiceBench.running(database) { bench in
            func verdicts(_ numbers: [Int]) async throws -> [String] {
                let list = EvidenceList(sessions: numbers.map { Self.evidence($0) })
                return try await withCheckedContinuation { continuation in
                    bench.service.evaluate(list) { continuation.resume(returning: $0) }
                }.get().verdicts.map(\.sessionID.text)
            }
            let some = try await verdicts([0, 1, 2])
            #expect(some == ["sess_0", "sess_2"])
            let none = try await verdicts([])
            #expect(none.isEmpty)
            await #expect(throws: WireError.self) { try await verdicts([1]) }
            await #expect(throws: WireError.self) { try await bench.verdict(on: Self.evidence(1)) }
            // Asked again, a verdict is the same row.
            let again = try await verdicts([0, 2])
            #expect(again == ["sess_0", "sess_2"])
        }
        #expect(try await Self.stored(database) == 2)
    }

    @Test("nothing is kept of a session that was erased meanwhile, until it comes back")
    func erasure() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let owner = try database.connection(as: "postgres")
        try await owner.script(
            """
            insert into erased_sessions (session_id) values ('sess_1'), ('sess_2');
            insert into user_sessions (session_id) values ('sess_2')
            """)
        try await ServiceBench.running(database) { bench in
            #expect(await Self.answers(bench.store, [Self.finding(1)]) == ["stored"])
            let standings: Int = try await owner.query("select count(*) from fingerprint_reputation").single()
            #expect(standings == 0)
            #expect(
                await Self.answers(bench.store, (0...2).map { Self.finding($0) }) == ["stored", "stored", "stored"])
        }
        let kept: String = try await owner.query(
            "select string_agg(session_id, ' ' order by session_id) from session_verdicts"
        ).single()
        #expect(kept == "sess_0 sess_2")
        #expect(try await owner.query("select total_session_count from fingerprint_reputation").single() == 2)
    }

    @Test("counts beyond what a column holds are stored as its largest")
    func largeCounts() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        try await ServiceBench.running(database) { bench in
            var evidence = Self.evidence(1)
            evidence.requestCount = SessionEvidence.countLimit
            let verdict = try await bench.verdict(on: evidence)
            #expect(verdict.judgedCount >= SessionEvidence.countLimit)
        }
        #expect(
            try await database.connection(as: "postgres").query("select judged_count from session_verdicts").single()
                == Int(Int32.max))
    }

    @Test("a full queue refuses all of what does not fit, and loses nothing that it took")
    func overload() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let store = VerdictStore(try database.connection(as: "weir_detector"), logger: ServiceBench.logger)
        // Nothing stores yet.
        let taken = Mutex([String: Int]())
        func take(_ findings: [StandingShare.Finding]) {
            store.add(findings) { refused in
                taken.withLock { taken in
                    for place in findings.indices { taken[refused[place]?.code.rawValue ?? "stored", default: 0] += 1 }
                }
            }
        }
        let some = Self.finding(1)
        take([StandingShare.Finding](repeating: some, count: VerdictStore.queueLimit - 1))
        take([some, some])
        #expect(taken.withLock { $0 } == ["overloaded": 2])
        take([some])
        take([some])
        #expect(taken.withLock { $0 } == ["overloaded": 3])
        #expect(store.counters.queued == VerdictStore.queueLimit)

        // Stopping stores what was taken, and takes no more.
        let group = ServiceGroup(services: [store], logger: ServiceBench.logger)
        async let ended: Void = group.run()
        await group.triggerGracefulShutdown()
        try await ended
        #expect(taken.withLock { $0 } == ["overloaded": 3, "stored": VerdictStore.queueLimit])
        take([some])
        #expect(taken.withLock { $0["unavailable"] } == 1)
        #expect(try await Self.stored(database) == 1)
    }

    @Test("while the database is away verdicts are refused as unavailable, and stored when it is back")
    func outage() async throws {
        let cluster = try await TestCluster.make()
        let database = try await cluster.makeDatabase()
        try await ServiceBench.running(database) { bench in
            #expect(await Self.answers(bench.store, [Self.finding(1)]) == ["stored"])
            try await cluster.stop()
            #expect(
                await Self.answers(bench.store, [Self.finding(2), Self.finding(3)]) == ["unavailable", "unavailable"])
            // The collector asks again: nothing is lost.
            #expect(bench.store.counters.isAway)
            #expect(bench.store.counters.deferred == 2 && bench.store.counters.rejected == 0)
            try await cluster.start()
            // Also with nothing to store it sees that the database is back.
            let limit = ContinuousClock.now + .seconds(20)
            while bench.store.counters.isAway, .now < limit { try await Task.sleep(for: .milliseconds(50)) }
            #expect(!bench.store.counters.isAway)
            #expect(await Self.answers(bench.store, [Self.finding(2)]) == ["stored"])
        }
        #expect(try await Self.stored(database) == 2)
        try await cluster.destroy()
    }

    @Test("a restart of the database between two verdicts costs neither of them a second question")
    func restart() async throws {
        let cluster = try await TestCluster.make()
        let database = try await cluster.makeDatabase()
        try await ServiceBench.running(database) { bench in
            #expect(await Self.answers(bench.store, [Self.finding(1)]) == ["stored"])
            try await cluster.stop()
            try await cluster.start()
            #expect(await Self.answers(bench.store, [Self.finding(2)]) == ["stored"])
            #expect(bench.store.counters.deferred == 0 && bench.store.counters.rejected == 0)
        }
        #expect(try await Self.stored(database) == 2)
        try await cluster.destroy()
    }
}
