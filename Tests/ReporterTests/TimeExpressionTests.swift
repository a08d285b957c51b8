import ReporterCore
import Testing
import WeirProtocol

/// Every form that --since and --until take, tied to 2026-11-21T20:14:30.500Z (a Saturday); expected moments are worked
/// out by hand.
@Suite struct TimeExpressionTests {
    static let now = moment(2026, 11, 21, 20, 14, 30, 500)

    static func moment(
        _ year: Int64, _ month: Int64, _ day: Int64, _ hour: Int64 = 0, _ minute: Int64 = 0, _ second: Int64 = 0,
        _ millisecond: Int64 = 0
    ) -> Timestamp {
        Timestamp(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, millisecond: millisecond)
    }

    static let good: [(String, Timestamp)] = [
        ("90s", moment(2026, 11, 21, 20, 13, 0, 500)),
        ("15m", moment(2026, 11, 21, 19, 59, 30, 500)),
        ("1h", moment(2026, 11, 21, 19, 14, 30, 500)),
        ("24h", moment(2026, 11, 20, 20, 14, 30, 500)),
        ("7d", moment(2026, 11, 14, 20, 14, 30, 500)),
        ("4w", moment(2026, 10, 24, 20, 14, 30, 500)),
        ("30d", moment(2026, 10, 22, 20, 14, 30, 500)),
        ("7D", moment(2026, 11, 14, 20, 14, 30, 500)),
        ("  24h ", moment(2026, 11, 20, 20, 14, 30, 500)),
        ("1h30m", moment(2026, 11, 21, 18, 44, 30, 500)),
        ("1d12h", moment(2026, 11, 20, 8, 14, 30, 500)),
        ("007d", moment(2026, 11, 14, 20, 14, 30, 500)),
        ("today", moment(2026, 11, 21)),
        ("yesterday", moment(2026, 11, 20)),
        ("2026-11-20", moment(2026, 11, 20)),
        ("20261120", moment(2026, 11, 20)),
        ("2026-10", moment(2026, 10, 1)),
        ("2024-02-29", moment(2024, 2, 29)),
        ("2000-02-29", moment(2000, 2, 29)),
        ("2005-04-17", moment(2005, 4, 17)),
        ("2026-W47", moment(2026, 11, 16)),
        ("2026-W47-6", moment(2026, 11, 21)),
        ("2026W476", moment(2026, 11, 21)),
        ("2020-W53-5", moment(2021, 1, 1)),
        ("2026-325", moment(2026, 11, 21)),
        ("2026325", moment(2026, 11, 21)),
        ("2026-11-21T08:00:00", moment(2026, 11, 21, 8)),
        ("2026-11-21t08:00:00z", moment(2026, 11, 21, 8)),
        ("2026-11-21T08:00:00Z", moment(2026, 11, 21, 8)),
        ("2026-11-21 08:00", moment(2026, 11, 21, 8)),
        ("2026-11-21T08", moment(2026, 11, 21, 8)),
        ("2026-11-21T08:00:00.25Z", moment(2026, 11, 21, 8, 0, 0, 250)),
        ("2026-11-21T08:00:00,123456Z", moment(2026, 11, 21, 8, 0, 0, 123)),
        ("2026-11-21T08:00:00+01:00", moment(2026, 11, 21, 7)),
        ("2026-11-21T08:00:00+0130", moment(2026, 11, 21, 6, 30)),
        ("2026-11-21T08:00:00+01", moment(2026, 11, 21, 7)),
        ("2026-11-21T08:00:00 -08:00", moment(2026, 11, 21, 16)),
        ("2026-11-21T08:00:00-03:30", moment(2026, 11, 21, 11, 30)),
        ("20261121T080000Z", moment(2026, 11, 21, 8)),
        ("20261121T0800Z", moment(2026, 11, 21, 8)),
        ("2026-11-20T24:00:00Z", moment(2026, 11, 21)),
        ("2016-12-31T23:59:60Z", moment(2017, 1, 1)),
        ("2026-11-21T20:14:30.499Z", moment(2026, 11, 21, 20, 14, 30, 499)),
    ]

