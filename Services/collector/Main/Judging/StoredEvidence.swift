import CollectorCore
import Database
import WeirProtocol

/// Evidence made again from what is stored, for sessions that are owed a verdict: after a restart, or when no detector
/// was there in time.
struct StoredEvidence: Sendable {
    let connection: Connection

    /// The evidence, as of their last activity, of sessions that wait for a verdict, oldest first.
    /// - Parameter quietFor: only those that nothing has been added to for so many seconds, so that a session that
    ///   another process is feeding is left to it.
    /// - Parameter resting: sessions that are passed over.
    func waiting(
        limit: Int, quietFor seconds: Int, except resting: [SessionID] = []
    ) async throws -> [SessionEvidence] {
        let rows = try await connection.query(
            Self.sessions, [.int(limit), .int(seconds), .texts(resting.map(\.text))])
        var evidence = try rows.compactMap { try Self.evidence(of: $0) }
        guard !evidence.isEmpty else { return [] }
        let requests = try await connection.query(
            Self.requests, [.texts(evidence.map(\.sessionID.text)), .int(SessionEvidence.requestLimit)])
        var bySession: [String: [SessionEvidence.Request]] = [:]
        for row in requests {
            bySession[try row.get("session_id"), default: []].append(
                SessionEvidence.Request(
                    at: Timestamp(milliseconds: try row.milliseconds("timestamp") ?? 0),
                    method: try row.get("method") ?? "GET",
                    path: SessionEvidence.Request.clamped(try row.get("target") ?? "/"),
                    status: try row.get("status") ?? 0,
                    kind: RequestKind(rawValue: try row.get("kind") ?? "") ?? .api,
                    referrerHost: try row.get("referrer_host")))
        }
        let first = evidence.lazy.map(\.startedAt).min()!
        let last = evidence.lazy.map(\.lastActivityAt).max()!
        let tracked = Set(
            try await connection.query(
                Self.tracked,
                [.timestamp(milliseconds: first.milliseconds), .timestamp(milliseconds: last.milliseconds)]
            ).map { try $0.get("site", as: String.self) })
        for index in evidence.indices {
            evidence[index].trackerExpected = tracked.contains(evidence[index].site)
            evidence[index].requests = bySession[evidence[index].sessionID.text] ?? []
            evidence[index].requestsOmitted = max(
                0, evidence[index].requestCount + evidence[index].assetCount - evidence[index].requests.count)
        }
        return evidence
    }

    /// How many sessions wait for a verdict.
    func waitingCount() async throws -> Int {
        try await connection.query("select count(*) from user_sessions where needs_evaluation").single()
    }

    /// Queues sessions that were judged before a look-up told whether they are the crawler that they claim to be. A look-up
    /// is news for an hour; a session that its detector goes on calling the same is asked about again in that time.
    func queueLookedUp() async throws {
        try await connection.execute(Self.lookedUp)
    }

    /// Takes sessions out of the queue whose newest answer was the verdict that they had.
    func settle(_ sessions: [SessionID]) async throws {
        try await connection.execute(Self.settled, [.texts(sessions.map(\.text))])
    }

    private static func evidence(of row: Row) throws -> SessionEvidence? {
        guard let id = SessionID(try row.get("session_id")) else { return nil }
        let startedAt = Timestamp(milliseconds: try row.milliseconds("started_at") ?? 0)
        var evidence = SessionEvidence(
            sessionID: id, site: try row.get("site"), fingerprint: try row.get("fingerprint_hash") ?? "",
            ip: try row.get("ip"), ipPrefix: try row.get("network_prefix") ?? "",
            userAgent: try row.get("user_agent") ?? "", acceptLanguage: try row.get("preferred_locale") ?? "",
            startedAt: startedAt)
        evidence.lastActivityAt = Timestamp(milliseconds: try row.milliseconds("last_activity_at") ?? 0)
        evidence.now = evidence.lastActivityAt
        evidence.requestCount = try row.get("request_count")
        evidence.assetCount = try row.get("asset_count")
        evidence.errorCount = try row.get("error_count")
        evidence.engagementEvents = try row.get("beacon_count")
        evidence.distinctPages = try row.get("distinct_pages")
        evidence.sitePages = try row.get("site_pages")
        evidence.fingerprintSessions24h = max(1, try row.get("sessions_24h"))
        evidence.prefixAgents24h = max(1, try row.get("agents_24h"))
        if let headers = try row.get("headers", as: String?.self),
            case .object(let object)? = try? JSONValue(parsing: headers.utf8)
        {
            for field in object.fields { evidence.headers[field.name] = field.value.stringValue }
        }
        return evidence
    }

