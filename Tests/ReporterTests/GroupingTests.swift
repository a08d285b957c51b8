import ReporterCore
import Testing
import WeirProtocol

/// Buckets at the edges of weeks, months and clock changes.
@Suite struct GroupingTests {
    private func labels(
        _ grouping: Grouping, _ from: Timestamp, _ to: Timestamp, _ zone: Zone = .utc
    ) throws -> [String] {
        try grouping.buckets(from: from, to: to, zone: zone).map(\.label)
    }

    private func day(_ year: Int64, _ month: Int64, _ day: Int64, _ hour: Int64 = 0) -> Timestamp {
        Timestamp(year: year, month: month, day: day, hour: hour)
    }

    @Test func daysIncludePartialOnes() throws {
        #expect(
            try labels(.day, day(2026, 2, 27, 23), day(2026, 3, 2, 1))
                == ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"])
        // The end does not belong to the window.
        #expect(try labels(.day, day(2026, 2, 27), day(2026, 2, 28)) == ["2026-02-27"])
    }

    @Test func whatNobodyChoseIsDaysAsLongAsTheyCanBeRead() {
        let day: Int64 = 86_400_000
        #expect(Grouping.usual(over: 3_600_000) == .day)
        #expect(Grouping.usual(over: 100 * day) == .day)
        #expect(Grouping.usual(over: 100 * day + 1) == .week)
        #expect(Grouping.usual(over: 13 * 365 * day) == .month)
    }

    @Test func weeksBeginOnMonday() throws {
        // 2026-11-22 is a Sunday.
        #expect(
            try labels(.week, day(2026, 11, 22), day(2026, 11, 24)) == ["Week of 2026-11-16", "Week of 2026-11-23"])
        #expect(try labels(.week, day(2025, 12, 31), day(2026, 1, 2)) == ["Week of 2025-12-29"])
    }

    @Test func monthsOverAYearEnd() throws {
        #expect(try labels(.month, day(2025, 11, 30), day(2026, 2, 1)) == ["2025-11", "2025-12", "2026-01"])
        #expect(try labels(.month, day(2025, 1, 1), day(2026, 1, 1)).count == 12)
    }

    @Test func hours() throws {
        let half = Timestamp(year: 2026, month: 11, day: 21, hour: 22, minute: 30)
        #expect(
            try labels(.hour, half, half + 2 * 3_600_000)
                == ["2026-11-21 22:00", "2026-11-21 23:00", "2026-11-22 00:00"])
    }

    @Test func daysOfClockChangesHave23And25Hours() throws {
        let berlin = try ZoneTests.zone("Europe/Berlin")
        let spring = try Grouping.hour.buckets(from: day(2026, 3, 28, 23), to: day(2026, 3, 29, 22), zone: berlin)
        #expect(spring.count == 23)
        #expect(spring[1].label == "2026-03-29 01:00")
        #expect(spring[2].label == "2026-03-29 03:00")
        let autumn = try Grouping.hour.buckets(from: day(2026, 10, 24, 22), to: day(2026, 10, 25, 23), zone: berlin)
        #expect(autumn.count == 25)
        #expect(autumn[2].label == autumn[3].label)
        #expect(autumn[3].start - autumn[2].start == 3_600_000)
        let days = try Grouping.day.buckets(from: day(2026, 10, 23, 22), to: day(2026, 10, 27, 23), zone: berlin)
        #expect(
            days.map { $0.start } == [
                day(2026, 10, 23, 22), day(2026, 10, 24, 22), day(2026, 10, 25, 23), day(2026, 10, 26, 23),
            ])
    }

    @Test func halfHourZonesHaveWholeHours() throws {
        let kolkata = try ZoneTests.zone("Asia/Kolkata")
        let buckets = try Grouping.hour.buckets(from: day(2026, 1, 1), to: day(2026, 1, 1, 1), zone: kolkata)
        #expect(buckets.map(\.label) == ["2026-01-01 05:00", "2026-01-01 06:00"])
        #expect(buckets[0].start == Timestamp(year: 2025, month: 12, day: 31, hour: 23, minute: 30))
    }

    @Test func tooManyAreRefused() {
        let error = #expect(throws: ReportError.self) {
            try Grouping.hour.buckets(from: Timestamp(year: 2005, month: 1, day: 1), to: day(2026, 1, 1), zone: .utc)
        }
        #expect(error?.code == .tooManyBuckets)
        #expect(error?.hint == "Use --group-by day, or a shorter window.")
    }

    /// The hint names what will do, or nothing.
    @Test(arguments: [
        (Grouping.minute, 2026, "Use --group-by day, or a shorter window."), (.month, 9999, "Use a shorter window."),
    ])
    func theHintFits(grouping: Grouping, year: Int64, hint: String) {
        let error = #expect(throws: ReportError.self) {
            try grouping.buckets(from: Timestamp(year: 2015, month: 1, day: 1), to: day(year, 12, 31), zone: .utc)
        }
        #expect(error?.hint == hint)
    }
}
