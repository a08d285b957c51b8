/// A moment as integer milliseconds since 1970-01-01T00:00:00Z, the only form of time on the wire and in every Core.
///
/// Pure arithmetic: it never asks a clock. Calendar questions are answered in the proleptic Gregorian calendar, UTC,
/// without leap seconds.
public struct Timestamp: Hashable, Comparable, Sendable, Codable {
    /// Milliseconds since the epoch; negative before 1970.
    public var milliseconds: Int64

    /// The moment `milliseconds` after the epoch.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// What the wire accepts: the years 1 to 9999, which every store and calendar can hold.
    public static let wireRange =
        Timestamp(milliseconds: -62_135_596_800_000)...Timestamp(milliseconds: 253_402_300_799_999)

    /// Reads a bare integer of milliseconds within `wireRange`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        milliseconds = try container.decode(Int64.self)
        guard Self.wireRange.contains(self) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "is a time outside the years 1 to 9999")
        }
    }

    /// Writes a bare integer of milliseconds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }

    /// Earlier comes first.
    public static func < (left: Timestamp, right: Timestamp) -> Bool { left.milliseconds < right.milliseconds }

    /// The moment `milliseconds` later; saturates instead of overflowing.
    public static func + (moment: Timestamp, milliseconds: Int64) -> Timestamp {
        let (sum, overflow) = moment.milliseconds.addingReportingOverflow(milliseconds)
        return Timestamp(milliseconds: overflow ? (milliseconds > 0 ? .max : .min) : sum)
    }

    /// The moment `milliseconds` earlier; saturates instead of overflowing.
    public static func - (moment: Timestamp, milliseconds: Int64) -> Timestamp {
        let (difference, overflow) = moment.milliseconds.subtractingReportingOverflow(milliseconds)
        return Timestamp(milliseconds: overflow ? (milliseconds > 0 ? .min : .max) : difference)
    }

    /// Milliseconds from `right` to `left`; saturates instead of overflowing.
    public static func - (left: Timestamp, right: Timestamp) -> Int64 {
        let (difference, overflow) = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
        return overflow ? (left > right ? .max : .min) : difference
    }
}

extension Timestamp {
    /// A calendar date in UTC.
    public struct Day: Hashable, Comparable, Sendable {
        /// Days since 1970-01-01.
        public var number: Int64

        /// The day `number` days after 1970-01-01.
        public init(number: Int64) { self.number = number }

        /// The given date. Parts may lie outside the calendar and carry over: month 13 is January of the next year, day
        /// 0 the last of the month before. Each is clamped to ±1,000,000.
        public init(year: Int64, month: Int64, day: Int64) {
            let months = Self.clamped(year) * 12 + Self.clamped(month) - 1
            let year = Self.floored(months, 12)
            let month = months - year * 12 + 1
            // Howard Hinnant's days_from_civil: March-based years make leap days fall at the end.
            let shifted = month <= 2 ? year - 1 : year
            let era = Self.floored(shifted, 400)
            let yearOfEra = shifted - era * 400
            let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5
            let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            number = era * 146_097 + dayOfEra - 719_469 + Self.clamped(day)
        }

        /// Year, month (1...12) and day of the month (1...31).
        public var civil: (year: Int64, month: Int64, day: Int64) {
            let shifted = number + 719_468
            let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
            let dayOfEra = shifted - era * 146_097
            let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
            let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
            let marchMonth = (5 * dayOfYear + 2) / 153
            let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
            let month = marchMonth + (marchMonth < 10 ? 3 : -9)
            return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
        }

        /// Monday is 0, Sunday 6.
        public var weekday: Int { Int(((number + 3) % 7 + 7) % 7) }

        /// Midnight UTC at its beginning; saturates beyond what a `Timestamp` can hold.
        public var start: Timestamp {
            let (product, overflow) = number.multipliedReportingOverflow(by: 86_400_000)
            return Timestamp(milliseconds: overflow ? (number < 0 ? .min : .max) : product)
        }

        /// `YYYY-MM-DD`.
        public var description: String {
            let (year, month, day) = civil
            return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        }

        /// Earlier comes first.
        public static func < (left: Day, right: Day) -> Bool { left.number < right.number }

        private static func clamped(_ part: Int64) -> Int64 { min(max(part, -1_000_000), 1_000_000) }

        private static func floored(_ value: Int64, _ divisor: Int64) -> Int64 {
            value / divisor - (value % divisor < 0 ? 1 : 0)
        }

        static func padded(_ value: Int64, _ width: Int) -> String {
            let digits = String(value.magnitude)
            return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
    }

    /// The UTC date it falls on.
    public var day: Day {
        let number = milliseconds / 86_400_000
        return Day(number: milliseconds % 86_400_000 < 0 ? number - 1 : number)
    }

    /// The given UTC date and time of day; out-of-range parts carry over, those beyond ±1,000,000,000 are clamped.
    public init(
        year: Int64, month: Int64, day: Int64, hour: Int64 = 0, minute: Int64 = 0, second: Int64 = 0,
        millisecond: Int64 = 0
    ) {
        func clamped(_ part: Int64) -> Int64 { min(max(part, -1_000_000_000), 1_000_000_000) }
        let date = Day(year: year, month: month, day: day).start.milliseconds
        let time = (clamped(hour) * 60 + clamped(minute)) * 60_000 + clamped(second) * 1000 + clamped(millisecond)
        milliseconds = date + time
    }

    /// RFC 3339 in UTC: `2026-11-21T20:14:00Z`, with `.123` before the Z when there are milliseconds.
    public var iso8601: String {
        // Modulo rather than minus the day's start, which lies outside the range for the very first day.
        let ofDay = (milliseconds % 86_400_000 + 86_400_000) % 86_400_000
        let (seconds, fraction) = (ofDay / 1000, ofDay % 1000)
        let time = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { Day.padded($0, 2) }.joined(separator: ":")
        return "\(day.description)T\(time)\(fraction == 0 ? "" : "." + Day.padded(fraction, 3))Z"
    }
}