    /// Neighbours that are looked at for one session; what rules ask for lies far below.
    private static let neighbourLimit = 2000

    /// The pages of a site are counted for all sessions in one pass: a site may have as many as an import has lines.
    private static let sessions = """
        with asked as materialized (
            select s.* from user_sessions s
            where s.needs_evaluation and s.updated_at <= now() - make_interval(secs => $2)
                and s.session_id <> all($3)
            order by s.started_at, s.session_id limit $1
        ), paged as (
            select session_id, sum(page) over (partition by site order by at, page desc) as pages
            from (
                select site, first_seen_at as at, 1 as page, null as session_id
                from content where site in (select site from asked)
                union all
                select site, last_activity_at, 0, session_id from asked) as moments
        )
        select s.session_id, s.site, fingerprint_hash, host(ip_address) as ip, network_prefix, user_agent,
            preferred_locale, started_at, last_activity_at, request_count, asset_count, error_count, beacon_count,
            (select count(distinct path) from analytics_events e
                where e.session_id = s.session_id and e.kind = 'document') as distinct_pages,
            paged.pages as site_pages, around.sessions as sessions_24h, around.agents as agents_24h,
            (select e.event_data ->> 'headers' from analytics_events e
                where e.session_id = s.session_id and e.kind in ('document', 'api')
                order by e."timestamp", e.ctid limit 1) as headers
        from asked s join paged on paged.session_id = s.session_id
        cross join lateral (
            select count(*) filter (where o.fingerprint_hash = s.fingerprint_hash) as sessions,
                count(distinct o.fingerprint_hash) as agents
            from (
                select fingerprint_hash from user_sessions n
                where n.network_prefix = s.network_prefix and n.started_at <= s.last_activity_at
                    and n.started_at > s.last_activity_at - interval '24 hours'
                order by n.started_at desc limit \(neighbourLimit)) as o) as around
        order by s.started_at, s.session_id
        """

    /// A verified crawler is one whatever it asks for, an impostor may be a scanner too: a session that has such a verdict
    /// knows of the look-up.
    private static let lookedUp = """
        update user_sessions s set needs_evaluation = true
        from crawler_verifications v, unnest(v.sessions) as waiting(session_id)
        where v.checked_at > now() - interval '1 hour' and s.session_id = waiting.session_id
            and s.flags_source = 'auto' and not s.needs_evaluation
            and case v.result when 'verified' then s.verdict_class <> 'verified_bot'
                when 'false_claim' then s.verdict_class not in ('false_claim', 'scanner') else false end
        """

    private static let settled = """
        update user_sessions set needs_evaluation = false, updated_at = now()
        where session_id = any($1) and needs_evaluation
            and judged_count >= request_count + asset_count + beacon_count
        """

    /// Sites whose pages reported engagement from a day before $1 until $2.
    private static let tracked = """
        select distinct site from user_sessions
        where beacon_count > 0 and started_at > $1::timestamptz - interval '1 day' and started_at <= $2
        """

    /// A log's clock has whole seconds, and what was asked for in which order within one tells people from programs.
    /// Events are added at their partition's end, so that their place in it is the order in which they came (but where
    /// they take the room of an erased visitor's); an event's id says nothing of it.
    private static let requests = """
        select session_id, "timestamp", method, target, status, kind, referrer_host
        from (
            select session_id, "timestamp", ctid as place, method, status, kind, referrer_host,
                case when query is null then path else path || '?' || query end as target,
                row_number() over (partition by session_id order by "timestamp" desc, ctid desc) as age
            from analytics_events where session_id = any($1) and kind is not null) as numbered
        where age <= $2
        order by session_id, "timestamp", place
        """
}
