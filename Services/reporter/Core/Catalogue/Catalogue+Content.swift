extension Column {
    static let views = Column("views", "views", .count)
    static let uniqueVisitors = Column("unique_visitors", "visitors", .count)
}

extension Catalogue {
    static let content = [
        ReportDefinition(
            "content.stats", "Content Statistics", "page views and how pages are read",
            flags: Flag.window + Flag.sessions, measure: "total_views",
            sections: [
                .facts(
                    nil,
                    [
                        Fact("period", "Period", .text), Fact("total_views", "Page views", .count),
                        Fact("unique_visitors", "Visitors", .count),
                        Fact("avg_time_on_page_seconds", "Time on page", .seconds),
                        Fact("avg_scroll_depth", "Scroll depth", .percent),
                        Fact("total_clicks", "Clicks", .count),
                    ])
            ]),
        ranking("content.top", "Top Content", "pages by views; the trend is against the window before", days: 1),
        ranking(
            "content.popular", "Popular Content", "pages by visitors; the trend is against the window before", days: 30),
        ReportDefinition(
            "content.trends", "Content Trends", "page views over time",
            flags: Flag.window + [.grouping] + Flag.sessions, days: 7, measure: "total_views",
            sections: [
                .rows(RowsSection("points", bar: "views", Column.bucket + [.views, .uniqueVisitors])),
                .facts(nil, [Fact("total_views", "All page views", .count)]),
            ]),
    ]

    private static func ranking(
        _ id: String, _ title: String, _ summary: String, days: Int64
    ) -> ReportDefinition {
        ReportDefinition(
            id, title, summary, flags: Flag.window + [.limit] + Flag.sessions, days: days, measure: "total_views",
            sections: [
                .rows(
                    RowsSection(
                        "content",
                        [
                            Column("content_id", "content", .text, inTable: false), .site,
                            Column("path", "page", .text), Column("title", "title", .text, isName: false), .views,
                            .uniqueVisitors,
                            Column("avg_time_seconds", "time on page", .seconds), .percentage,
                            Column("trend", "trend", .text, isName: false),
                        ])),
                .facts(nil, [Fact("total_views", "All page views", .count)]),
            ])
    }

    static let campaigns = [
        ReportDefinition(
            "engagement", "Engagement", "how pages are read: patterns, scrolling, clicks",
            flags: Flag.window + Flag.sessions, measure: "total_events",
            sections: [
                .facts(
                    nil,
                    [
                        Fact("period", "Period", .text), Fact("total_events", "Pages left", .count),
                        Fact("avg_time_on_page_seconds", "Time on page", .seconds),
                        Fact("avg_scroll_depth", "Scroll depth", .percent),
                        Fact("total_clicks", "Clicks", .count), Fact("rage_click_count", "Rage clicks", .count),
                        Fact("dead_click_count", "Dead clicks", .count),
                    ]),
                .rows(
                    RowsSection(
                        "patterns", title: "Reading patterns",
                        [Column("reading_pattern", "pattern", .text), Column("count", "pages", .count), .percentage])),
            ]),
        ReportDefinition(
            "links", "Links", "campaign links, their clicks and conversions", flags: [.limit],
            sections: [
                .rows(
                    RowsSection(
                        "links",
                        [
                            Column("short_code", "code", .text), Column("target_url", "target", .text),
                            Column("campaign_name", "campaign", .text), Column("click_count", "clicks", .count),
                            Column("unique_click_count", "unique", .count),
                            Column("actual_session_count", "sessions", .count),
                            Column("actual_conversions", "conversions", .count),
                            Column("conversion_rate", "rate", .percent), Column("is_active", "active", .yesNo),
                        ]))
            ]),
        ReportDefinition(
            "campaigns", "Campaigns", "link campaigns and what came of them", flags: [.limit],
            sections: [
                .rows(
                    RowsSection(
                        "campaigns",
                        [
                            Column("campaign_id", "id", .text), Column("campaign_name", "campaign", .text),
                            Column("link_count", "links", .count), Column("total_clicks", "clicks", .count),
                            Column("total_unique_clicks", "unique", .count),
                            Column("total_sessions", "sessions", .count),
                            Column("total_conversions", "conversions", .count),
                            Column("conversion_rate", "rate", .percent),
                        ]))
            ]),
        ReportDefinition(
            "funnels.list", "Funnels", "every funnel and its steps", flags: [.limit],
            sections: [
                .rows(
                    RowsSection(
                        "funnels",
                        [
                            Column("name", "funnel", .text), Column("description", "description", .text),
                            Column("step_count", "steps", .count), Column("is_active", "active", .yesNo),
                            Column("is_goal", "goal", .yesNo),
                        ]))
            ]),
        ReportDefinition(
            "funnels.show", "Funnel", "a funnel's steps and what enters them",
            argument: .init(name: "name", help: "a funnel's name, as funnels list prints it", isOptional: false),
            flags: [],
            sections: [
                .facts(
                    nil,
                    [
                        Fact("funnel", "Funnel", .text), Fact("description", "Description", .text),
                        Fact("site", "Site", .text), Fact("is_active", "Active", .yesNo),
                        Fact("is_goal", "Goal", .yesNo),
                    ]),
                .rows(
                    RowsSection(
                        "steps",
                        [
                            Column("step_order", "#", .ordinal), Column("name", "step", .text),
                            Column("match_type", "by", .text), Column("match_pattern", "pattern", .text),
                        ])),
            ]),
        ReportDefinition(
            "funnels.stats", "Funnel", "entries, completions, and where people leave",
            argument: .init(name: "name", help: "a funnel's name, as funnels list prints it", isOptional: false),
            flags: Flag.window + [.population, .includeAll], days: 7, measure: "total_entries",
            sections: [
                .facts(
                    nil,
                    [
                        Fact("funnel", "Funnel", .text), Fact("period", "Period", .text),
                        Fact("total_entries", "Entries", .count), Fact("total_completions", "Completions", .count),
                        Fact("overall_conversion_rate", "Completed", .percent),
                    ]),
                .rows(
                    RowsSection(
                        "steps",
                        [
                            Column("step_order", "#", .ordinal), Column("name", "step", .text),
                            Column("entered_count", "entered", .count), Column("continued_count", "went on", .count),
                            Column("dropped_count", "dropped", .count),
                            Column("conversion_rate", "share", .percent),
                            Column("median_time_to_next_ms", "time to next", .milliseconds),
                        ])),
            ]),
        ReportDefinition(
            "events.stats", "Events", "requests and client events by type",
            flags: Flag.window + [.limit] + Flag.sessions + [Filter.category, .severity].map(\.flag),
            population: .all, measure: "total_events",
            sections: [
                .rows(
                    RowsSection(
                        "events",
                        [
                            Column("event_type", "type", .text), Column("event_category", "category", .text),
                            Column("severity", "severity", .text), Column("count", "events", .count), .percentage,
                        ])),
                .facts(nil, [Fact("total_events", "All events", .count)]),
            ]),
        ReportDefinition(
            "events.list", "Events", "the latest requests and client events",
            flags: Flag.window + [.limit] + Flag.sessions + [Filter.category, .severity].map(\.flag),
            population: .all, measure: "events",
            sections: [
                .rows(
                    RowsSection(
                        "events",
                        [
                            Column("at", "at", .instant), Column("event_type", "type", .text),
                            Column("event_category", "category", .text), Column("severity", "severity", .text),
                            Column("method", "method", .text), Column("path", "path", .text),
                            Column("status", "status", .count), Column("session_id", "session", .text, isWhole: true),
                            Column("event_id", "id", .text, inTable: false),
                        ]))
            ]),
    ]
}
