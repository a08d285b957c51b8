import Database
import ReporterCore
import WeirProtocol

extension Report {
    /// Whether it is about countries, and none is known: one row, which says so.
    var lacksPlaces: Bool {
        guard request.report.id == "traffic.geo", request.filters[.country] == nil else { return false }
        return data["countries"]?.arrayValue?.compactMap { $0["country"]?.stringValue } == ["Unknown"]
    }
}

/// Why an answer is empty, for whoever asked: a filter's value that nothing has, or a window without data.
struct EmptyAnswer {
    let question: Question
    /// When what is stored begins and ends; nil for an empty database.
    let range: (first: Timestamp, last: Timestamp)?

    /// What emptiness means where it is no lack of data.
    private static let meanings = [
        "bots.fakes": "No claim to be somebody's crawler was refuted. A list of detector.crawlers that is complete "
            + "refutes, and reverse DNS where detector.resolver is set; else a claim makes a declared bot.",
        "engagement": "No page has reported how it is read in this window; docs/gateways.md (Pages) says how they do.",
        "anomalies.list": "Nothing was out of the ordinary in this window, or too little has been seen to tell.",
        "funnels.stats": "Nobody has entered it in this window. A funnel counts what comes in after it was made.",
        "traffic.campaigns": "No session in this window came with utm_source, utm_medium or utm_campaign in its link.",
        "users": "No session in this window has a user. Gateways say who is signed in (docs/gateways.md).",
        "traffic.spam": "No host that sends bots is named as a referrer in this window.",
        "bots.verified": "No claim to be somebody's crawler was confirmed. Published address ranges confirm, and "
            + "reverse DNS where detector.resolver is set; else a claim makes a declared bot.",
    ]

    private static let listedValues = 12
    /// Rows that a filter's values are looked for in: an answer that has nothing to say must not read all there is.
    private static let sampledRows = 100_000

    private var request: ReportRequest { question.request }

    /// Says in the report what is true, and what to ask instead; nothing where no window is asked about.
    func explain(_ report: inout Report, in connection: isolated Connection) throws {
        guard request.report.flags.contains(where: { $0.name == "since" }) else { return }
        guard let range else {
            report.hint = "The database holds no data yet. Import a log, or send traffic through the gateway."
            return
        }
        let unknown = try Filter.allCases.compactMap { try sentence(about: $0, in: connection) }
        guard unknown.isEmpty else {
            report.hint = unknown.joined(separator: " ")
            return
        }
        // Where a filter, a class or the window leaves nothing, that is the reason.
        if let why = Self.meanings[request.report.id], request.filters.isEmpty, question.from <= range.last,
            question.to > range.first, request.chosenPopulation ?? .all == .all, try !isOfOthersOnly(in: connection)
        {
            report.hint = why
            return
        }
        if try lacksUse(in: connection) {
            report.hint = "No application has reported its use of agents, tools or models; docs/usage.md says how."
            return
        }
        let what = request.filters.isEmpty ? "No data" : "No data for these filters"
        let place = request.window.from == nil ? "" : " in this window"
        let ways =
            (request.window.from == nil ? [] : ["--since all asks about all of it"])
            + ([nil, .all].contains(request.population) ? [] : ["--class all counts everybody"])
        report.hint =
            "\(what)\(place). What is stored begins \(range.first.iso8601) and ends \(range.last.iso8601)"
            + (ways.isEmpty ? "." : "; \(ways.joined(separator: ", ")).")
        report.stored = range.first...max(range.first, range.last)
    }

    /// Whether pages were left in the window, by visitors who are not of the class that is meant by default.
    private func isOfOthersOnly(in connection: isolated Connection) throws -> Bool {
        guard request.report.id == "engagement" else { return false }
        let sql: SQL =
            "select exists (select from engagement_events where \(question.inWindow("created_at"))) as is_there"
        return try ReportStore.rows(sql, in: connection).first?["is_there"]?.boolValue ?? false
    }

