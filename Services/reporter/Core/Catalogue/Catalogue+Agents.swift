extension Column {
    static let costs = Column("cost_microdollars", "cost", .microdollars)
    static let totalCosts = Column("total_cost_microdollars", "cost", .microdollars)
    static let requests = Column("request_count", "requests", .count)
    static let successRate = Column("success_rate", "success", .percent)
    static let latency = Column("avg_latency_ms", "latency", .milliseconds)
    static let executionTime = Column("avg_execution_time_ms", "time", .milliseconds)
    static let statuses = [Column("status", "status", .text), Column("count", "count", .count), percentage]
    static let errors = [Column("error_message", "error", .text), Column("count", "count", .count)]
}

extension Flag {
    static let by = Flag(
        "by", .choice(["model", "agent", "provider", "user", "session"]), "what to break costs down by")
    static let sortAgents = Flag(
        "sort-by", .choice(["task-count", "success-rate", "cost", "last-active"]), "order (default task-count)")
    static let sortTools = Flag(
        "sort-by", .choice(["execution-count", "success-rate", "avg-time"]), "order (default execution-count)")
}

extension Catalogue {
    /// Of sessions: what was asked in none is left out as soon as one is given.
    private static let ofSessions = Flag.sessions

    static let costs = [
        ReportDefinition(
            "costs.summary", "Cost Summary", "what AI requests cost", flags: Flag.window + ofSessions,
            population: .all, measure: "total_requests",
            sections: [
                .facts(
                    nil,
                    [
                        Fact("period", "Period", .text), Fact("total_cost_microdollars", "Cost", .microdollars),
                        Fact("change_percent", "Change", .change), Fact("total_requests", "Requests", .count),
                        Fact("total_tokens", "Tokens", .count),
                        Fact("avg_cost_per_request_microdollars", "Cost a request", .microdollars),
                    ])
            ]),
        ReportDefinition(
            "costs.trends", "Cost Trends", "costs over time", flags: Flag.window + [.grouping] + ofSessions, days: 7,
            population: .all, measure: "total_requests",
            sections: [
                .rows(
                    RowsSection(
                        "points", bar: "cost_microdollars",
                        Column.bucket + [.costs, .requests, Column("tokens", "tokens", .count)])),
                .facts(
                    nil,
                    [
                        Fact("total_cost_microdollars", "Total", .microdollars),
                        Fact("total_requests", "Requests", .count),
                    ]),
            ]),
        ReportDefinition(
            "costs.breakdown", "Cost Breakdown", "costs by model, agent, provider, user or session",
            flags: Flag.window + [.by, .limit] + ofSessions,
            population: .all, measure: "total_requests",
            sections: [
                .rows(
                    RowsSection(
                        "items",
                        [
                            Column("name", "name", .text), .costs, .requests, Column("tokens", "tokens", .count),
                            .percentage,
                        ])),
                .facts(
                    nil,
                    [
                        Fact("total_cost_microdollars", "Total", .microdollars),
                        Fact("total_requests", "Requests", .count),
                    ]),
            ]),
    ]

    static let agents = [
        ReportDefinition(
            "agents.stats", "Agent Statistics", "agent tasks and how they end",
            flags: Flag.window + [Filter.agent.flag] + ofSessions,
            population: .all, measure: "total_tasks+total_ai_requests",
            sections: [
                .facts(nil, [Fact("period", "Period", .text)] + agentFacts(prefix: ""))
            ]),
        ReportDefinition(
            "agents.list", "Agents", "every agent with its tasks and costs",
            flags: Flag.window + [.limit, .sortAgents, Filter.agent.flag] + ofSessions,
            population: .all, measure: "total",
            sections: [
                .rows(
                    RowsSection(
                        "agents",
                        [
                            Column("agent_name", "agent", .text), Column("task_count", "tasks", .count), .successRate,
                            .executionTime, .totalCosts, Column("last_active", "last active", .instant),
                        ])),
                .facts(nil, [Fact("total", "All agents", .count)]),
            ]),
        ReportDefinition(
            "agents.trends", "Agent Trends", "agent tasks over time",
            flags: Flag.window + [.grouping, Filter.agent.flag] + ofSessions, days: 7,
            population: .all, measure: "total_tasks",
            sections: [
                .rows(
                    RowsSection(
                        "points", bar: "task_count",
                        Column.bucket + [Column("task_count", "tasks", .count), .successRate, .executionTime])),
                .facts(nil, [Fact("total_tasks", "All tasks", .count)]),
            ]),
        ReportDefinition(
            "agents.show", "Agent", "one agent: tasks, errors, hours",
            argument: .init(name: "name", help: "an agent's name, as agents list prints it", isOptional: false),
            flags: Flag.window + ofSessions,
            population: .all,
            sections: [
                .facts(
                    nil,
                    [Fact("agent_name", "Agent", .text), Fact("period", "Period", .text)]
                        + agentFacts(prefix: "summary.")),
                .rows(RowsSection("status_breakdown", title: "Tasks by status", Column.statuses)),
                .rows(
                    RowsSection(
                        "top_errors", title: "Errors", isMain: false,
                        [Column("error_type", "error", .text), Column("count", "count", .count)])),
                .rows(
                    RowsSection(
                        "hourly_distribution", title: "Tasks by hour of the day", bar: "count", isMain: false,
                        [Column("hour", "hour", .count, isName: true), Column("count", "tasks", .count)])),
            ]),
    ]

