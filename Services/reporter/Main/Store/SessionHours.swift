import Database
import ReporterCore
import WeirProtocol

/// Which hours around a question's window the roll-up does not hold. Everything else is read from session_hours; these
/// are worked out of sessions and requests by session_hours_of, so that the answer is the same either way.
struct SessionHours: Sendable {
    /// Whole hours, in order, apart from each other.
    let missing: [Range<Timestamp>]

    /// More parts than that would cost a statement more than they save it: neighbours are joined, and what lies between
    /// them is worked out although it is rolled up.
    private static let partLimit = 12
    private static let hour: Int64 = 3_600_000

    /// Nothing is rolled up from the window before `from` up to `to`.
    init(from: Timestamp, to: Timestamp) {
        missing = [Self.first(from: from, to: to)..<Self.ceiling(to)]
    }

    /// Looks up what is missing from the window before `from` up to `to`.
    init(from: Timestamp, to: Timestamp, in connection: isolated Connection) throws {
        let (first, last) = (Self.first(from: from, to: to), Self.ceiling(to))
        let rows = try connection.query(
            """
            select first, after from (
                select coalesce(lag(hour) over (order by hour) + interval '1 hour', $1::timestamptz) as first,
                    hour as after
                from (select hour from rolled_hours
                        where hour >= $1::timestamptz and hour < $2::timestamptz and claim is null
                    union all select $2::timestamptz) as hours) as gaps
            where first < after order by first
            """, [.timestamp(milliseconds: first.milliseconds), .timestamp(milliseconds: last.milliseconds)])
        var gaps = try rows.map { row -> Range<Timestamp> in
            guard let first = try row.milliseconds("first"), let after = try row.milliseconds("after") else {
                throw ReportError(.internal, "an hour is null")
            }
            return Timestamp(milliseconds: first)..<Timestamp(milliseconds: after)
        }
        while gaps.count > Self.partLimit {
            let nearest = (1..<gaps.count).min {
                gaps[$0].lowerBound - gaps[$0 - 1].upperBound < gaps[$1].lowerBound - gaps[$1 - 1].upperBound
            }!
            gaps[nearest - 1] = gaps[nearest - 1].lowerBound..<gaps[nearest].upperBound
            gaps.remove(at: nearest)
        }
        missing = gaps
    }

    /// The rows of session_hours from `from` up to `to`, as a query.
    func sessions(from: Timestamp, to: Timestamp) -> SQL {
        union(
            spans(from: from, to: to).map { span, isRolled in
                isRolled ? Self.stored("session_hours", span) : Self.workedOut("session_hours_of", span)
            })
    }

    /// What is viewed and read from `from` up to `to` in the columns of page_hours, as a query: by whole days and hours
    /// where they are rolled up, elsewhere view by view.
    func pages(from: Timestamp, to: Timestamp) -> SQL {
        var parts: [SQL] = []
        for (span, isRolled) in spans(from: from, to: to) {
            guard isRolled else {
                parts.append(Self.workedOut("page_views_of", span))
                continue
            }
            // A day with all of its hours is rolled up together with the last of them.
            let day = 24 * Self.hour
            let days =
                Self.ceiling(
                    span.lowerBound, of: day)..<max(
                    Self.ceiling(span.lowerBound, of: day), Self.floor(span.upperBound, of: day))
            guard !days.isEmpty else {
                parts.append(Self.stored("page_hours", span))
                continue
            }
            for edge in [span.lowerBound..<days.lowerBound, days.upperBound..<span.upperBound] where !edge.isEmpty {
                parts.append(Self.stored("page_hours", edge))
            }
            parts.append(Self.stored("page_days", days))
        }
        return union(parts)
    }

    /// The window in order: what is rolled up of it, in whole hours, and what has to be worked out.
    private func spans(from: Timestamp, to: Timestamp) -> [(span: Range<Timestamp>, isRolled: Bool)] {
        let whole = Self.ceiling(from)..<max(Self.ceiling(from), Self.floor(to))
        guard !whole.isEmpty else { return [(from..<to, false)] }
        var spans: [(span: Range<Timestamp>, isRolled: Bool)] = []
        func add(_ span: Range<Timestamp>, _ isRolled: Bool) {
            guard !span.isEmpty else { return }
            if !isRolled, let last = spans.last, !last.isRolled {
                spans[spans.count - 1].span = last.span.lowerBound..<span.upperBound
            } else {
                spans.append((span, isRolled))
            }
        }
        add(from..<whole.lowerBound, false)
        var reached = whole.lowerBound
        for gap in missing.map({ $0.clamped(to: whole) }) where !gap.isEmpty {
            add(reached..<gap.lowerBound, true)
            add(gap, false)
            reached = gap.upperBound
        }
        add(reached..<whole.upperBound, true)
        add(whole.upperBound..<to, false)
        return spans
    }

