import Database
import ReporterCore
import WeirProtocol

extension ReportQuery {
    static let traffic: [String: ReportQuery] = [
        "overview": ReportQuery { overview($0) },
        "traffic.sources": breakdown(
            "sources", by: "coalesce(s.referrer_source, 'direct') as source", order: "source"),
        "traffic.geo": breakdown("countries", by: "coalesce(s.country, 'Unknown') as country", order: "country"),
        "traffic.devices": breakdown(
            "devices",
            by: "coalesce(s.device_type, 'unknown') as device_type, coalesce(s.browser, 'unknown') as browser",
            order: "device_type, browser"),
        "traffic.pages": breakdown(
            "pages",
            by: "coalesce(s.landing_page, '') as landing_page, coalesce(s.referrer_source, 'direct') as source",
            order: "landing_page, source"),
        "traffic.referrers": breakdown(
            "referrers",
            by: "coalesce(s.referrer_host, '') as referrer_host, coalesce(s.referrer_source, 'direct') as source",
            order: "referrer_host, source"),
        "traffic.campaigns": breakdown(
            "campaigns", by: "s.utm_source, s.utm_medium, s.utm_campaign",
            order: "utm_source, utm_medium, utm_campaign",
            only: "coalesce(s.utm_source, s.utm_medium, s.utm_campaign) is not null"),
        "traffic.bots": ReportQuery { bots($0) },
        "traffic.trends": ReportQuery { trends($0) },
    ]

    /// Sessions of the population by something, with shares of all of them, not of the rows shown.
    private static func breakdown(
        _ name: String, by columns: SQL, order: SQL, only: SQL = "true"
    ) -> ReportQuery {
        ReportQuery { question in
            let chosen: SQL = """
                select s.session_id, s.fingerprint_hash, s.user_id, \(columns) from user_sessions as s
                where \(question.chosenSessions) and \(only)
                """
            return [
                .value("period", question.period()),
                .rows(
                    name,
                    """
                    with chosen as (\(chosen)), views as (\(pageViews(question)))
                    select \(order), count(*) as session_count,
                        \(Question.percent("count(*)", of: "sum(count(*)) over ()")) as percentage,
                        count(distinct fingerprint_hash) as visitor_count, count(distinct user_id) as user_count,
                        coalesce(sum(views.count), 0)::bigint as page_view_count
                    from chosen left join views using (session_id)
                    group by \(order) order by session_count desc, \(order) limit \(question.limit)
                    """),
                .fields("select count(*) as total_sessions from (\(chosen)) as chosen"),
            ]
        }
    }

    /// Pages viewed in the window, by session.
    static func pageViews(_ question: Question) -> SQL {
        """
        select e.session_id, count(*) as count from analytics_events as e
        where \(question.eventsInWindow) and \(Question.isPageView) and e.session_id is not null group by e.session_id
        """
    }

    /// Sessions `s` with activity in the 30 minutes before the window's end; those ended count only for the past.
    static func active(_ question: Question) -> SQL {
        let present = Value.timestamp(milliseconds: question.present.milliseconds)
        let isOpen: SQL = question.request.window.endsNow ? "s.ended_at is null" : "true"
        return """
            s.started_at <= \(present)::timestamptz \
            and s.last_activity_at >= \(present)::timestamptz - interval '30 minutes' \
            and \(isOpen)
            """
    }

    private static func bots(_ question: Question) -> [Part] {
        let bot = Question.condition(of: .bot)
        let sessions: SQL = """
            user_sessions as s where \(question.inWindow("s.started_at")) and \(question.sessionFilters)
            """
        // A session flagged by hand has no name from the catalogue: its agent's family, else its tier.
        let type: SQL = """
            coalesce(nullif(s.bot_name, ''), case
                when s.user_agent ilike '%googlebot%' then 'Googlebot'
                when s.user_agent ilike '%bingbot%' then 'Bingbot'
                when s.user_agent ilike '%chatgpt%' or s.user_agent ilike '%gptbot%' then 'ChatGPT'
                when s.user_agent ilike '%claude%' or s.user_agent ilike '%anthropic%' then 'Claude'
                when s.user_agent ilike '%perplexity%' then 'Perplexity'
                when s.is_scanner then 'Scanner'
                when s.is_behavioral_bot and not s.is_bot then 'Behavioral Bot'
                else 'Other' end)
            """
        func tier(_ name: SQL, _ flag: SQL, _ place: SQL) -> SQL {
            """
            select \(place) as place, '\(name)' as tier, count(*) filter (where \(flag)) as session_count,
                \(Question.percent("count(*) filter (where \(flag))", of: "count(*)")) as percentage
            from bots as s
            """
        }
        return [
            .value("period", question.period()),
            .fields(
                """
                select count(*) filter (where \(Question.judgedHuman)) as human_sessions,
                    count(*) filter (where \(bot)) as bot_sessions,
                    count(*) filter (where \(Question.condition(of: .undecided))) as undecided_sessions,
                    count(*) as total_sessions,
                    \(Question.percent("count(*) filter (where \(bot))", of: "count(*)")) as bot_percentage
                from \(sessions)
                """),
            .rows(
                "bot_breakdown",
                """
                select \(type) as bot_type, count(*) as session_count,
                    sum(s.request_count)::bigint as request_count,
                    \(Question.percent("count(*)", of: "sum(count(*)) over ()")) as percentage
                from \(sessions) and \(bot)
                group by bot_type order by session_count desc, bot_type limit \(question.limit)
                """),
            .rows(
                "tiers",
                """
                with bots as (select s.is_bot, s.is_scanner, s.is_behavioral_bot from \(sessions) and \(bot))
                select tier, session_count, percentage from (
                    \(tier("declared", "s.is_bot", "1")) union all \(tier("scanner", "s.is_scanner", "2"))
                    union all \(tier("behavioral", "s.is_behavioral_bot", "3"))) as tiers order by place
                """),
            // One session may have several reasons, so that the shares add up to more than 100.
            .rows(
                "reasons",
                """
                with bots as (select s.session_id, s.verdict_id from \(sessions) and \(bot)), named as (
                    select distinct b.session_id, coalesce(signal->>'name', 'unknown') as signal
                    from bots as b
                    left join session_verdicts as v on v.session_id = b.session_id and v.verdict_id = b.verdict_id
                    left join lateral jsonb_array_elements(v.signals) as listed (signal) on true
                )
                select signal, count(*) as session_count,
                    \(Question.percent("count(*)", of: "(select count(*) from bots)")) as percentage
                from named group by signal order by session_count desc, signal limit \(question.limit)
                """),
        ]
    }