    private static func agentFacts(prefix: String) -> [Fact] {
        [
            Fact("\(prefix)total_agents", "Agents", .count), Fact("\(prefix)total_tasks", "Tasks", .count),
            Fact("\(prefix)completed_tasks", "  completed", .count), Fact("\(prefix)failed_tasks", "  failed", .count),
            Fact("\(prefix)success_rate", "Success", .percent),
            Fact("\(prefix)avg_execution_time_ms", "Average time", .milliseconds),
            Fact("\(prefix)total_ai_requests", "AI requests", .count),
            Fact("\(prefix)total_cost_microdollars", "Cost", .microdollars),
        ]
    }

    static let tools = [
        ReportDefinition(
            "tools.stats", "Tool Statistics", "tool executions and how they end",
            flags: Flag.window + [Filter.tool.flag] + ofSessions,
            population: .all, measure: "total_executions",
            sections: [
                .facts(nil, [Fact("period", "Period", .text)] + toolFacts(prefix: ""))
            ]),
        ReportDefinition(
            "tools.list", "Tools", "every tool with its executions",
            flags: Flag.window + [.limit, .sortTools, Filter.tool.flag, Filter.server.flag] + ofSessions,
            population: .all, measure: "total",
            sections: [
                .rows(
                    RowsSection(
                        "tools",
                        [
                            Column("tool_name", "tool", .text), Column("server_name", "server", .text),
                            Column("execution_count", "executions", .count), .successRate, .executionTime,
                            Column("last_used", "last used", .instant),
                        ])),
                .facts(nil, [Fact("total", "All tools", .count)]),
            ]),
        ReportDefinition(
            "tools.trends", "Tool Trends", "tool executions over time",
            flags: Flag.window + [.grouping, Filter.tool.flag] + ofSessions, days: 7,
            population: .all, measure: "total_executions",
            sections: [
                .rows(
                    RowsSection(
                        "points", bar: "execution_count",
                        Column.bucket + [
                            Column("execution_count", "executions", .count), .successRate, .executionTime,
                        ])),
                .facts(nil, [Fact("total_executions", "All executions", .count)]),
            ]),
        ReportDefinition(
            "tools.show", "Tool", "one tool: executions, errors, agents",
            argument: .init(name: "tool-name", help: "a tool's name, as tools list prints it", isOptional: false),
            flags: Flag.window + ofSessions,
            population: .all,
            sections: [
                .facts(
                    nil,
                    [Fact("tool_name", "Tool", .text), Fact("period", "Period", .text)] + toolFacts(prefix: "summary.")),
                .rows(RowsSection("status_breakdown", title: "Executions by status", Column.statuses)),
                .rows(RowsSection("top_errors", title: "Errors", isMain: false, Column.errors)),
                .rows(
                    RowsSection(
                        "usage_by_agent", title: "Agents", isMain: false,
                        [Column("agent_name", "agent", .text), Column("count", "count", .count), .percentage])),
            ]),
    ]

    private static func toolFacts(prefix: String) -> [Fact] {
        [
            Fact("\(prefix)total_tools", "Tools", .count), Fact("\(prefix)total_executions", "Executions", .count),
            Fact("\(prefix)successful", "  successful", .count), Fact("\(prefix)failed", "  failed", .count),
            Fact("\(prefix)timeout", "  timed out", .count), Fact("\(prefix)success_rate", "Success", .percent),
            Fact("\(prefix)avg_execution_time_ms", "Average time", .milliseconds),
            Fact("\(prefix)p95_execution_time_ms", "95 % within", .milliseconds),
        ]
    }

