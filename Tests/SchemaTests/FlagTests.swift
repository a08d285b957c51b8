import Database
import PostgresSupport
import Testing

/// What happens to user_sessions' flags when somebody other than the collector changes them.
struct FlagTests {
    private func database() async throws -> TestDatabase {
        let database = try await TestCluster.shared().makeDatabase()
        let collector = try database.connection(as: "weir_collector")
        try await collector.execute(
            """
            insert into user_sessions (session_id, user_agent, request_count, asset_count, fingerprint_hash) values
                ('sess_a', 'python-httpx/0.27', 3, 1, 'fp_1'), ('sess_b', 'python-httpx/0.28', 5, 0, 'fp_1'),
                ('sess_c', 'Mozilla/5.0', 7, 2, 'fp_2')
            """)
        return database
    }

    @Test func theDocumentedUpdateIsKeptAsAVerdict() async throws {
        let database = try await database()
        let operatorConnection = try database.connection(as: "weir_operator")
        let touched = try await operatorConnection.execute(
            "UPDATE user_sessions SET is_bot = true WHERE user_agent LIKE '%python-httpx%' AND is_bot = false;")
        #expect(touched == 2)
        let rows = try await operatorConnection.query(
            """
            select session_id, s.flags_source, s.verdict_class, v.by, v.class, v.is_bot, v.judged_count,
                v.signals->0->>'name' as signal
            from user_sessions s left join session_verdicts v using (session_id, verdict_id) order by session_id
            """)
        #expect(try rows.map { try $0.get("flags_source", as: String.self) } == ["manual", "manual", "auto"])
        #expect(try rows.map { try $0.get("by", as: String?.self) } == ["operator", "operator", nil])
        #expect(try rows[0].get("class", as: String.self) == "declared_bot")
        #expect(try rows[0].get("verdict_class", as: String.self) == "declared_bot")
        #expect(try rows[0].get("is_bot", as: Bool.self))
        #expect(try rows[0].get("judged_count", as: Int.self) == 4)
        #expect(try rows[0].get("signal", as: String.self) == "set_by_hand")
    }

    @Test(arguments: [
        ("is_bot = true", "declared_bot"), ("is_scanner = true, is_bot = true", "scanner"),
        ("is_behavioral_bot = true", "behavioral_bot"),
    ])
    func theClassFollowsTheFlags(change: String, verdictClass: String) async throws {
        let operatorConnection = try await database().connection(as: "weir_operator")
        try await operatorConnection.execute("update user_sessions set \(change) where session_id = 'sess_c'")
        #expect(
            try await operatorConnection.query("select verdict_class from user_sessions where session_id = 'sess_c'")
                .single(String.self) == verdictClass)
        try await operatorConnection.execute(
            "update user_sessions set is_bot = false, is_scanner = false, is_behavioral_bot = false where session_id = 'sess_c'"
        )
        let rows = try await operatorConnection.query(
            "select class from session_verdicts where session_id = 'sess_c' order by created_at")
        #expect(try rows.map { try $0.get("class", as: String.self) } == [verdictClass, "human"])
    }

    @Test func theCollectorIsNotTakenForAPerson() async throws {
        let database = try await database()
        let collector = try database.connection(as: "weir_collector")
        try await collector.execute(
            """
            insert into user_sessions as s (session_id, is_bot, request_count) values ('sess_a', true, 4)
            on conflict (session_id) do update set request_count = excluded.request_count, is_bot = excluded.is_bot
            """)
        let row = try #require(
            try await collector.query(
                "select flags_source, is_bot, (select count(*) from session_verdicts) as verdicts from user_sessions where session_id = 'sess_a'"
            ).first)
        #expect(try row.get("flags_source", as: String.self) == "auto")
        #expect(try row.get("is_bot", as: Bool.self))
        #expect(try row.get("verdicts", as: Int.self) == 0)
    }

    @Test func flagsThatCiteAVerdictStayAutomatic() async throws {
        let operatorConnection = try await database().connection(as: "weir_operator")
        try await operatorConnection.execute(
            "update user_sessions set is_bot = true, verdict_id = 'reclassified_1', verdict_class = 'declared_bot' where session_id = 'sess_c'"
        )
        try await operatorConnection.execute("update user_sessions set is_bot = is_bot, bot_name = 'x'")
        #expect(
            try await operatorConnection.query("select count(*) from user_sessions where flags_source = 'manual'")
                .single(Int.self) == 0)
        #expect(try await operatorConnection.query("select count(*) from session_verdicts").single(Int.self) == 0)
    }
}
