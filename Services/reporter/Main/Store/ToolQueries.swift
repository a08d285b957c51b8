import Database
import ReporterCore
import WeirProtocol

extension ReportQuery {
    static let tools: [String: ReportQuery] = [
        "tools.stats": ReportQuery { question in
            [.value("period", question.period()), .fields(toolSummary(executions(question)))]
        },
        "tools.list": ReportQuery { toolList($0) },
        "tools.trends": ReportQuery { question in
            [
                .value("tool", question.request.filters[.tool].map(JSONValue.string) ?? .null),
                .value("period", question.period()),
                .value("group_by", .string(question.grouping.rawValue)),
                .trend(
                    """
                    select \(question.bucket(of: "created_at")) as bucket, count(*) as execution_count,
                        \(succeeded) as success_rate, \(averageTime) as avg_execution_time_ms
                    from \(executions(question)) group by 1
                    """, zero: ["execution_count", "success_rate", "avg_execution_time_ms"]),
                .fields("select count(*) as total_executions from \(executions(question))"),
            ]
        },
        "tools.show": ReportQuery { tool($0) },
    ]

    static let conversations: [String: ReportQuery] = [
        "conversations.stats": ReportQuery { question in
            [
                .value("period", question.period()),
                .fields(
                    """
                    select total_contexts, total_tasks, total_messages,
                        coalesce(total_messages::double precision / nullif(total_tasks, 0), 0) as avg_messages_per_task,
                        avg_task_duration_ms
                    from (select count(*) as total_contexts from conversations
                            where \(question.inWindow("created_at")) and \(question.usage)) as contexts,
                        (select count(*) as total_tasks, \(averageTime) as avg_task_duration_ms from agent_tasks
                            where \(question.inWindow("started_at")) and \(question.usage)) as tasks,
                        (select count(*) as total_messages from \(messages(question))) as messages
                    """),
            ]
        },
        "conversations.trends": ReportQuery { question in
            func counted(_ name: SQL, _ table: SQL, _ column: SQL) -> SQL {
                """
                (select \(question.bucket(of: column)) as bucket, count(*) as \(name)
                    from \(table) group by 1) as \(name)
                """
            }
            let contexts: SQL = "conversations where \(question.inWindow("created_at")) and \(question.usage)"
            let tasks: SQL = "agent_tasks where \(question.inWindow("started_at")) and \(question.usage)"
            return [
                .value("period", question.period()),
                .value("group_by", .string(question.grouping.rawValue)),
                .trend(
                    """
                    select bucket, coalesce(context_count.context_count, 0) as context_count,
                        coalesce(task_count.task_count, 0) as task_count,
                        coalesce(message_count.message_count, 0) as message_count
                    from \(counted("context_count", contexts, "created_at"))
                    full join \(counted("task_count", tasks, "started_at")) using (bucket)
                    full join \(counted("message_count", messages(question), "m.created_at")) using (bucket)
                    """, zero: ["context_count", "task_count", "message_count"]),
                .fields("select count(*) as total_contexts from \(contexts)"),
            ]
        },
        "conversations.list": ReportQuery { question in
            [
                .value("period", question.period()),
                .rows(
                    "conversations",
                    """
                    select c.context_id, c.name,
                        (select count(*) from agent_tasks as t where t.context_id = c.context_id) as task_count,
                        (select count(*) from task_messages as m
                            where m.context_id = c.context_id) as message_count,
                        \(Question.iso("c.created_at")) as created_at, \(Question.iso("c.updated_at")) as updated_at
                    from conversations as c
                    where \(question.inWindow("c.created_at")) and \(question.usage)
                    order by c.updated_at desc, c.context_id limit \(question.limit)
                    """),
                .fields(
                    """
                    select count(*) as total from conversations
                    where \(question.inWindow("created_at")) and \(question.usage)
                    """),
            ]
        },
    ]

    private static let succeeded = Question.percent("count(*) filter (where status = 'success')", of: "count(*)")

    private static func executions(_ question: Question) -> SQL {
        """
        tool_executions where \(question.inWindow("created_at")) and \(question.usageForTasks)
            and \(question.contains(.tool, "tool_name")) and \(question.contains(.server, "server_name"))
        """
    }

    /// Messages `m`, each of its own session, or of its task's where it names none; they have no site but the task's.
    private static func messages(_ question: Question) -> SQL {
        """
        (select m.created_at, coalesce(m.session_id, t.session_id) as session_id, coalesce(t.site, '') as site
            from task_messages as m left join agent_tasks as t using (task_id)
            where \(question.inWindow("m.created_at"))) as m
        where \(question.usage)
        """
    }

    private static func toolSummary(_ executions: SQL) -> SQL {
        """
        select count(distinct (server_name, tool_name)) as total_tools, count(*) as total_executions,
            count(*) filter (where status = 'success') as successful,
            count(*) filter (where status = 'failed') as failed,
            count(*) filter (where status = 'timeout') as timeout, \(succeeded) as success_rate,
            \(averageTime) as avg_execution_time_ms,
            coalesce(percentile_cont(0.95) within group (order by execution_time_ms), 0) as p95_execution_time_ms
        from \(executions)
        """
    }

    private static func toolList(_ question: Question) -> [Part] {
        let order: SQL =
            switch question.request.choices["sort-by"] {
            case "success-rate": "success_rate desc, execution_count desc"
            case "avg-time": "avg_execution_time_ms desc"
            default: "execution_count desc"
            }
        return [
            .value("period", question.period()),
            .rows(
                "tools",
                """
                select tool_name, server_name, count(*) as execution_count, \(succeeded) as success_rate,
                    \(averageTime) as avg_execution_time_ms, \(Question.iso("max(created_at)")) as last_used
                from \(executions(question)) group by tool_name, server_name
                order by \(order), tool_name, server_name limit \(question.limit)
                """),
            .fields("select count(distinct (server_name, tool_name)) as total from \(executions(question))"),
        ]
    }

    private static func tool(_ question: Question) -> [Part] {
        let name = question.request.argument ?? ""
        let own: SQL = """
            (select * from tool_executions where \(question.inWindow("created_at")) and \(question.usageForTasks)
                and lower(tool_name) = lower(\(Value.text(name)))) as x where true
            """
        return [
            .existing(
                "select min(tool_name) as tool_name from \(own) having count(*) > 0",
                "The tool \"\(name.prefix(80))\" was not used in the window."),
            .value("period", question.period()),
            .object("summary", toolSummary(own)),
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
                select left(coalesce(error_message, 'unknown'), 100) as error_message, count(*) as count
                from \(own) and status = 'failed' group by 1 order by count desc, 1 limit \(question.few)
                """),
            .rows(
                "usage_by_agent",
                """
                select coalesce(x.agent_name, t.agent_name,
                        case when x.task_id is null then 'Direct Call' else 'Unlinked Task' end) as agent_name,
                    count(*) as count, \(Question.percent("count(*)", of: "sum(count(*)) over ()")) as percentage
                from (select x.* from \(own)) as x left join agent_tasks as t on t.task_id = x.task_id
                group by 1 order by count desc, 1 limit \(question.few)
                """),
        ]
    }
}
