import Database
import DetectorCore
import WeirProtocol

/// What the anomaly watch reads and writes.
enum WatchTables {
    private static let lock = "select pg_try_advisory_xact_lock(hashtext('weir.anomaly_watch'))"

    /// Takes the lock that only one detector has, for as long as the transaction that is begun for it.
    ///
    /// Not a session's lock: a pooler that lends sessions by the transaction would lend it to others, and keep it when its
    /// taker has gone. The transaction sees and changes nothing, so that nothing in the database waits for its end.
    /// - Returns: false when another detector has it.
    static func takeLock(in connection: isolated Connection) throws -> Bool {
        try connection.script("begin; set local idle_in_transaction_session_timeout = 0")
        if try connection.query(lock).single() { return true }
        try connection.script("rollback")
        return false
    }

    /// Fails when the lock went with its connection.
    static func checkLock(in connection: isolated Connection) throws { try connection.execute("select 1") }

    static func thresholds(in connection: isolated Connection) throws -> [String: AnomalyThreshold] {
        var found: [String: AnomalyThreshold] = [:]
        for row in try connection.query(
            "select metric_name, warning_threshold, critical_threshold from anomaly_thresholds")
        {
            found[try row.get(0)] = AnomalyThreshold(warning: try row.get(1), critical: try row.get(2))
        }
        return found
    }

    /// Stored minutes since `since`, in order.
    static func storedPoints(since: Int64, in connection: isolated Connection) throws -> [SeriesWatch.Point] {
        try connection.query(
            """
            select site, series, population, (extract(epoch from minute) * 1000)::bigint, value, requests
            from anomaly_series where minute >= $1 order by minute, site, series, population
            """, [.timestamp(milliseconds: since)]
        ).map { row in
            SeriesWatch.Point(
                key: .init(site: try row.get(0), series: try row.get(1), population: try row.get(2)),
                minute: try row.get(3), value: try row.get(4), requests: try row.get(5))
        }
    }

    /// The newest minute stored that is not after `end`; nil for none. Later ones were stored by a clock that has been set
    /// back since.
    static func lastMinute(upTo end: Int64, in connection: isolated Connection) throws -> Int64? {
        try connection.query(
            "select (extract(epoch from max(minute)) * 1000)::bigint from anomaly_series where minute <= $1",
            [.timestamp(milliseconds: end)]
        ).single(Int64?.self)
    }

    /// Every series' value of one minute. A site that was there in the last day and is silent now has zeroes.
    static func measure(minute: Int64, in connection: isolated Connection) throws -> [SeriesWatch.Point] {
        var points: [SeriesWatch.Point] = []
        for row in try connection.query(measures, [.timestamp(milliseconds: minute)]) {
            let site: String = try row.get(0)
            let population: String = try row.get(1)
            let requests: Int = try row.get(2)
            func add(_ series: String, _ value: Double) {
                points.append(
                    .init(
                        key: .init(site: site, series: series, population: population), minute: minute, value: value,
                        requests: requests))
            }
            add("requests", Double(requests))
            add("page_requests", try row.get(3))
            add("sessions", try row.get(4))
            add("errors", try row.get(5))
            add("response_time_ms", try row.get(6))
        }
        for row in try connection.query(denials, [.timestamp(milliseconds: minute)]) {
            let count: Double = try row.get(1)
            points.append(
                .init(
                    key: .init(site: try row.get(0), series: "denials", population: "all"), minute: minute,
                    value: count, requests: Int(count)))
        }
        return points
    }

    private static let measures = """
        with sites as (
            select distinct site from anomaly_series where minute >= $1::timestamptz - interval '1 day'
        ), seen as (
            select e.site, case when s.is_bot or s.is_scanner or s.is_behavioral_bot then 'bot' else 'human' end
                    as population,
                e.kind, e.status, e.session_id, e.response_time_ms
            from analytics_events e left join user_sessions s using (session_id)
            where e.kind is not null and e."timestamp" >= $1 and e."timestamp" < $1::timestamptz + interval '1 minute'
                and e.day between ($1::timestamptz at time zone 'UTC')::date - 1
                    and ($1::timestamptz at time zone 'UTC')::date + 1
        ), keys as (
            select site, population from sites cross join (values ('human'), ('bot')) as both_of_them (population)
            union select distinct site, population from seen
        )
        select k.site, k.population, count(e.kind), count(*) filter (where e.kind in ('document', 'api')),
            count(distinct e.session_id), count(*) filter (where e.status >= 400),
            coalesce(avg(e.response_time_ms), 0)::double precision
        from keys k left join seen e using (site, population)
        group by k.site, k.population order by count(e.kind) desc, k.site, k.population limit 64
        """

    private static let denials = """
        with sites as (
            select distinct site from anomaly_series where minute >= $1::timestamptz - interval '1 day'
        )
        select coalesce(s.site, d.site), coalesce(sum(d.sampled_of), 0)::double precision
        from sites s full join (
            select site, sampled_of from throttle_decisions
            where not allowed and at >= $1 and at < $1::timestamptz + interval '1 minute') d on d.site = s.site
        group by 1 order by 1 limit 32
        """

