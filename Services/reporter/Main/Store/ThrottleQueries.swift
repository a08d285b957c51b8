import Database
import ReporterCore
import WeirProtocol

extension ReportQuery {
    static let throttling: [String: ReportQuery] = [
        "throttle.list": ReportQuery { question in
            [
                .rows(
                    "clients",
                    """
                    select \(levelColumns) from throttle_levels as t
                    where t.level > 0 and t.expires_at > \(present(question))
                    order by t.level desc, t.since desc, t.key limit \(question.limit)
                    """),
                .rows(
                    "overrides",
                    """
                    select \(overrideColumns) from throttle_overrides as o
                    where o.revoked_at is null and (o.expires_at is null or o.expires_at > \(present(question)))
                    order by o.created_at desc limit \(question.limit)
                    """),
            ]
        },
        "throttle.show": ReportQuery { question in
            let key = question.request.argument ?? ""
            return [
                .existing(
                    """
                    select \(Value.text(key)) as key where exists (select from throttle_levels as t
                            where \(concerns("t.key", key)))
                        or exists (select from throttle_overrides as t where \(concerns("t.key", key)))
                        or exists (select from throttle_decisions as t where \(concerns("t.key", key)))
                    """, "Nothing is held against \"\(key.prefix(80))\", and nothing was, up to some seconds ago."),
                .rows(
                    "levels",
                    """
                    select \(levelColumns) from throttle_levels as t where \(concerns("t.key", key))
                    order by t.level desc, t.key limit \(question.limit)
                    """),
                .rows(
                    "overrides",
                    """
                    select \(overrideColumns), \(Question.iso("o.revoked_at")) as revoked_at, o.revoked_by,
                        o.revoked_reason
                    from throttle_overrides as o where \(concerns("o.key", key))
                    order by o.created_at desc limit \(question.limit)
                    """),
                .rows(
                    "denials",
                    """
                    select \(Question.iso("d.at")) as at, d.reference, d.key, d.policy, \(word("d.level")) as level,
                        d.cause->>'reason' as reason, d.path, d.shadow
                    from throttle_decisions as d where \(concerns("d.key", key))
                    order by d.at desc, d.reference limit \(question.limit)
                    """),
            ]
        },
    ]

    private static func present(_ question: Question) -> SQL {
        "\(Value.timestamp(milliseconds: question.request.now.milliseconds))::timestamptz"
    }

    /// The key itself; of a pair also either half; of an address or a range also what covers it and what is in it.
    private static func concerns(_ column: SQL, _ key: String) -> SQL {
        let text = Value.text(key)
        let same: SQL = """
            \(column) = \(text) or starts_with(\(column), \(text) || '+')
                or right(\(column), length(\(text)) + 1) = '+' || \(text)
            """
        let address: SQL = "split_part(\(column), '+', 1)"
        let isAddress: SQL = "\(address) ~ '^[0-9a-f]*[.:][0-9a-f.:]*(/[0-9]+)?$'"
        if let place = NetworkPrefix(key) {
            let range = Value.text(place.description)
            return "(\(same) or case when \(isAddress) then \(address)::inet && \(range)::inet else false end)"
        }
        // In a pair an address stands for the range that the throttle counts by.
        let halves = key.split(separator: "+", maxSplits: 1)
        guard halves.count == 2, let place = NetworkPrefix(halves[0]) else { return "(\(same))" }
        let (range, companion) = (Value.text(place.description), Value.text(String(halves[1])))
        return """
            (\(same) or case when \(isAddress) and substr(\(column), strpos(\(column), '+') + 1) = \(companion)
                then \(address)::inet && \(range)::inet else false end)
            """
    }

    private static func word(_ level: SQL) -> SQL {
        "(array['normal', 'warning', 'severe', 'blocked'])[\(level) + 1]"
    }

    private static let levelColumns: SQL = """
        t.key, \(word("t.level")) as level, t.cause, t.state->>'class' as class, \(Question.iso("t.since")) as since,
        \(Question.iso("t.expires_at")) as expires_at, t.block_count
        """

    private static let overrideColumns: SQL = """
        o.key, o.action, o.reason, o.created_by, \(Question.iso("o.created_at")) as created_at,
        \(Question.iso("o.expires_at")) as expires_at
        """
}
