import CollectorCore
import Database
import Foundation
import Logging
import PostgresSupport
import Testing
import WeirProtocol

@testable import collector

/// What usage records and application events come to in a real database.
@Suite struct UsageDrainTests {
    private let start = Timestamp(year: 2026, month: 3, day: 1, hour: 10)

    private struct Bench {
        let drain: UsageDrain
        let operatorConnection: Connection
        let owner: Connection
        let deadDirectory: String

        static func make() async throws -> Bench {
            let database = try await TestCluster.shared().makeDatabase()
            let dead = NSTemporaryDirectory() + "weir-dead-" + UUID().uuidString
            return Bench(
                drain: UsageDrain(
                    connection: try database.connection(as: "weir_collector"),
                    deadLetters: DeadLetters(directory: dead),
                    logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })),
                operatorConnection: try database.connection(as: "weir_operator"),
                owner: try database.connection(as: "weir_owner"), deadDirectory: dead)
        }

        func value(_ sql: String) async throws -> String {
            try await operatorConnection.query("select coalesce((\(sql))::text, 'null')").single()
        }

        func session(_ id: String) async throws {
            try await owner.execute("insert into user_sessions (session_id) values ($1)", [.text(id)])
        }

        /// tasks/messages/requests/tokens/cost of a session.
        func totals(_ id: String = "sess_a") async throws -> String {
            try await value(
                """
                select concat_ws('/', task_count, message_count, ai_request_count, total_tokens_used,
                    total_ai_cost_microdollars) from user_sessions where session_id = '\(id)'
                """)
        }

        func price(_ model: String, provider: String = "", from: String, _ rates: String) async throws {
            try await operatorConnection.execute(
                """
                insert into prices (model, provider, valid_from, input_microdollars_per_token,
                    output_microdollars_per_token, cache_read_microdollars_per_token,
                    cache_creation_microdollars_per_token)
                values ($1, $2, $3, \(rates))
                """, [.text(model), .text(provider), .text(from)])
        }
    }

    private func record(
        _ kind: UsageRecord.Kind, _ seconds: Int64 = 0, session: String? = "sess_a",
        _ change: (inout UsageRecord) -> Void = { _ in }
    ) -> SpooledUsage {
        let at = start + seconds * 1000
        var record = UsageRecord(
            eventID: EventID(at: at, entropy: (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max))),
            at: at, kind: kind)
        record.sessionID = session.flatMap { SessionID($0) }
        change(&record)
        return .usage(UsageIntake().kept(record))
    }

    private func request(
        _ id: String, input: Int64, output: Int64, model: String = "m", session: String? = "sess_a", cost: Int64? = nil,
        _ change: (inout UsageRecord) -> Void = { _ in }
    ) -> SpooledUsage {
        record(.aiRequest, session: session) {
            ($0.id, $0.model, $0.inputTokens, $0.outputTokens) = (id, model, input, output)
            $0.costMicrodollars = cost
            change(&$0)
        }
    }

    @Test func totalsRiseOnceHoweverOftenARecordIsOffered() async throws {
        let bench = try await Bench.make()
        try await bench.session("sess_a")
        let records = [
            record(.conversation) { ($0.contextID, $0.name) = ("c1", "Order") },
            record(.task) { ($0.taskID, $0.contextID, $0.agentName) = ("t1", "c1", "clerk") },
            record(.message, 1) { ($0.taskID, $0.messageID, $0.role) = ("t1", "m1", .user) },
            record(.message, 2) { ($0.taskID, $0.messageID, $0.role) = ("t1", "m2", .agent) },
            request("r1", input: 100, output: 20, cost: 1500), request("r2", input: 7, output: 3, cost: 40),
            record(.tool) { ($0.toolName, $0.id) = ("search", "x1") },
        ]
        #expect(try await bench.drain.commit(records) == Drain.Outcome(stored: 7, duplicates: 0, dead: 0))
        #expect(try await bench.totals() == "1/2/2/130/1540")
        #expect(try await bench.drain.commit(records) == Drain.Outcome(stored: 0, duplicates: 7, dead: 0))
        #expect(try await bench.drain.commit(Array(records[3...]) + records[..<5]).stored == 0)
        #expect(try await bench.totals() == "1/2/2/130/1540")
        #expect(
            try await bench.value(
                "select concat_ws('/', sum(accepted), sum(stored), sum(duplicates)) from ingest_ledger")
                == "23/7/16"
        )
        #expect(
            try await bench.value("select name || count(*) over () from conversations") == "Order1")
        #expect(try await bench.value("select tool_name || status from tool_executions") == "searchsuccess")
    }

    /// The same pieces in any order, in one batch or in many, come to the same.
    @Test(arguments: [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1, 2, 0]], [true, false])
    func aStreamIsOneRequest(order: [Int], inOneBatch: Bool) async throws {
        let bench = try await Bench.make()
        try await bench.session("sess_a")
        let pieces = [
            request("r", input: 100, output: 0) {
                $0.status = "pending"
                $0.isStreaming = true
            },
            request("r", input: 100, output: 50) { $0.status = "pending" },
            request("r", input: 100, output: 90, cost: 777) {
                $0.completedAt = start + 2500
                $0.errorMessage = nil
            },
        ]
        let offered = order.map { pieces[$0] }
        for batch in inOneBatch ? [offered] : offered.map({ [$0] }) { _ = try await bench.drain.commit(batch) }
        #expect(try await bench.totals() == "0/0/1/190/777")
        #expect(
            try await bench.value(
                "select concat_ws('/', status, input_tokens, output_tokens, cost_source, is_streaming, latency_ms) from ai_requests"
            ) == "completed/100/90/sender/t/2500")
    }

    @Test(arguments: [[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    func aTaskThatHasEndedStaysEnded(order: [Int]) async throws {
        let bench = try await Bench.make()
        try await bench.session("sess_a")
        let states = [("submitted", Int64(0)), ("working", 5), ("completed", 60)].map { status, seconds in
            record(.task, seconds) {
                ($0.taskID, $0.status) = ("t", status)
                if status == "working" { $0.agentName = "clerk" }
            }
        }
        for index in order { _ = try await bench.drain.commit([states[index]]) }
        #expect(try await bench.totals() == "1/0/0/0/0")
        let row = try await bench.operatorConnection.query("select * from agent_tasks")[0]
        #expect(try row.get("status", as: String.self) == "completed")
        #expect(try row.get("agent_name", as: String.self) == "clerk")
        #expect(try row.milliseconds("started_at") == start.milliseconds)
    }

    /// By hand: microdollars per token times tokens, summed, then rounded half away from zero.
    @Test func pricesAreExactAndDated() async throws {
        let bench = try await Bench.make()
        try await bench.session("sess_a")
        try await bench.price("m", from: "2025-01-01", "9, 9, null, null")
        try await bench.price("m", from: "2026-03-01", "0.15, 0.6, 0.075, null")
        try await bench.price("m", from: "2026-03-02", "99, 99, 99, 99")
        try await bench.price("m", provider: "p", from: "2026-01-01", "1, 2, 0.5, 1.25")
        try await bench.price("azure/n", from: "2026-01-01", "2.5, 10, null, null")
        let cases: [(SpooledUsage, Int64, String)] = [
            // 1000 * 0.15 + 500 * 0.6 = 450
            (request("plain", input: 1000, output: 500), 450, "prices"),
            // 1 * 0.15 + 2 * 0.6 = 1.35
            (request("down", input: 1, output: 2), 1, "prices"),
            // 10 * 0.15 = 1.5, away from zero
            (request("half", input: 10, output: 0), 2, "prices"),
            // 200 * 0.15 + 800 * 0.075 + 10 * 0.6 = 96
            (request("cached", input: 1000, output: 10) { $0.cacheReadTokens = 800 }, 96, "prices"),
            // 100 * 1 + 300 * 0.5 + 600 * 1.25 + 10 * 2 = 1020
            (
                request("provider", input: 1000, output: 10) {
                    ($0.provider, $0.cacheReadTokens, $0.cacheCreationTokens) = ("p", 300, 600)
                }, 1020, "prices"
            ),
            // 4 * 2.5 + 3 * 10 = 40
            (request("prefixed", input: 4, output: 3, model: "n") { $0.provider = "azure" }, 40, "prices"),
            (request("given", input: 1000, output: 500, cost: 3), 3, "sender"),
            (request("unheard", input: 1000, output: 500, model: "o"), 0, "unknown"),
            // 2025's price: 1_000_000_000 * 9 twice is beyond 32 bits
            (
                request("large", input: 1_000_000_000, output: 1_000_000_000) {
                    $0.at = Timestamp(year: 2026, month: 2, day: 28, hour: 23)
                }, 18_000_000_000, "prices"
            ),
        ]
        _ = try await bench.drain.commit(cases.map(\.0))
        for (record, cost, source) in cases {
            guard case .usage(let usage) = record, let id = usage.id else { continue }
            #expect(
                try await bench.value(
                    "select cost_microdollars || cost_source from ai_requests where id = '\(id)'")
                    == "\(cost)\(source)",
                "\(id)")
        }
        let total = cases.reduce(0) { $0 + $1.1 }
        #expect(
            try await bench.value("select total_ai_cost_microdollars from user_sessions") == String(total))
    }

    @Test func aPriceThatComesLaterCountsOnce() async throws {
        let bench = try await Bench.make()
        try await bench.session("sess_a")
        _ = try await bench.drain.commit([
            request("r", input: 100, output: 10), request("s", input: 1, output: 1, cost: 9),
        ])
        #expect(try await bench.totals() == "0/0/2/112/9")
        #expect(try await bench.drain.reprice() == false)
        try await bench.price("m", from: "2026-01-01", "3, 15, null, null")
        #expect(try await bench.drain.reprice() == false)
        #expect(try await bench.drain.reprice() == false)
        // 100 * 3 + 10 * 15
        #expect(try await bench.totals() == "0/0/2/112/459")
    }

    @Test func aSessionThatComesLaterGetsWhatItIsOwed() async throws {
        let bench = try await Bench.make()
        _ = try await bench.drain.commit([
            request("r", input: 100, output: 10, cost: 5) { $0.userID = "u1" },
            record(.task) { $0.taskID = "t" },
        ])
        _ = try await bench.drain.commit([request("s", input: 1, output: 1, cost: 5)])
        try await bench.drain.settle()
        #expect(try await bench.value("select count(*) from session_usage_owed") == "1")
        try await bench.session("sess_a")
        try await bench.drain.settle()
        try await bench.drain.settle()
        #expect(try await bench.totals() == "1/0/2/112/10")
        #expect(try await bench.value("select user_id || user_type from user_sessions") == "u1registered")
        #expect(try await bench.value("select count(*) from session_usage_owed") == "0")
        try await bench.owner.execute(
            """
            insert into session_usage_owed (session_id, first_at, task_count, updated_at)
            values ('sess_never', now(), 1, now() - interval '2 days')
            """)
        try await bench.drain.settle()
        #expect(try await bench.value("select count(*) from session_usage_owed") == "0")
    }

    @Test func aRecordMayChangeItsSession() async throws {
        let bench = try await Bench.make()
        try await bench.session("sess_a")
        _ = try await bench.drain.commit([request("r", input: 10, output: 0, session: nil, cost: 4)])
        #expect(try await bench.totals() == "0/0/0/0/0")
        _ = try await bench.drain.commit([request("r", input: 10, output: 5, cost: 4)])
        #expect(try await bench.totals() == "0/0/1/15/4")
        // The first session that is named stays.
        try await bench.session("sess_b")
        _ = try await bench.drain.commit([request("r", input: 10, output: 6, session: "sess_b", cost: 4)])
        #expect(try await bench.totals() == "0/0/1/16/4")
        #expect(try await bench.totals("sess_b") == "0/0/0/0/0")
    }

    @Test func applicationEventsConvertOnce() async throws {
        let bench = try await Bench.make()
        try await bench.session("sess_a")
        func event(_ type: String, _ seconds: Int64, session: String? = "sess_a", user: String? = nil) -> SpooledUsage {
            let at = start + seconds * 1000
            var record = EventRecord(
                eventID: EventID(at: at, entropy: (UInt64(seconds), UInt64.random(in: 0...UInt64.max))), at: at,
                eventType: type)
            record.sessionID = session.flatMap { SessionID($0) }
            record.userID = user
            record.pageURL = "https://shop.example/thanks?order=7&token=s3cret"
            record.data = ["goal": "order\u{0}"]
            return .event(UsageIntake().kept(record))
        }
        let events = [
            event("signup", 0), event("conversion", 30), event("conversion", 60), event("note", 5, session: nil),
        ]
        #expect(try await bench.drain.commit(events) == Drain.Outcome(stored: 4, duplicates: 0, dead: 0))
        #expect(try await bench.drain.commit(events) == Drain.Outcome(stored: 0, duplicates: 4, dead: 0))
        let row = try await bench.operatorConnection.query("select * from user_sessions")[0]
        #expect(try row.milliseconds("converted_at") == (start + 30_000).milliseconds)
        #expect(try row.get("request_count", as: Int.self) == 0)
        #expect(
            try await bench.value(
                "select concat_ws(' ', event_category, path, query, event_data ->> 'goal') from analytics_events where event_type = 'signup'"
            ) == "custom /thanks order=7&token=REDACTED order")
        _ = try await bench.drain.commit([event("login", 90, user: "u9")])
        #expect(try await bench.value("select user_id || user_type from user_sessions") == "u9registered")
    }

    @Test func aRecordThatTheDatabaseRefusesBecomesADeadLetter() async throws {
        let bench = try await Bench.make()
        try await bench.session("sess_a")
        // The wire's own check lets no such status through; a spool of another release might.
        let bad = record(.task) { ($0.taskID, $0.status) = ("bad", "dancing") }
        let good = (0..<9).map { index in request("r\(index)", input: 1, output: 1, cost: 1) }
        let outcome = try await bench.drain.commit(good[..<4] + [bad] + good[4...], refused: ["bad_body": 2])
        #expect(outcome == Drain.Outcome(stored: 9, duplicates: 0, dead: 1))
        #expect(try await bench.totals() == "0/0/9/18/9")
        #expect(
            try await bench.value(
                "select concat_ws('/', sum(accepted), sum(stored), sum(dead), sum(refused)) from ingest_ledger")
                == "10/9/1/2")
        let files = try FileManager.default.contentsOfDirectory(atPath: bench.deadDirectory)
        let text = try String(contentsOfFile: bench.deadDirectory + "/" + (try #require(files.first)), encoding: .utf8)
        #expect(text.contains("dancing") && text.contains("\"reason\""))
        try? FileManager.default.removeItem(atPath: bench.deadDirectory)
    }
}
