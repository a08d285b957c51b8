import WeirProtocol

/// The half-open range of time that a report covers: `from` belongs to it, `to` does not.
public struct TimeWindow: Hashable, Sendable {
    /// The first moment; nil for everything that is stored, until the store says when that begins.
    public var from: Timestamp?
    /// The first moment after.
    public var to: Timestamp
    /// Whether `to` was left at the present, so that "live" means what is going on now.
    public var endsNow: Bool
    /// Whether the caller said where it begins, rather than taking the report's default.
    public var hasGivenStart: Bool

    /// A window; `from` must lie before `to`.
    public init(from: Timestamp?, to: Timestamp, endsNow: Bool = false, hasGivenStart: Bool = true) {
        (self.from, self.to, self.endsNow, self.hasGivenStart) = (from, to, endsNow, hasGivenStart)
    }

    /// Ties what was typed to a clock and a zone. Without `since` the window is `defaultSpan` milliseconds long.
    /// - Throws: `ReportError` with `empty_window`, or `bad_time` for an end that means nothing.
    public init(
        since: TimeExpression?, until: TimeExpression?, defaultSpan: Int64, now: Timestamp, zone: Zone
    ) throws(ReportError) {
        if until == .all {
            throw ReportError(.badTime, "--until takes a time, not all.", hint: "Leave --until out to end now.")
        }
        endsNow = until == nil || until == .ago(0)
        to = until.map { $0.resolved(isEnd: true, now: now, zone: zone) } ?? now
        hasGivenStart = since != nil
        switch since {
        case nil: from = to - defaultSpan
        case .all?: from = nil
        case let since?:
            let start = since.resolved(isEnd: false, now: now, zone: zone)
            guard start < to else {
                throw ReportError(
                    .emptyWindow,
                    start == to
                        ? "--since and --until are the same moment, \(to.iso8601), so the window is empty."
                        : "--since (\(start.iso8601)) is after --until (\(to.iso8601)).",
                    hint: Self.hint(since: since, until: until))
            }
            from = start
        }
    }

    private static func hint(since: TimeExpression, until: TimeExpression?) -> String {
        guard let until else { return "--until defaults to now; give a --since in the past." }
        if case .ago = until { return "Exchange the two, or widen the window." }
        if case .ago(1...) = since { return "A span such as 7d is counted back from now: give --since as a date, too." }
        return "Exchange the two, or widen the window."
    }

    /// The window of the same length just before this one; nil when this one has no beginning.
    public var previous: TimeWindow? {
        guard let from else { return nil }
        return TimeWindow(from: from - (to - from), to: from)
    }
}

extension TimeExpression {
    /// As a beginning, the first moment meant; as an end, the first moment after what is meant.
    func resolved(isEnd: Bool, now: Timestamp, zone: Zone) -> Timestamp {
        switch self {
        case .ago(let span): return now - span
        case .instant(let moment): return moment
        case .wall(let wall): return zone.moment(wall: wall)
        case .period(let start, let end): return zone.moment(wall: isEnd ? end : start)
        case .daysBack(let count):
            let today = zone.wall(at: now).day.number
            return zone.moment(wall: Timestamp.Day(number: today - count + (isEnd ? 1 : 0)).start)
        case .all: return isEnd ? now : Timestamp(milliseconds: .min)
        }
    }
}
