import Database
import PostgresSupport
import Testing

struct StorageTests {
    /// Counters and last activity change with every batch; they must not cost an index entry each time.
    @Test func countersAreUpdatedInPlace() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let collector = try database.connection(as: "weir_collector")
        try await collector.execute(
            """
            insert into user_sessions (session_id, site, fingerprint_hash, network_prefix, user_agent)
            select 'sess_' || n, 'example.com', 'fp_' || n % 50, '192.0.2.0/24', repeat('Mozilla ', 12)
            from generate_series(1, 2000) n
            """)
        for _ in 0..<3 {
            try await collector.execute(
                """
                update user_sessions set request_count = request_count + 1, last_activity_at = now(),
                    avg_response_time_ms = 2, exit_page = '/a', judged_count = judged_count + 1, updated_at = now()
                """)
            let owner = try database.connection(as: "weir_owner")
            try await owner.execute("vacuum user_sessions")
        }
        try await collector.query("select pg_stat_force_next_flush()")
        let row = try #require(
            try await collector.query(
                "select n_tup_upd as updated, n_tup_hot_upd as in_place from pg_stat_user_tables where relname = 'user_sessions'"
            ).first)
        let updated = try row.get("updated", as: Int.self)
        let inPlace = try row.get("in_place", as: Int.self)
        #expect(updated == 6000)
        // Pages were filled to 70 %: of a wholesale update about two fifths of the rows find room beside themselves, and
        // after a vacuum the next ones do. An index over a counter would make it none.
        #expect(inPlace * 10 >= updated * 4, "\(inPlace) of \(updated)")
    }
}
