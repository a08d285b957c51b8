import Foundation
import Testing
import WeirProtocol

@Suite("Time")
struct TimestampTests {
    @Test(
        "RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"), (4_107_542_400_000, "2100-03-01T00:00:00Z"),
            (1_793_304_840_050, "2026-10-29T20:14:00.050Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
        ] as [(Int64, String)])
    func iso8601(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).iso8601 == text)
    }

    @Test("The calendar agrees with the C library's")
    func calendar() {
        var random = SplitMix(seed: 20_261_121)
        for _ in 0..<20_000 {
            let moment = Timestamp(
                milliseconds: Int64.random(in: -62_135_596_800_000...253_402_300_799_999, using: &random))
            var seconds = time_t((Double(moment.milliseconds) / 1000).rounded(.down))
            var parts = tm()
            gmtime_r(&seconds, &parts)
            let (year, month, day) = moment.day.civil
            #expect(year == Int64(parts.tm_year) + 1900 && month == Int64(parts.tm_mon) + 1)
            #expect(day == Int64(parts.tm_mday) && moment.day.weekday == (Int(parts.tm_wday) + 6) % 7)
            let back = Timestamp(
                year: year, month: month, day: day, hour: Int64(parts.tm_hour), minute: Int64(parts.tm_min),
                second: Int64(parts.tm_sec))
            #expect(back.milliseconds == Int64(seconds) * 1000)
        }
    }

    @Test("Parts outside the calendar carry over, as in timegm")
    func carrying() {
        var random = SplitMix(seed: 4)
        for _ in 0..<5000 {
            var parts = tm()
            parts.tm_year = Int32.random(in: -1000...1000, using: &random)
            parts.tm_mon = Int32.random(in: -50...50, using: &random)
            parts.tm_mday = Int32.random(in: -1000...1000, using: &random)
            parts.tm_hour = Int32.random(in: -100...100, using: &random)
            parts.tm_min = Int32.random(in: -500...500, using: &random)
            parts.tm_sec = Int32.random(in: -500...500, using: &random)
            let ours = Timestamp(
                year: Int64(parts.tm_year) + 1900, month: Int64(parts.tm_mon) + 1, day: Int64(parts.tm_mday),
                hour: Int64(parts.tm_hour), minute: Int64(parts.tm_min), second: Int64(parts.tm_sec))
            #expect(ours.milliseconds == Int64(timegm(&parts)) * 1000)
        }
    }

    @Test("No arithmetic traps", arguments: [Int64.min, .min + 1, -1, 0, 1, .max - 1, .max])
    func extremes(value: Int64) {
        let moment = Timestamp(milliseconds: value)
        #expect(!moment.iso8601.isEmpty)
        #expect(moment.day.start <= moment)
        #expect((moment + .max) >= moment && (moment + .min) <= moment)
        #expect((moment - Int64.max) <= moment && (moment - Int64.min) >= moment)
        _ = moment - Timestamp(milliseconds: .min)
        _ = moment - Timestamp(milliseconds: .max)
        _ = Timestamp.Day(year: value, month: value, day: value).start
        _ = Timestamp(
            year: value, month: value, day: value, hour: value, minute: value, second: value, millisecond: value)
    }

    @Test("Differences saturate")
    func saturation() {
        let (first, last) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
        #expect(last - first == .max)
        #expect(first - last == .min)
        #expect(last + 1 == last)
        #expect(first - Int64(1) == first)
        #expect(Timestamp(milliseconds: 5) - Timestamp(milliseconds: 7) == -2)
    }

    @Test("Days")
    func days() {
        #expect(Timestamp.Day(year: 2026, month: 11, day: 21).description == "2026-11-21")
        #expect(Timestamp.Day(year: 2026, month: 11, day: 21).weekday == 5)
        #expect(Timestamp.Day(year: 1970, month: 1, day: 1).number == 0)
        #expect(Timestamp(milliseconds: -1).day.description == "1969-12-31")
        #expect(Timestamp.Day(year: -1, month: 1, day: 1).description == "-0001-01-01")
    }
}
