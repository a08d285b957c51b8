extension Flag {
    static let noRefresh = Flag("no-refresh", .none, "show it once, as when the output is no terminal")
    static let refresh = Flag("refresh", .count(1...3600), "seconds between two pictures (default 5)")
}

/// Columns that more than one report shows.
extension Column {
    static let percentage = Column("percentage", "share", .percent)
    static let sessions = Column("session_count", "sessions", .count)
    static let visitors = Column("visitor_count", "visitors", .count)
    static let users = Column("user_count", "users", .count)
    static let pageViews = Column("page_view_count", "page views", .count)
    static let audience = [sessions, visitors, users, pageViews]
    static let site = Column("site", "site", .text, ifVaried: true)
    static let bucket = [Column("timestamp", "when", .text), Column("start", "start", .instant, inTable: false)]
}

extension Catalogue {
    /// The page as one report: every part of it, asked over the same window.
    static let page = [
        ReportDefinition(
            "report", "Report", "everything that the page shows, as one HTML file (--html) or one JSON object",
            flags: Flag.window + Flag.sessions + [.html],
            sections: [
                .rows(
                    RowsSection(
                        "parts",
                        [
                            Column("title", "part", .text), Column("report", "command", .text),
                            Column("from", "from", .instant),
                        ]
                    ))
            ])
    ]

    static let overview = [
        ReportDefinition(
            "overview", "Overview", "the headline numbers of everything",
            flags: Flag.window + Flag.sessions,
            measure:
                "traffic.sessions+traffic.requests+traffic.page_views+sessions.currently_active+conversations.total"
                + "+agents.total_tasks+ai_requests.total+tools.total_executions",
            sections: [
                .facts(nil, [Fact("period", "Period", .text)]),
                .facts(
                    "Everybody",
                    [
                        Fact("traffic.requests", "Requests", .count),
                        Fact("traffic.page_requests", "  of pages and APIs", .count),
                        Fact("traffic.sessions", "Sessions", .count),
                        Fact("traffic.human_sessions", "  of people", .count),
                        Fact("traffic.bot_sessions", "  of bots", .count),
                        Fact("traffic.undecided_sessions", "  undecided", .count),
                    ]),
                .facts(
                    "This view",
                    [
                        Fact("traffic.visitors", "Visitors", .count),
                        Fact("traffic.users", "Users", .count),
                        Fact("traffic.page_views", "Page views", .count),
                        Fact(
                            "sessions.currently_active", "Active now", .count, csv: "sessions_currently_active",
                            isOfNow: true),
                        Fact(
                            "sessions.created_in_period", "Sessions", .count,
                            csv: "sessions_created_in_period"),
                    ]),
                .facts(
                    "Agents and costs",
                    [
                        Fact("conversations.total", "Conversations", .count),
                        Fact("conversations.change_percent", "  change", .change, csv: "conversations_change_pct"),
                        Fact("agents.active_count", "Active agents", .count, csv: "agents_active"),
                        Fact("agents.total_tasks", "Agent tasks", .count, csv: "agents_tasks"),
                        Fact("agents.success_rate", "  completed", .percent),
                        Fact("ai_requests.total", "AI requests", .count),
                        Fact("ai_requests.total_tokens", "  tokens", .count, csv: "ai_requests_tokens"),
                        Fact("ai_requests.avg_latency_ms", "  latency", .milliseconds),
                        Fact("tools.total_executions", "Tool executions", .count, csv: "tools_executions"),
                        Fact("tools.success_rate", "  succeeded", .percent),
                        Fact("costs.total_cost_microdollars", "Cost", .microdollars),
                        Fact("costs.change_percent", "  change", .change, csv: "costs_change_pct"),
                    ]),
            ])
    ]

