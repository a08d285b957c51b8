import Database
import ReporterCore
import WeirProtocol

extension ReportQuery {
    static let operations: [String: ReportQuery] = [
        "links": ReportQuery { question in
            [
                .rows(
                    "links",
                    """
                    select id, short_code, target_url, link_type, campaign_id, campaign_name, click_count,
                        unique_click_count, conversion_count, actual_session_count, actual_user_count,
                        actual_conversions, conversion_rate, is_active
                    from v_link_performance order by click_count desc, short_code limit \(question.limit)
                    """)
            ]
        },
        "campaigns": ReportQuery { question in
            [
                .rows(
                    "campaigns",
                    """
                    select campaign_id, campaign_name, link_count, total_clicks, total_unique_clicks,
                        total_conversions, total_sessions, total_users, conversion_rate, active_days
                    from v_campaign_performance order by total_clicks desc, campaign_id limit \(question.limit)
                    """)
            ]
        },
        "funnels.list": ReportQuery { question in
            [
                .rows(
                    "funnels",
                    """
                    select f.name, f.description, f.is_active, f.is_goal,
                        (select count(*) from funnel_steps as t where t.funnel_id = f.id) as step_count
                    from funnels as f order by f.name limit \(question.limit)
                    """)
            ]
        },
        "funnels.show": ReportQuery { question in
            let name = Value.text(question.request.argument ?? "")
            return [
                .existing(
                    "select name as funnel, description, site, is_active, is_goal from funnels where name = \(name)",
                    "There is no funnel \"\((question.request.argument ?? "").prefix(80))\"."),
                .rows(
                    "steps",
                    """
                    select t.step_order, t.name, t.match_type, t.match_pattern
                    from funnel_steps as t join funnels as f on f.id = t.funnel_id
                    where f.name = \(name) order by t.step_order
                    """),
            ]
        },
        "funnels.stats": ReportQuery { funnel($0) },
        "events.stats": ReportQuery { question in
            [
                .value("period", question.period()),
                .totalled(
                    "events",
                    """
                    select e.event_type, e.event_category, e.severity, count(*) as count,
                        \(Question.percent("count(*)", of: "sum(count(*)) over ()")) as percentage,
                        (sum(count(*)) over ())::bigint as total_events
                    from \(events(question)) group by 1, 2, 3 order by count desc, 1, 2, 3 limit \(question.limit)
                    """, ["total_events": 0]),
            ]
        },
        "events.list": ReportQuery { question in
            [
                .value("period", question.period()),
                .rows(
                    "events",
                    """
                    select to_char(e."timestamp" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
                        e.event_type, e.event_category, e.severity, e.method, e.path, e.status, e.session_id, e.event_id
                    from \(events(question)) order by e."timestamp" desc, e.event_id desc limit \(question.limit)
                    """),
            ]
        },
        "platform.stats": ReportQuery { platform($0) },
        "platform.trends": ReportQuery { platformTrends($0) },
        "doctor.traffic": ReportQuery { doctor($0) },
        "anomalies.list": ReportQuery { question in
            // What went on in the window, whenever it began.
            let there: SQL = """
                a.opened_at < \(question.end) and coalesce(a.closed_at, 'infinity') >= \(question.start)
                and \(question.site)
                """
            return [
                .rows(
                    "anomalies",
                    """
                    select \(Question.iso("opened_at")) as opened_at, level, metric_name, key, site, population, value,
                        threshold, baseline, message, \(Question.iso("closed_at")) as closed_at, anomaly_id
                    from anomalies as a where \(there)
                    order by a.closed_at is not null, a.level <> 'critical', a.opened_at desc, a.anomaly_id
                    limit \(question.limit)
                    """),
                .fields("select count(*) as total from anomalies as a where \(there)"),
            ]
        },
        "throttle.levels": ReportQuery { throttleLevels($0) },
        "throttle.why": ReportQuery { question in
            [
                .existing(
                    """
                    select reference, to_char(d.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, key,
                        host(ip_address) as ip_address, session_id, method, path, policy,
                        \(levelName("level")) as level, allowed, shadow, retry_after_seconds, cause
                    from throttle_decisions as d where reference = lower(\(Value.text(question.request.argument ?? "")))
                    """, "No denial of reference \"\((question.request.argument ?? "").prefix(80))\" is stored.")
            ]
        },
        "ingest.audit": ReportQuery { _ in
            let sums: SQL = """
                coalesce(sum(accepted), 0)::bigint as accepted, coalesce(sum(stored), 0)::bigint as stored,
                coalesce(sum(duplicates), 0)::bigint as duplicates, coalesce(sum(dead), 0)::bigint as dead,
                coalesce(sum(refused), 0)::bigint as refused
                """
            return [
                .fields("select \(sums) from ingest_ledger"),
                .fields(
                    """
                    select case when said.count > 0 then greatest(0, coalesce(sum(logged.stored), 0) - said.repeated)::bigint
                        end as datagrams_missed
                    from (select sum(accepted) as count, coalesce(sum(duplicates), 0) as repeated, min(hour) as since
                            from ingest_ledger where source = 'syslog') as said
                        left join ingest_ledger as logged on logged.source = 'follow' and logged.hour >= said.since
                    group by said.count, said.repeated
                    """),
                .rows("sources", "select source, \(sums) from ingest_ledger group by source order by source"),
            ]
        },
    ]