    static let requests = [
        ReportDefinition(
            "requests.stats", "AI Request Statistics", "AI requests, tokens, latency",
            flags: Flag.window + [Filter.model.flag, Filter.provider.flag] + ofSessions,
            population: .all, measure: "total_requests",
            sections: [
                .facts(
                    nil,
                    [
                        Fact("period", "Period", .text), Fact("total_requests", "Requests", .count),
                        Fact("total_tokens", "Tokens", .count), Fact("input_tokens", "  in", .count),
                        Fact("output_tokens", "  out", .count),
                        Fact("total_cost_microdollars", "Cost", .microdollars),
                        Fact("avg_latency_ms", "Latency", .milliseconds),
                        Fact("cache_hit_rate", "Cache hits", .percent),
                    ])
            ]),
        ReportDefinition(
            "requests.list", "AI Requests", "the latest AI requests",
            flags: Flag.window + [.limit, Filter.model.flag, Filter.provider.flag] + ofSessions,
            population: .all, measure: "total",
            sections: [
                .rows(
                    RowsSection(
                        "requests",
                        [
                            Column("id", "id", .text), Column("provider", "provider", .text),
                            Column("model", "model", .text), Column("input_tokens", "in", .count),
                            Column("output_tokens", "out", .count), .costs,
                            Column("latency_ms", "latency", .milliseconds),
                            Column("cache_hit", "cache", .yesNo, inTable: false),
                            Column("status", "status", .text), Column("created_at", "at", .instant),
                        ])),
                .facts(nil, [Fact("total", "All requests", .count)]),
            ]),
        ReportDefinition(
            "requests.trends", "AI Request Trends", "AI requests over time",
            flags: Flag.window + [.grouping, Filter.model.flag, Filter.provider.flag] + ofSessions, days: 7,
            population: .all, measure: "total_requests",
            sections: [
                .rows(
                    RowsSection(
                        "points", bar: "request_count",
                        Column.bucket + [.requests, Column("total_tokens", "tokens", .count), .costs, .latency])),
                .facts(nil, [Fact("total_requests", "All requests", .count)]),
            ]),
        ReportDefinition(
            "requests.models", "Models", "AI requests by model",
            flags: Flag.window + [.limit, Filter.model.flag, Filter.provider.flag] + ofSessions,
            population: .all, measure: "total_requests",
            sections: [
                .rows(
                    RowsSection(
                        "models",
                        [
                            Column("provider", "provider", .text), Column("model", "model", .text), .requests,
                            Column("total_tokens", "tokens", .count), .totalCosts, .latency, .percentage,
                        ])),
                .facts(nil, [Fact("total_requests", "All requests", .count)]),
            ]),
    ]

    static let conversations = [
        ReportDefinition(
            "conversations.stats", "Conversation Statistics", "conversations, tasks, messages",
            flags: Flag.window + ofSessions,
            population: .all, measure: "total_contexts",
            sections: [
                .facts(
                    nil,
                    [
                        Fact("period", "Period", .text), Fact("total_contexts", "Conversations", .count),
                        Fact("total_tasks", "Tasks", .count), Fact("total_messages", "Messages", .count),
                        Fact("avg_messages_per_task", "Messages a task", .decimal),
                        Fact("avg_task_duration_ms", "Average task", .milliseconds),
                    ])
            ]),
        ReportDefinition(
            "conversations.trends", "Conversation Trends", "conversations over time",
            flags: Flag.window + [.grouping] + ofSessions, days: 7,
            population: .all, measure: "total_contexts",
            sections: [
                .rows(
                    RowsSection(
                        "points", bar: "context_count",
                        Column.bucket + [
                            Column("context_count", "conversations", .count), Column("task_count", "tasks", .count),
                            Column("message_count", "messages", .count),
                        ])),
                .facts(nil, [Fact("total_contexts", "All conversations", .count)]),
            ]),
        ReportDefinition(
            "conversations.list", "Conversations", "the latest conversations",
            flags: Flag.window + [.limit] + ofSessions,
            population: .all, measure: "total",
            sections: [
                .rows(
                    RowsSection(
                        "conversations",
                        [
                            Column("context_id", "id", .text), Column("name", "name", .text),
                            Column("task_count", "tasks", .count), Column("message_count", "messages", .count),
                            Column("created_at", "created", .instant), Column("updated_at", "updated", .instant),
                        ])),
                .facts(nil, [Fact("total", "All conversations", .count)]),
            ]),
    ]
}
