extension Catalogue {
    /// Ways through the site, and who takes them.
    static let paths = [
        ReportDefinition(
            "traffic.navigation", "Navigation", "from which page people go to which",
            flags: Flag.window + [.limit] + Flag.sessions, measure: "total_transitions",
            sections: [
                .rows(
                    RowsSection(
                        "transitions",
                        [
                            .site, Column("from_path", "from", .text), Column("to_path", "to", .text),
                            Column("transition_count", "times", .count), .sessions, .percentage,
                        ])),
                .facts(nil, [Fact("total_transitions", "All transitions", .count)]),
            ]),
        ReportDefinition(
            "traffic.spam", "Referrer Spam", "referring hosts by the bots that they send",
            flags: Flag.window + [.limit] + Filter.ofSessions.map(\.flag), days: 7, measure: "total_hosts",
            sections: [
                .rows(
                    RowsSection(
                        "referrers",
                        [
                            Column("referrer_host", "referrer", .text), .sessions,
                            Column("bot_sessions", "of bots", .count), Column("bot_percentage", "share", .percent),
                            Column("engaged_sessions", "engaged", .count),
                        ])),
                .facts(nil, [Fact("total_hosts", "All hosts that send bots", .count)]),
            ]),
        ReportDefinition(
            "content.journey", "Content Journey", "clicks from one content to the next, over all time", flags: [.limit],
            sections: [
                .rows(
                    RowsSection(
                        "journeys",
                        [
                            Column("source_content_id", "from id", .text, inTable: false),
                            Column("source_slug", "from", .text), Column("target_url", "to", .text),
                            Column("target_slug", "to content", .text), Column("click_count", "clicks", .count),
                            Column("unique_sessions", "sessions", .count), Column("conversions", "conversions", .count),
                            Column("conversion_rate", "rate", .percent),
                        ]))
            ]),
        ReportDefinition(
            "users", "Users", "registered users by their sessions",
            flags: Flag.window + [.limit] + Flag.sessions, measure: "total_users",
            sections: [
                .rows(
                    RowsSection(
                        "users",
                        [
                            Column("user_id", "user", .text), .sessions, .visitors,
                            Column("request_count", "requests", .count), .totalCosts,
                            Column("first_seen", "first seen", .instant), Column("last_seen", "last seen", .instant),
                        ])),
                .facts(nil, [Fact("total_users", "All users", .count)]),
            ]),
    ]

    /// Everything row by row, for other programs: written as it is read, in little memory however much there is.
    static let exports = [
        ReportDefinition(
            "export.sessions", "Sessions",
            "sessions (of people and undecided; --class all: everybody's) as CSV, or as JSON lines with --json",
            flags: Flag.window + Flag.sessions,
            sections: [
                .rows(
                    RowsSection(
                        "sessions",
                        [
                            Column("session_id", "session", .text, isWhole: true), Column("site", "site", .text),
                            Column("started_at", "started", .instant), Column("last_activity_at", "last", .instant),
                            Column("ended_at", "ended", .instant), Column("class", "class", .text),
                            Column("score", "score", .count), Column("bot_name", "bot", .text),
                            Column("request_count", "requests", .count), Column("asset_count", "assets", .count),
                            Column("error_count", "errors", .count), Column("visitor", "visitor", .text),
                            Column("user_id", "user", .text), Column("source", "source", .text),
                            Column("referrer_host", "referrer", .text), Column("landing_page", "landing", .text),
                            Column("exit_page", "exit", .text), Column("utm_source", "utm source", .text),
                            Column("utm_medium", "utm medium", .text), Column("utm_campaign", "utm campaign", .text),
                            Column("country", "country", .text), Column("device_type", "device", .text),
                            Column("browser", "browser", .text), Column("os", "os", .text),
                            Column("user_agent", "user agent", .text),
                        ]))
            ]),
        ReportDefinition(
            "export.events", "Events",
            "every request and client event as CSV, or as JSON lines with --json",
            flags: Flag.window + [Filter.site, .path, .category, .severity].map(\.flag),
            sections: [
                .rows(
                    RowsSection(
                        "events",
                        [
                            Column("event_id", "id", .text, isWhole: true), Column("at", "at", .instant),
                            Column("site", "site", .text),
                            Column("session_id", "session", .text, isWhole: true), Column("event_type", "type", .text),
                            Column("event_category", "category", .text), Column("severity", "severity", .text),
                            Column("kind", "kind", .text), Column("method", "method", .text),
                            Column("path", "path", .text), Column("query", "query", .text),
                            Column("status", "status", .count), Column("duration_ms", "took", .milliseconds),
                            Column("bytes", "bytes", .count), Column("referrer_host", "referrer", .text),
                        ]))
            ]),
    ]
}
