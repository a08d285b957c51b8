import CollectorCore
import Database
import Foundation
import Logging
import NIOPosix
import PostgresSupport
import Synchronization
import Testing
import Transport
import WeirProtocol

@testable import collector

/// Sessions that were judged before a look-up told who they are, and a detector that knows better now.
@Suite struct LookedUpTests {
    /// A detector that answers with one class, whatever it is asked.
    private static func detecting<T: Sendable>(
        as verdictClass: VerdictClass, verdictID: String,
        _ body: (DetectorRing, _ asked: () -> [String]) async throws -> T
    ) async throws -> T {
        let group = MultiThreadedEventLoopGroup.singleton
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let directory = NSTemporaryDirectory() + "weir-ring-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let asked = Mutex<[String]>([])
        var table = MessageTable(service: "detector")
        table.onImmediately(.sessionsEvaluate) { envelope, _ throws(WireError) in
            let list = try envelope.decode(EvidenceList.self)
            asked.withLock { $0 += list.sessions.map(\.sessionID.text) }
            return MessageTable.Reply(
                .sessionsVerdicts,
                VerdictList(
                    verdicts: list.sessions.map { evidence in
                        SessionVerdict(
                            verdictID: verdictID, sessionID: evidence.sessionID, verdictClass: verdictClass, score: 0,
                            isBot: true, isScanner: false, isBehavioralBot: false, signals: [], ruleSet: "test",
                            judgedCount: evidence.requestCount + evidence.assetCount + evidence.engagementEvents,
                            at: evidence.now, botName: "Googlebot", botCategory: "search")
                    }))
        }
        let server = try await LineServer.start(
            .path(directory + "/detector-1.sock"), table: table, group: group, logger: logger)
        let ring = DetectorRing(directory: directory, group: group, logger: logger)
        do {
            let result = try await body(ring) { asked.withLock { $0.sorted() } }
            await ring.close()
            await server.stop()
            return result
        } catch {
            await ring.close()
            await server.stop()
            throw error
        }
    }

    private static func database() async throws -> (TestDatabase, Connection) {
        let database = try await TestCluster.shared().makeDatabase()
        let writer = try database.connection(as: "postgres")
        // a, b: judged too early; c knows already; d probes besides; e was flagged by hand; f is another visitor's.
        for (id, verdictClass, source) in [
            ("a", "declared_bot", "auto"), ("b", "verified_bot", "auto"), ("c", "false_claim", "auto"),
            ("d", "scanner", "auto"), ("e", "declared_bot", "manual"), ("f", "declared_bot", "auto"),
        ] {
            try await writer.execute(
                """
                insert into user_sessions (session_id, started_at, last_activity_at, updated_at, verdict_id,
                    verdict_class, is_bot, request_count, judged_count, flags_source, ip_address)
                values ('sess_\(id)', now() - interval '2 min', now() - interval '2 min', now() - interval '2 min',
                    'vd_old', '\(verdictClass)', true, 1, 1, '\(source)', '192.0.2.1')
                """)
        }
        return (database, writer)
    }

    private static func recovery(_ database: TestDatabase, _ ring: DetectorRing) throws -> Recovery {
        let connection = try database.connection(as: "weir_collector")
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let dead = DeadLetters(directory: NSTemporaryDirectory() + "weir-dead-" + UUID().uuidString)
        return Recovery(
            evidence: StoredEvidence(connection: connection),
            drain: Drain(connection: connection, source: "live", idleSeconds: 1800, deadLetters: dead, logger: logger),
            ring: ring, logger: logger)
    }

    private static func lookUp(_ result: String, checked: String = "now()", _ writer: Connection) async throws {
        try await writer.execute(
            """
            insert into crawler_verifications (ip_address, claim, result, method, checked_at, expires_at, sessions)
            values ('192.0.2.1', 'Googlebot', '\(result)', 'reverse_dns', \(checked), now() + interval '1 day',
                '{sess_a,sess_b,sess_c,sess_d,sess_e,sess_gone}')
            """)
    }

    @Test("a look-up has exactly those sessions judged again whose verdict it contradicts")
    func corrected() async throws {
        let (database, writer) = try await Self.database()
        try await Self.lookUp("false_claim", writer)
        try await Self.detecting(as: .falseClaim, verdictID: "vd_new") { ring, asked in
            let recovery = try Self.recovery(database, ring)
            try await recovery.evidence.queueLookedUp()
            #expect(try await recovery.judgeSome(quietFor: 30) == 2)
            #expect(asked() == ["sess_a", "sess_b"])
            try await recovery.evidence.queueLookedUp()
            #expect(try await recovery.judgeSome(quietFor: 0) == 0)
        }
        let classes = try await writer.query(
            "select verdict_class || ' ' || verdict_id from user_sessions order by session_id"
        ).map { try $0.get(0, as: String.self) }
        #expect(
            classes == [
                "false_claim vd_new", "false_claim vd_new", "false_claim vd_old", "scanner vd_old",
                "declared_bot vd_old", "declared_bot vd_old",
            ])
    }

    @Test("a detector that answers as before is not asked without end")
    func unchanged() async throws {
        let (database, writer) = try await Self.database()
        try await Self.lookUp("verified", writer)
        try await Self.detecting(as: .declaredBot, verdictID: "vd_old") { ring, asked in
            let recovery = try Self.recovery(database, ring)
            try await recovery.evidence.queueLookedUp()
            #expect(try await recovery.judgeSome(quietFor: 30) == 3)
            #expect(asked() == ["sess_a", "sess_c", "sess_d"])
            #expect(try await recovery.evidence.waitingCount() == 0)
            // Another detector may have learned it by the next time, half a minute later.
            try await recovery.evidence.queueLookedUp()
            #expect(try await recovery.judgeSome(quietFor: 30) == 0)
        }
    }

    @Test("an old look-up, and one that said nothing, change nothing", arguments: ["verified", "unknown"])
    func noNews(_ result: String) async throws {
        let (database, writer) = try await Self.database()
        try await Self.lookUp(
            result, checked: result == "unknown" ? "now()" : "now() - interval '2 hours'", writer)
        let evidence = StoredEvidence(connection: try database.connection(as: "weir_collector"))
        try await evidence.queueLookedUp()
        #expect(try await evidence.waitingCount() == 0)
    }
}
