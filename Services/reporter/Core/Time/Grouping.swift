import WeirProtocol

/// The length of a trend's buckets, on the clocks of the report's zone.
public enum Grouping: String, Sendable, CaseIterable {
    case minute, hour, day
    /// From Monday.
    case week
    case month
    /// Whichever of them makes a readable number of buckets.
    case auto

    /// The most buckets that one answer holds.
    public static let bucketLimit = 10_000

    /// One bucket of a trend.
    public struct Bucket: Hashable, Sendable {
        /// Its first moment, which may lie before the window's.
        public let start: Timestamp
        /// `2026-11-21 20:00`, `2026-11-21`, `Week of 2026-11-16` or `2026-11`.
        public let label: String
    }

    /// Every bucket that touches the window, in order, empty ones too.
    /// - Throws: `ReportError` with `too_many_buckets`.
    public func buckets(from: Timestamp, to: Timestamp, zone: Zone) throws(ReportError) -> [Bucket] {
        guard self != .auto else { return try fitting(to - from).buckets(from: from, to: to, zone: zone) }
        var found: [Bucket] = []
        var start = bucketStart(of: from, zone: zone)
        while start < to {
            guard found.count < Self.bucketLimit else {
                let coarser = Self.allCases.first { $0.shortest * Int64(Self.bucketLimit) > to - from }
                throw ReportError(
                    .tooManyBuckets, "The window holds more than \(Self.bucketLimit) buckets of one \(rawValue).",
                    hint: "Use \(coarser.map { "--group-by \($0.rawValue), or " } ?? "")a shorter window.")
            }
            found.append(Bucket(start: start, label: label(of: start, zone: zone)))
            start = next(after: start, zone: zone)
        }
        return found
    }

    /// What a trend is grouped by that nobody has chosen for, over a window of that many milliseconds.
    public static func usual(over span: Int64) -> Grouping { span <= longestOfDays ? .day : auto.fitting(span) }

    /// A hundred days are as many rows as can be read.
    private static let longestOfDays: Int64 = 100 * 24 * 3_600_000

    /// What `auto` means for a window of that many milliseconds; any other is itself.
    public func fitting(_ span: Int64) -> Grouping {
        guard self == .auto else { return self }
        let hour: Int64 = 3_600_000
        return switch span {
        case ...(2 * hour): .minute
        case ...(8 * 24 * hour): .hour
        case ...Self.longestOfDays: .day
        case ...(3 * 365 * 24 * hour): .week
        default: .month
        }
    }

    /// The least that a bucket covers, in milliseconds; nothing for `auto`, which is no length.
    private var shortest: Int64 {
        switch self {
        case .auto: 0
        case .minute: 60_000
        case .hour: 3_600_000
        case .day: 23 * 3_600_000
        case .week: (7 * 24 - 1) * 3_600_000
        case .month: (28 * 24 - 1) * 3_600_000
        }
    }

    private func bucketStart(of moment: Timestamp, zone: Zone) -> Timestamp {
        let wall = zone.wall(at: moment)
        switch self {
        case .minute: return moment - ((wall.milliseconds % 60_000 + 60_000) % 60_000)
        case .hour:
            let intoHour = wall.milliseconds % 3_600_000
            return moment - (intoHour < 0 ? intoHour + 3_600_000 : intoHour)
        case .day, .auto: return zone.moment(wall: wall.day.start)
        case .week: return zone.moment(wall: Timestamp.Day(number: wall.day.number - Int64(wall.day.weekday)).start)
        case .month:
            let (year, month, _) = wall.day.civil
            return zone.moment(wall: Timestamp(year: year, month: month, day: 1))
        }
    }

    private func next(after start: Timestamp, zone: Zone) -> Timestamp {
        if self == .minute { return start + 60_000 }
        // Far enough to be in the next bucket whatever the clocks do, near enough not to skip one.
        let hours: Int64 =
            switch self {
            case .minute, .hour: 1
            case .day, .auto: 36
            case .week: 7 * 24 + 36
            case .month: 32 * 24
            }
        return max(start + 1, bucketStart(of: start + hours * 3_600_000, zone: zone))
    }

    private func label(of start: Timestamp, zone: Zone) -> String {
        let wall = zone.wall(at: start)
        switch self {
        case .minute, .hour: return "\(wall.day.description) \(wall.iso8601.dropFirst(11).prefix(5))"
        case .day, .auto: return wall.day.description
        case .week: return "Week of \(wall.day.description)"
        case .month: return String(wall.day.description.prefix(7))
        }
    }
}
