import Database
import ReporterCore
import WeirProtocol

extension ReportQuery {
    static let paths: [String: ReportQuery] = [
        "traffic.navigation": ReportQuery { navigation($0) },
        "traffic.spam": ReportQuery { spam($0) },
        "content.journey": ReportQuery { question in
            [
                .rows(
                    "journeys",
                    """
                    select source_content_id, source_slug, target_url, target_slug, click_count, unique_sessions,
                        conversions, conversion_rate
                    from v_content_journey order by click_count desc, source_content_id, target_url
                    limit \(question.limit)
                    """)
            ]
        },
        "users": ReportQuery { users($0) },
    ]

    /// Documents that follow each other in a session; reloading a page is no way anywhere. Logs tell whole seconds: of what
    /// is said to be of one moment, what was stored first was first.
    private static func navigation(_ question: Question) -> [Part] {
        let steps: SQL = """
            select * from (
                select session_id, site, path as to_path,
                    lag(path) over (partition by session_id order by "timestamp", place) as from_path
                from (\(question.documents(ofEveryPath: true))) as documents) as steps
            where from_path <> to_path and \(question.pagePath("from_path"))
            """
        return [
            .value("period", question.period()),
            .totalled(
                "transitions",
                """
                select site, from_path, to_path, count(*) as transition_count,
                    count(distinct session_id) as session_count,
                    \(Question.percent("count(*)", of: "sum(count(*)) over ()")) as percentage,
                    (sum(count(*)) over ())::bigint as total_transitions
                from (\(steps)) as steps group by site, from_path, to_path
                order by transition_count desc, from_path, to_path, site limit \(question.limit)
                """, ["total_transitions": 0]),
        ]
    }

    /// Who sends bots by a referrer's name. Engaged sessions speak for a host: somebody read there.
    private static func spam(_ question: Question) -> [Part] {
        let bot = Question.condition(of: .bot)
        let hosts: SQL = """
            select s.referrer_host, count(*) as session_count, count(*) filter (where \(bot)) as bot_sessions,
                \(Question.percent("count(*) filter (where \(bot))", of: "count(*)")) as bot_percentage,
                count(*) filter (where s.beacon_count > 0) as engaged_sessions
            from user_sessions as s
            where \(question.inWindow("s.started_at")) and \(question.sessionFilters) and s.referrer_host is not null
            group by s.referrer_host having count(*) filter (where \(bot)) > 0
            """
        return [
            .value("period", question.period()),
            .rows(
                "referrers",
                """
                select * from (\(hosts)) as hosts
                order by bot_percentage desc, bot_sessions desc, referrer_host limit \(question.limit)
                """),
            .fields("select count(*) as total_hosts from (\(hosts)) as hosts"),
        ]
    }

    private static func users(_ question: Question) -> [Part] {
        let sessions: SQL = "user_sessions as s where \(question.chosenSessions) and s.user_id is not null"
        return [
            .value("period", question.period()),
            .rows(
                "users",
                """
                select s.user_id, count(*) as session_count, count(distinct s.fingerprint_hash) as visitor_count,
                    sum(s.request_count)::bigint as request_count,
                    sum(s.total_ai_cost_microdollars)::bigint as total_cost_microdollars,
                    \(Question.iso("min(s.started_at)")) as first_seen,
                    \(Question.iso("max(s.last_activity_at)")) as last_seen
                from \(sessions) group by s.user_id order by session_count desc, s.user_id limit \(question.limit)
                """),
            .fields("select count(distinct s.user_id) as total_users from \(sessions)"),
        ]
    }

    /// The rows of an export in the order of time.
    static func exported(_ question: Question) -> SQL? {
        switch question.request.report.id {
        case "export.sessions":
            """
            select s.session_id, s.site, \(Question.iso("s.started_at")) as started_at,
                \(Question.iso("s.last_activity_at")) as last_activity_at, \(Question.iso("s.ended_at")) as ended_at,
                \(className) as class, s.behavioral_bot_score as score, s.bot_name, s.request_count, s.asset_count,
                s.error_count, s.fingerprint_hash as visitor, s.user_id, coalesce(s.referrer_source, 'direct') as source,
                s.referrer_host, s.landing_page, s.exit_page, s.utm_source, s.utm_medium, s.utm_campaign, s.country,
                s.device_type, s.browser, s.os, s.user_agent
            from user_sessions as s where \(question.chosenSessions) order by s.started_at, s.session_id
            """
        case "export.events":
            """
            select e.event_id, to_char(e."timestamp" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, e.site,
                e.session_id, e.event_type, e.event_category, e.severity, e.kind, e.method, e.path, e.query, e.status,
                e.response_time_ms as duration_ms, e.bytes, e.referrer_host
            from analytics_events as e
            where \(question.eventsInWindow) and \(question.site) and \(question.pagePath("e.path"))
                and \(question.equals(.category, "e.event_category")) and \(question.equals(.severity, "e.severity"))
            order by e.day, e."timestamp", e.event_id
            """
        default: nil
        }
    }
}
