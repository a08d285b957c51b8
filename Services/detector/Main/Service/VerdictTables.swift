import Database
import DetectorCore
import WeirProtocol

/// The SQL of the detector: verdicts and standings, a batch in one transaction. A verdict that is there already changes
/// nothing, neither itself nor the standing.
enum VerdictTables {
    private static let columns = """
        session_id, verdict_id, at, class, score, is_bot, is_scanner, is_behavioral_bot, bot_name, bot_category, signals,
        rule_set, judged_count
        """

    /// Made only where a verdict turns out to be stored already: a transaction that has touched a temporary table pays
    /// for emptying it when it commits.
    private static let staging = """
        set local client_min_messages = warning;
        create temporary table if not exists incoming_verdicts (like session_verdicts including defaults)
            on commit delete rows
        """

    private static let known = """
        select session_id, max(judged_count) as judged,
            bool_or(class in ('scanner', 'false_claim', 'behavioral_bot')) as was_abusive
        from session_verdicts where session_id = any($1) group by session_id
        """

    private static let mergeVerdicts = """
        insert into session_verdicts (\(columns)) select \(columns) from incoming_verdicts
        on conflict do nothing
        returning session_id, verdict_id
        """

    /// In one order, so that two detectors with the same holders in hand do not wait for each other in a circle.
    private static let mergeStanding = """
        insert into fingerprint_reputation as r (fingerprint_hash, network_prefix, first_seen_at, last_seen_at,
            total_session_count, active_session_count, total_request_count, peak_requests_per_minute, is_flagged,
            flag_reason, flagged_at, reputation_score, abuse_incidents, last_abuse_at, last_ip_address, last_user_agent)
        select fingerprint, prefix, to_timestamp(first_ms / 1000), to_timestamp(last_ms / 1000), sessions, active,
            requests, velocity, incidents > 0, reason, case when incidents > 0 then to_timestamp(last_ms / 1000) end,
            greatest(0, \(ReputationChange.initialScore) + delta), incidents,
            case when incidents > 0 then to_timestamp(last_ms / 1000) end, ip, user_agent
        from (
            select fingerprint, prefix, first_ms::double precision, last_ms::double precision, sessions, active, requests,
                velocity, delta, incidents, nullif(reason, '') as reason, nullif(ip, '')::inet as ip,
                nullif(user_agent, '') as user_agent
            -- Arrays: an object for each holder takes the server three times as long to read.
            from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::integer[], $6::integer[], $7::bigint[],
                $8::bigint[], $9::integer[], $10::integer[], $11::text[], $12::text[], $13::text[]) as listed(fingerprint,
                prefix, first_ms, last_ms, sessions, active, requests, velocity, delta, incidents, reason, ip, user_agent)
        ) as incoming
        order by fingerprint, prefix
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

    /// Of the sessions asked about, those that were erased and have not come back.
    private static let erased = """
        select session_id from erased_sessions as e
        where session_id = any($1) and not exists (select from user_sessions as s where s.session_id = e.session_id)
        """

    /// Stores the batch and returns after the commit. What is about a session that was erased meanwhile is dropped.
    static func insert(_ offered: [StandingShare.Finding], over connection: Connection) async throws {
        try await connection.transaction { connection in
            try connection.script(ErasureLock.storing)
            let batch = try remaining(offered, connection)
            guard !batch.isEmpty else { return }
            let rows = verdictRows(batch)
            var earlier = try earlierVerdicts(on: batch.filter { !$0.isFirstQuestion }, connection)
            var arrived = batch
            // Nearly always all are new, and stored so in half the time.
            if try !storeAllNew(rows, connection) {
                earlier = try earlierVerdicts(on: batch, connection)
                arrived = try storeNew(rows, of: batch, connection)
            }
            let shares = StandingShare.shares(of: arrived, earlier: earlier)
            guard !shares.isEmpty else { return }
            try connection.execute(mergeStanding, columns(of: shares))
        }
    }

    private static func remaining(
        _ findings: [StandingShare.Finding], _ connection: isolated Connection
    ) throws -> [StandingShare.Finding] {
        // Nearly always nobody was erased within a day.
        guard try connection.query("select exists (select from erased_sessions)").single() else { return findings }
        let rows = try connection.query(erased, [.texts(findings.map(\.verdict.sessionID.text))])
        let gone = Set(try rows.map { try $0.get(0, as: String.self) })
        return gone.isEmpty ? findings : findings.filter { !gone.contains($0.verdict.sessionID.text) }
    }

    private static func earlierVerdicts(
        on findings: [StandingShare.Finding], _ connection: isolated Connection
    ) throws -> [SessionID: StandingShare.Earlier] {
        guard !findings.isEmpty else { return [:] }
        var earlier: [SessionID: StandingShare.Earlier] = [:]
        for row in try connection.query(known, [.texts(findings.map(\.verdict.sessionID.text))]) {
            guard let id = SessionID(try row.get("session_id")) else { continue }
            earlier[id] = StandingShare.Earlier(
                judgedCount: try row.get("judged"), wasAbusive: try row.get("was_abusive"))
        }
        return earlier
    }

    /// Stores the verdicts that are new, and returns those.
    private static func storeNew(
        _ rows: CopyWriter, of batch: [StandingShare.Finding], _ connection: isolated Connection
    ) throws -> [StandingShare.Finding] {
        try connection.script(staging)
        try connection.copyIn("copy incoming_verdicts (\(columns)) from stdin", rows)
        var arrived: Set<[String]> = []
        for row in try connection.query(mergeVerdicts) {
            arrived.insert([try row.get("session_id"), try row.get("verdict_id")])
        }
        return batch.filter { arrived.remove([$0.verdict.sessionID.text, $0.verdict.verdictID]) != nil }
    }

    /// - Returns: false when one is there already, with nothing stored.
    private static func storeAllNew(_ rows: CopyWriter, _ connection: isolated Connection) throws(DatabaseError) -> Bool
    {
        try connection.script("savepoint verdicts")
        do throws(DatabaseError) {
            try connection.copyIn("copy session_verdicts (\(columns)) from stdin", rows)
        } catch {
            guard error.sqlstate == DatabaseError.uniqueViolation else { throw error }
            try connection.script("rollback to savepoint verdicts")
            return false
        }
        return true
    }

    /// In binary form, which costs the server less.
    private static func verdictRows(_ batch: [StandingShare.Finding]) -> CopyWriter {
        var rows = CopyWriter(.binary, capacity: batch.count * 400)
        var signals = JSONWriter(capacity: 1024)
        for verdict in batch.lazy.map(\.verdict) {
            verdict.sessionID.withUTF8 { rows.append(utf8: $0) }
            rows.append(verdict.verdictID)
            rows.append(timestampMilliseconds: verdict.at.milliseconds)
            rows.append(verdict.verdictClass.rawValue)
            rows.append(int4: verdict.score)
            rows.append(verdict.isBot)
            rows.append(verdict.isScanner)
            rows.append(verdict.isBehavioralBot)
            rows.append(VerdictText.storable(verdict.botName))
            rows.append(verdict.botCategory)
            signals.removeAll()
            VerdictText.write(verdict.signals.map(VerdictText.storable), into: &signals)
            signals.bytes.withUnsafeBufferPointer { rows.append(jsonb: $0) }
            rows.append(verdict.ruleSet)
            rows.append(int4: min(verdict.judgedCount, Int(Int32.max)))
            rows.endRow()
        }
        return rows
    }

    /// The shares by column, as `mergeStanding` takes them; a text that is missing is empty.
    private static func columns(of shares: [StandingShare]) -> [Value] {
        func texts(_ word: (StandingShare) -> String?) -> Value {
            .texts(shares.map { VerdictText.storable(word($0)) ?? "" })
        }
        func numbers(_ number: (StandingShare) -> some BinaryInteger) -> Value {
            .ints(shares.map { Int64(clamping: number($0)) })
        }
        return [
            texts { $0.holder.fingerprint }, texts { $0.holder.prefix }, numbers { $0.firstAt.milliseconds },
            numbers { $0.lastAt.milliseconds }, numbers { $0.sessions }, numbers { $0.active },
            numbers { $0.requests }, numbers { $0.velocity }, numbers { $0.delta }, numbers { $0.incidents },
            texts { $0.reason }, texts { $0.address.flatMap { IPAddress($0) }?.description },
            texts { $0.userAgent },
        ]
    }
}
