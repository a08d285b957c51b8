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

    /// Sessions `kind`0…, of which the first `flagged` are called bots by their behaviour.
    private static func sessions(_ kind: String, _ count: Int, flagged: Int) -> [String] {
        [
            """
            insert into user_sessions (session_id, started_at, last_activity_at, verdict_id, verdict_class,
                request_count, is_behavioral_bot)
            select '\(kind)' || n, '2026-11-20 09:00Z', '2026-11-20 09:10Z', 'vd_\(kind)' || n, 'human', 9,
                n < \(flagged) from generate_series(0, \(count - 1)) as n
            """,
            """
            insert into session_verdicts (session_id, verdict_id, at, class, signals)
            select '\(kind)' || n, 'vd_\(kind)' || n, '2026-11-20 09:10Z', 'human', '[]'
            from generate_series(0, \(count - 1)) as n
            """,
        ]
    }

    private static func readings(_ kind: String, _ count: Int, _ measures: String, _ values: String) -> String {
        """
        insert into engagement_events (day, id, session_id, page_url, created_at, \(measures))
        select '2026-11-20', md5('\(kind)' || n)::uuid, '\(kind)' || n, '/', '2026-11-20 09:01Z', \(values)
        from generate_series(0, \(count - 1)) as n
        """
    }

    @Test func handsAtWorkLabelPeople() async throws {
        let database = try await database(
            Self.sessions("reads", 50, flagged: 2) + Self.sessions("clicks", 40, flagged: 20)
                + Self.sessions("leaves", 30, flagged: 3) + [
                    Self.readings(
                        "reads", 50, "visible_time_ms, scroll_direction_changes, mouse_move_distance_px",
                        "10000, 1, 500"),
                    // One trace alone, and two of a page that was in view for a moment, prove nothing.
                    Self.readings("clicks", 40, "visible_time_ms, click_count", "60000, 3"),
                    Self.readings("leaves", 30, "visible_time_ms, click_count, keyboard_events", "9999, 3, 5"),
                ])
        let data = try await database.data("bots quality --since 2026-11-01")
        let labels = data["labels"]?.arrayValue ?? []
        #expect(labels.map { $0["label"]?.stringValue } == ["engaged"])
        #expect(labels.first?["sessions"] == 50)
        #expect(labels.first?["flagged"] == 2)
        #expect(labels.first?["measure"] == "accused")
        #expect(labels.first?["share_percent"]?.doubleValue == 4)
        #expect(labels.first?["precision_percent"] == .null)
        #expect(labels.first?["rules_see"] == "that events came, not what they hold")
    }

    @Test func aHoneypotLabelsProgramsUnlessARuleSawIt() async throws {
        func asks(_ kind: String, _ count: Int, _ path: String) -> String {
            """
            insert into analytics_events (day, event_id, "timestamp", session_id, event_type, event_category, method,
                path, status, kind)
            select '2026-11-20', md5('\(kind)' || n)::uuid, '2026-11-20 09:02Z', '\(kind)' || n, 'request', 'http', 'GET',
                '\(path)', 200, 'document' from generate_series(0, \(count - 1)) as n
            """
        }
        let database = try await database(
            ["select ensure_event_partitions(array['2026-11-20'::date])"] + Self.sessions("pot", 40, flagged: 30)
                + Self.sessions("below", 10, flagged: 10) + Self.sessions("probe", 20, flagged: 20)
                + Self.sessions("other", 25, flagged: 5) + Self.sessions("reads", 50, flagged: 10) + [
                    asks("pot", 40, "/do-not-open"), asks("below", 10, "/trap/7"),
                    asks("probe", 20, "/trap/.git/config"),
                    asks("other", 25, "/trapeze"), asks("reads", 50, "/"),
                    Self.readings("reads", 50, "visible_time_ms, click_count, keyboard_events", "20000, 1, 5"),
                    """
                    update session_verdicts set is_scanner = true,
                        signals = '[{"name":"probe","points":0,"observed":"/.git/","threshold":"dotfile"}]'
                    where starts_with(session_id, 'probe')
                    """,
                    // What an operator says of those that the rules have missed is not what the rules say.
                    """
                    update user_sessions set flags_source = 'manual', is_behavioral_bot = true, verdict_id = 'flag_1'
                    where session_id in ('pot35', 'pot36', 'pot37')
                    """,
                    """
                    insert into session_verdicts (session_id, verdict_id, at, class, is_behavioral_bot, signals, by)
                    select session_id, 'flag_1', now(), 'behavioral_bot', true, '[]', 'operator' from user_sessions
                    where flags_source = 'manual'
                    """,
                ])
        let data = try await database.data("bots quality --since 2026-11-01 --honeypot do-not-open,/trap/")
        #expect(data["trapped_sessions"] == 70 && data["left_out_sessions"] == 20)
        let pot = data["labels"]?.arrayValue?.first { $0["label"] == "honeypot" }
        #expect(pot?["truth"] == "program")
        #expect(pot?["sessions"] == 50)
        #expect(pot?["flagged"] == 40)
        #expect(pot?["measure"] == "recall")
        #expect(pot?["share_percent"]?.doubleValue == 80)
        // 40 of 40 and the 10 people that were accused, the same share as 40 of 50; Wilson's interval from a table.
        #expect(pot?["precision_percent"]?.doubleValue == 80)
        #expect(pot?["precision_low"]?.doubleValue == 67)
        #expect(pot?["precision_high"]?.doubleValue == 88.8)
        let without = try await database.data("bots quality --since 2026-11-01")
        #expect(without["labels"]?.arrayValue?.map { $0["label"]?.stringValue } == ["engaged"])
        #expect(without["trapped_sessions"] == 0 && without["left_out_sessions"] == 0)
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

    @Test func anExplanationTellsWhenAVerdictChangedAndNothingOfFilesThatTheyCannotScore() async throws {
        let signals = #"[{"name":"high_request_count","points":30,"observed":61,"threshold":50}]"#
        func verdict(_ number: Int, _ verdictClass: String, _ signals: String, by: String = "detector") -> String {
            "('sess_1', 'vd_\(number)', '2026-11-20 09:00Z'::timestamptz + \(number) * interval '1 minute', '\(verdictClass)', "
                + "\(verdictClass == "human" ? 0 : 30), '\(signals)', \(number), '\(by)')"
        }
        let database = try await database([
            """
            insert into user_sessions (session_id, started_at, last_activity_at, verdict_id, verdict_class, asset_count)
            values ('sess_1', now(), now(), 'vd_6', 'human', 2), ('sess_2', now(), now(), 'vd_0', 'undecided', 7)
            """,
            """
            insert into session_verdicts (session_id, verdict_id, at, class, score, signals, judged_count, by)
            values ('sess_2', 'vd_0', now(), 'undecided', 0, '[]', 7, 'detector'), \(verdict(1, "undecided", "[]")),
                \(verdict(2, "undecided", "[]")), \(verdict(3, "behavioral_bot", signals)),
                \(verdict(4, "behavioral_bot", signals)), \(verdict(5, "human", "[]")),
                \(verdict(6, "human", "[]", by: "operator"))
            """,
        ])
        let data = try await database.data("bots explain sess_1")
        #expect(data["verdicts"]?.arrayValue?.count == 6)
        #expect(
            data["verdict_changes"]?.arrayValue?.map { $0["judged_count"]?.integerValue } == [1, 3, 5, 6])
        let files = try await database.data("bots explain sess_2")
        #expect(files["asset_count"] == 7)
        #expect(
            files["would_change"]?.arrayValue?.map { $0["change"]?.stringValue }
                == ["a page request or an engagement event"])
    }

    @Test(arguments: [
        (["user_agent"], ["decided by behaviour alone"]), (["probe"], ["decided by behaviour alone"]),
        (["user_agent", "probe"], ["still a scanner", "a declared bot"]),
        (["probe", "probe", "missing_paths"], ["still a scanner", "still a scanner", "still a scanner"]),
        (["user_agent", "spam_referrer"], ["a declared bot", "a declared bot"]),
        (["scanner_agent", "spam_referrer", "probe"], ["still a scanner", "still a scanner", "still a scanner"]),
    ])
    func withoutOneSignalTheOthersDecide(_ signals: [String], _ results: [String]) async throws {
        let listed = signals.map { #"{"name":"\#($0)","points":0,"observed":"x","threshold":"y"}"# }
        let isScanner = signals.contains { ["probe", "scanner_agent", "missing_paths"].contains($0) }
        let isBot = signals.contains { ["user_agent", "scanner_agent", "spam_referrer"].contains($0) }
        let database = try await database([
            """
            insert into user_sessions (session_id, started_at, last_activity_at, verdict_id, verdict_class, is_bot,
                is_scanner)
            values ('sess_1', now(), now(), 'vd_1', '\(isScanner ? "scanner" : "declared_bot")', \(isBot), \(isScanner))
            """,
            """
            insert into session_verdicts (session_id, verdict_id, at, class, is_bot, is_scanner, signals)
            values ('sess_1', 'vd_1', now(), '\(isScanner ? "scanner" : "declared_bot")', \(isBot), \(isScanner),
                '[\(listed.joined(separator: ","))]')
            """,
        ])
        let changes = try await database.data("bots explain sess_1")["would_change"]?.arrayValue ?? []
        #expect(changes.map { $0["result"]?.stringValue } == results)
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

    @Test func anAnomalyIsShownByTheIdThatTheListHas() async throws {
        let database = try await database([
            """
            insert into anomalies (metric_name, site, population, key, level, value, threshold, message, opened_at,
                last_seen_at)
            values ('error_rate', 'shop.example', 'all', '', 'critical', 0.5, 0.25, 'half of all', '2026-11-20 09:00Z',
                '2026-11-20 09:01Z')
            """
        ])
        let listed = try #require(
            try await database.data("anomalies list --since 2026-11-01")["anomalies"]?.arrayValue?.first)
        let id = try #require(listed["anomaly_id"]?.stringValue)
        let shown = try await database.data("anomalies show \(id)")
        #expect(shown["message"] == "half of all" && shown["anomaly_id"]?.stringValue == id)
    }

    /// A short list has what matters now: a critical one that began before the window and goes on comes before later ones.
    @Test func whatGoesOnAndIsCriticalIsListedFirst() async throws {
        func anomaly(_ key: String, _ level: String, _ opened: String, _ closed: String?) -> String {
            """
            insert into anomalies (metric_name, site, population, key, level, value, threshold, message, opened_at,
                last_seen_at, closed_at)
            values ('error_rate', 'shop.example', 'all', '\(key)', '\(level)', 0.5, 0.25, 'half of all',
                '2026-11-\(opened)Z', '2026-11-\(opened)Z', \(closed.map { "'2026-11-\($0)Z'" } ?? "null"))
            """
        }
        let database = try await database([
            anomaly("over before", "critical", "10 09:00", "10 10:00"),
            anomaly("over", "critical", "20 12:00", "20 13:00"), anomaly("late", "warning", "20 11:00", nil),
            anomaly("early", "warning", "20 10:00", nil), anomaly("old", "critical", "11 09:00", nil),
            anomaly("new", "critical", "20 09:00", nil), anomaly("after", "critical", "21 09:00", nil),
        ])
        let data = try await database.data("anomalies list --since 2026-11-19 --until 2026-11-20")
        let keys = data["anomalies"]?.arrayValue?.map { $0["key"]?.stringValue }
        #expect(keys == ["new", "old", "late", "early", "over"])
        #expect(data["total"] == 5)
        // Also where nothing else is stored of that time.
        let all = try await database.data("anomalies list --since all")["anomalies"]?.arrayValue
        #expect(all?.map { $0["key"]?.stringValue } == ["after", "new", "old", "late", "early", "over", "over before"])
    }

    @Test func crawlersAndTheirImpostors() async throws {
        func session(_ number: Int, _ ip: String, _ name: String, _ signals: String, scanner: Bool = false) -> [String]
        {
            let verdict = signals.contains("claim_verified") ? "verified_bot" : scanner ? "scanner" : "false_claim"
            return [
                """
                insert into user_sessions (session_id, site, started_at, last_activity_at, verdict_id, verdict_class,
                    request_count, ip_address, bot_name, is_bot, is_scanner)
                values ('sess_\(number)', 'shop.example', '2026-11-20 09:00Z', '2026-11-20 09:0\(number)Z',
                    'vd_\(number)', '\(verdict)', \(number), '\(ip)', '\(name)', true, \(scanner))
                """,
                """
                insert into session_verdicts (session_id, verdict_id, at, class, score, is_bot, signals)
                values ('sess_\(number)', 'vd_\(number)', now(), '\(verdict)', 0, true, '[\(signals)]')
                """,
            ]
        }
        let agent = #"{"name":"user_agent","points":0,"observed":"googlebot","threshold":"catalogue"}"#
        let fake = #"{"name":"claim_failed","points":0,"observed":"host.example.net","threshold":"googlebot.com"}"#
        let other = #"{"name":"claim_failed","points":0,"observed":"no host name","threshold":"googlebot.com"}"#
        let range =
            #"{"name":"claim_verified","points":0,"observed":"192.0.2.0/24","threshold":"Google, ranges of 2026-11-22"}"#
        let database = try await database(
            session(1, "198.51.100.1", "Googlebot", "\(agent),\(fake)")
                + session(2, "198.51.100.1", "Googlebot", "\(agent),\(fake)", scanner: true)
                + session(3, "198.51.100.2", "Googlebot", "\(agent),\(other)")
                + session(4, "192.0.2.9", "Googlebot", "\(agent),\(range)")
                + session(5, "192.0.2.9", "Googlebot", agent))
        let fakes = try await database.data("bots fakes --since 2026-11-01")
        #expect(fakes["total_sessions"] == 3 && fakes["addresses"] == 2)
        let rows = fakes["claims"]?.arrayValue ?? []
        #expect(rows.map { $0["ip_address"]?.stringValue } == ["198.51.100.1", "198.51.100.2"])
        #expect(rows.map { $0["session_count"]?.integerValue } == [2, 1])
        #expect(rows.map { $0["request_count"]?.integerValue } == [3, 3])
        #expect(rows.map { $0["observed"]?.stringValue } == ["host.example.net", "no host name"])
        #expect(rows.first?["last_seen_at"]?.stringValue?.hasPrefix("2026-11-20T09:02") == true)
        let verified = try await database.data("bots verified --since 2026-11-01 --site shop.example")
        #expect(verified["total_sessions"] == 1)
        #expect(verified["claims"]?.arrayValue?.first?["observed"]?.stringValue == "192.0.2.0/24")
        #expect(try await database.data("bots verified --since 2026-11-01 --site b.example")["total_sessions"] == 0)
        let changes = try await database.data("bots explain sess_1")["would_change"]?.arrayValue ?? []
        #expect(
            changes.map { $0["change"]?.stringValue } == [
                "without user_agent (googlebot)", "without claim_failed (host.example.net)",
            ])
        #expect(changes.last?["result"]?.stringValue == "a declared bot")
    }
}
