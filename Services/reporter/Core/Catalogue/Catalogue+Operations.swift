extension Catalogue {
    static let activity = [
        ReportDefinition(
            "platform.stats", "Platform Statistics", "totals of everything stored", flags: [Filter.site.flag],
            sections: [
                .facts(
                    nil,
                    [
                        Fact("total_users", "Users", .count), Fact("active_users_24h", "  in 24 hours", .count),
                        Fact("active_users_7d", "  in 7 days", .count), Fact("total_sessions", "Sessions", .count),
                        Fact("active_sessions", "  active now", .count),
                        Fact("total_contexts", "Conversations", .count), Fact("total_tasks", "Agent tasks", .count),
                        Fact("total_ai_requests", "AI requests", .count),
                    ])
            ]),
        ReportDefinition(
            "platform.trends", "Platform Trends", "everything over time",
            flags: Flag.window + [.grouping, Filter.site.flag], days: 7,
            sections: [
                .rows(
                    RowsSection(
                        "points", bar: "sessions",
                        Column.bucket + [
                            Column("sessions", "sessions", .count), Column("contexts", "conversations", .count),
                            Column("tasks", "tasks", .count), Column("ai_requests", "AI requests", .count),
                            Column("tool_executions", "tools", .count),
                        ]))
            ]),
    ]

    static let diagnosis = [
        ReportDefinition(
            "doctor", "Check-up", "whether everything works, and what mends what does not", flags: [],
            sections: [
                .rows(
                    RowsSection(
                        "checks",
                        [
                            Column("check", "check", .text), Column("state", "state", .text),
                            Column("found", "found", .text), Column("mend", "what mends it", .text),
                        ]))
            ]),
        ReportDefinition(
            "doctor.traffic", "Traffic Check-up", "whether undetected bots inflate the numbers",
            flags: Flag.window + [.limit] + Filter.ofSessions.map(\.flag), measure: "total_sessions",
            sections: [
                .facts(
                    nil,
                    [
                        Fact("total_sessions", "Sessions not declared bots", .count),
                        Fact("unique_visitors", "Visitors", .count), Fact("distinct_users", "Users", .count),
                        Fact("zero_request_sessions", "Sessions of 0 requests", .count),
                        Fact("single_request_sessions", "Sessions of 1 request", .count),
                    ]),
                .rows(
                    RowsSection(
                        "findings", title: "Findings", isMain: false,
                        [Column("level", "level", .text), Column("finding", "finding", .text)])),
                .rows(
                    RowsSection(
                        "user_agents", title: "User agents",
                        [Column("user_agent", "user agent", .text), .sessions, .visitors, .percentage])),
                .rows(
                    RowsSection(
                        "request_counts", title: "Requests a session", isMain: false,
                        [Column("request_count", "requests", .count, isName: true), .sessions])),
            ]),
        ReportDefinition(
            "bots.explain", "Verdict", "why a session was called what it was called",
            argument: .session,
            flags: [.zone],
            sections: [
                .facts(
                    nil,
                    [
                        Fact("session_id", "Session", .text), Fact("class", "Class", .text),
                        Fact("score", "Score", .count), Fact("flags_source", "Decided by", .text),
                        Fact("user_agent", "User agent", .text), Fact("request_count", "Requests", .count),
                        Fact("asset_count", "Files", .count),
                    ]),
                .rows(
                    RowsSection(
                        "signals", title: "Signals of the verdict that counts",
                        [
                            Column("name", "signal", .text), Column("points", "points", .count),
                            Column("observed", "observed", .text), Column("threshold", "threshold", .text),
                        ])),
                .rows(
                    RowsSection(
                        "would_change", title: "What would change it", isMain: false,
                        [Column("change", "change", .text), Column("result", "result", .text)])),
                .rows(
                    RowsSection(
                        "verdict_changes", title: "History, where it changed", isMain: false,
                        [
                            Column("at", "at", .instant), Column("class", "class", .text),
                            Column("score", "score", .count), Column("judged_count", "requests", .count),
                            Column("by", "by", .text), Column("counts", "counts", .yesNo),
                            Column("rule_set", "rules", .text), Column("signal_names", "signals", .text),
                        ])),
            ]),
        ReportDefinition(
            "anomalies.list", "Anomalies", "what was out of the ordinary; what goes on and is critical comes first",
            flags: Flag.window + [.limit, Filter.site.flag], days: 7,
            measure: "total",
            sections: [
                .rows(
                    RowsSection(
                        "anomalies",
                        [
                            Column("opened_at", "opened", .instant), Column("level", "level", .text),
                            Column("metric_name", "metric", .text), .site, Column("key", "key", .text),
                            Column("value", "value", .decimal), Column("threshold", "threshold", .decimal),
                            Column("message", "message", .text), Column("closed_at", "closed", .instant),
                            Column("anomaly_id", "id", .text, inTable: false),
                        ])),
                .facts(nil, [Fact("total", "All anomalies", .count)]),
            ]),
    ]

    static let operations = [
        ReportDefinition(
            "throttle.levels", "Throttle Levels", "who is slowed at present", flags: [.limit], measure: "total",
            sections: [
                .rows(
                    RowsSection(
                        "levels",
                        [
                            Column("key", "key", .text), Column("kind", "kind", .text),
                            Column("level", "level", .text), Column("cause", "cause", .text),
                            Column("since", "since", .instant), Column("expires_at", "until", .instant),
                        ])),
                .facts(nil, [Fact("total", "All above normal", .count)]),
            ]),
        ReportDefinition(
            "throttle.why", "Throttle Decision", "why a request was refused",
            argument: .init(
                name: "reference", help: "the reference that the visitor was shown", isOptional: false, isOneWord: true),
            flags: [.zone],
            sections: [
                .facts(
                    nil,
                    [
                        Fact("reference", "Reference", .text), Fact("at", "At", .instant), Fact("key", "Key", .text),
                        Fact("policy", "Policy", .text), Fact("level", "Level", .text),
                        Fact("allowed", "Allowed", .yesNo), Fact("shadow", "Shadow", .yesNo),
                        Fact("path", "Path", .text), Fact("retry_after_seconds", "Retry after", .seconds),
                        Fact("cause", "Cause", .text), Fact("count", "Refused so far", .count),
                        Fact("retry_at", "Come again at", .instant),
                    ]),
                .rows(
                    RowsSection(
                        "changes", title: "Levels of the client, as the throttle remembers them", isMain: false,
                        [
                            Column("at", "at", .instant), Column("from", "from", .text), Column("to", "to", .text),
                            Column("cause", "cause", .text), Column("verdict_id", "verdict", .text),
                        ])),
            ]),
        ReportDefinition(
            "ingest.audit", "Ingest Audit", "whether every accepted record is accounted for", flags: [],
            sections: [
                .facts(
                    nil,
                    [
                        Fact("accepted", "Accepted", .count), Fact("stored", "Stored", .count),
                        Fact("duplicates", "Duplicates", .count), Fact("dead", "Dead letters", .count),
                        Fact("spool_bytes", "Bytes in the spool", .count), Fact("missing", "Unaccounted for", .count),
                        Fact("refused", "Refused", .count),
                        Fact("datagrams_missed", "Lines that no datagram brought", .count),
                        Fact("balanced", "Balanced", .yesNo),
                    ]),
                .rows(
                    RowsSection(
                        "sources", title: "By source",
                        [
                            Column("source", "source", .text), Column("accepted", "accepted", .count),
                            Column("stored", "stored", .count), Column("duplicates", "duplicates", .count),
                            Column("dead", "dead", .count), Column("refused", "refused", .count),
                        ])),
            ]),
        ReportDefinition(
            "status", "Status", "whether every service answers", flags: [],
            sections: [
                .rows(
                    RowsSection(
                        "services",
                        [
                            Column("service", "service", .text), Column("state", "state", .text),
                            Column("version", "version", .text), Column("uptime_ms", "up", .milliseconds),
                            Column("socket", "socket", .text), Column("note", "note", .text),
                        ]))
            ]),
        ReportDefinition(
            "metrics", "Metrics", "every service's own numbers, as Prometheus reads them", flags: [],
            sections: [
                .rows(
                    RowsSection(
                        "metrics",
                        [
                            Column("service", "service", .text), Column("instance", "instance", .text),
                            Column("metric", "metric", .text), Column("value", "value", .decimal),
                        ]))
            ]),
        ReportDefinition(
            "whoami", "Who Am I", "as which role you read, what it may do, and which sockets you may ask", flags: [],
            sections: [
                .facts(
                    nil,
                    [
                        Fact("system_user", "System user", .text), Fact("role", "Database role", .text),
                        Fact("database", "Database", .text), Fact("problem", "Problem", .text),
                    ]),
                .rows(
                    RowsSection(
                        "sockets", title: "Sockets", isMain: false,
                        [
                            Column("socket", "socket", .text), Column("may_ask", "may ask", .yesNo),
                            Column("note", "note", .text),
                        ])),
                .rows(
                    RowsSection(
                        "objects", title: "Tables and views",
                        [Column("object", "object", .text), Column("privileges", "privileges", .text)])),
            ]),
    ]
}
