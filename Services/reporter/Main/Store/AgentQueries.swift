import Database
import ReporterCore
import WeirProtocol

extension ReportQuery {
    static let costs: [String: ReportQuery] = [
        "costs.summary": ReportQuery { costSummary($0) },
        "costs.trends": ReportQuery { question in
            [
                .value("period", question.period()),
                .value("group_by", .string(question.grouping.rawValue)),
                .trend(
                    """
                    select \(question.bucket(of: "created_at")) as bucket, count(*) as request_count,
                        sum(cost_microdollars)::bigint as cost_microdollars, sum(tokens_used)::bigint as tokens
                    from ai_requests where \(aiRequests(question)) group by 1
                    """, zero: ["cost_microdollars", "request_count", "tokens"]),
                .fields(costTotals(question)),
            ]
        },
        "costs.breakdown": ReportQuery { costBreakdown($0) },
    ]

    static let agents: [String: ReportQuery] = [
        "agents.stats": ReportQuery { question in
            [.value("period", question.period()), .fields(agentSummary(question, agent: nil))]
        },
        "agents.list": ReportQuery { agentList($0) },
        "agents.trends": ReportQuery { question in
            [
                .value("agent", question.request.filters[.agent].map(JSONValue.string) ?? .null),
                .value("period", question.period()),
                .value("group_by", .string(question.grouping.rawValue)),
                .trend(
                    """
                    select \(question.bucket(of: "started_at")) as bucket, count(*) as task_count,
                        \(completed) as success_rate, \(averageTime) as avg_execution_time_ms
                    from agent_tasks where \(tasks(question)) group by 1
                    """, zero: ["task_count", "success_rate", "avg_execution_time_ms"]),
                .fields("select count(*) as total_tasks from agent_tasks where \(tasks(question))"),
            ]
        },
        "agents.show": ReportQuery { agent($0) },
    ]

    static let requests: [String: ReportQuery] = [
        "requests.stats": ReportQuery { question in
            [
                .value("period", question.period()),
                .fields(
                    """
                    select count(*) as total_requests, coalesce(sum(tokens_used), 0)::bigint as total_tokens,
                        coalesce(sum(input_tokens), 0)::bigint as input_tokens,
                        coalesce(sum(output_tokens), 0)::bigint as output_tokens,
                        coalesce(sum(cost_microdollars), 0)::bigint as total_cost_microdollars,
                        coalesce(round(avg(latency_ms)), 0)::bigint as avg_latency_ms,
                        \(Question.percent("count(*) filter (where cache_hit)", of: "count(*)")) as cache_hit_rate
                    from ai_requests where \(aiRequests(question))
                    """),
            ]
        },
        "requests.list": ReportQuery { question in
            [
                .value("period", question.period()),
                .fields("select count(*) as total from ai_requests where \(aiRequests(question))"),
                .rows(
                    "requests",
                    """
                    select id, provider, model, input_tokens, output_tokens, cost_microdollars, latency_ms, cache_hit,
                        status, error_message, user_id, \(Question.iso("r.created_at")) as created_at
                    from ai_requests as r where \(aiRequests(question))
                    order by r.created_at desc, id limit \(question.limit)
                    """),
            ]
        },
        "requests.trends": ReportQuery { question in
            [
                .value("period", question.period()),
                .value("group_by", .string(question.grouping.rawValue)),
                .trend(
                    """
                    select \(question.bucket(of: "created_at")) as bucket, count(*) as request_count,
                        sum(tokens_used)::bigint as total_tokens, sum(cost_microdollars)::bigint as cost_microdollars,
                        coalesce(round(avg(latency_ms)), 0)::bigint as avg_latency_ms
                    from ai_requests where \(aiRequests(question)) group by 1
                    """, zero: ["request_count", "total_tokens", "cost_microdollars", "avg_latency_ms"]),
                .fields("select count(*) as total_requests from ai_requests where \(aiRequests(question))"),
            ]
        },
        "requests.models": ReportQuery { question in
            [
                .value("period", question.period()),
                .rows(
                    "models",
                    """
                    select provider, model, count(*) as request_count, sum(tokens_used)::bigint as total_tokens,
                        sum(cost_microdollars)::bigint as total_cost_microdollars,
                        coalesce(round(avg(latency_ms)), 0)::bigint as avg_latency_ms,
                        \(Question.percent("count(*)", of: "sum(count(*)) over ()")) as percentage
                    from ai_requests where \(aiRequests(question))
                    group by provider, model order by request_count desc, provider, model limit \(question.limit)
                    """),
                .fields("select count(*) as total_requests from ai_requests where \(aiRequests(question))"),
            ]
        },
    ]

