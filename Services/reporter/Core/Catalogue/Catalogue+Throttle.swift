extension Catalogue {
    static let throttling = [
        ReportDefinition(
            "throttle.status", "Throttle", "what the throttle has answered since it began", flags: [],
            sections: [
                .facts(
                    nil,
                    [
                        Fact("state", "State", .text), Fact("uptime_ms", "Up", .milliseconds),
                        Fact("checks", "Checks", .count), Fact("allowed", "Allowed", .count),
                        Fact("denied", "Refused", .count), Fact("shadow_denied", "Refused in shadow only", .count),
                        Fact("near_limit", "Near the limit", .count), Fact("verdicts", "Verdicts", .count),
                        Fact("standings_warning", "Clients at warning", .count),
                        Fact("standings_severe", "  at severe", .count),
                        Fact("standings_blocked", "  blocked", .count), Fact("overrides", "Overrides", .count),
                        Fact("buckets", "Buckets", .count),
                    ])
            ]),
        ReportDefinition(
            "throttle.list", "Slowed Clients", "whom something is held against, and the overrides in force",
            flags: [.limit, .zone],
            sections: [
                .rows(
                    RowsSection(
                        "clients",
                        [
                            Column("key", "key", .text), Column("level", "level", .text),
                            Column("cause", "cause", .text), Column("class", "class", .text),
                            Column("since", "since", .instant), Column("expires_at", "forgiven by", .instant),
                            Column("block_count", "blocks", .count),
                        ])),
                .rows(RowsSection("overrides", title: "Overrides", isMain: false, overrideColumns)),
            ]),
        ReportDefinition(
            "throttle.show", "Client", "what is held against a client, what people said of it, and what it was refused",
            argument: .init(
                name: "key", help: "an address or range, fp_…, sess_…, user:NAME or ADDRESS+fp_…", isOptional: false),
            flags: [.limit, .zone],
            sections: [
                .facts(nil, [Fact("key", "Key", .text)]),
                .rows(
                    RowsSection(
                        "levels", title: "Levels", isMain: false,
                        [
                            Column("key", "key", .text), Column("level", "level", .text),
                            Column("cause", "cause", .text), Column("class", "class", .text),
                            Column("since", "since", .instant), Column("expires_at", "forgiven by", .instant),
                            Column("block_count", "blocks", .count),
                        ])),
                .rows(
                    RowsSection(
                        "overrides", title: "Overrides, old ones too", isMain: false,
                        overrideColumns + [
                            Column("revoked_at", "revoked", .instant), Column("revoked_by", "by", .text),
                            Column("revoked_reason", "why", .text),
                        ])),
                .rows(
                    RowsSection(
                        "denials", title: "Refusals",
                        [
                            Column("at", "at", .instant), Column("reference", "reference", .text),
                            Column("key", "key", .text), Column("policy", "policy", .text),
                            Column("level", "level", .text), Column("reason", "reason", .text),
                            Column("path", "path", .text), Column("shadow", "shadow", .yesNo),
                        ])),
            ]),
        ReportDefinition(
            "throttle.policies", "Policies", "the policies in force, in their order, and what each has decided",
            flags: [],
            sections: [
                .facts(nil, [Fact("shadow", "All in shadow", .yesNo)]),
                .rows(
                    RowsSection(
                        "policies",
                        [
                            Column("name", "policy", .text), Column("conditions", "for", .text),
                            Column("limits", "limits", .text), Column("shadow", "shadow", .yesNo),
                            Column("checks", "checks", .count), Column("denied", "refused", .count),
                            Column("shadow_denied", "in shadow", .count),
                        ])),
            ]),
    ]

    private static let overrideColumns = [
        Column("key", "key", .text), Column("action", "action", .text), Column("reason", "reason", .text),
        Column("created_by", "by", .text), Column("created_at", "at", .instant),
        Column("expires_at", "until", .instant),
    ]
}