    static func store(_ points: [SeriesWatch.Point], in connection: isolated Connection) throws {
        guard let minute = points.first?.minute else { return }
        var rows = CopyWriter(capacity: points.count * 80)
        for point in points {
            rows.append(timestampMilliseconds: point.minute)
            rows.append(point.key.site)
            rows.append(point.key.series)
            rows.append(point.key.population)
            rows.append(point.value)
            rows.append(point.requests)
            rows.endRow()
        }
        try connection.execute("delete from anomaly_series where minute = $1", [.timestamp(milliseconds: minute)])
        try connection.copyIn(
            "copy anomaly_series (minute, site, series, population, value, requests) from stdin", rows.bytes)
    }

    static func forget(before minute: Int64, in connection: isolated Connection) throws {
        try connection.execute("delete from anomaly_series where minute < $1", [.timestamp(milliseconds: minute)])
    }

    /// The three limits on one fingerprint in one network: the worst twenty of each.
    static func visitors(
        minute: Int64, _ thresholds: [String: AnomalyThreshold], in connection: isolated Connection
    ) throws -> [SeriesWatch.Finding] {
        var found: [SeriesWatch.Finding] = []
        for (metric, sql, words) in [
            ("requests_per_minute", pace, "page requests in a minute"),
            ("session_count_per_fingerprint", sessions, "sessions in 24 hours"),
            ("unique_ips_per_fingerprint", addresses, "addresses in 24 hours"),
        ] {
            guard let threshold = thresholds[metric] else { continue }
            let rows = try connection.query(
                sql, [.timestamp(milliseconds: minute), .double(threshold.warning)])
            for row in rows {
                let value: Double = try row.get(2)
                let level = threshold.level(of: value)
                guard level != .normal else { continue }
                found.append(
                    .init(
                        metric: metric, population: try row.get(3),
                        key: "\(try row.get(0, as: String.self)) \(try row.get(1, as: String.self))",
                        level: level, value: value,
                        threshold: level == .critical ? threshold.critical : threshold.warning,
                        message: "\(Int64(value)) \(words) from one visitor's network"))
            }
        }
        return found
    }

    private static let population = """
        case when bool_or(s.is_bot or s.is_scanner or s.is_behavioral_bot) then 'bot' else 'human' end
        """
    private static let pace = """
        select s.fingerprint_hash, s.network_prefix, count(*)::double precision, \(population)
        from analytics_events e join user_sessions s using (session_id)
        where e.kind in ('document', 'api') and e."timestamp" >= $1
            and e."timestamp" < $1::timestamptz + interval '1 minute'
            and e.day between ($1::timestamptz at time zone 'UTC')::date - 1
                and ($1::timestamptz at time zone 'UTC')::date + 1
            and s.fingerprint_hash is not null and s.network_prefix is not null
        group by 1, 2 having count(*) >= $2::double precision order by 3 desc, 1, 2 limit 20
        """
    private static let sessions = """
        select s.fingerprint_hash, s.network_prefix, count(*)::double precision, \(population)
        from user_sessions s
        where s.started_at >= $1::timestamptz - interval '24 hours' and s.started_at < $1::timestamptz + interval '1 minute'
            and s.fingerprint_hash is not null and s.network_prefix is not null
        group by 1, 2
        having count(*) >= $2::double precision and max(s.last_activity_at) >= $1::timestamptz - interval '5 minutes'
        order by 3 desc, 1, 2 limit 20
        """
    private static let addresses = """
        select s.fingerprint_hash, s.network_prefix, count(distinct s.ip_address)::double precision, \(population)
        from user_sessions s
        where s.started_at >= $1::timestamptz - interval '24 hours' and s.started_at < $1::timestamptz + interval '1 minute'
            and s.fingerprint_hash is not null and s.network_prefix is not null
        group by 1, 2
        having count(distinct s.ip_address) >= $2::double precision and max(s.last_activity_at) >= $1::timestamptz - interval '5 minutes'
        order by 3 desc, 1, 2 limit 20
        """