    private static func levelName(_ column: SQL) -> SQL {
        "(array['normal', 'warning', 'severe', 'blocked'])[\(column) + 1]"
    }

    private static func throttleLevels(_ question: Question) -> [Part] {
        let present = Value.timestamp(milliseconds: question.request.now.milliseconds)
        let held: SQL = "throttle_levels as t where t.level > 0 and t.expires_at > \(present)::timestamptz"
        return [
            .rows(
                "levels",
                """
                select key, kind, \(levelName("level")) as level, cause, \(Question.iso("t.since")) as since,
                    \(Question.iso("t.expires_at")) as expires_at
                from \(held) order by t.level desc, t.raised_at desc, key limit \(question.limit)
                """),
            .fields("select count(*) as total from \(held)"),
        ]
    }

    private static func events(_ question: Question) -> SQL {
        """
        analytics_events as e where \(question.eventsInWindow) and \(question.ofSessions(but: [.path]))
            and \(question.pagePath("e.path")) and \(question.equals(.category, "e.event_category"))
            and \(question.equals(.severity, "e.severity"))
        """
    }

    private static func funnel(_ question: Question) -> [Part] {
        let name = Value.text(question.request.argument ?? "")
        // A session that is not stored any more speaks against nobody, and is no bot's.
        let isForgotten: SQL =
            [.human, .all].contains(question.request.population ?? .all) ? "s.session_id is null" : "false"
        let entries: SQL = """
            select p.session_id, p.current_step, p.completed_at, p.step_timestamps
            from funnel_progress as p join funnels as f on f.id = p.funnel_id
            left join user_sessions as s on s.session_id = p.session_id
            where f.name = \(name) and \(question.inWindow("p.created_at"))
                and (\(isForgotten) or (\(question.population)))
            """
        return [
            .existing(
                "select name as funnel, description, is_active from funnels where name = \(name)",
                "There is no funnel \"\((question.request.argument ?? "").prefix(80))\"."),
            .value("period", question.period()),
            .fields(
                """
                select count(*) as total_entries, count(completed_at) as total_completions,
                    \(Question.percent("count(completed_at)", of: "count(*)")) as overall_conversion_rate
                from (\(entries)) as entries
                """),
            .rows(
                "steps",
                """
                with entries as (\(entries)), steps as (
                    select t.step_order, t.name, t.step_order = max(t.step_order) over () as is_last
                    from funnel_steps as t join funnels as f on f.id = t.funnel_id where f.name = \(name)
                ), times as (
                    select session_id, (entry->>'step')::integer as step,
                        lead((entry->>'timestamp')::timestamptz) over (partition by session_id order by place)
                            - (entry->>'timestamp')::timestamptz as until_next
                    from entries, jsonb_array_elements(step_timestamps) with ordinality as listed (entry, place)
                )
                select step_order, name, entered_count, continued_count,
                    entered_count - continued_count as dropped_count,
                    \(Question.percent("continued_count", of: "entered_count")) as conversion_rate,
                    (select round(percentile_cont(0.5) within group (order by extract(epoch from until_next) * 1000))
                        from times where step = step_order and until_next is not null)::bigint as median_time_to_next_ms
                from (
                    select step_order, name,
                        (select count(*) from entries where current_step >= step_order) as entered_count,
                        (select count(*) from entries
                            where current_step > step_order or (is_last and completed_at is not null))
                            as continued_count
                    from steps) as counted
                order by step_order
                """),
        ]
    }