    /// Whether the report is about agents and models, and nothing at all is stored of those.
    private func lacksUse(in connection: isolated Connection) throws -> Bool {
        guard ["agents", "tools", "requests", "conversations", "costs"].contains(request.report.words[0]) else {
            return false
        }
        let row = try connection.query(
            """
            select not exists (select from ai_requests) and not exists (select from agent_tasks)
                and not exists (select from tool_executions) and not exists (select from conversations) as is_empty
            """
        ).first
        return try row?.get("is_empty") ?? false
    }

    /// The values that are stored, when the one asked for is not among them.
    private func sentence(about filter: Filter, in connection: isolated Connection) throws -> String? {
        guard let asked = request.filters[filter], let (column, table) = Self.place(of: filter) else { return nil }
        let sql: SQL = """
            with sample as materialized (
                select \(column) as value from \(table) limit \(Value.int(Int64(Self.sampledRows)))
            ), stored as (
                select value, count(*) as count from sample where value is not null group by value
            )
            select coalesce((select bool_or(\(Self.match(filter, .text(asked)))) from stored), false) as is_known,
                (select count(*) from sample) as sampled, (select count(*) from stored) as total, array(
                    select left(value, 60) from stored order by count desc, value
                    limit \(Value.int(Int64(Self.listedValues)))) as listed
            """
        guard let row = try ReportStore.rows(sql, in: connection).first, row["is_known"]?.boolValue == false else {
            return nil
        }
        let listed = row["listed"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let rest = (row["total"]?.integerValue ?? 0) - Int64(listed.count)
        let name = "--\(filter.rawValue.split(separator: "_").joined(separator: "-"))"
        guard !listed.isEmpty else { return "Nothing is stored that \(name) could choose from." }
        let isWhole = (row["sampled"]?.integerValue ?? 0) < Self.sampledRows
        let looked = isWhole ? "Nothing stored" : "None of the \(Self.sampledRows) rows looked at"
        return "\(looked) has \(name) \"\(asked.prefix(60))\"; there \(listed.count == 1 && rest == 0 ? "is" : "are") "
            + listed.joined(separator: ", ") + (rest > 0 ? " and \(rest) more." : ".")
    }

    /// The column that a filter is about, and the newest rows that have it; nil where any beginning will do.
    private static func place(of filter: Filter) -> (column: SQL, table: SQL)? {
        let sessions: SQL = "user_sessions as s order by s.started_at desc"
        let requests: SQL = "ai_requests order by created_at desc"
        let executions: SQL = "tool_executions order by created_at desc"
        return switch filter {
        case .site: ("s.site", sessions)
        case .source: ("coalesce(s.referrer_source, 'direct')", sessions)
        case .country: ("coalesce(s.country, 'Unknown')", sessions)
        case .device: ("coalesce(s.device_type, 'unknown')", sessions)
        case .browser: ("coalesce(s.browser, 'unknown')", sessions)
        case .utmSource: ("s.utm_source", sessions)
        case .utmMedium: ("s.utm_medium", sessions)
        case .utmCampaign: ("s.utm_campaign", sessions)
        case .agent: ("agent_name", "agent_tasks order by started_at desc")
        case .tool: ("tool_name", executions)
        case .server: ("server_name", executions)
        case .model: ("model", requests)
        case .provider: ("provider", requests)
        case .category: ("event_category", "analytics_events")
        case .severity: ("severity", "analytics_events")
        case .path: nil
        }
    }

    /// Whether a stored `value` is one that the filter lets through.
    private static func match(_ filter: Filter, _ asked: Value) -> SQL {
        switch filter {
        case .agent, .tool, .server, .model, .provider: "position(lower(\(asked)) in lower(value)) > 0"
        case .site, .source, .country, .browser, .device: "lower(value) = lower(\(asked))"
        case .utmSource, .utmMedium, .utmCampaign, .category, .severity, .path: "value = \(asked)"
        }
    }
}