    private func union(_ parts: [SQL]) -> SQL { parts.dropFirst().reduce(parts[0]) { "\($0) union all \($1)" } }

    private static func moment(_ moment: Timestamp) -> SQL {
        "\(Value.timestamp(milliseconds: moment.milliseconds))::timestamptz"
    }

    private static func stored(_ table: SQL, _ span: Range<Timestamp>) -> SQL {
        "select * from \(table) where hour >= \(moment(span.lowerBound)) and hour < \(moment(span.upperBound))"
    }

    private static func workedOut(_ function: SQL, _ span: Range<Timestamp>) -> SQL {
        "select * from \(function)(\(moment(span.lowerBound)), \(moment(span.upperBound)))"
    }

    /// The first hour of the window before, no further back than times can be told.
    private static func first(from: Timestamp, to: Timestamp) -> Timestamp { floor(Question.dated(from - (to - from))) }

    private static func floor(_ moment: Timestamp, of unit: Int64 = hour) -> Timestamp {
        let into = moment.milliseconds % unit
        return moment - (into < 0 ? into + unit : into)
    }

    private static func ceiling(_ moment: Timestamp, of unit: Int64 = hour) -> Timestamp {
        floor(moment + (unit - 1), of: unit)
    }
}

extension Question {
    /// Sessions `s` by the hours of the window: see session_hours. One that began in the window has one row where
    /// `s.is_start`; it and those that began before may have rows in other hours.
    var sessionHours: SQL { hours.sessions(from: from, to: to) }

    /// Rows `s` of sessions that began in the window and belong to the population and filters.
    var chosenHours: SQL { "(\(sessionHours)) as s where \(chosenSessions)" }

    private var earlier: Timestamp { Self.dated(from - (to - from)) }

    /// What is viewed and read of the population in the window, or the one before: site, path, views, visitors, and the
    /// sums of page_hours. A landing page's filter means the page itself here. Other filters are not in the roll-up, and
    /// take longer.
    func pages(previous: Bool = false) -> SQL {
        let (first, last) = previous ? (earlier, from) : (from, to)
        if request.filters.keys.allSatisfy({ $0 == .path || $0 == .site }) {
            return """
                select s.site, s.path, s.views, s.visitors, s.reading_count, s.reading_ms, s.scroll_total, s.click_total
                from (\(hours.pages(from: first, to: last))) as s
                where \(population) and \(visitFilters) and \(pagePath("s.path"))
                """
        }
        return """
            select site, path, 1 as views, array[visitor] as visitors, 0 as reading_count, 0 as reading_ms,
                0 as scroll_total, 0 as click_total
            from (\(documents(previous: previous))) as documents
            union all
            select e.site, e.path, 0, null, 1, least(e.time_on_page_ms, 1800000), e.max_scroll_depth, e.click_count
            from engagement_events as e join user_sessions as s using (session_id)
            where e.created_at >= \(Value.timestamp(milliseconds: first.milliseconds))::timestamptz
                and e.created_at < \(Value.timestamp(milliseconds: last.milliseconds))::timestamptz
                and \(population) and \(visitFilters) and \(pagePath("e.path"))
            """
    }

    /// Page views of the population in the window or the one before, one by one. Sessions are looked up each once: a hash
    /// of all that there are takes longer.
    func documents(previous: Bool = false, ofEveryPath: Bool = false) -> SQL {
        """
        select s.site, e.path, e."timestamp", e.ctid as place, e.session_id, s.visitor
        from analytics_events as e join (
            select s.session_id, s.site, md5(s.fingerprint_hash)::uuid as visitor
            from (select distinct e.session_id from analytics_events as e
                where \(previous ? eventsInPreviousWindow : eventsInWindow) and \(Question.isPageView)) as ids
            cross join lateral (
                select * from user_sessions as found where found.session_id = ids.session_id offset 0) as s
            where \(population) and \(visitFilters)) as s using (session_id)
        where \(previous ? eventsInPreviousWindow : eventsInWindow) and \(Question.isPageView)
            and \(ofEveryPath ? "true" : pagePath("e.path"))
        """
    }

    /// Whether the buckets begin with whole hours of UTC, which those of some zones do not.
    var hasWholeHours: Bool {
        buckets.allSatisfy { $0.start.milliseconds % 3_600_000 == 0 } && grouping != .minute
    }
}