    private static let completed = Question.percent("count(*) filter (where status = 'completed')", of: "count(*)")
    static let averageTime: SQL = "coalesce(round(avg(execution_time_ms)), 0)::bigint"

    private static func aiRequests(_ question: Question) -> SQL {
        """
        \(question.inWindow("created_at")) and \(question.usageForTasks) and \(question.contains(.model, "model"))
        and \(question.contains(.provider, "provider"))
        """
    }

    private static func tasks(_ question: Question) -> SQL {
        """
        \(question.inWindow("started_at")) and \(question.usage)
        and \(question.contains(.agent, "coalesce(agent_name, '')"))
        """
    }

    private static func costTotals(_ question: Question) -> SQL {
        """
        select coalesce(sum(cost_microdollars), 0)::bigint as total_cost_microdollars, count(*) as total_requests
        from ai_requests where \(aiRequests(question))
        """
    }

    private static func costSummary(_ question: Question) -> [Part] {
        let before: SQL = """
            (select coalesce(sum(cost_microdollars), 0) from ai_requests
                where \(question.inPreviousWindow("created_at")) and \(question.usageForTasks))
            """
        return [
            .value("period", question.period()),
            .fields(
                """
                select coalesce(sum(cost_microdollars), 0)::bigint as total_cost_microdollars,
                    count(*) as total_requests, coalesce(sum(tokens_used), 0)::bigint as total_tokens,
                    coalesce(avg(cost_microdollars), 0)::double precision as avg_cost_per_request_microdollars,
                    \(Question.change("coalesce(sum(cost_microdollars), 0)", from: before)) as change_percent
                from ai_requests where \(aiRequests(question))
                """),
        ]
    }

    /// AI requests of the window with the agent that each was made for, if any; one row a request.
    private static func attributed(_ question: Question) -> SQL {
        """
        select r.*, coalesce(r.agent_name, t.agent_name) as agent, t.task_id is not null as has_task
        from (select * from ai_requests where \(aiRequests(question))) as r
        left join agent_tasks as t on t.task_id = r.task_id
        """
    }

    private static func costBreakdown(_ question: Question) -> [Part] {
        let by = question.request.choices["by"] ?? "model"
        let name: SQL =
            switch by {
            case "agent": "coalesce(agent, 'unattributed')"
            case "provider": "provider"
            case "user": "coalesce(user_id, 'unattributed')"
            case "session": "coalesce(session_id, 'unattributed')"
            default: "model"
            }
        return [
            .value("period", question.period()),
            .value("breakdown_by", .string(by)),
            .rows(
                "items",
                """
                select \(name) as name, sum(cost_microdollars)::bigint as cost_microdollars, count(*) as request_count,
                    sum(tokens_used)::bigint as tokens,
                    \(Question.percent(
                        "sum(cost_microdollars)", of: "sum(sum(cost_microdollars)) over ()")) as percentage
                from (\(attributed(question))) as r
                group by 1 order by cost_microdollars desc, request_count desc, 1 limit \(question.limit)
                """),
            .fields(costTotals(question)),
        ]
    }

    /// Tasks by agent; `agent` is one agent's exact name in any case, nil for those that the filter lets through.
    private static func agentSummary(_ question: Question, agent: String?) -> SQL {
        func isMeant(_ column: SQL, orWithout unnamed: SQL) -> SQL {
            agent.map { "lower(\(unnamed)) = lower(\(Value.text($0)))" }
                ?? question.contains(.agent, "coalesce(\(column), '')")
        }
        let task = isMeant("agent_name", orWithout: Self.unnamed("agent_name"))
        let request = isMeant("agent", orWithout: "coalesce(agent, case when has_task then 'unnamed' end)")
        return """
            select total_agents, total_tasks, completed_tasks, failed_tasks, success_rate, avg_execution_time_ms,
                total_ai_requests, total_cost_microdollars
            from (
                select count(distinct agent_name) as total_agents, count(*) as total_tasks,
                    count(*) filter (where status = 'completed') as completed_tasks,
                    count(*) filter (where status = 'failed') as failed_tasks, \(completed) as success_rate,
                    \(averageTime) as avg_execution_time_ms
                from agent_tasks
                where \(question.inWindow("started_at")) and \(question.usage) and \(task)) as tasks,
            (
                select count(*) as total_ai_requests,
                    coalesce(sum(cost_microdollars), 0)::bigint as total_cost_microdollars
                from (\(attributed(question))) as r where \(request)) as costs
            """
    }