    @Test(arguments: good) func beginning(_ text: String, _ expected: Timestamp) throws {
        let window = try TimeWindow(
            since: TimeExpression(text), until: nil, defaultSpan: 1, now: Self.now, zone: .utc)
        #expect(window.from == expected)
        #expect(window.to == Self.now)
        #expect(window.endsNow)
    }

    static let bad = [
        "", " ", "h", "24", "-24h", "+24h", "1.5h", "24 h", "24x", "h24", "99999999999999999999d", "300000d", "1e3s",
        "2026-13-01", "2026-00-10", "2026-02-30", "2023-02-29", "1900-02-29", "2026-11-31", "2026-1-1", "26-11-21",
        "2026-W54", "2021-W53", "2026-W00", "2026-W47-8", "2026-366", "2026-000", "2026-11-21T25:00",
        "2026-11-21T08:60",
        "2026-11-21T08:00:61", "2026-11-21T24:00:01", "2026-11-21T08:00:00.", "2026-11-21T", "2026-11-21T08:00:00+",
        "2026-11-21T08:00:00+1", "2026-11-21T08:00:00+01:60", "2026-11-21T08:00:00Zulu", "2026-10T08:00", "tomorrow",
        "２４h", "24h\u{0}", "'; drop table user_sessions; --", "0000-01-01", "2026-11-21T08:00:00Europe/Berlin",
    ]

    @Test(arguments: bad) func refused(_ text: String) {
        let error = #expect(throws: ReportError.self) { try TimeExpression(text) }
        #expect(error?.code == .badTime)
        #expect(error?.exitCode == 64)
        #expect(error?.hint?.isEmpty == false)
    }

    static let ends: [(String, Timestamp)] = [
        ("2026-11-20", moment(2026, 11, 21)),
        ("2026-10", moment(2026, 11, 1)),
        ("2026-W46", moment(2026, 11, 16)),
        ("today", moment(2026, 11, 22)),
        ("yesterday", moment(2026, 11, 21)),
        ("1h", moment(2026, 11, 21, 19, 14, 30, 500)),
        ("2026-11-20T12:00", moment(2026, 11, 20, 12)),
        ("2026-11-20T00:00:00Z", moment(2026, 11, 20)),
    ]

    @Test("An end that names a day includes that day", arguments: ends)
    func end(_ text: String, _ expected: Timestamp) throws {
        let window = try TimeWindow(
            since: TimeExpression("2020-01-01"), until: TimeExpression(text), defaultSpan: 1, now: Self.now, zone: .utc)
        #expect(window.to == expected)
        #expect(!window.endsNow)
    }

    @Test func oneDayIsAWindow() throws {
        let day = try TimeExpression("2026-11-20")
        let window = try TimeWindow(since: day, until: day, defaultSpan: 1, now: Self.now, zone: .utc)
        #expect(window.from == Self.moment(2026, 11, 20))
        #expect(window.to == Self.moment(2026, 11, 21))
        #expect(window.previous == TimeWindow(from: Self.moment(2026, 11, 19), to: Self.moment(2026, 11, 20)))
    }

    @Test(arguments: [
        ("1h", "2h"), ("2026-11-22", "2026-11-20"), ("2026-11-20T00:00", "2026-11-20T00:00"), ("0s", "now"),
    ])
    func emptyWindow(_ since: String, _ until: String) {
        let error = #expect(throws: ReportError.self) {
            try TimeWindow(
                since: TimeExpression(since), until: TimeExpression(until), defaultSpan: 1, now: Self.now, zone: .utc)
        }
        #expect(error?.code == .emptyWindow)
    }

    @Test func everything() throws {
        let window = try TimeWindow(since: .all, until: nil, defaultSpan: 1, now: Self.now, zone: .utc)
        #expect(window.from == nil)
        #expect(window.previous == nil)
        #expect(throws: ReportError.self) {
            try TimeWindow(since: nil, until: .all, defaultSpan: 1, now: Self.now, zone: .utc)
        }
    }

    @Test func defaultSpan() throws {
        let window = try TimeWindow(since: nil, until: nil, defaultSpan: 86_400_000, now: Self.now, zone: .utc)
        #expect(window.from == Self.now - 86_400_000)
        #expect(!window.hasGivenStart)
    }
}
