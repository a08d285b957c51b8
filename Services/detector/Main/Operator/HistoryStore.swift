import Database
import DetectorCore
import WeirProtocol

/// Writes what an operator changes in stored verdicts, and takes it back. Everything of one run is one transaction.
enum HistoryStore {
    static let patience = Duration.seconds(900)

    private static let flagColumns = """
        verdict_id, verdict_class, is_bot, is_scanner, is_behavioral_bot, behavioral_bot_score, behavioral_bot_reason,
        bot_name, bot_category, bot_reason, flags_source, rule_set, judged_count, needs_evaluation
        """
    private static let oldColumns = """
        old_verdict_id, old_class, old_is_bot, old_is_scanner, old_is_behavioral_bot, old_score, old_behavioral_reason,
        old_bot_name, old_bot_category, old_bot_reason, old_flags_source, old_rule_set, old_judged_count,
        old_needs_evaluation
        """

    /// Begins a run and gives its number.
    static func begin(
        _ kind: String, detail: JSONObject, in connection: isolated Connection
    ) throws -> Int64 {
        try connection.query(
            "insert into history_runs (kind, detail) values ($1, $2) returning run_id",
            [.text(kind), .text(JSONValue.object(detail).text)]
        ).single()
    }

    // MARK: Reclassification

    /// Where changed sessions wait until all are known, for as long as the connection lasts.
    static func stage(in connection: isolated Connection) throws {
        try connection.script(
            """
            drop table if exists pg_temp.changed_sessions;
            create temporary table changed_sessions (
                session_id text not null, seen_verdict_id text, verdict_id text, at timestamptz, class text,
                score integer, is_bot boolean, is_scanner boolean, is_behavioral_bot boolean, reason text,
                bot_name text, bot_category text, signals jsonb, rule_set text, judged_count integer
            )
            """)
    }

    static func copy(_ rows: [UInt8], in connection: isolated Connection) throws {
        guard !rows.isEmpty else { return }
        try connection.copyIn("copy changed_sessions from stdin", rows, timeout: patience)
    }

    /// One staged row. `seen` is the verdict that the session had when it was read.
    static func append(_ verdict: SessionVerdict, seen: String?, to rows: inout CopyWriter) {
        rows.append(verdict.sessionID.text)
        rows.append(seen)
        rows.append(verdict.verdictID)
        rows.append(timestampMilliseconds: verdict.at.milliseconds)
        rows.append(verdict.verdictClass.rawValue)
        rows.append(verdict.score)
        rows.append(verdict.isBot)
        rows.append(verdict.isScanner)
        rows.append(verdict.isBehavioralBot)
        let reasons = verdict.signals.filter { $0.points > 0 }.map(\.name)
        rows.append(reasons.isEmpty ? nil : reasons.joined(separator: " "))
        rows.append(verdict.botName)
        rows.append(verdict.botCategory)
        var signals = JSONWriter(capacity: 512)
        VerdictText.write(verdict.signals.map(VerdictText.storable), into: &signals)
        signals.bytes.withUnsafeBufferPointer { rows.append(utf8: $0) }
        rows.append(verdict.ruleSet)
        rows.append(verdict.judgedCount)
        rows.endRow()
    }

    /// Changes the staged sessions, except those that somebody has judged or flagged since they were read, and gives
    /// how many were changed.
    static func applyStaged(_ run: Int64, in connection: isolated Connection) throws -> Int {
        try connection.script("set local work_mem = '128MB'; analyze changed_sessions")
        try remember(
            run,
            """
            select s.session_id, c.verdict_id as new_verdict_id, \(prefixed(flagColumns))
            from changed_sessions c join user_sessions s using (session_id)
            where s.flags_source = 'auto' and s.verdict_id is not distinct from c.seen_verdict_id
            for update of s
            """, in: connection)
        try connection.execute(
            """
            insert into session_verdicts (session_id, verdict_id, at, class, score, is_bot, is_scanner,
                is_behavioral_bot, bot_name, bot_category, signals, rule_set, judged_count, by)
            select c.session_id, c.verdict_id, c.at, c.class, c.score, c.is_bot, c.is_scanner, c.is_behavioral_bot,
                c.bot_name, c.bot_category, c.signals, c.rule_set, c.judged_count, 'reclassify'
            from changed_sessions c join history_changes h on h.run_id = $1 and h.session_id = c.session_id
            on conflict do nothing
            """, [.int(run)], timeout: patience)
        let changed = try connection.execute(
            """
            update user_sessions s set verdict_id = c.verdict_id, verdict_class = c.class, is_bot = c.is_bot,
                is_scanner = c.is_scanner, is_behavioral_bot = c.is_behavioral_bot, behavioral_bot_score = c.score,
                behavioral_bot_reason = case when c.is_behavioral_bot then c.reason end, bot_name = c.bot_name,
                bot_category = c.bot_category, bot_reason = case when c.is_bot then c.signals -> 0 ->> 'observed' end,
                rule_set = c.rule_set, updated_at = now()
            from changed_sessions c join history_changes h on h.run_id = $1 and h.session_id = c.session_id
            where s.session_id = c.session_id
            """, [.int(run)], timeout: patience)
        try finish(run, changed, in: connection)
        return changed
    }

