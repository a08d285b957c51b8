extension Catalogue {
    private static func claims(
        _ id: String, _ title: String, _ summary: String, observed: String, total: String
    ) -> ReportDefinition {
        ReportDefinition(
            id, title, summary, flags: Flag.window + [.limit, Filter.site.flag], days: 7, measure: "total_sessions",
            sections: [
                .rows(
                    RowsSection(
                        "claims",
                        [
                            Column("bot_name", "claims to be", .text), Column("ip_address", "address", .text),
                            Column("observed", observed, .text), Column("authority", "held against", .text),
                            .sessions, Column("request_count", "requests", .count),
                            Column("last_seen_at", "last seen", .instant),
                        ])),
                .facts(nil, [Fact("total_sessions", total, .count), Fact("addresses", "Addresses", .count)]),
            ])
    }

    static let detection = [
        ReportDefinition(
            "bots.reputation", "Reputation", "visitors and networks by their standing, worst first",
            flags: [.limit, .zone],
            sections: [
                .rows(
                    RowsSection(
                        "fingerprints",
                        [
                            Column("reputation_score", "standing", .count),
                            Column("abuse_incidents", "incidents", .count), Column("flag_reason", "why", .text),
                            Column("fingerprint_hash", "fingerprint", .text),
                            Column("network_prefix", "network", .text),
                            Column("total_session_count", "sessions", .count),
                            Column("total_request_count", "requests", .count),
                            Column("peak_requests_per_minute", "peak a minute", .decimal, inTable: false),
                            Column("last_seen_at", "last seen", .instant),
                            Column("last_user_agent", "user agent", .text),
                        ])),
                .facts(nil, [Fact("total", "All with incidents", .count)]),
            ]),
        ReportDefinition(
            "bots.changes", "Changes by Operators", "reclassifications and flags, and which were undone",
            flags: [.limit, .zone],
            sections: [
                .rows(
                    RowsSection(
                        "runs",
                        [
                            Column("run_id", "run", .count), Column("kind", "kind", .text),
                            Column("at", "at", .instant), Column("by", "by", .text),
                            Column("changed", "sessions", .count), Column("undone_at", "undone", .instant),
                            Column("detail", "what", .text),
                        ]))
            ]),
        claims(
            "bots.fakes", "Fake Crawlers", "who says to be a well-known crawler and is not",
            observed: "comes from", total: "All sessions of fakes"),
        claims(
            "bots.verified", "Verified Crawlers", "well-known crawlers whose addresses or host names were confirmed",
            observed: "confirmed by", total: "All sessions of verified crawlers"),
        ReportDefinition(
            "bots.quality", "Quality", "how often the verdicts are right, by what is known from elsewhere",
            flags: Flag.window + [Filter.site.flag, .honeypot], days: 30, measure: "labelled_sessions",
            sections: [
                .facts(
                    nil,
                    [
                        Fact("labelled_sessions", "Labelled sessions", .count),
                        Fact("precision_percent", "Precision (%)", .decimal),
                        Fact("precision_low", "  at least", .decimal), Fact("precision_high", "  at most", .decimal),
                        Fact("recall_percent", "Recall (%)", .decimal), Fact("recall_low", "  at least", .decimal),
                        Fact("recall_high", "  at most", .decimal),
                        Fact("trapped_sessions", "Asked for a honeypot", .count),
                        Fact("left_out_sessions", "  left out, a rule saw it", .count),
                    ]),
                .rows(
                    RowsSection(
                        "labels", title: "By label",
                        [
                            Column("label", "label", .text), Column("truth", "is a", .text),
                            Column("sessions", "sessions", .count), Column("flagged", "flagged", .count),
                            Column("measure", "that is", .text),
                            Column("share_percent", "%", .decimal), Column("low_percent", "at least", .decimal),
                            Column("high_percent", "at most", .decimal),
                            Column("precision_percent", "precision", .decimal),
                            Column("precision_low", "at least", .decimal, inTable: false),
                            Column("precision_high", "at most", .decimal, inTable: false),
                            Column("rules_see", "rules see", .text),
                        ])),
            ]),
        ReportDefinition(
            "anomalies.show", "Anomaly", "one anomaly, and what explains most of it",
            argument: .init(
                name: "anomaly-id", help: "an anomaly's id, as anomalies list --json has it", isOptional: false,
                isOneWord: true),
            flags: [.zone],
            sections: [
                .facts(
                    nil,
                    [
                        Fact("anomaly_id", "Anomaly", .text), Fact("metric_name", "Metric", .text),
                        Fact("site", "Site", .text), Fact("population", "Of", .text), Fact("key", "Key", .text),
                        Fact("level", "Level", .text), Fact("value", "Worst value", .decimal),
                        Fact("threshold", "Threshold", .decimal), Fact("baseline", "Usual", .decimal),
                        Fact("opened_at", "Opened", .instant), Fact("last_seen_at", "Last seen", .instant),
                        Fact("closed_at", "Closed", .instant), Fact("message", "Message", .text),
                    ]),
                .rows(
                    RowsSection(
                        "explains", title: "What grew most",
                        [
                            Column("dimension", "dimension", .text), Column("value", "value", .text),
                            Column("requests", "requests", .count), Column("usual", "usual", .decimal),
                        ])),
            ]),
        ReportDefinition(
            "anomalies.thresholds", "Anomaly Thresholds", "the limits that anomalies set changes", flags: [],
            sections: [
                .rows(
                    RowsSection(
                        "thresholds",
                        [
                            Column("metric_name", "metric", .text), Column("warning_threshold", "warning", .decimal),
                            Column("critical_threshold", "critical", .decimal),
                            Column("description", "what", .text), Column("updated_at", "changed", .instant),
                        ]))
            ]),
        ReportDefinition(
            "anomalies.series", "Watched Series", "what is watched, and what is still learning", flags: [.limit],
            sections: [
                .rows(
                    RowsSection(
                        "series",
                        [
                            Column("site", "site", .text), Column("series", "series", .text),
                            Column("population", "of", .text), Column("state", "state", .text),
                            Column("minutes", "minutes", .count), Column("last_value", "last value", .decimal),
                            Column("last_minute", "at", .instant),
                        ]))
            ]),
    ]
}

extension Flag {
    static let honeypot = Flag(
        "honeypot", .text("PATHS"),
        "paths that no person finds, a comma between two; one that ends in / stands for all below")
}
