import Database
import ReporterCore
import WeirProtocol

/// A request whose window has both ends, with the pieces of SQL that its flags come to.
struct Question: Sendable {
    let request: ReportRequest
    let from: Timestamp
    let to: Timestamp
    /// The length of a trend's buckets, never `auto`.
    let grouping: Grouping
    /// The buckets of a trend; none for other reports.
    let buckets: [Grouping.Bucket]
    /// What the roll-up does not hold of the window and the one before.
    let hours: SessionHours

    /// A question, of the part of the window that texts of times can tell; without `hours` nothing is rolled up.
    init(_ request: ReportRequest, from: Timestamp, to: Timestamp, hours: SessionHours? = nil) throws(ReportError) {
        let from = min(Self.dated(from), Self.latest - 1)
        let to = max(Self.dated(to), from + 1)
        self.hours = hours ?? SessionHours(from: from, to: to)
        (self.request, self.from, self.to) = (request, from, to)
        grouping = request.grouping?.fitting(to - from) ?? .usual(over: to - from)
        let isTrend = request.report.flags.contains { $0.name == "group-by" }
        buckets = isTrend ? try grouping.buckets(from: from, to: to, zone: request.zone) : []
    }

    var limit: Value { .int(Int64(request.limit)) }
    /// Rows of a list beside the main one: ten, or all that a comparison may need.
    var few: Value { .int(request.limit < Flag.largestLimit ? 10 : Int64(request.limit)) }
    var start: SQL { "\(Value.timestamp(milliseconds: from.milliseconds))::timestamptz" }
    var end: SQL { "\(Value.timestamp(milliseconds: to.milliseconds))::timestamptz" }
    var zoneName: Value { .text(request.zone.name) }

    /// The present, or the window's end when that is in the past.
    var present: Timestamp { min(request.now, to) }

    /// `column` lies in the window.
    func inWindow(_ column: SQL) -> SQL { "\(column) >= \(start) and \(column) < \(end)" }

    /// `column` lies in the window of the same length before.
    func inPreviousWindow(_ column: SQL) -> SQL {
        let before = Value.timestamp(milliseconds: Self.dated(from - (to - from)).milliseconds)
        return "\(column) >= \(before)::timestamptz and \(column) < \(start)"
    }

    /// The moment, or the nearest that is in the years 1 to 9999 by the clocks of every zone, which texts of times can tell:
    /// 0001-01-02 to 9999-12-30 in UTC.
    static func dated(_ moment: Timestamp) -> Timestamp {
        min(max(moment, Timestamp(milliseconds: -62_135_510_400_000)), latest)
    }

    private static let latest = Timestamp(milliseconds: 253_402_214_399_999)