    private static func trends(_ question: Question) -> [Part] {
        let sessions: SQL = """
            user_sessions as s where \(question.inWindow("s.started_at")) and \(question.sessionFilters)
            """
        return [
            .value("period", question.period()),
            .value("group_by", .string(question.request.grouping.rawValue)),
            .trend(
                """
                select \(question.bucket(of: "s.started_at")) as bucket, count(*) as session_count,
                    count(*) filter (where \(Question.judgedHuman)) as human_sessions,
                    count(*) filter (where \(Question.condition(of: .undecided))) as undecided_sessions,
                    count(*) filter (where \(Question.condition(of: .bot))) as bot_sessions
                from \(sessions) group by 1
                """, zero: ["human_sessions", "undecided_sessions", "bot_sessions", "session_count"]),
            .fields("select count(*) as total_sessions from \(sessions)"),
        ]
    }

    private static func overview(_ question: Question) -> [Part] {
        let sessions: SQL = """
            user_sessions as s where \(question.inWindow("s.started_at")) and \(question.sessionFilters)
            """
        // Requests are everybody's, so that they agree with the logs; filters reach them through their sessions.
        let ofFiltered: SQL =
            question.request.filters.isEmpty
            ? "true"
            : """
            exists (select from user_sessions as s where s.session_id = e.session_id and \(question.sessionFilters))
            """
        func count(_ table: SQL, _ column: SQL, previous: Bool = false) -> SQL {
            let window = previous ? question.inPreviousWindow(column) : question.inWindow(column)
            return "from \(table) where \(window) and \(question.site)"
        }
        let conversations = count("conversations", "created_at")
        let earlierConversations = count("conversations", "created_at", previous: true)
        let requests = count("ai_requests", "created_at")
        let earlierRequests = count("ai_requests", "created_at", previous: true)
        return [
            .value("period", question.period(withTime: true)),
            .object(
                "traffic",
                """
                select requests, page_requests, page_views, visitors, users, sessions, human_sessions, bot_sessions,
                    undecided_sessions
                from (
                    select count(*) as requests, count(*) filter (where e.kind in ('document', 'api')) as page_requests
                    from analytics_events as e
                    where \(question.eventsInWindow) and e.kind is not null and \(ofFiltered)) as requests,
                (
                    select count(*) as page_views
                    from analytics_events as e join user_sessions as s using (session_id)
                    where \(question.eventsInWindow) and \(Question.isPageView) and \(question.population)
                        and \(question.sessionFilters)) as views,
                (
                    select count(distinct fingerprint_hash) filter (where \(question.population)) as visitors,
                        count(distinct user_id) filter (where \(question.population)) as users,
                        count(*) as sessions,
                        count(*) filter (where \(Question.judgedHuman)) as human_sessions,
                        count(*) filter (where \(Question.condition(of: .bot))) as bot_sessions,
                        count(*) filter (where \(Question.condition(of: .undecided))) as undecided_sessions
                    from \(sessions)) as sessions
                """),
            .object(
                "conversations",
                """
                select count(*) as total,
                    \(Question.change("count(*)", from: "(select count(*) \(earlierConversations))")) as change_percent
                \(conversations)
                """),
            .object(
                "agents",
                """
                select count(distinct agent_name) as active_count, count(*) as total_tasks,
                    \(Question.percent("count(*) filter (where status = 'completed')", of: "count(*)")) as success_rate
                \(count("agent_tasks", "started_at"))
                """),
            .object(
                "ai_requests",
                """
                select count(*) as total, coalesce(sum(tokens_used), 0)::bigint as total_tokens,
                    coalesce(round(avg(latency_ms)), 0)::bigint as avg_latency_ms
                \(requests)
                """),
            .object(
                "tools",
                """
                select count(*) as total_executions,
                    \(Question.percent("count(*) filter (where status = 'success')", of: "count(*)")) as success_rate
                \(count("tool_executions", "created_at"))
                """),
            .object(
                "sessions",
                """
                select
                    (select count(*) from user_sessions as s
                        where \(active(question)) and \(question.population) and \(question.sessionFilters))
                        as currently_active,
                    (select count(*) from \(sessions) and \(question.population)) as created_in_period
                """),
            .object(
                "costs",
                """
                select coalesce(sum(cost_microdollars), 0)::bigint as total_cost_microdollars,
                    \(Question.change(
                        "coalesce(sum(cost_microdollars), 0)",
                        from: "(select coalesce(sum(cost_microdollars), 0) \(earlierRequests))")) as change_percent
                \(requests)
                """),
        ]
    }
}

extension Question {
    /// The site's condition on any table that has one.
    var site: SQL { request.filters[.site].map { "site = lower(\(Value.text($0)))" } ?? "true" }
}
