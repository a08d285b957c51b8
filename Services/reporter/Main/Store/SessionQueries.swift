import Database
import ReporterCore
import WeirProtocol

extension ReportQuery {
    static let sessions: [String: ReportQuery] = [
        "sessions.stats": ReportQuery { stats($0) },
        "sessions.trends": ReportQuery { trends($0) },
        "sessions.live": ReportQuery { live($0) },
        "top": ReportQuery { top($0) },
        "sessions.show": ReportQuery { show($0) },
        "bots.explain": ReportQuery { explain($0) },
    ]

    /// What a session is called: by its flags, which may have been set by hand, then by its verdict.
    static let className: SQL = """
        case when s.is_scanner then 'scanner'
            when s.is_bot and s.verdict_class in ('verified_bot', 'false_claim') then s.verdict_class
            when s.is_bot then 'declared_bot' when s.is_behavioral_bot then 'behavioral_bot'
            when s.verdict_class = 'undecided' then 'undecided' else 'human' end
        """

    /// An open session has lasted until its last activity, as it will have if nothing more comes.
    private static let duration: SQL = """
        coalesce(s.duration_seconds, greatest(0, floor(extract(epoch from s.last_activity_at - s.started_at))))
        """

    /// Over rows of session_hours.
    private static let averageDuration: SQL =
        "coalesce(round(avg(s.duration_seconds) filter (where s.is_start)), 0)::bigint"

    private static func stats(_ question: Question) -> [Part] {
        [
            .value("period", question.period()),
            .fields(
                """
                select count(*) filter (where s.is_start) as sessions_created_in_period,
                    (select count(*) from user_sessions as s
                        where \(active(question)) and \(question.population) and \(question.sessionFilters))
                        as sessions_currently_active,
                    count(distinct s.visitor) as unique_visitors, count(distinct s.user_id) as unique_users,
                    coalesce(sum(s.page_view_count), 0)::bigint as page_views,
                    \(averageDuration) as avg_duration_seconds,
                    coalesce(avg(s.session_requests) filter (where s.is_start), 0)::double precision
                        as avg_requests_per_session,
                    \(Question.percent(
                        "count(*) filter (where s.is_start and s.is_converted)",
                        of: "count(*) filter (where s.is_start)")) as conversion_rate,
                    count(*) filter (where s.is_start and \(Question.condition(of: .undecided))) as undecided_sessions
                from \(question.chosenHours)
                """),
        ]
    }

    private static func trends(_ question: Question) -> [Part] {
        [
            .value("period", question.period()),
            .value("group_by", .string(question.grouping.rawValue)),
            .trend(
                """
                select \(question.bucket(of: "s.started_at")) as bucket,
                    count(*) filter (where s.is_start) as session_count,
                    count(distinct s.visitor) as visitor_count, count(distinct s.user_id) as user_count,
                    coalesce(sum(s.page_view_count), 0)::bigint as page_view_count,
                    count(distinct s.user_id) as active_users, \(averageDuration) as avg_duration_seconds
                from \(question.chosenHours) group by 1
                """,
                zero: [
                    "session_count", "visitor_count", "user_count", "page_view_count", "active_users",
                    "avg_duration_seconds",
                ]),
            .fields("select count(*) as total_sessions from \(question.chosenHours) and s.is_start"),
        ]
    }

    /// Without a window of its own: now, or the half hour before --until. With one: whatever was active in it.
    private static func live(_ question: Question) -> [Part] {
        let window = question.request.window
        let isActive: SQL =
            window.hasGivenStart
            ? "s.started_at < \(question.end) and s.last_activity_at >= \(question.start)"
            : window.endsNow ? active(question) : activeBefore(question.present)
        let condition: SQL = "\(isActive) and \(question.population) and \(question.sessionFilters)"
        func clock(_ column: SQL) -> SQL { "to_char(\(column) at time zone \(question.zoneName), 'HH24:MI:SS')" }
        return [
            .fields("select count(*) as active_count from user_sessions as s where \(condition)"),
            .rows(
                "sessions",
                """
                select s.session_id, s.user_type, \(className) as class, \(clock("s.started_at")) as started_at,
                    \(clock("s.last_activity_at")) as last_activity, \(duration) as duration_seconds,
                    s.request_count, s.country, s.device_type, s.landing_page,
                    \(Question.iso("s.started_at")) as started_at_time,
                    \(Question.iso("s.last_activity_at")) as last_activity_time
                from user_sessions as s where \(condition)
                order by s.last_activity_at desc, s.session_id limit \(question.limit)
                """),
            .value("timestamp", .string(question.present.iso8601)),
        ]
    }

