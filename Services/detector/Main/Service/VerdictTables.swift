import Database
import DetectorCore
import WeirProtocol

/// The SQL of the detector: verdicts and standings, a batch in one transaction. A verdict that is there already changes
/// nothing, neither itself nor the standing.
enum VerdictTables {
    private static let staging = """
        create temporary table if not exists incoming_verdicts (
            session_id text, verdict_id text, at timestamptz, class text, score integer, is_bot boolean, is_scanner boolean,
            is_behavioral_bot boolean, bot_name text, bot_category text, signals jsonb, rule_set text, judged_count integer,
            fingerprint text, prefix text, started_at timestamptz, seen_at timestamptz, sessions_24h integer, velocity real,
            ip inet, user_agent text, delta integer, reason text
        ) on commit delete rows
        """

    private static let copy = "copy incoming_verdicts from stdin"

    /// Only verdicts that are new count towards a standing; a session counts once, its requests by how many more the
    /// new verdict covers than those before it, and its abuse at the first verdict that finds any.
    private static let merge = """
        with arrived as (
            insert into session_verdicts (session_id, verdict_id, at, class, score, is_bot, is_scanner, is_behavioral_bot,
                bot_name, bot_category, signals, rule_set, judged_count)
            select distinct on (session_id, verdict_id) session_id, verdict_id, at, class, score, is_bot, is_scanner,
                is_behavioral_bot, bot_name, bot_category, signals, rule_set, judged_count
            from incoming_verdicts order by session_id, verdict_id
            on conflict do nothing
            returning session_id, verdict_id
        ), latest as (
            select distinct on (i.session_id) i.* from incoming_verdicts i join arrived using (session_id, verdict_id)
            where i.fingerprint <> ''
            order by i.session_id, i.judged_count desc, i.delta
        ), known as (
            select l.session_id, coalesce(max(v.judged_count), 0) as judged, count(v.verdict_id) > 0 as is_known,
                coalesce(bool_or(v.class in ('scanner', 'false_claim', 'behavioral_bot')), false) as was_abusive
            from latest l left join session_verdicts v on v.session_id = l.session_id
            group by l.session_id
        ), shares as (
            select l.fingerprint, l.prefix, min(l.started_at) as first_at, max(l.seen_at) as last_at,
                count(*) filter (where not k.is_known) as sessions,
                sum(greatest(0, l.judged_count - k.judged)) as requests, max(l.velocity) as velocity,
                max(l.sessions_24h) as active,
                coalesce(sum(l.delta) filter (where not k.was_abusive), 0) as delta,
                count(*) filter (where l.delta < 0 and not k.was_abusive) as incidents,
                min(l.reason) filter (where l.delta < 0 and not k.was_abusive) as reason,
                (array_agg(l.ip order by l.seen_at desc))[1] as ip,
                (array_agg(l.user_agent order by l.seen_at desc))[1] as user_agent
            from latest l join known k using (session_id)
            group by l.fingerprint, l.prefix
            order by l.fingerprint, l.prefix
        )
        insert into fingerprint_reputation as r (fingerprint_hash, network_prefix, first_seen_at, last_seen_at,
            total_session_count, active_session_count, total_request_count, peak_requests_per_minute, is_flagged,
            flag_reason, flagged_at, reputation_score, abuse_incidents, last_abuse_at, last_ip_address, last_user_agent)
        select fingerprint, prefix, first_at, last_at, sessions, active, requests, velocity, incidents > 0, reason,
            case when incidents > 0 then last_at end, greatest(0, \(ReputationChange.initialScore) + delta), incidents,
            case when incidents > 0 then last_at end, ip, user_agent
        from shares
        on conflict (fingerprint_hash, network_prefix) do update set
            first_seen_at = least(r.first_seen_at, excluded.first_seen_at),
            last_seen_at = greatest(r.last_seen_at, excluded.last_seen_at),
            total_session_count = r.total_session_count + excluded.total_session_count,
            active_session_count = excluded.active_session_count,
            total_request_count = r.total_request_count + excluded.total_request_count,
            peak_requests_per_minute = greatest(r.peak_requests_per_minute, excluded.peak_requests_per_minute),
            is_flagged = r.is_flagged or excluded.is_flagged,
            flag_reason = coalesce(r.flag_reason, excluded.flag_reason),
            flagged_at = coalesce(r.flagged_at, excluded.flagged_at),
            reputation_score = greatest(0, excluded.reputation_score - \(ReputationChange.initialScore) + case
                when r.reputation_score >= \(ReputationChange.initialScore) then r.reputation_score
                else least(\(ReputationChange.initialScore), r.reputation_score + \(ReputationChange.recoveryPerHour)
                    * greatest(0, floor(extract(epoch from excluded.last_seen_at - r.last_abuse_at) / 3600))::integer)
                end),
            abuse_incidents = r.abuse_incidents + excluded.abuse_incidents,
            last_abuse_at = greatest(r.last_abuse_at, excluded.last_abuse_at),
            last_ip_address = coalesce(excluded.last_ip_address, r.last_ip_address),
            last_user_agent = coalesce(excluded.last_user_agent, r.last_user_agent),
            updated_at = now()
        """

    /// Stores the batch and returns after the commit.
    static func insert(_ batch: [(SessionVerdict, SessionEvidence)], over connection: Connection) async throws {
        let rows = rows(batch)
        try await connection.transaction { connection in
            try connection.script("set local client_min_messages = warning; \(staging)")
            try connection.copyIn(copy, rows)
            try connection.execute(merge)
        }
    }

    private static func rows(_ batch: [(SessionVerdict, SessionEvidence)]) -> [UInt8] {
        var rows = CopyWriter(capacity: batch.count * 600)
        var signals = JSONWriter(capacity: 1024)
        for (verdict, evidence) in batch {
            let change = ReputationChange(verdict, evidence)
            rows.append(verdict.sessionID.text)
            rows.append(verdict.verdictID)
            rows.append(timestampMilliseconds: verdict.at.milliseconds)
            rows.append(verdict.verdictClass.rawValue)
            rows.append(verdict.score)
            rows.append(verdict.isBot)
            rows.append(verdict.isScanner)
            rows.append(verdict.isBehavioralBot)
            rows.append(stored(verdict.botName))
            rows.append(verdict.botCategory)
            signals.removeAll()
            VerdictText.write(verdict.signals.map(stored), into: &signals)
            signals.bytes.withUnsafeBufferPointer { rows.append(utf8: $0) }
            rows.append(verdict.ruleSet)
            rows.append(verdict.judgedCount)
            rows.append(stored(evidence.fingerprint))
            rows.append(stored(evidence.ipPrefix))
            rows.append(timestampMilliseconds: evidence.startedAt.milliseconds)
            rows.append(timestampMilliseconds: evidence.lastActivityAt.milliseconds)
            rows.append(evidence.fingerprintSessions24h)
            rows.append(Double(SessionMeasures(evidence).busiestMinute))
            rows.append(evidence.ip.flatMap { IPAddress($0) }?.description)
            rows.append(stored(evidence.userAgent))
            rows.append(change.delta)
            rows.append(change.reason)
            rows.endRow()
        }
        return rows.bytes
    }

    /// PostgreSQL has no NUL in a text.
    private static func stored(_ text: String?) -> String? {
        guard let text else { return nil }
        return text.utf8.contains(0) ? String(text.map { $0 == "\0" ? "\u{FFFD}" : $0 }) : text
    }

    private static func stored(_ signal: Signal) -> Signal {
        var signal = signal
        if case .text(let text) = signal.observed { signal.observed = .text(stored(text) ?? "") }
        return signal
    }
}
