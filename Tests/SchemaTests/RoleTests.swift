import Database
import PostgresSupport
import Testing

/// One writer per table: each role is tried at what it must not do, and at what it must be able to.
struct RoleTests {
    private static let tables = [
        "user_sessions", "analytics_events", "engagement_events", "ingest_ledger", "session_verdicts",
        "fingerprint_reputation", "anomaly_thresholds", "anomalies", "crawler_verifications", "throttle_levels",
        "throttle_decisions", "throttle_overrides", "content", "content_performance", "campaign_links", "link_clicks",
        "funnels", "funnel_steps", "funnel_progress", "conversations", "agent_tasks", "task_messages", "ai_requests",
        "tool_executions", "session_usage_owed", "prices", "history_runs", "history_changes", "anomaly_series",
        "schema_migrations", "session_hours", "page_hours", "page_days", "rolled_hours", "rolled_days",
        "erased_sessions",
    ]
    private static let roles = ["weir_collector", "weir_detector", "weir_throttle", "weir_reporter", "weir_operator"]

    /// Shared, since nothing tried here is committed.
    private static let database = Task { try await TestCluster.shared().makeDatabase() }

    /// Insert, update and delete by table, c, d, t, o for collector, detector, throttle, operator; written apart from
    /// grants.sql, from the table of who owns what.
    private static let writers: [String: (insert: String, update: String, delete: String)] = [
        "user_sessions": ("c", "co", "o"), "analytics_events": ("c", "", "o"), "engagement_events": ("c", "co", "o"),
        "ingest_ledger": ("c", "c", "o"), "session_verdicts": ("do", "", "o"),
        "fingerprint_reputation": ("d", "d", "o"),
        "anomaly_thresholds": ("", "o", ""), "anomalies": ("d", "d", "o"), "crawler_verifications": ("d", "d", "d"),
        "throttle_levels": ("t", "t", "t"), "throttle_decisions": ("t", "", "to"), "throttle_overrides": ("t", "t", ""),
        "content": ("co", "co", "o"), "content_performance": ("c", "c", "o"), "campaign_links": ("o", "co", "o"),
        "link_clicks": ("c", "c", "o"), "funnels": ("o", "o", "o"), "funnel_steps": ("o", "o", "o"),
        "funnel_progress": ("c", "c", "o"), "conversations": ("c", "c", "o"), "agent_tasks": ("c", "c", "o"),
        "task_messages": ("c", "", "o"), "ai_requests": ("c", "c", "o"), "tool_executions": ("c", "c", "o"),
        "session_usage_owed": ("c", "c", "co"), "prices": ("o", "o", "o"),
        "history_runs": ("o", "o", "o"), "history_changes": ("o", "", "o"), "anomaly_series": ("d", "", "d"),
        "schema_migrations": ("", "", ""), "erased_sessions": ("o", "o", "o"),
        // Only through claim_session_hours, roll_session_hours and the triggers of user_sessions.
        "session_hours": ("", "", ""), "page_hours": ("", "", ""), "page_days": ("", "", ""),
        "rolled_hours": ("", "", ""), "rolled_days": ("", "", ""),
    ]