    // MARK: Flags

    /// Calls every session that `condition` chooses what the operator says; later verdicts leave it so.
    static func flag(
        _ run: Int64, _ condition: String, _ values: [Value], as verdict: Headline.Call, reason: String,
        in connection: isolated Connection
    ) throws -> Int {
        // A session that is called so already stays as it is, so that undoing this run does not unflag it.
        let place = values.count
        try remember(
            run,
            """
            select s.session_id, 'flag_' || $\(place + 1)::text as new_verdict_id, \(prefixed(flagColumns))
            from user_sessions s
            where (\(condition)) and not (s.flags_source = 'manual' and s.is_bot = $\(place + 2)
                and s.is_scanner = $\(place + 3) and s.is_behavioral_bot = $\(place + 4))
            for update of s
            """,
            values + [
                .int(run), .bool(verdict.isBot), .bool(verdict.isScanner), .bool(verdict.isBehavioralBot),
            ], in: connection)
        let changed = try connection.execute(
            """
            update user_sessions s set is_bot = $2, is_scanner = $3, is_behavioral_bot = $4, verdict_class = $5,
                bot_reason = case when $2 then $6::text end,
                behavioral_bot_reason = case when $4 then $6::text end,
                flags_source = 'manual', verdict_id = h.verdict_id, needs_evaluation = false, updated_at = now()
            from history_changes h where h.run_id = $1 and s.session_id = h.session_id
            """,
            [
                .int(run), .bool(verdict.isBot), .bool(verdict.isScanner), .bool(verdict.isBehavioralBot),
                .text(verdict.verdictClass.rawValue), .text(reason),
            ], timeout: patience)
        try connection.execute(
            """
            insert into session_verdicts (session_id, verdict_id, at, class, score, is_bot, is_scanner,
                is_behavioral_bot, signals, rule_set, judged_count, by)
            select s.session_id, s.verdict_id, now(), s.verdict_class, s.behavioral_bot_score, s.is_bot, s.is_scanner,
                s.is_behavioral_bot, jsonb_build_array(jsonb_build_object('name', 'set_by_hand', 'points', 0,
                    'observed', session_user::text, 'threshold', $2::text)),
                s.rule_set, s.request_count + s.asset_count + s.beacon_count, 'operator'
            from history_changes h join user_sessions s using (session_id) where h.run_id = $1
            on conflict do nothing
            """, [.int(run), .text(reason)], timeout: patience)
        try finish(run, changed, in: connection)
        return changed
    }

