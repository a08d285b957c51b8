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
            by: "s.site, coalesce(s.landing_page, '') as landing_page, coalesce(s.referrer_source, 'direct') as source",
            order: "landing_page, source, site"),
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
            let chosen: SQL = "\(question.chosenHours) and \(only)"
            let sessions: SQL = "count(*) filter (where is_start)"
            return [
                .value("period", question.period()),
                .rows(
                    name,
                    """
                    select \(order), \(sessions) as session_count,
                        \(Question.percent(sessions, of: "sum(\(sessions)) over ()")) as percentage,
                        count(distinct visitor) as visitor_count, count(distinct user_id) as user_count,
                        coalesce(sum(views), 0)::bigint as page_view_count
                    from (
                        select s.is_start, s.visitor, s.user_id, s.page_view_count as views, \(columns)
                        from \(chosen)) as chosen
                    group by \(order) order by session_count desc, \(order) limit \(question.limit)
                    """),
                .fields("select count(*) as total_sessions from \(chosen) and s.is_start"),
            ]
        }
    }

    /// Sessions `s` that are going on now, whatever the window: the last 30 minutes have seen them, and they have not
    /// ended.
    static func active(_ question: Question) -> SQL {
        "\(activeBefore(question.request.now)) and s.ended_at is null"
    }

    /// Sessions `s` that the 30 minutes before `moment` have seen.
    static func activeBefore(_ moment: Timestamp) -> SQL {
        let moment = Value.timestamp(milliseconds: moment.milliseconds)
        return """
            s.started_at < \(moment)::timestamptz \
            and s.last_activity_at >= \(moment)::timestamptz - interval '30 minutes'
            """
    }

    private static func bots(_ question: Question) -> [Part] {
        let bot = Question.condition(of: .bot)
        let sessions: SQL = """
            (\(question.sessionHours)) as s
            where s.is_start and \(question.inWindow("s.started_at")) and \(question.sessionFilters)
            """
        func tier(_ name: SQL, _ flag: SQL, _ place: SQL) -> SQL {
            """
            select \(place) as place, '\(name)' as tier, coalesce(sum(count) filter (where \(flag)), 0)::bigint as session_count,
                \(Question.percent("sum(count) filter (where \(flag))", of: "sum(count)")) as percentage
            from bots as s
            """
        }
        return [
            .value("period", question.period()),
            // Sessions of one kind, counted once for all that follows. One may have several reasons, so that their shares
            // add up to more than 100.
            .fields(
                """
                with kinds as materialized (
                    select s.is_bot, s.is_scanner, s.is_behavioral_bot, s.verdict_class, s.signals, count(*) as count
                    from \(sessions) group by 1, 2, 3, 4, 5
                ), bots as (select * from kinds as s where \(bot)),
                tiers as (
                    \(tier("declared", "s.is_bot", "1")) union all \(tier("scanner", "s.is_scanner", "2"))
                    union all \(tier("behavioral", "s.is_behavioral_bot", "3"))
                ), reasons as (
                    select signal, sum(count)::bigint as session_count,
                        \(Question.percent("sum(count)", of: "(select sum(count) from bots)")) as percentage
                    from (select unnest(coalesce(signals, '{unknown}')) as signal, count from kinds as s where \(bot))
                        as listed
                    group by signal order by session_count desc, signal limit \(question.limit)
                )
                select coalesce(sum(count) filter (where \(Question.judgedHuman)), 0)::bigint as human_sessions,
                    coalesce(sum(count) filter (where \(bot)), 0)::bigint as bot_sessions,
                    coalesce(sum(count) filter (where \(Question.condition(of: .undecided))), 0)::bigint
                        as undecided_sessions,
                    coalesce(sum(count), 0)::bigint as total_sessions,
                    \(Question.percent("sum(count) filter (where \(bot))", of: "sum(count)")) as bot_percentage,
                    (select json_agg(json_build_object('tier', tier, 'session_count', session_count,
                        'percentage', percentage) order by place) from tiers) as tiers,
                    coalesce((select json_agg(json_build_object('signal', signal, 'session_count', session_count,
                        'percentage', percentage) order by session_count desc, signal) from reasons), '[]') as reasons
                from kinds as s
                """),
            .rows(
                "bot_breakdown",
                """
                select s.bot_type, count(*) as session_count, sum(s.session_requests)::bigint as request_count,
                    \(Question.percent("count(*)", of: "sum(count(*)) over ()")) as percentage
                from \(sessions) and \(bot)
                group by s.bot_type order by session_count desc, s.bot_type limit \(question.limit)
                """),
        ]
    }

    private static func trends(_ question: Question) -> [Part] {
        let sessions: SQL = """
            (\(question.sessionHours)) as s
            where s.is_start and \(question.inWindow("s.started_at")) and \(question.sessionFilters)
            """
        return [
            .value("period", question.period()),
            .value("group_by", .string(question.grouping.rawValue)),
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
            (\(question.sessionHours)) as s
            where s.is_start and \(question.inWindow("s.started_at")) and \(question.sessionFilters)
            """
        func count(_ table: SQL, _ usage: SQL, at column: SQL = "created_at", previous: Bool = false) -> SQL {
            let window = previous ? question.inPreviousWindow(column) : question.inWindow(column)
            return "from \(table) where \(window) and \(usage)"
        }
        let conversations = count("conversations", question.usage)
        let earlierConversations = count("conversations", question.usage, previous: true)
        let requests = count("ai_requests", question.usageForTasks)
        let earlierRequests = count("ai_requests", question.usageForTasks, previous: true)
        return [
            .value("period", question.period(withTime: true)),
            .object(
                "traffic",
                """
                select coalesce(sum(s.request_count), 0)::bigint as requests,
                    coalesce(sum(s.page_request_count), 0)::bigint as page_requests,
                    coalesce(sum(s.page_view_count) filter (where s.started_at is not null and \(question.population)), 0)::bigint
                        as page_views,
                    count(distinct s.visitor) filter (where \(question.population) and s.is_start) as visitors,
                    count(distinct s.user_id) filter (where \(question.population) and s.is_start) as users,
                    count(*) filter (where s.is_start) as sessions,
                    count(*) filter (where s.is_start and \(Question.judgedHuman)) as human_sessions,
                    count(*) filter (where s.is_start and \(Question.condition(of: .bot))) as bot_sessions,
                    count(*) filter (where s.is_start and \(Question.condition(of: .undecided))) as undecided_sessions
                -- Requests are everybody's, so that they agree with the logs; views are of sessions that are still known.
                from (\(question.sessionHours)) as s where \(question.sessionFilters)
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
                \(count("agent_tasks", question.usage, at: "started_at"))
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
                \(count("tool_executions", question.usageForTasks))
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

    /// The filters' condition on what names a session, and the class's where it was said or the report counts everything by
    /// default: what belongs to no session goes as soon as one is meant.
    var usage: SQL { ofSessions(but: []) }

    /// The same for what may have been done for a task: of the task's session and site where it names none itself.
    var usageForTasks: SQL {
        func ofTask(_ column: SQL) -> SQL {
            // Under other names, since the row's own are meant by theirs.
            "(select known from (select task_id as task, \(column) as known from agent_tasks) as tasks where task = task_id)"
        }
        return ofSessions(
            but: [], session: "coalesce(session_id, \(ofTask("session_id")))",
            site: "coalesce(nullif(site, ''), \(ofTask("site")), '')")
    }

    /// The same without filters that mean something else here, by what says the session and the site of a row.
    func ofSessions(but others: [Filter], session: SQL = "session_id", site: SQL = "site") -> SQL {
        var copy = request
        for filter in [.site] + others { copy.filters[filter] = nil }
        let usual = request.report.defaultPopulation == .all ? request.population : nil
        let population = request.chosenPopulation ?? usual ?? .all
        // What names no site is of its session's.
        let here: SQL =
            request.filters[.site].map {
                let name: SQL = "lower(\(Value.text($0)))"
                return """
                    (\(site) = \(name) or (\(site) = '' and \(session) in (select session_id from user_sessions
                        where site = \(name))))
                    """
            } ?? "true"
        guard population != .all || Filter.ofSessions.contains(where: { copy.filters[$0] != nil }),
            let question = try? Question(copy, from: from, to: to, hours: hours)
        else { return here }
        return """
            \(here) and \(session) in (select s.session_id from user_sessions as s
                where \(Self.condition(of: population)) and \(question.sessionFilters))
            """
    }
}
