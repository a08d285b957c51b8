import Database
import PostgresSupport
import Testing

/// The named views over rows made by hand, held against answers worked out by hand.
struct ViewTests {
    /// The rows of a query as text, one string a row, cells joined by `|`, nulls as `-`.
    private func answers(_ connection: Connection, _ sql: String) async throws -> [String] {
        let rows = try await connection.query(sql)
        return try rows.map { row in
            try rows.columns.indices.map { try row.get($0, as: String?.self) ?? "-" }.joined(separator: "|")
        }
    }

    private func database(_ setUp: String...) async throws -> Connection {
        let database = try await TestCluster.shared().makeDatabase()
        let owner = try database.connection(as: "weir_owner")
        for statement in setUp { try await owner.script(statement) }
        return try database.connection(as: "weir_reporter")
    }

    /// Three people (one registered and converted) and one of each kind of bot, all from the same source.
    private static let sessions = """
        insert into user_sessions (session_id, started_at, referrer_source, utm_source, utm_medium, utm_campaign, user_id,
            user_type, converted_at, request_count, ai_request_count, duration_seconds, success_rate,
            total_ai_cost_microdollars, user_agent, fingerprint_hash, is_bot, is_scanner, is_behavioral_bot,
            behavioral_bot_score, throttle_level) values
        ('sess_1', now() - interval '1 hour', 'social', 'news', 'email', 'spring', null, 'anon', null, 2, 0, 60, 1, 0,
            'A', 'fp_1', false, false, false, 0, 0),
        ('sess_2', now() - interval '1 hour', 'social', 'news', 'email', 'spring', 'u1', 'registered', now(), 4, 1, 120, 0.5,
            3000, 'A', 'fp_1', false, false, false, 20, 2),
        ('sess_3', now() - interval '1 hour', 'direct', null, null, null, 'u1', 'anon', null, 9, 0, null, 1, 500,
            'B', 'fp_2', false, false, false, 0, 3),
        ('sess_4', now() - interval '1 hour', 'social', 'news', 'email', 'spring', null, 'anon', now(), 100, 0, 9000, 1, 0,
            'Bot/1', 'fp_3', true, false, false, 0, 0),
        ('sess_5', now() - interval '1 hour', 'social', 'news', 'email', 'spring', null, 'anon', null, 100, 0, 9000, 1, 0,
            'C', 'fp_4', false, true, false, 10, 0),
        ('sess_6', now() - interval '1 hour', 'social', 'news', 'email', 'spring', null, 'anon', null, 100, 0, 9000, 1, 0,
            'D', 'fp_5', false, false, true, 75, 0),
        ('sess_7', now() - interval '40 days', null, null, null, null, null, 'anon', null, 5, 0, 5, 1, 0,
            'Bot/2', 'fp_6', true, false, false, 60, 0)
        """

