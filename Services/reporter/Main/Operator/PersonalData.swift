import Database
import ReporterCore

/// Everything that is stored of one visitor or user, table by table.
struct PersonalData: Sendable {
    /// Whose data is meant.
    enum Subject: Sendable {
        /// One fingerprint; strangers with the same browser share it, so that an address may narrow it down.
        case visitor(fingerprint: String, address: String?)
        /// One registered user.
        case user(String)
    }

    let subject: Subject

    /// A table and which of its rows are the subject's.
    private struct Part {
        let table: String
        let condition: String
        /// Rows of others would lose their meaning with them; they are shown, but not taken away.
        var isKept = false
    }

    /// Finds the subject's sessions, whose ids most tables know, and the fingerprints that nobody else has left.
    func prepare(_ connection: isolated Connection) throws {
        try connection.script("create temp table subject_session (session_id text primary key) on commit drop")
        let rows = "insert into subject_session select session_id from user_sessions where "
        switch subject {
        case .visitor(let fingerprint, nil):
            _ = try connection.execute(rows + "fingerprint_hash = $1", [.text(fingerprint)])
        case .visitor(let fingerprint, let address?):
            _ = try connection.execute(
                rows + "fingerprint_hash = $1 and ip_address <<= $2::inet", [.text(fingerprint), .text(address)])
        case .user(let id): _ = try connection.execute(rows + "user_id = $1", [.text(id)])
        }
        // A name that the statements below can compare with; $1 in each would need to be used by each.
        try connection.script("create temp table subject_user (user_id text) on commit drop")
        if case .user(let id) = subject {
            _ = try connection.execute("insert into subject_user values ($1)", [.text(id)])
        }
        try connection.script(
            """
            create temp table subject_network on commit drop as
            select distinct s.fingerprint_hash, s.network_prefix
            from user_sessions as s join subject_session using (session_id)
            where not exists (
                select from user_sessions as other
                where other.fingerprint_hash = s.fingerprint_hash and other.network_prefix = s.network_prefix
                    and not exists (select from subject_session as own where own.session_id = other.session_id))
            """)
        // A standing outlives sessions that retention has taken.
        if case .visitor(let fingerprint, nil) = subject {
            _ = try connection.execute(
                """
                insert into subject_network select fingerprint_hash, network_prefix from fingerprint_reputation as held
                where fingerprint_hash = $1 and not exists (
                    select from user_sessions as s
                    where s.fingerprint_hash = held.fingerprint_hash and s.network_prefix = held.network_prefix)
                """, [.text(fingerprint)])
        }
        try connection.script("analyze subject_session; analyze subject_network")
    }

    /// Counts and removes the rows of every table, and notes the sessions, so that no detector brings anything back.
    func erase(_ connection: isolated Connection) throws -> [(table: String, rows: Int)] {
        try connection.script(
            """
            delete from erased_sessions where erased_at < now() - interval '1 day';
            insert into erased_sessions (session_id) select session_id from subject_session
            on conflict (session_id) do update set erased_at = now()
            """)
        return try Self.parts.filter { !$0.isKept }.map { part in
            (part.table, try connection.execute("delete from \(part.table) as t where \(part.condition)"))
        }
    }

    /// Hands every row over as JSON text, table by table.
    func export(_ connection: isolated Connection, _ body: (String, String) throws -> Void) throws -> Int {
        var count = 0
        for part in Self.parts {
            try connection.forEachBatch(
                of: 500, "select row_to_json(t)::text as row from \(part.table) as t where \(part.condition)"
            ) { rows in
                for row in rows {
                    try body(part.table, try row.get("row"))
                    count += 1
                }
                return true
            }
        }
        return count
    }

    private static let ofSession = "t.session_id in (select session_id from subject_session)"
    private static let ofSessionOrUser =
        "(\(ofSession) or t.user_id in (select user_id from subject_user))"

    /// Those that others are found by come last.
    private static let parts = [
        Part(table: "analytics_events", condition: ofSessionOrUser),
        Part(table: "engagement_events", condition: ofSessionOrUser),
        Part(table: "session_verdicts", condition: ofSession), Part(table: "funnel_progress", condition: ofSession),
        Part(table: "link_clicks", condition: ofSessionOrUser), Part(table: "ai_requests", condition: ofSessionOrUser),
        Part(
            table: "task_messages",
            condition: "(\(ofSessionOrUser) or t.task_id in (select own.task_id from agent_tasks as own where "
                + "own.session_id in (select session_id from subject_session) "
                + "or own.user_id in (select user_id from subject_user)))"),
        Part(table: "tool_executions", condition: ofSessionOrUser),
        Part(table: "agent_tasks", condition: ofSessionOrUser),
        Part(table: "conversations", condition: ofSessionOrUser),
        Part(table: "session_usage_owed", condition: ofSessionOrUser),
        Part(table: "throttle_decisions", condition: ofSession),
        Part(
            table: "fingerprint_reputation",
            condition: "(t.fingerprint_hash, t.network_prefix) in (select * from subject_network)"),
        Part(
            table: "anomalies",
            condition: "exists (select from subject_network as n where starts_with(t.key, n.fingerprint_hash))"),
        Part(
            table: "throttle_levels",
            condition: "exists (select from subject_session as s where strpos(t.key, s.session_id) > 0)", isKept: true),
        Part(table: "user_sessions", condition: ofSession),
    ]
}