    static let traffic = [
        breakdown(
            "traffic.sources", "Traffic Sources", "where sessions come from", rows: "sources",
            columns: [Column("source", "source", .text)]),
        breakdown(
            "traffic.geo", "Geographic Distribution", "which countries sessions come from", rows: "countries",
            columns: [Column("country", "country", .text)]),
        breakdown(
            "traffic.devices", "Device Breakdown", "devices and browsers of sessions", rows: "devices",
            columns: [Column("device_type", "device", .text), Column("browser", "browser", .text)]),
        ReportDefinition(
            "traffic.bots", "Bot Traffic", "people against bots, and which bots",
            flags: Flag.window + [.limit] + Filter.ofSessions.map(\.flag), measure: "total_sessions",
            sections: [
                .facts(
                    nil,
                    [
                        Fact("period", "Period", .text),
                        Fact("human_sessions", "Sessions of people", .count),
                        Fact("bot_sessions", "Sessions of bots", .count),
                        Fact("undecided_sessions", "Undecided sessions", .count),
                        Fact("bot_percentage", "Share of bots", .percent),
                    ]),
                .rows(
                    RowsSection(
                        "bot_breakdown", title: "Bots",
                        [
                            Column("bot_type", "bot", .text), .sessions, Column("request_count", "requests", .count),
                            .percentage,
                        ])),
                .rows(
                    RowsSection(
                        "tiers", title: "How they were found (one bot may be found in several ways)", isMain: false,
                        [Column("tier", "tier", .text), .sessions, .percentage])),
                .rows(
                    RowsSection(
                        "reasons", title: "Signals on record of them (one may have several, and not all decide)",
                        isMain: false,
                        [Column("signal", "signal", .text), .sessions, .percentage])),
            ]),
        ReportDefinition(
            "traffic.trends", "Traffic Trends", "sessions of people and bots over time",
            flags: Flag.window + [.grouping] + Filter.ofSessions.map(\.flag), days: 7, measure: "total_sessions",
            sections: [
                .rows(
                    RowsSection(
                        "points", bar: "session_count",
                        Column.bucket + [
                            Column("human_sessions", "people", .count),
                            Column("undecided_sessions", "undecided", .count),
                            Column("bot_sessions", "bots", .count), .sessions,
                        ])),
                .facts(nil, [Fact("total_sessions", "All sessions", .count)]),
            ]),
        breakdown(
            "traffic.pages", "Landing Pages", "where sessions begin, and from which source", rows: "pages",
            columns: [.site, Column("landing_page", "landing page", .text), Column("source", "source", .text)]),
        breakdown(
            "traffic.referrers", "Referrers", "hosts that sessions come from", rows: "referrers",
            columns: [Column("referrer_host", "referrer", .text), Column("source", "source", .text)]),
        breakdown(
            "traffic.campaigns", "Campaigns", "sessions by their utm parameters", rows: "campaigns",
            columns: [
                Column("utm_source", "source", .text), Column("utm_medium", "medium", .text),
                Column("utm_campaign", "campaign", .text),
            ]),
    ]

    private static func breakdown(
        _ id: String, _ title: String, _ summary: String, rows: String, columns: [Column]
    ) -> ReportDefinition {
        ReportDefinition(
            id, title, summary, flags: Flag.window + [.limit] + Flag.sessions, measure: "total_sessions",
            sections: [
                .rows(RowsSection(rows, columns + [.sessions, .percentage, .visitors, .users, .pageViews])),
                .facts(nil, [Fact("total_sessions", "All sessions", .count)]),
            ])
    }