    private static func platform(_ question: Question) -> [Part] {
        let present: SQL = "\(Value.timestamp(milliseconds: question.request.now.milliseconds))::timestamptz"
        func users(since span: SQL) -> SQL {
            """
            (select count(distinct user_id) from user_sessions
                where user_id is not null and \(question.site) and last_activity_at >= \(present) - interval '\(span)')
            """
        }
        return [
            .fields(
                """
                select (select count(distinct user_id) from user_sessions
                        where user_id is not null and \(question.site)) as total_users,
                    \(users(since: "24 hours")) as active_users_24h, \(users(since: "7 days")) as active_users_7d,
                    (select count(*) from user_sessions where \(question.site)) as total_sessions,
                    (select count(*) from user_sessions as s where \(active(question)) and \(question.site))
                        as active_sessions,
                    (select count(*) from conversations where \(question.site)) as total_contexts,
                    (select count(*) from agent_tasks where \(question.site)) as total_tasks,
                    (select count(*) from ai_requests where \(question.site)) as total_ai_requests
                """)
        ]
    }

    private static func platformTrends(_ question: Question) -> [Part] {
        func counted(_ name: SQL, _ table: SQL, _ column: SQL) -> SQL {
            """
            (select \(question.bucket(of: column)) as bucket, count(*) as total
                from \(table) where \(question.inWindow(column)) and \(question.site) group by 1) as \(name)
            """
        }
        return [
            .value("period", question.period()),
            .value("group_by", .string(question.grouping.rawValue)),
            .trend(
                """
                select bucket, coalesce(s.total, 0) as sessions, coalesce(c.total, 0) as contexts,
                    coalesce(t.total, 0) as tasks, coalesce(r.total, 0) as ai_requests,
                    coalesce(x.total, 0) as tool_executions
                from \(counted("s", "user_sessions", "started_at"))
                full join \(counted("c", "conversations", "created_at")) using (bucket)
                full join \(counted("t", "agent_tasks", "started_at")) using (bucket)
                full join \(counted("r", "ai_requests", "created_at")) using (bucket)
                full join \(counted("x", "tool_executions", "created_at")) using (bucket)
                """, zero: ["sessions", "contexts", "tasks", "ai_requests", "tool_executions"]),
        ]
    }

    /// The three checks of "Inflated visitor counts", over sessions that no user agent declared as a bot's.
    private static func doctor(_ question: Question) -> [Part] {
        let sessions: SQL = """
            user_sessions as s where not s.is_bot and \(question.inWindow("s.started_at")) and \(question.sessionFilters)
            """
        return [
            .value("period", question.period()),
            .fields(
                """
                select count(*) as total_sessions, count(distinct fingerprint_hash) as unique_visitors,
                    count(distinct user_id) as distinct_users,
                    count(*) filter (where request_count = 0) as zero_request_sessions,
                    count(*) filter (where request_count = 1) as single_request_sessions
                from \(sessions)
                """),
            .rows(
                "findings",
                """
                with counted as (
                    select count(*) as total, count(distinct fingerprint_hash) as visitors,
                        count(*) filter (where request_count = 0) as empty,
                        count(*) filter (where coalesce(user_agent, '') = '') as nameless
                    from \(sessions)
                ), largest as (
                    select user_agent, count(*) as total from \(sessions) and coalesce(user_agent, '') <> ''
                    group by user_agent order by total desc limit 1
                )
                select level, finding from (
                    select 1 as place, 'warning' as level, 'One user agent has ' || round(l.total * 100.0 / c.total)
                        || ' % of the sessions: ' || left(l.user_agent, 120) as finding
                    from counted as c, largest as l where l.total * 5 > c.total and c.total >= 50
                    union all
                    select 2, 'warning', round(empty * 100.0 / total)
                        || ' % of the sessions have no request: beacons or assets alone, often a bot''s'
                    from counted where empty * 2 > total
                    union all
                    select 3, 'warning', nameless || ' sessions sent no user agent' from counted where nameless > 0
                    union all
                    select 4, 'warning', 'Each visitor has ' || round(total * 1.0 / visitors, 1)
                        || ' sessions: many people behind one fingerprint, or a bot that drops its cookies'
                    from counted where visitors > 0 and total > visitors * 5
                    union all
                    select 5, 'ok', 'Agents, requests and visitors are spread as people''s are'
                    from counted as c where total > 0 and nameless = 0 and empty * 2 <= total and total <= visitors * 5
                        and not exists (select from largest as l where l.total * 5 > c.total and c.total >= 50)
                ) as checks order by place
                """),
            .rows(
                "user_agents",
                """
                select coalesce(user_agent, '') as user_agent, count(*) as session_count,
                    count(distinct fingerprint_hash) as visitor_count,
                    \(Question.percent("count(*)", of: "sum(count(*)) over ()")) as percentage
                from \(sessions) group by 1 order by session_count desc, 1 limit \(question.limit)
                """),
            .rows(
                "request_counts",
                """
                select request_count, session_count from (
                    select request_count, count(*) as session_count from \(sessions)
                    group by request_count order by session_count desc, request_count limit \(question.limit)) as most
                order by request_count
                """),
        ]
    }
}
