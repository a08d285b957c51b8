import Foundation
import ReporterCore
import Testing
import WeirProtocol

/// Zones against Foundation's ICU, which reads other data with other code, and against clock changes known by date.
@Suite struct ZoneTests {
    static func zone(_ name: String) throws -> Zone {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(name)"))
        return try #require(Zone(name: name, tzif: Array(bytes)))
    }

    @Test(arguments: [
        "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe",
        "Pacific/Auckland", "Asia/Tokyo", "UTC", "Africa/Cairo",
    ])
    func agreesWithFoundation(_ name: String) throws {
        let zone = try Self.zone(name)
        let reference = try #require(TimeZone(identifier: name))
        // Every 61 hours from 2001 to 2044, beyond the table of transitions.
        var second: Int64 = 978_307_200
        var differences: [Int64] = []
        while second < 2_335_000_000 {
            let expected = reference.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(second)))
            if zone.offset(at: Timestamp(milliseconds: second * 1000)) != Int64(expected) { differences.append(second) }
            second += 61 * 3600
        }
        #expect(differences.isEmpty, "\(differences.count) differ, the first at \(differences.first ?? 0)")
    }

    @Test func berlinChangesItsClocks() throws {
        let berlin = try Self.zone("Europe/Berlin")
        func at(_ text: String) throws -> Timestamp? {
            try TimeWindow(
                since: TimeExpression(text), until: nil, defaultSpan: 1,
                now: Timestamp(year: 2027, month: 1, day: 1), zone: berlin
            ).from
        }
        // Summer time 2026: from 29 March 01:00Z to 25 October 01:00Z.
        #expect(try at("2026-03-29") == Timestamp(year: 2026, month: 3, day: 28, hour: 23))
        #expect(try at("2026-03-30") == Timestamp(year: 2026, month: 3, day: 29, hour: 22))
        #expect(try at("2026-03-29T01:59") == Timestamp(year: 2026, month: 3, day: 29, hour: 0, minute: 59))
        #expect(try at("2026-03-29T03:00") == Timestamp(year: 2026, month: 3, day: 29, hour: 1))
        // 02:30 was skipped: half an hour after the change.
        #expect(try at("2026-03-29T02:30") == Timestamp(year: 2026, month: 3, day: 29, hour: 1, minute: 30))
        // 02:30 came twice: the first, still in summer time.
        #expect(try at("2026-10-25T02:30") == Timestamp(year: 2026, month: 10, day: 25, hour: 0, minute: 30))
        #expect(try at("2026-10-25T03:00") == Timestamp(year: 2026, month: 10, day: 25, hour: 2))
        // A zone of its own wins over --tz.
        #expect(try at("2026-10-25T02:30Z") == Timestamp(year: 2026, month: 10, day: 25, hour: 2, minute: 30))
    }

    @Test("A day whose midnight is skipped begins when the clocks have changed")
    func skippedMidnight() throws {
        let zone = try Self.zone("America/Sao_Paulo")
        let window = try TimeWindow(
            since: TimeExpression("2018-11-04"), until: TimeExpression("2018-11-04"), defaultSpan: 1,
            now: Timestamp(year: 2019, month: 1, day: 1), zone: zone)
        #expect(window.from == Timestamp(year: 2018, month: 11, day: 4, hour: 3))
        #expect(window.to == Timestamp(year: 2018, month: 11, day: 5, hour: 2))
    }

    @Test func damagedFilesAreNoZones() throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/Europe/Berlin")))
        for length in stride(from: 0, to: bytes.count - 40, by: 7) {
            // Never a crash; a cut inside the table is no zone.
            let cut = Zone(name: "cut", tzif: Array(bytes[..<length]))
            if length < 200 { #expect(cut == nil) }
        }
        #expect(Zone(name: "text", tzif: Array("not a zone".utf8)) == nil)
    }
}