    @Test func cleanHumanTrafficHasNoBotsAndNoBlocked() async throws {
        let reporter = try await database(Self.sessions)
        #expect(
            try await answers(reporter, "select session_id from v_human_sessions order by 1") == [
                "sess_1", "sess_2", "sess_3",
            ])
        #expect(
            try await answers(reporter, "select session_id from v_clean_human_traffic order by 1") == [
                "sess_1", "sess_2",
            ])
    }

    @Test func topReferrerSources() async throws {
        let reporter = try await database(Self.sessions)
        let rows = try await answers(
            reporter,
            """
            select referrer_source, session_count, unique_users, round(avg_requests_per_session, 2),
                round(avg_session_duration_seconds, 2), total_cost_microdollars from v_top_referrer_sources
            """)
        #expect(rows == ["social|2|1|3.00|90.00|3000", "direct|1|1|9.00|-|500"])
    }

    @Test func utmCampaignPerformance() async throws {
        let reporter = try await database(Self.sessions)
        let rows = try await answers(
            reporter,
            """
            select utm_source, utm_medium, utm_campaign, session_count, unique_users, registered_users, conversions,
                round(conversion_rate_percent, 2), round(avg_session_duration_seconds, 2), total_cost_microdollars,
                round(avg_cost_per_session_cents, 2), round(avg_cost_per_session_microdollars, 2)
            from v_utm_campaign_performance
            """)
        #expect(rows == ["news|email|spring|2|1|1|1|50.00|90.00|3000|1500.00|1500.00"])
    }

    @Test func trafficSourceQuality() async throws {
        let reporter = try await database(
            """
            insert into user_sessions (session_id, referrer_source, duration_seconds, request_count, ai_request_count,
                converted_at, success_rate, is_bot)
            select 'sess_s' || n, 'social', 120, 4, 2, case when n <= 3 then now() end, 0.5, false from generate_series(1, 12) n
            union all select 'sess_d' || n, 'direct', null, 50, 0, null, 1, false from generate_series(1, 10) n
            union all select 'sess_f' || n, 'referral', 600, 9, 0, now(), 1, false from generate_series(1, 9) n
            union all select 'sess_b' || n, 'referral', 600, 9, 0, now(), 1, true from generate_series(1, 50) n
            """)
        let rows = try await answers(
            reporter,
            """
            select referrer_source, sessions, round(avg_duration_seconds, 1), round(avg_requests, 1),
                round(avg_ai_requests, 1), round(conversion_rate_percent, 1), avg_success_rate, round(quality_score, 2)
            from v_traffic_source_quality
            """)
        // social: 120/60 * 0.3 + 4 * 0.3 + 25 * 0.4 = 0.6 + 1.2 + 10; nine people are too few for referral.
        #expect(rows == ["social|12|120.0|4.0|2.0|25.0|0.5|11.80", "direct|10|-|50.0|0.0|0.0|1|-"])
    }

    /// One campaign of two links, 3 + 1 clicks by people and 2 by a bot; one link without any.
    private static let links = """
        insert into content (content_id, path, slug, title) values
            ('c1', '/blog/a', 'a', 'A'), ('c2', '/blog/about-a', 'about-a', 'About A');
        insert into campaign_links (id, short_code, target_url, campaign_id, campaign_name, source_content_id,
            target_content_id, destination_type, click_count, unique_click_count, conversion_count, created_at) values
            ('l1', 's1', 'https://x.example/blog/about-a', 'spring', 'Spring', 'c1', 'c2', 'internal', 5, 3, 1, '2026-03-01'),
            ('l2', 's2', 'https://y.example/', 'spring', 'Spring', null, null, 'external', 1, 1, 0, '2026-03-02'),
            ('l3', 's3', 'https://z.example/', null, null, 'c1', null, 'internal', 0, 0, 0, '2026-03-03');
        insert into link_clicks (session_id, click_id, link_id, user_id, clicked_at, is_conversion, time_on_page_seconds,
            scroll_depth_percent) values
            ('sess_1', gen_random_uuid(), 'l1', null, '2026-03-05 10:00+00', false, 10, 20),
            ('sess_1', gen_random_uuid(), 'l1', null, '2026-03-05 23:30+00', false, 20, 40),
            ('sess_2', gen_random_uuid(), 'l1', 'u1', '2026-03-06 00:30+00', true, 45, null),
            ('sess_4', gen_random_uuid(), 'l1', null, '2026-03-09 10:00+00', false, 0, 0),
            ('sess_4', gen_random_uuid(), 'l1', null, '2026-03-09 11:00+00', true, 0, 0),
            ('sess_gone', gen_random_uuid(), 'l2', 'u2', '2026-03-06 12:00+00', false, null, null)
        """

    @Test func linkPerformance() async throws {
        let reporter = try await database(Self.sessions, Self.links)
        let rows = try await answers(
            reporter,
            """
            select id, short_code, click_count, unique_click_count, conversion_count, actual_session_count,
                actual_user_count, actual_conversions, conversion_rate, extract(day from first_click_at at time zone 'UTC'),
                extract(day from last_click_at at time zone 'UTC'), round(avg_time_on_page, 2), round(avg_scroll_depth, 2)
            from v_link_performance order by id
            """)
        #expect(
            rows == [
                "l1|s1|5|3|1|2|1|1|50.00|5|6|25.00|30.00", "l2|s2|1|1|0|1|1|0|0.00|6|6|-|-",
                "l3|s3|0|0|0|0|0|0|0|-|-|-|-",
            ])
    }

    @Test func campaignTotalsCountPeopleAndAreNotMultiplied() async throws {
        let reporter = try await database(Self.sessions, Self.links)
        let rows = try await answers(
            reporter,
            """
            select campaign_id, campaign_name, link_count, total_clicks, total_unique_clicks, total_conversions,
                total_sessions, total_users, conversion_rate, campaign_start::date, last_activity::date, active_days,
                avg_clicks_per_day
            from v_campaign_performance
            """)
        #expect(rows == ["spring|Spring|2|4|3|1|3|2|33.33|2026-03-01|2026-03-06|2|2.00"])
    }

    @Test func journeysAreFoundByIdNotByPieceOfAddress() async throws {
        let reporter = try await database(Self.sessions, Self.links)
        let rows = try await answers(
            reporter,
            """
            select source_content_id, source_slug, source_title, target_url, target_slug, target_title, click_count,
                unique_sessions, conversions, conversion_rate, avg_time_before_click, first_journey_at::date,
                last_journey_at::date
            from v_content_journey
            """)
        #expect(
            rows == ["c1|a|A|https://x.example/blog/about-a|about-a|About A|3|2|1|33.33|25.00|2026-03-05|2026-03-06"])
    }

    @Test func botTrafficByDate() async throws {
        let reporter = try await database(
            """
            insert into user_sessions (session_id, started_at, user_agent, request_count, is_bot, is_scanner) values
                ('sess_1', '2026-03-01 23:59+00', 'Bot/1', 10, true, false),
                ('sess_2', '2026-03-02 00:00+00', 'Bot/1', 20, true, false),
                ('sess_3', '2026-03-02 12:00+00', 'Bot/1', 5, true, true),
                ('sess_4', '2026-03-02 23:59+00', 'Bot/2', 5, true, false),
                ('sess_5', '2026-03-02 12:00+00', 'Scan', 99, false, true)
            """)
        let rows = try await answers(
            reporter,
            "select date, bot_sessions, unique_bots, total_bot_requests, round(avg_requests_per_session, 2) from v_bot_traffic_summary"
        )
        #expect(rows == ["2026-03-02|3|2|30|10.00", "2026-03-01|1|1|10|10.00"])
    }

    @Test func behavioralBotsOfThirtyDays() async throws {
        let reporter = try await database(
            """
            insert into user_sessions (session_id, started_at, is_behavioral_bot, behavioral_bot_score)
            select 'sess_' || n, now(), score >= 50, score from unnest('{0, 0, 25, 50, 80}'::int[]) with ordinality as s (score, n);
            insert into user_sessions (session_id, started_at) values ('sess_old', now() - interval '31 days')
            """)
        let rows = try await answers(
            reporter,
            """
            select total_sessions, behavioral_bot_sessions, suspicious_sessions, avg_bot_score, max_bot_score
            from v_behavioral_bot_analysis where date = (now() at time zone 'UTC')::date
            """)
        #expect(rows == ["5|2|2|52|80"])
        #expect(try await answers(reporter, "select count(*) from v_behavioral_bot_analysis") == ["1"])
    }

    @Test func everyViewAnswersOnAnEmptyDatabase() async throws {
        let reporter = try await database()
        let views = try await answers(
            reporter, "select viewname from pg_views where schemaname = 'public' and viewname like 'v\\_%' order by 1")
        #expect(views.count >= 12)
        for view in views { #expect(try await answers(reporter, "select * from \(view)").isEmpty) }
    }

    /// "Diagnosing Issues" and "Retroactive Bot Flagging" of the requirements, word for word.
    @Test func theDocumentedStatementsRun() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        try await database.connection(as: "weir_owner").script(Self.sessions)
        let operatorConnection = try database.connection(as: "weir_operator")
        let agents = try await answers(
            operatorConnection,
            """
            SELECT user_agent, COUNT(*)
            FROM user_sessions
            WHERE is_bot = false AND started_at > NOW() - INTERVAL '24 hours'
            GROUP BY user_agent
            ORDER BY 2 DESC
            LIMIT 20
            """)
        #expect(agents.first == "A|2" && agents.count == 4)
        let counts = try await answers(
            operatorConnection,
            """
            SELECT request_count, COUNT(*)
            FROM user_sessions
            WHERE is_bot = false AND started_at > NOW() - INTERVAL '24 hours'
            GROUP BY request_count
            ORDER BY 1
            """)
        #expect(counts == ["2|1", "4|1", "9|1", "100|2"])
        let visitors = try await answers(
            operatorConnection,
            """
            SELECT
            COUNT(DISTINCT fingerprint_hash) as unique_visitors,
            COUNT(DISTINCT user_id) as distinct_users,
            COUNT(*) as total_sessions
            FROM user_sessions
            WHERE is_bot = false AND started_at > NOW() - INTERVAL '24 hours'
            """)
        #expect(visitors == ["4|1|5"])
    }
}