    static let sessions = [
        ReportDefinition(
            "sessions.stats", "Session Statistics", "sessions, visitors, users and how they behave",
            flags: Flag.window + Flag.sessions, measure: "sessions_created_in_period",
            sections: [
                .facts(
                    nil,
                    [
                        Fact("period", "Period", .text),
                        Fact("sessions_created_in_period", "Sessions", .count),
                        Fact("sessions_currently_active", "Active now", .count, isOfNow: true),
                        Fact("unique_visitors", "Visitors", .count),
                        Fact("unique_users", "Users", .count),
                        Fact("page_views", "Page views", .count),
                        Fact("avg_duration_seconds", "Average duration", .seconds),
                        Fact("avg_requests_per_session", "Requests a session", .decimal),
                        Fact("conversion_rate", "Converted", .percent),
                        Fact("undecided_sessions", "Undecided among them", .count),
                    ])
            ]),
        ReportDefinition(
            "sessions.trends", "Session Trends", "sessions over time",
            flags: Flag.window + [.grouping] + Flag.sessions, days: 7, measure: "total_sessions",
            sections: [
                .rows(
                    RowsSection(
                        "points", bar: "session_count",
                        Column.bucket + Column.audience + [
                            Column("active_users", "active users", .count, inTable: false),
                            Column("avg_duration_seconds", "duration", .seconds),
                        ])),
                .facts(nil, [Fact("total_sessions", "All sessions", .count)]),
            ]),
        ReportDefinition(
            "sessions.live", "Live Sessions", "sessions active in the last 30 minutes, or in a window of the past",
            flags: Flag.window + [.limit, .refresh, .noRefresh] + Flag.sessions, minutes: 30, measure: "active_count",
            sections: [
                .facts(nil, [Fact("active_count", "Active", .count)]),
                .rows(
                    RowsSection(
                        "sessions",
                        [
                            Column("session_id", "session", .text, isWhole: true), Column("user_type", "user", .text),
                            Column("class", "class", .text),
                            Column("started_at", "started", .text, inTable: false),
                            Column("last_activity", "last activity", .text, inTable: false),
                            Column("started_at_time", "started", .instant),
                            Column("last_activity_time", "last activity", .instant),
                            Column("duration_seconds", "duration", .seconds),
                            Column("request_count", "requests", .count), Column("country", "country", .text),
                            Column("device_type", "device", .text), Column("landing_page", "landing page", .text),
                        ])),
            ]),
        ReportDefinition(
            "top", "Top", "who is on the site now and how busy, as a live view on a terminal",
            flags: [.limit, .zone, .refresh, .noRefresh] + Flag.sessions, minutes: 30, population: .all,
            sections: [
                .facts(
                    nil,
                    [
                        Fact("active_count", "Active", .count), Fact("human_sessions", "People", .count),
                        Fact("undecided_sessions", "Undecided", .count), Fact("bot_sessions", "Bots", .count),
                        Fact("requests_per_minute", "Requests a minute", .decimal),
                    ]),
                .rows(
                    RowsSection(
                        "sessions",
                        [
                            Column("requests_per_minute", "req/min", .decimal), .requests,
                            Column("error_count", "errors", .count), Column("class", "class", .text),
                            Column("bot_name", "bot", .text), Column("throttle_level", "level", .text),
                            Column("duration_seconds", "duration", .seconds), Column("country", "country", .text),
                            Column("device_type", "device", .text), Column("exit_page", "page", .text),
                            Column("ip_address", "address", .text),
                            Column("last_activity_time", "last activity", .instant),
                            Column("session_id", "session", .text, isWhole: true),
                        ])),
            ]),
        ReportDefinition(
            "sessions.show", "Session", "one session: who, what, and the verdict on it",
            argument: .session,
            flags: [.zone, .limit],
            sections: [
                .facts(
                    nil,
                    [
                        Fact("session.session_id", "Session", .text), Fact("session.site", "Site", .text),
                        Fact("session.class", "Verdict", .text), Fact("session.score", "Score", .count),
                        Fact("session.bot_name", "Bot", .text), Fact("session.started_at", "Started", .instant),
                        Fact("session.last_activity_at", "Last activity", .instant),
                        Fact("session.ended_at", "Ended", .instant),
                        Fact("session.duration_seconds", "Duration", .seconds),
                        Fact("session.request_count", "Requests", .count),
                        Fact("session.asset_count", "Assets", .count),
                        Fact("session.beacon_count", "Beacons", .count),
                        Fact("session.error_count", "Errors", .count),
                        Fact("session.visitor", "Visitor", .text), Fact("session.user_id", "User", .text),
                        Fact("session.ip_address", "Address", .text), Fact("session.country", "Country", .text),
                        Fact("session.user_agent", "User agent", .text),
                        Fact("session.source", "Source", .text), Fact("session.referrer_url", "Referrer", .text),
                        Fact("session.entry_url", "Entry", .text),
                        Fact("session.throttle_level", "Throttle level", .count),
                    ]),
                .rows(
                    RowsSection(
                        "requests", title: "Requests, assets and events",
                        [
                            Column("at", "at", .instant), Column("kind", "kind", .text),
                            Column("method", "method", .text), Column("path", "path", .text),
                            Column("status", "status", .count), Column("duration_ms", "took", .milliseconds),
                        ])),
            ]),
    ]
}