    /// Events `e` of the window. The day leads to the partitions; a day more at each end covers clients' clocks.
    var eventsInWindow: SQL { "\(inWindow("e.\"timestamp\"")) and \(days(from, to))" }

    var eventsInPreviousWindow: SQL {
        "\(inPreviousWindow("e.\"timestamp\"")) and \(days(from - (to - from), from))"
    }

    func days(_ first: Timestamp, _ last: Timestamp) -> SQL {
        let day: Int64 = 86_400_000
        return """
            e.day >= \(Value.text(Self.dated(first - day).day.description))::date \
            and e.day <= \(Value.text(Self.dated(last + day).day.description))::date
            """
    }

    /// The bucket, from 1, that `column` falls into.
    func bucket(of column: SQL) -> SQL {
        let starts = buckets.map { "\"\(Self.dated($0.start).iso8601)\"" }.joined(separator: ",")
        return "width_bucket(\(column), \(Value.text("{\(starts)}"))::timestamptz[])"
    }

    /// The population's condition on sessions `s`.
    var population: SQL { Self.condition(of: request.population ?? .all) }

    static func condition(of population: Population) -> SQL {
        switch population {
        case .human: "not s.is_bot and not s.is_scanner and not s.is_behavioral_bot"
        case .bot: "(s.is_bot or s.is_scanner or s.is_behavioral_bot)"
        case .scanner: "s.is_scanner"
        case .undecided: "\(condition(of: .human)) and s.verdict_class = 'undecided'"
        case .all: "true"
        }
    }

    /// A page view among events `e`: a document, or what a tracker has seen without one, as in a single-page application.
    static let isPageView: SQL = "(e.kind = 'document' or (e.kind is null and e.event_type = 'page_view'))"

    /// Judged, and no bot.
    static let judgedHuman: SQL = "\(condition(of: .human)) and s.verdict_class <> 'undecided'"

    /// The filters' conditions on sessions `s`.
    var sessionFilters: SQL {
        Filter.allCases.reduce("true") { sum, filter in
            request.filters[filter].map { "\(sum) and \(Self.condition(of: filter, $0))" } ?? sum
        }
    }

    private static func condition(of filter: Filter, _ text: String) -> SQL {
        let value = Value.text(text)
        return switch filter {
        case .site: "s.site = lower(\(value))"
        case .source: "coalesce(s.referrer_source, 'direct') = lower(\(value))"
        case .country: "lower(coalesce(s.country, 'unknown')) = lower(\(value))"
        case .device: "coalesce(s.device_type, 'unknown') = lower(\(value))"
        case .browser: "lower(coalesce(s.browser, 'unknown')) = lower(\(value))"
        case .path: isBelow("s.landing_page", text)
        case .utmSource: "s.utm_source = \(value)"
        case .utmMedium: "s.utm_medium = \(value)"
        case .utmCampaign: "s.utm_campaign = \(value)"
        case .agent, .tool, .server, .model, .provider, .category, .severity: "true"
        }
    }

    /// `column` is the path or one below it; `/` is the first page alone. A path with `*` or `/` at its end is a beginning.
    static func isBelow(_ column: SQL, _ path: String) -> SQL {
        if path.hasSuffix("*") { return "starts_with(\(column), \(Value.text(String(path.dropLast()))))" }
        if path == "/" { return "\(column) = '/'" }
        if path.hasSuffix("/") { return "starts_with(\(column), \(Value.text(path)))" }
        return "(\(column) = \(Value.text(path)) or starts_with(\(column), \(Value.text(path + "/"))))"
    }

    /// Sessions `s` that began in the window and belong to the population and filters.
    var chosenSessions: SQL { "\(inWindow("s.started_at")) and \(population) and \(sessionFilters)" }

    /// The condition that `column` contains the filter's text, in any case; `%` and `_` mean themselves.
    func contains(_ filter: Filter, _ column: SQL) -> SQL {
        request.filters[filter].map { "position(lower(\(Value.text($0))) in lower(\(column))) > 0" } ?? "true"
    }

    /// The condition that `column` is the filter's text.
    func equals(_ filter: Filter, _ column: SQL) -> SQL {
        request.filters[filter].map { "\(column) = \(Value.text($0))" } ?? "true"
    }

    /// The beginning and the end of the window as §9 of the reports shows them.
    func period(withTime: Bool = false) -> JSONValue {
        func text(_ moment: Timestamp) -> String {
            let wall = request.zone.wall(at: moment).iso8601
            let date = wall.prefix { $0 != "T" }
            return withTime ? "\(date) \(wall.dropFirst(date.count + 1).prefix(5))" : String(date)
        }
        // The window's last moment names its last day, since the end itself does not belong to it.
        return .string("\(text(from)) to \(text(withTime ? to : to - 1))")
    }

    /// RFC 3339 in UTC to the second.
    static func iso(_ column: SQL) -> SQL {
        "to_char(\(column) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
    }

    /// `part` in percent of `whole`, 0 of nothing.
    static func percent(_ part: SQL, of whole: SQL) -> SQL {
        "coalesce((\(part))::double precision * 100 / nullif((\(whole))::double precision, 0), 0)"
    }

    /// The change from `before` to `now` in percent, null from nothing.
    static func change(_ now: SQL, from before: SQL) -> SQL {
        "((\(now)) - (\(before)))::double precision * 100 / nullif((\(before))::double precision, 0)"
    }
}
