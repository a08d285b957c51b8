import Database
import PostgresSupport
import ReporterCore
import Testing
import WeirProtocol

@testable import reporter

/// Reports on the detector's own work, on rows whose answers are counted by hand.
@Suite struct DetectionReportTests {
    private func database(_ statements: [String]) async throws -> TestDatabase {
        let database = try await TestCluster.shared().makeDatabase()
        let writer = try database.connection(as: "postgres")
        for statement in statements { try await writer.execute(statement) }
        await writer.close()
        return database
    }

    @Test func qualityIsMeasuredByLabelsThatNoRuleLooksAt() async throws {
        let session = """
            insert into user_sessions (session_id, started_at, last_activity_at, verdict_id, verdict_class,
                request_count, user_id, bot_name, is_bot, is_behavioral_bot)
            select 'sess_' || $$KIND$$ || n, '2026-11-20 09:00Z', '2026-11-20 09:10Z', 'vd_' || n, 'human', 9, USER, NAME, BOT,
                n < FLAGGED from generate_series(0, COUNT - 1) as n
            """
        func rows(_ kind: String, _ count: Int, flagged: Int, user: String, name: String, bot: String) -> String {
            var text = session
            for (word, value) in [
                ("KIND", kind), ("USER", user), ("NAME", name), ("BOT", bot), ("FLAGGED", "\(flagged)"),
                ("COUNT", "\(count)"),
            ] {
                text = text.split(separator: word, omittingEmptySubsequences: false).joined(separator: value)
            }
            return text
        }
        let database = try await database([
            rows("p", 200, flagged: 1, user: "'u' || n", name: "null", bot: "false"),
            rows("b", 100, flagged: 90, user: "null", name: "'ExampleBot'", bot: "true"),
            // Says nothing either way.
            rows("x", 500, flagged: 250, user: "null", name: "null", bot: "false"),
        ])
        let data = try await database.data("bots quality --since 2026-11-01")
        #expect(data["labelled_sessions"] == 300)
        #expect(data["recall_percent"]?.doubleValue == 90)
        #expect(data["precision_percent"]?.doubleValue == 98.9)
        // Wilson's interval for 90 of 100, from a table.
        #expect(data["recall_low"]?.doubleValue == 82.6)
        #expect(data["recall_high"]?.doubleValue == 94.5)
        let labels = data["labels"]?.arrayValue ?? []
        #expect(labels.map { $0["label"]?.stringValue } == ["registered_or_converted", "declared_program"])
        #expect(labels.map { $0["flagged"]?.integerValue } == [1, 90])
    }

    @Test func anExplanationSaysWhatWouldChangeIt() async throws {
        let signals = """
            [{"name":"high_request_count","points":30,"observed":61,"threshold":50},
             {"name":"regular_timing","points":25,"observed":0.02,"threshold":0.1}]
            """
        let database = try await database([
            """
            insert into user_sessions (session_id, started_at, last_activity_at, verdict_id, verdict_class,
                is_behavioral_bot, behavioral_bot_score)
            values ('sess_1', now(), now(), 'vd_1', 'behavioral_bot', true, 55),
                ('sess_2', now(), now(), 'vd_2', 'human', false, 15)
            """,
            """
            insert into session_verdicts (session_id, verdict_id, at, class, score, is_behavioral_bot, signals)
            values ('sess_1', 'vd_1', now(), 'behavioral_bot', 55, true, '\(signals)'),
                ('sess_2', 'vd_2', now(), 'human', 15, false, '[]')
            """,
        ])
        let changes = try await database.data("bots explain sess_1")["would_change"]?.arrayValue ?? []
        #expect(
            changes.map { $0["change"]?.stringValue } == [
                "without high_request_count (30 points)", "without regular_timing (25 points)",
            ])
        #expect(changes.first?["result"]?.stringValue == "score 25, no behavioural bot")
        let human = try await database.data("bots explain sess_2")["would_change"]?.arrayValue ?? []
        #expect(human.map { $0["change"]?.stringValue } == ["35 points more"])
    }

    @Test func aSeriesSaysHowFarItHasLearned() async throws {
        let database = try await database([
            """
            insert into anomaly_series (minute, site, series, population, value)
            select now() - make_interval(mins => n), 'shop.example', 'requests', 'human', n
            from generate_series(1, 57) as n
            """,
            """
            insert into anomaly_series (minute, site, series, population, value)
            select now() - make_interval(mins => n), 'shop.example', 'sessions', 'human', n
            from generate_series(1, 200) as n
            """,
        ])
        let rows = try await database.data("anomalies series")["series"]?.arrayValue ?? []
        #expect(rows.map { $0["state"]?.stringValue } == ["learning: 57 of 200", "watching"])
        #expect(rows.map { $0["last_value"]?.doubleValue } == [1, 1])
    }
}