    /// What people read and what trackers said, by site: the last half hour beside the day before it.
    static func tracking(minute: Int64, in connection: isolated Connection) throws -> [SeriesWatch.Finding] {
        try connection.query(
            """
            with read as (
                select e.site, count(*) filter (where e."timestamp" >= $1::timestamptz - interval '29 minutes') as now,
                    count(*) filter (where e."timestamp" < $1::timestamptz - interval '29 minutes') as before
                from analytics_events e join user_sessions s using (session_id)
                where e.kind = 'document' and e."timestamp" >= $1::timestamptz - interval '24 hours'
                    and e."timestamp" < $1::timestamptz + interval '1 minute'
                    and e.day between ($1::timestamptz at time zone 'UTC')::date - 2
                        and ($1::timestamptz at time zone 'UTC')::date + 1
                    and not s.is_bot and not s.is_scanner and not s.is_behavioral_bot
                group by e.site
            ), said as (
                select site, count(*) filter (where created_at >= $1::timestamptz - interval '29 minutes') as now,
                    count(*) filter (where created_at < $1::timestamptz - interval '29 minutes') as before
                from engagement_events
                where created_at >= $1::timestamptz - interval '24 hours'
                    and created_at < $1::timestamptz + interval '1 minute'
                group by site
            )
            select read.site, read.now, said.now, said.before::double precision / read.before
            from read join said using (site) where read.before >= 50
            """, [.timestamp(milliseconds: minute)]
        ).flatMap { row in
            SeriesWatch.silentTracker(
                site: try row.get(0), documents: try row.get(1), events: try row.get(2), usual: try row.get(3))
        }
    }

    /// Opens an anomaly, or brings the open one of the same metric and key up to date. True when it is new, or worse
    /// than before, so that it is worth explaining.
    static func note(
        _ finding: SeriesWatch.Finding, minute: Int64, in connection: isolated Connection
    ) throws -> (id: String, isNews: Bool) {
        let row = try connection.query(
            """
            insert into anomalies as a (metric_name, key, site, population, level, opened_at, last_seen_at, value,
                threshold, baseline, message)
            values ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10)
            on conflict (metric_name, site, population, key) where closed_at is null do update set
                last_seen_at = greatest(a.last_seen_at, excluded.last_seen_at),
                level = case when a.level = 'critical' then a.level else excluded.level end,
                message = case when excluded.value > a.value then excluded.message else a.message end,
                value = greatest(a.value, excluded.value)
            returning anomaly_id::text, opened_at = $6 as is_news
            """,
            [
                .text(finding.metric), .text(finding.key), .text(finding.site), .text(finding.population),
                .text(finding.level.rawValue), .timestamp(milliseconds: minute), .double(finding.value),
                .double(finding.threshold), .double(finding.baseline), .text(finding.message),
            ]
        ).first!
        return (try row.get(0), try row.get(1))
    }

    /// What of the requests it is about grew most in that minute over the hour before: the answer to "why?". Those are
    /// the site's or the visitor's; where errors are too many, the errors.
    static func explain(
        _ anomaly: String, _ finding: SeriesWatch.Finding, minute: Int64, in connection: isolated Connection
    ) throws {
        var values: [Value] = [.text(anomaly), .timestamp(milliseconds: minute), .text(finding.site)]
        var scope = "left join user_sessions s using (session_id) where e.site = $3"
        if finding.site.isEmpty {
            // A visitor: the fingerprint and the network, as `visitors` writes them.
            let parts = finding.key.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return }
            values[2...] = [.text(parts[0]), .text(parts[1])]
            scope = """
                join user_sessions s using (session_id)
                where s.fingerprint_hash = $3 and s.network_prefix = $4
                    and s.last_activity_at >= $2::timestamptz - interval '1 hour'
                """
        }
        if finding.metric == "error_rate" || finding.metric == "series_errors" { scope += " and e.status >= 400" }
        try connection.execute(
            """
            with seen as (
                select e."timestamp" >= $2 as is_now, e.path, e.status::text as status, e.referrer_host,
                    s.network_prefix, s.user_agent, s.country
                from analytics_events e \(scope) and e.kind is not null
                    and e."timestamp" >= $2::timestamptz - interval '1 hour'
                    and e."timestamp" < $2::timestamptz + interval '1 minute'
                    and e.day between ($2::timestamptz at time zone 'UTC')::date - 1
                        and ($2::timestamptz at time zone 'UTC')::date + 1
            ), grown as (
                select dimension, value, count(*) filter (where is_now) as requests,
                    round(count(*) filter (where not is_now) / 60.0, 2) as usual
                from seen cross join lateral (values ('path', path), ('status', status),
                    ('referrer', referrer_host), ('network', network_prefix), ('user_agent', user_agent),
                    ('country', country)) as parts (dimension, value)
                where value is not null group by dimension, value
            ), ranked as (
                select jsonb_build_object('dimension', dimension, 'value', left(value, 200), 'requests', requests,
                        'usual', usual) as part, requests - usual as growth
                from grown where requests > usual order by growth desc, dimension, value limit 5
            )
            update anomalies set evidence = coalesce(
                (select jsonb_build_object('explains', jsonb_agg(part order by growth desc)) from ranked),
                '{}')
            where anomaly_id = $1::uuid
            """, values)
    }

    /// Closes what has not been seen since `minute`.
    static func close(notSeenSince minute: Int64, in connection: isolated Connection) throws {
        try connection.execute(
            "update anomalies set closed_at = last_seen_at where closed_at is null and last_seen_at < $1",
            [.timestamp(milliseconds: minute)])
    }
}
