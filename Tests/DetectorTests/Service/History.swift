import Database
import PostgresSupport

/// A small history in a fresh database: sessions as a collector stores them, with their requests.
struct History {
    let database: TestDatabase
    /// The superuser, who plays the collector.
    let writer: Connection

    init() async throws {
        database = try await TestCluster.shared().makeDatabase()
        writer = try database.connection(as: "postgres")
        try await writer.script("select ensure_event_partitions(array['2026-03-01'::date, '2026-03-02'::date])")
    }

    /// A session of `pages` documents, 40 seconds apart, beginning `minute` minutes into 1 March 2026.
    func add(
        _ id: String, minute: Int, agent: String, pages: Int = 2, assets: Int = 4, ip: String = "192.0.2.7",
        columns: [String: String] = [:], paths: (Int) -> String = { "/page/\($0 * 7919 % 1000)" }
    ) async throws {
        let start = "'2026-03-01 00:00Z'::timestamptz + interval '\(minute) minutes'"
        let prefix = ip.split(separator: ".").prefix(3).joined(separator: ".") + ".0/24"
        var values = [
            "session_id": "'\(id)'", "site": "'shop.example'", "started_at": start,
            "last_activity_at": "\(start) + interval '\(max(0, pages - 1) * 40) seconds'",
            "request_count": "\(pages)", "asset_count": "\(assets)", "fingerprint_hash": "'fp_\(agent)'",
            "ip_address": "'\(ip)'", "network_prefix": "'\(prefix)'", "user_agent": "'\(agent)'",
            "verdict_class": "'human'", "rule_set": "'old'", "verdict_id": "'vd_\(id)'",
            "judged_count": "\(pages + assets)",
            "referrer_source": "'direct'",
        ]
        for (name, value) in columns { values[name] = value }
        let names = values.keys.sorted()
        try await writer.execute(
            """
            insert into user_sessions (\(names.joined(separator: ", ")))
            values (\(names.map { values[$0]! }.joined(separator: ", ")))
            """)
        for page in 0..<pages {
            try await writer.execute(
                """
                insert into analytics_events (day, event_id, "timestamp", site, session_id, event_type, event_category,
                    method, path, status, kind)
                values ('2026-03-01', gen_random_uuid(), \(start) + interval '\(page * 40) seconds', 'shop.example',
                    '\(id)', 'page_view', 'http', 'GET', '\(paths(page))', 200, 'document')
                """)
        }
    }

    /// Everything that a verdict says of every session, as one hash.
    func checksum() async throws -> String {
        try await writer.query(
            """
            select md5(coalesce(string_agg(row(session_id, verdict_id, verdict_class, is_bot, is_scanner,
                is_behavioral_bot, behavioral_bot_score, behavioral_bot_reason, bot_name, bot_category, bot_reason,
                flags_source, rule_set, judged_count, needs_evaluation)::text, ';' order by session_id), ''))
            from user_sessions
            """
        ).single()
    }

    /// What one session is called.
    func call(_ id: String) async throws -> String {
        try await writer.query(
            """
            select concat_ws(' ', verdict_class, flags_source, case when is_bot then 'bot' end,
                case when is_scanner then 'scanner' end, case when is_behavioral_bot then 'behavioral' end)
            from user_sessions where session_id = $1
            """, [.text(id)]
        ).single()
    }
}