    /// Gives sessions that were flagged by hand back to the rules: to the verdict over the most evidence, or to the
    /// next one where there is none.
    static func unflag(
        _ run: Int64, _ condition: String, _ values: [Value], in connection: isolated Connection
    ) throws -> Int {
        try remember(
            run,
            """
            select s.session_id, coalesce((
                    select v.verdict_id from session_verdicts v
                    where v.session_id = s.session_id and v.by <> 'operator'
                    order by v.judged_count desc, v.at desc, v.verdict_id limit 1),
                'unflag_' || $\(values.count + 1)::text) as new_verdict_id, \(prefixed(flagColumns))
            from user_sessions s where (\(condition)) and s.flags_source = 'manual'
            for update of s
            """, values + [.int(run)], in: connection)
        let changed = try connection.execute(
            """
            update user_sessions s set flags_source = 'auto', verdict_id = h.verdict_id,
                is_bot = coalesce(v.is_bot, false), is_scanner = coalesce(v.is_scanner, false),
                is_behavioral_bot = coalesce(v.is_behavioral_bot, false), verdict_class = coalesce(v.class, 'undecided'),
                behavioral_bot_score = coalesce(v.score, 0), bot_name = v.bot_name, bot_category = v.bot_category,
                bot_reason = case when v.is_bot then v.signals -> 0 ->> 'observed' end, behavioral_bot_reason = null,
                rule_set = v.rule_set, judged_count = coalesce(v.judged_count, 0),
                needs_evaluation =
                    coalesce(v.judged_count, 0) < s.request_count + s.asset_count + s.beacon_count, updated_at = now()
            from history_changes h left join session_verdicts v using (session_id, verdict_id)
            where h.run_id = $1 and s.session_id = h.session_id
            """, [.int(run)], timeout: patience)
        try finish(run, changed, in: connection)
        return changed
    }

    // MARK: Undo

    /// What became of an undo.
    struct Undone: Sendable {
        var run: Int64
        var restored: Int
        /// Changed again since, so left alone.
        var leftAlone: Int
    }

    /// Restores what the run changed; the newest of `kinds` that is not undone when no run is named. Nil when there is
    /// none. Who waits to be judged goes on waiting: what came in while the rules decided has marked its session itself,
    /// what came in while an operator had decided has not.
    static func undo(_ wanted: Int64?, kinds: [String], in connection: isolated Connection) throws -> Undone? {
        let found = try connection.query(
            """
            select run_id, changed from history_runs
            where undone_at is null and changed > 0 and ($1::bigint is null or run_id = $1) and kind = any($2)
            order by run_id desc limit 1 for update
            """, [.int(wanted), .texts(kinds)]
        ).first
        guard let found else { return nil }
        let run: Int64 = try found.get("run_id")
        let restored = try connection.execute(
            """
            update user_sessions s set verdict_id = h.old_verdict_id, verdict_class = h.old_class,
                is_bot = h.old_is_bot, is_scanner = h.old_is_scanner, is_behavioral_bot = h.old_is_behavioral_bot,
                behavioral_bot_score = h.old_score, behavioral_bot_reason = h.old_behavioral_reason,
                bot_name = h.old_bot_name, bot_category = h.old_bot_category, bot_reason = h.old_bot_reason,
                flags_source = h.old_flags_source, rule_set = h.old_rule_set, judged_count = h.old_judged_count,
                needs_evaluation = h.old_needs_evaluation
                    or case when s.flags_source = h.old_flags_source then s.needs_evaluation
                        else h.old_flags_source = 'auto'
                            and h.old_judged_count < s.request_count + s.asset_count + s.beacon_count end,
                updated_at = now()
            from history_changes h
            where h.run_id = $1 and s.session_id = h.session_id and s.verdict_id = h.verdict_id
            """, [.int(run)], timeout: patience)
        try connection.execute(
            "update history_runs set undone_at = now(), undone_by = session_user where run_id = $1", [.int(run)])
        return Undone(run: run, restored: restored, leftAlone: max(0, try found.get("changed") - restored))
    }

    // MARK: What all share

    private static func remember(
        _ run: Int64, _ chosen: String, _ values: [Value] = [], in connection: isolated Connection
    ) throws {
        try connection.execute(
            """
            with chosen as (\(chosen))
            insert into history_changes (run_id, session_id, verdict_id, \(oldColumns))
            select \(run), session_id, new_verdict_id, \(flagColumns) from chosen
            """, values, timeout: patience)
    }

    /// A run that changed nothing is none: there is nothing to tell of it, and nothing to undo.
    private static func finish(_ run: Int64, _ changed: Int, in connection: isolated Connection) throws {
        if changed == 0 {
            try connection.execute("delete from history_runs where run_id = $1", [.int(run)])
            return
        }
        try connection.execute(
            "update history_runs set changed = $2 where run_id = $1", [.int(run), .int(changed)])
    }

    private static func prefixed(_ columns: String) -> String {
        columns.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map { "s.\($0)" }.joined(separator: ", ")
    }
}
