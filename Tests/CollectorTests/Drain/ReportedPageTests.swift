import CollectorCore
import Database
import Foundation
import Logging
import PostgresSupport
import Runtime
import Testing
import WeirProtocol

@testable import collector

/// What pages report, once it is in a real database beside the requests.
@Suite struct ReportedPageTests {
    private let start = Timestamp(milliseconds: WallClock.milliseconds) - 600_000
    private static let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

    private struct Bench {
        let drain: Drain
        let connection: Connection

        static func make() async throws -> Bench {
            let database = try await TestCluster.shared().makeDatabase()
            return Bench(
                drain: Drain(
                    connection: try database.connection(as: "weir_collector"), source: "live", idleSeconds: 1800,
                    deadLetters: DeadLetters(directory: NSTemporaryDirectory() + "weir-dead-" + UUID().uuidString),
                    logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })),
                connection: try database.connection(as: "weir_collector"))
        }

        func values(_ sql: String) async throws -> [String] {
            try await connection.query(sql).map { try $0.get(0, as: String.self) }
        }
    }

    private func request(
        _ seconds: Int64, _ path: String = "/", language: String? = nil, ip: String = "192.0.2.1"
    ) throws -> IntakeRequest {
        let at = start + seconds * 1000
        var record = RequestRecord(
            eventID: EventID(at: at, entropy: (.random(in: 0 ... .max), .random(in: 0 ... .max))), at: at,
            method: "GET", path: path, status: 200, ip: ip)
        record.site = "shop.example"
        record.userAgent = Self.agent
        record.acceptLanguage = language
        return try RequestIntake().request(record)
    }

    /// A batch of one report, in a session that the serving collector opened for it.
    private func report(_ seconds: Int64, ip: String = "192.0.2.1", reading ms: Int64 = 20_000) throws -> DrainBatch {
        let beacon = try request(seconds, "/api/v1/events", language: "de-AT,de;q=0.9", ip: ip)
        var book = SessionBook()
        let placed = book.place(beacon: beacon, count: 1)
        let event = try PageEventForm.event.event(
            [
                "event_type": "page_exit", "page_url": "/guide",
                "data": ["time_on_page_ms": .integer(ms), "max_scroll_depth": 90],
            ], now: beacon.at)
        let traits = try SessionTraits(try Settings(file: nil, environment: [:]))
        let sessions = SessionRows(traits: traits, source: "live")
        let rows = BeaconRows(
            request: beacon, session: placed.session, userID: nil, visitor: traits.visitor(beacon), now: beacon.at)
        var batch = DrainBatch()
        for group in rows.records([(beacon.eventID, event)], .events) {
            for part in group.parts(sessionRow: sessions.row(of: try #require(book[placed.session]))) {
                batch.add(part)
            }
        }
        return batch
    }

    @Test func aReportJoinsASessionThatOnlyAFollowerHolds() async throws {
        let bench = try await Bench.make()
        // The log has no languages; the page's own report has.
        var followed = try Batcher(source: "follow")
        _ = try await bench.drain.commit(followed.batch([try request(0, "/guide"), try request(1, "/s.css")]))
        let other = try request(0, ip: "192.0.2.2")
        _ = try await bench.drain.commit(followed.batch([other]))
        let first = try report(30)
        #expect(try await bench.drain.commit(first).stored == 2)
        #expect(try await bench.drain.commit(first) == Drain.Outcome(stored: 0, duplicates: 2, dead: 0))
        #expect(try await bench.drain.commit(report(60)).stored == 2)
        let sessions = """
            select concat_ws('|', host(ip_address), request_count, asset_count, beacon_count, landing_page, exit_page)
            from user_sessions order by ip_address, started_at
            """
        #expect(
            try await bench.values(sessions) == ["192.0.2.1|1|1|2|/guide|/guide", "192.0.2.2|1|0|0|/|/"])
        #expect(
            try await bench.values(
                """
                select count(*)::text from engagement_events join user_sessions using (session_id)
                where landing_page = '/guide'
                """) == ["2"])
        // Too late, or from elsewhere: a session of its own.
        _ = try await bench.drain.commit(report(60 + 1801))
        _ = try await bench.drain.commit(report(30, ip: "192.0.2.3"))
        #expect(
            try await bench.values(sessions) == [
                "192.0.2.1|1|1|2|/guide|/guide", "192.0.2.1|0|0|1", "192.0.2.2|1|0|0|/|/", "192.0.2.3|0|0|1",
            ])
    }

    @Test func contentPerformanceIsOfPeopleAndFollowsVerdicts() async throws {
        let bench = try await Bench.make()
        var batcher = try Batcher()
        let requests = [
            try request(0, "/guide"), try request(5, "/guide"), try request(8, "/a"),
            try request(1, "/guide", ip: "192.0.2.2"),
        ]
        var batch = batcher.batch(requests)
        batch.pages = ["/guide", "/a", "/unseen"].map {
            DrainBatch.Page(site: "shop.example", path: $0, firstSeen: start)
        }
        _ = try await bench.drain.commit(batch)
        _ = try await bench.drain.commit(report(30, ip: "192.0.2.2", reading: 40_000))
        let keeper = ContentKeeper(
            connection: bench.connection, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let figures = """
            select concat_ws('|', path, total_views, unique_visitors, avg_time_on_page_seconds, views_last_7_days,
                views_last_30_days, trend_direction)
            from content_performance join content using (content_id) order by path
            """
        try await keeper.count()
        // Both addresses have the same browser, which makes them one visitor.
        #expect(try await bench.values(figures) == ["/a|1|1|1|1|up", "/guide|3|1|40|3|3|up"])
        try await bench.connection.execute(
            "update user_sessions set is_bot = true where host(ip_address) = '192.0.2.1'")
        try await keeper.count()
        #expect(try await bench.values(figures) == ["/a|0|0|0|0|stable", "/guide|1|1|40|1|1|up"])
    }
}