    private static func agentList(_ question: Question) -> [Part] {
        let order: SQL =
            switch question.request.choices["sort-by"] {
            case "success-rate": "success_rate desc, task_count desc"
            case "cost": "total_cost_microdollars desc"
            case "last-active": "last_active desc"
            default: "task_count desc"
            }
        // Tasks and requests are counted apart: joined first, each task would count once a request.
        return [
            .value("period", question.period()),
            .rows(
                "agents",
                """
                with tasks as (
                    select coalesce(agent_name, 'unnamed') as agent_name, count(*) as task_count,
                        \(completed) as success_rate, \(averageTime) as avg_execution_time_ms,
                        \(Question.iso("max(started_at)")) as last_active
                    from agent_tasks where \(tasks(question)) group by 1
                ), costs as (
                    -- What no agent is known for belongs to the unnamed ones only through a task of theirs.
                    select coalesce(agent, case when has_task then 'unnamed' end) as agent_name,
                        sum(cost_microdollars)::bigint as cost, \(Question.iso("max(created_at)")) as last_request
                    from (\(attributed(question))) as r where \(question.contains(.agent, "coalesce(agent, '')"))
                    group by 1
                )
                select agent_name, coalesce(task_count, 0) as task_count, coalesce(success_rate, 0) as success_rate,
                    coalesce(avg_execution_time_ms, 0) as avg_execution_time_ms,
                    coalesce(cost, 0) as total_cost_microdollars, coalesce(last_active, last_request) as last_active
                from tasks full join costs using (agent_name) where agent_name is not null
                order by \(order), agent_name limit \(question.limit)
                """),
            .fields(
                """
                select count(distinct agent_name) as total from (
                    select coalesce(agent_name, 'unnamed') as agent_name from agent_tasks where \(tasks(question))
                    union all select agent from (\(attributed(question))) as r
                    where agent is not null and \(question.contains(.agent, "agent"))) as agents
                """),
        ]
    }

    /// Tasks of agents without a name stand in lists as `unnamed`, and are found by that.
    private static func unnamed(_ column: SQL) -> SQL { "coalesce(\(column), 'unnamed')" }

    private static func agent(_ question: Question) -> [Part] {
        let name = question.request.argument ?? ""
        let own: SQL = """
            agent_tasks where \(question.inWindow("started_at")) and \(question.usage)
                and lower(\(Self.unnamed("agent_name"))) = lower(\(Value.text(name)))
            """
        return [
            .existing(
                """
                select min(agent_name) as agent_name from (
                    select \(Self.unnamed("agent_name")) as agent_name from \(own)
                    union all select agent from (\(attributed(question))) as r
                    where lower(agent) = lower(\(Value.text(name)))) as agents having count(*) > 0
                """, "The agent \"\(name.prefix(80))\" has no task and no request in the window."),
            .value("period", question.period()),
            .object("summary", agentSummary(question, agent: name)),
            .rows(
                "status_breakdown",
                """
                select status, count(*) as count,
                    \(Question.percent("count(*)", of: "sum(count(*)) over ()")) as percentage
                from \(own) group by status order by count desc, status
                """),
            .rows(
                "top_errors",
                """
                select left(coalesce(error_message, 'unknown'), 100) as error_type, count(*) as count
                from \(own) and status = 'failed' group by 1 order by count desc, 1 limit \(question.few)
                """),
            .rows(
                "hourly_distribution",
                """
                select hour, coalesce(count, 0) as count from generate_series(0, 23) as hours (hour)
                left join (
                    select extract(hour from started_at at time zone \(question.zoneName))::integer as hour,
                        count(*) as count
                    from \(own) group by 1) as counted using (hour) order by hour
                """),
        ]
    }
}