    @Test func everyTableHasItsWritersAndNoOthers() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let owner = try database.connection(as: "weir_owner")
        let known = try await owner.query(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition"
        ).map { try $0.get(0, as: String.self) }
        #expect(Set(known) == Set(Self.tables), "a new table needs a row here")
        for role in Self.roles {
            let letter = String(role.dropFirst(5).prefix(1))
            for table in Self.tables {
                let allowed = try #require(Self.writers[table])
                for (privilege, who) in [
                    ("insert", allowed.insert), ("update", allowed.update), ("delete", allowed.delete),
                ] {
                    let check = privilege == "delete" ? "has_table_privilege" : "has_any_column_privilege"
                    let may = try await owner.query(
                        "select \(check)($1, $2, $3)", [.text(role), .text(table), .text(privilege)]
                    ).single(Bool.self)
                    #expect(may == who.contains(letter), "\(role) \(privilege) \(table)")
                }
                let reads = try await owner.query(
                    "select has_table_privilege($1, $2, 'select')", [.text(role), .text(table)]
                ).single(Bool.self)
                #expect(reads, "\(role) select \(table)")
                let truncates = try await owner.query(
                    "select has_table_privilege($1, $2, 'truncate')", [.text(role), .text(table)]
                ).single(Bool.self)
                #expect(!truncates, "\(role) truncate \(table)")
            }
        }
    }

    @Test(arguments: [
        ("weir_collector", "update user_sessions set user_id = 'x'", nil as String?),
        ("weir_collector", "update campaign_links set click_count = click_count + 1", nil),
        ("weir_collector", "update campaign_links set target_url = 'https://evil.example/'", "42501"),
        (
            "weir_collector", "insert into campaign_links (id, short_code, target_url) values ('a', 'b', 'https://x/')",
            "42501"
        ),
        (
            "weir_collector",
            "insert into session_verdicts (session_id, verdict_id, at, class) values ('a', 'b', now(), 'human')",
            "42501"
        ),
        ("weir_collector", "delete from analytics_events", "42501"),
        ("weir_collector", "select drop_event_partitions(now()::date)", "42501"),
        ("weir_collector", "create table mine (n integer)", "42501"),
        ("weir_collector", "create temporary table staging (like analytics_events) on commit drop", nil),
        ("weir_collector", "update content set title = 'x'", "42501"),
        ("weir_collector", "update anomaly_thresholds set warning_threshold = 0", "42501"),
        ("weir_detector", "update user_sessions set is_bot = true", "42501"),
        (
            "weir_detector",
            "insert into session_verdicts (session_id, verdict_id, at, class) values ('a', 'b', now(), 'human')", nil
        ),
        ("weir_detector", "update session_verdicts set class = 'human'", "42501"),
        (
            "weir_detector",
            "insert into throttle_levels (key, kind, level, cause, since, raised_at, expires_at) values ('a', 'pair', 3, 'x', now(), now(), now())",
            "42501"
        ),
        ("weir_detector", "select ensure_event_partitions(array[current_date])", "42501"),
        (
            "weir_throttle",
            "insert into throttle_levels (key, kind, level, cause, since, raised_at, expires_at) values ('a', 'pair', 3, 'x', now(), now(), now())",
            nil
        ),
        ("weir_throttle", "update user_sessions set throttle_level = 0", "42501"),
        ("weir_throttle", "delete from throttle_overrides", "42501"),
        ("weir_throttle", "update throttle_decisions set allowed = true", "42501"),
        ("weir_reporter", "update user_sessions set is_bot = true", "25006"),
        ("weir_reporter", "set transaction read write; update user_sessions set is_bot = true", "42501"),
        ("weir_reporter", "create temporary table scratch (n integer)", "25006"),
        ("weir_reporter", "select * from v_clean_human_traffic", nil),
        ("weir_reporter", "select keep_manual_flags()", "42501"),
        ("weir_operator", "update user_sessions set request_count = 0", "42501"),
        ("weir_operator", "update user_sessions set is_bot = true", nil),
        ("weir_operator", "update campaign_links set is_active = false", nil),
        ("weir_operator", "update campaign_links set click_count = 0", "42501"),
        ("weir_operator", "update session_verdicts set class = 'human'", "42501"),
        ("weir_operator", "insert into anomaly_thresholds values ('new', 1, 2)", "42501"),
        (
            "weir_operator",
            "update anomaly_thresholds set warning_threshold = 20 where metric_name = 'requests_per_minute'", nil
        ),
        ("weir_operator", "drop table user_sessions", "42501"),
        ("weir_operator", "alter table user_sessions disable trigger keep_manual_flags", "42501"),
    ])
    func mayDoItsOwnAndNothingElse(role: String, statement: String, refusal: String?) async throws {
        let connection = try await Self.database.value.connection(as: role)
        let code: String?
        do {
            try await connection.script("begin; \(statement)")
            code = nil
        } catch {
            code = error.sqlstate
        }
        #expect(code == refusal)
    }

    @Test func grantsAreAppliedAnewAndStraysTakenBack() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let owner = try database.connection(as: "weir_owner")
        try await owner.script(
            """
            grant delete on user_sessions to weir_detector;
            grant update (is_bot) on user_sessions to weir_detector;
            grant insert on prices to public;
            """)
        try await database.migrate()
        let rows = try await owner.query(
            """
            select has_table_privilege('weir_detector', 'user_sessions', 'delete') as a,
                has_column_privilege('weir_detector', 'user_sessions', 'is_bot', 'update') as b,
                has_table_privilege('weir_reporter', 'prices', 'insert') as c
            """)
        for column in ["a", "b", "c"] { #expect(try rows[0].get(column, as: Bool.self) == false) }
    }
}