    /// The busiest first, by the requests of the last five minutes.
    private static func top(_ question: Question) -> [Part] {
        let present = Value.timestamp(milliseconds: question.present.milliseconds)
        let recent: SQL = """
            select e.session_id, count(*) / 5.0 as rate from analytics_events as e
            where \(question.eventsInWindow) and e."timestamp" >= \(present)::timestamptz - interval '5 minutes'
                and e.kind is not null and e.session_id is not null group by e.session_id
            """
        let sessions: SQL = """
            user_sessions as s left join (\(recent)) as recent using (session_id)
            where \(active(question)) and \(question.population) and \(question.sessionFilters)
            """
        return [
            .fields(
                """
                select count(*) as active_count, count(*) filter (where \(Question.judgedHuman)) as human_sessions,
                    count(*) filter (where \(Question.condition(of: .undecided))) as undecided_sessions,
                    count(*) filter (where \(Question.condition(of: .bot))) as bot_sessions,
                    coalesce(sum(recent.rate), 0)::double precision as requests_per_minute
                from \(sessions)
                """),
            .rows(
                "sessions",
                """
                select coalesce(recent.rate, 0)::double precision as requests_per_minute, s.request_count, s.error_count,
                    \(className) as class, s.bot_name,
                    (array['normal', 'warning', 'severe', 'blocked'])[s.throttle_level + 1] as throttle_level,
                    \(duration) as duration_seconds, s.country, s.device_type, s.exit_page,
                    host(s.ip_address) as ip_address, \(Question.iso("s.last_activity_at")) as last_activity_time,
                    s.session_id
                from \(sessions) order by 1 desc, s.last_activity_at desc, s.session_id limit \(question.limit)
                """),
            .value("timestamp", .string(question.present.iso8601)),
        ]
    }

    private static func show(_ question: Question) -> [Part] {
        let id = question.request.argument ?? ""
        return [
            .existing(
                """
                select row_to_json(found) as session from (
                    select s.session_id, s.site, \(className) as class, s.behavioral_bot_score as score, s.bot_name,
                        \(Question.iso("s.started_at")) as started_at,
                        \(Question.iso("s.last_activity_at")) as last_activity_at,
                        \(Question.iso("s.ended_at")) as ended_at, \(duration) as duration_seconds,
                        s.request_count, s.asset_count, s.beacon_count, s.error_count, s.fingerprint_hash as visitor,
                        s.user_id, s.user_type, host(s.ip_address) as ip_address, s.country, s.region, s.city,
                        s.user_agent, s.device_type, s.browser, s.os,
                        coalesce(s.referrer_source, 'direct') as source, s.referrer_url, s.landing_page, s.entry_url,
                        s.utm_source, s.utm_medium, s.utm_campaign, s.throttle_level, s.rule_set
                    from user_sessions as s where s.session_id = \(Value.text(id))) as found
                """, "There is no session \"\(id.prefix(80))\"."),
            .rows(
                "requests",
                """
                select to_char(e."timestamp" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
                    coalesce(e.kind, e.event_type) as kind, e.method, e.path, e.status,
                    e.response_time_ms as duration_ms
                from analytics_events as e where e.session_id = \(Value.text(id))
                order by e."timestamp", e.ctid limit \(question.limit)
                """),
        ]
    }

    private static func explain(_ question: Question) -> [Part] {
        let id = Value.text(question.request.argument ?? "")
        return [
            .existing(
                """
                select s.session_id, \(className) as class, s.behavioral_bot_score as score, s.is_bot, s.is_scanner,
                    s.is_behavioral_bot, s.flags_source, s.bot_name, s.user_agent, s.request_count, s.asset_count,
                    s.judged_count, s.rule_set
                from user_sessions as s where s.session_id = \(id)
                """, "There is no session \"\((question.request.argument ?? "").prefix(80))\"."),
            .rows(
                "signals",
                """
                select signal->>'name' as name, (signal->>'points')::numeric as points,
                    signal->>'observed' as observed, signal->>'threshold' as threshold
                from user_sessions as s
                join session_verdicts as v on v.session_id = s.session_id and v.verdict_id = s.verdict_id,
                    jsonb_array_elements(v.signals) with ordinality as listed (signal, place)
                where s.session_id = \(id) order by place
                """),
            .rows("would_change", turningPoints(id)),
            .rows(
                "verdicts",
                """
                with \(verdicts(id))
                select at, class, score, judged_count, rule_set, by, verdict_id, signal_names, signals, counts
                from verdicts order by \(verdictOrder)
                """),
            // A session is judged with every request, and mostly called the same. What was undone or given back to the
            // rules has another verdict than its last.
            .rows(
                "verdict_changes",
                """
                with \(verdicts(id)), told as (
                    select *, row(class, score, signal_names, rule_set, by) as said,
                        lag(row(class, score, signal_names, rule_set, by)) over verdict as said_before
                    from verdicts window verdict as (order by \(verdictOrder)))
                select at, class, score, signal_names, judged_count, rule_set, by, counts
                from told where said is distinct from said_before or counts order by \(verdictOrder)
                """),
        ]
    }

    private static let verdictOrder: SQL = "said_at, judged_count, verdict_id"

    /// A detector speaks of the time of the requests, which may be a log's; operators of their own.
    private static func verdicts(_ id: Value) -> SQL {
        """
        verdicts as (
            select case when v.by = 'detector' then v.at else v.created_at end as said_at,
                \(Question.iso("case when v.by = 'detector' then v.at else v.created_at end")) as at, v.class, v.score, v.judged_count, v.rule_set, v.by, v.verdict_id,
                coalesce((select string_agg(signal->>'name', ' ' order by place)
                    from jsonb_array_elements(v.signals) with ordinality as listed (signal, place)), '')
                    as signal_names,
                v.signals, v.verdict_id = s.verdict_id as counts
            from session_verdicts as v join user_sessions as s using (session_id) where v.session_id = \(id))
        """
    }
}
