import CollectorCore
import Database
import Foundation
import Logging
import PostgresSupport
import Runtime
import Testing
import WeirProtocol

@testable import collector

/// Funnels, links and conversions, as a batch leaves them behind in a real database.
@Suite struct FollowupTests {
    private let start = Timestamp(milliseconds: WallClock.milliseconds) - 3_600_000

    private struct Bench {
        let drain: Drain
        let usage: UsageDrain
        let admin: Connection
        let owner: Connection

        static func make() async throws -> Bench {
            let database = try await TestCluster.shared().makeDatabase()
            let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
            let connection = try database.connection(as: "weir_collector")
            let dead = DeadLetters(directory: NSTemporaryDirectory() + "weir-dead-" + UUID().uuidString)
            return Bench(
                drain: Drain(
                    connection: connection, source: "live", idleSeconds: 1800, deadLetters: dead, logger: logger),
                usage: UsageDrain(connection: connection, deadLetters: dead, logger: logger),
                admin: try database.connection(as: "weir_operator"), owner: try database.connection(as: "weir_owner"))
        }

        func value(_ sql: String) async throws -> String {
            try await admin.query("select coalesce((\(sql))::text, 'null')").single()
        }

        func funnel(_ name: String, _ steps: [(String, String)], isGoal: Bool = false, site: String? = nil) async throws
        {
            try await admin.execute(
                "insert into funnels (id, name, is_goal, site) values ($1, $1, $2, $3)",
                [.text(name), .bool(isGoal), .text(site)])
            for (order, step) in steps.enumerated() {
                try await admin.execute(
                    """
                    insert into funnel_steps (funnel_id, step_order, name, match_pattern, match_type)
                    values ($1, $2, $3, $4, $5)
                    """, [.text(name), .int(order), .text("s\(order)"), .text(step.1), .text(step.0)])
            }
        }

        /// `step/completed` of a funnel's sessions, in order of session.
        func progress(_ funnel: String) async throws -> String {
            try await value(
                """
                select string_agg(current_step || case when completed_at is null then '' else '!' end, ' '
                    order by session_id) from funnel_progress where funnel_id = '\(funnel)'
                """)
        }
    }

    private func page(_ seconds: Int64, _ target: String, status: Int = 200, ip: Int = 1) throws -> IntakeRequest {
        let at = start + seconds * 1000
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        var record = RequestRecord(
            eventID: EventID(at: at, entropy: (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max))),
            at: at, method: "GET", path: parts[0], status: status, ip: "192.0.2.\(ip)")
        record.query = parts.count > 1 ? parts[1] : nil
        record.site = "example.org"
        record.userAgent = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
        return try RequestIntake().request(record)
    }

    private func event(_ type: String, _ seconds: Int64, session: String) -> SpooledUsage {
        let at = start + seconds * 1000
        var record = EventRecord(
            eventID: EventID(at: at, entropy: (UInt64(abs(seconds)), UInt64.random(in: 0...UInt64.max))), at: at,
            eventType: type)
        record.sessionID = SessionID(session)
        return .event(UsageIntake(sites: SiteNames(hosts: ["example.org"])).kept(record))
    }

    /// Steps, the pages of one session with their seconds, and the step that it reaches.
    struct Case: CustomTestStringConvertible, Sendable {
        let steps: [(String, String)]
        let pages: [(Int64, String)]
        let reached: String
        var testDescription: String { "\(pages.map(\.1)) reach \(reached)" }
    }

    static let shop: [(String, String)] = [
        ("url_prefix", "/shop"), ("url_exact", "/cart"), ("url_regex", "^/order/[0-9]+$"),
    ]
    static let cases = [
        Case(steps: shop, pages: [(0, "/shop/shoes"), (5, "/cart"), (9, "/order/17")], reached: "2!"),
        Case(steps: shop, pages: [(0, "/shop"), (5, "/about"), (9, "/cart?x=1")], reached: "1"),
        // A later step without the one before it is none.
        Case(steps: shop, pages: [(0, "/shop"), (5, "/order/17")], reached: "0"),
        Case(steps: shop, pages: [(0, "/cart"), (5, "/order/17")], reached: "null"),
        // In the order of time, not of arrival or of the address.
        Case(steps: shop, pages: [(9, "/shop"), (5, "/cart"), (20, "/order/1")], reached: "0"),
        Case(steps: shop, pages: [(0, "/shop"), (3, "/order/1"), (5, "/cart"), (8, "/order/1")], reached: "2!"),
        // One page enters one step.
        Case(steps: [("url_prefix", "/"), ("url_prefix", "/a")], pages: [(0, "/a")], reached: "0"),
        Case(steps: [("url_prefix", "/"), ("url_prefix", "/a")], pages: [(0, "/a"), (1, "/a")], reached: "1!"),
        Case(steps: [("url_exact", "/p?x=1")], pages: [(0, "/p"), (1, "/p?x=2")], reached: "null"),
        Case(steps: [("url_exact", "/p?x=1")], pages: [(0, "/p?x=1")], reached: "0!"),
        Case(steps: [("url_regex", "ref=[a-c]")], pages: [(0, "/p?ref=b")], reached: "0!"),
    ]

    @Test(arguments: cases.indices, [true, false])
    func stepsAreEnteredInOrder(index: Int, inOneBatch: Bool) async throws {
        let bench = try await Bench.make()
        let made = Self.cases[index]
        try await bench.funnel("f", made.steps)
        var batcher = try Batcher()
        let pages = try made.pages.map { try page($0.0, $0.1) }
        for part in inOneBatch ? [pages] : pages.map({ [$0] }) {
            let batch = batcher.batch(part)
            _ = try await bench.drain.commit(batch)
            _ = try await bench.drain.commit(batch)
        }
        #expect(try await bench.progress("f") == made.reached)
    }

    @Test func missingPagesOtherSitesAndSwitchedOffFunnelsDoNotCount() async throws {
        let bench = try await Bench.make()
        try await bench.funnel("here", [("url_prefix", "/a")], site: "example.org")
        try await bench.funnel("elsewhere", [("url_prefix", "/a")], site: "other.example")
        try await bench.funnel("off", [("url_prefix", "/a")])
        try await bench.admin.execute("update funnels set is_active = false where name = 'off'")
        var batcher = try Batcher()
        _ = try await bench.drain.commit(
            batcher.batch([try page(0, "/a", ip: 1), try page(0, "/a", status: 404, ip: 2)]))
        #expect(try await bench.progress("here") == "0!")
        #expect(try await bench.progress("elsewhere") == "null")
        #expect(try await bench.progress("off") == "null")
    }

    @Test func aGoalConvertsAndEventsAreSteps() async throws {
        let bench = try await Bench.make()
        try await bench.funnel("signup", [("url_prefix", "/join"), ("event_type", "signed_up")], isGoal: true)
        var batcher = try Batcher()
        let batch = batcher.batch([try page(0, "/join")])
        _ = try await bench.drain.commit(batch)
        let session = try #require(Array(batch.sessionIDs).first).text
        #expect(try await bench.value("select converted_at from user_sessions") == "null")
        // An event before the page does not count.
        _ = try await bench.usage.commit([event("signed_up", -10, session: session)])
        #expect(try await bench.progress("signup") == "0")
        for _ in 0..<2 { _ = try await bench.usage.commit([event("signed_up", 90, session: session)]) }
        #expect(try await bench.progress("signup") == "1!")
        let row = try await bench.admin.query(
            """
            select s.converted_at, (step_timestamps -> 1 ->> 'timestamp')::timestamptz
                - (step_timestamps -> 0 ->> 'timestamp')::timestamptz as took
            from user_sessions as s, funnel_progress
            """)[0]
        #expect(try row.milliseconds("converted_at") == (start + 90_000).milliseconds)
        #expect(try row.get("took", as: String.self) == "00:01:30")
    }

    @Test func whereASessionStoppedIsNotedWhenItHasEnded() async throws {
        let bench = try await Bench.make()
        try await bench.funnel("f", [("url_prefix", "/a"), ("url_prefix", "/b")])
        var batcher = try Batcher()
        // An hour ago: the drain ends it at once.
        _ = try await bench.drain.commit(batcher.batch([try page(-3600, "/a", ip: 1), try page(3590, "/a", ip: 2)]))
        try await bench.usage.settle()
        #expect(
            try await bench.value(
                "select string_agg(coalesce(dropped_at_step::text, '-'), ' ' order by created_at) from funnel_progress")
                == "0 -")
    }

    /// A click's row as the redirect's door writes it.
    private func click(
        _ link: String, _ seconds: Int64, _ session: String, referrer: String? = nil, forged: Bool = false
    )
        -> [UInt8]
    {
        let id = EventID(at: start + seconds * 1000, entropy: (1, UInt64.random(in: 0...UInt64.max)))
        var row = CopyWriter()
        row.append(dayOfMilliseconds: id.timestamp.milliseconds)
        row.append(uuid: id.high, id.low)
        row.append(timestampMilliseconds: id.timestamp.milliseconds)
        row.append("example.org")
        row.append(session)
        row.appendNull()
        row.append("link_redirect")
        row.append("interaction")
        row.append("info")
        row.append("GET")
        row.append("/r/x")
        row.appendNull()
        row.append(forged ? nil : 307)
        for _ in 0..<3 { row.appendNull() }
        row.append(referrer)
        row.append(referrer.flatMap { ReferrerURL.host(of: $0) })
        row.append("192.0.2.1")
        row.appendNull()
        row.append("live")
        row.append("{\"link_id\":\"\(link)\"}")
        row.endRow()
        return row.bytes
    }

    @Test func clicksAreCountedOnceAndCreditedOnce() async throws {
        let bench = try await Bench.make()
        for link in ["l1", "l2"] {
            try await bench.admin.execute(
                "insert into campaign_links (id, short_code, target_url) values ($1, $1, '/x')", [.text(link)])
        }
        var batcher = try Batcher()
        let first = batcher.batch([try page(0, "/blog/a")])
        _ = try await bench.drain.commit(first)
        let session = try #require(Array(first.sessionIDs).first)
        var clicks = DrainBatch()
        let day = start.day.number
        for row in [
            click("l1", 20, session.text, referrer: "https://www.example.org/blog/a?x=1"),
            click("l1", 40, session.text), click("l2", 50, session.text), click("gone", 60, session.text),
            click("l2", 61, session.text, forged: true),
        ] { clicks.add(.clientEvent, row: row[...], of: session, day: day) }
        clicks.set(session: session, row: batcher.rows.row(of: batcher.book[session]!)[...])
        for _ in 0..<2 { _ = try await bench.drain.commit(clicks) }
        let counters =
            "select string_agg(concat_ws('/', click_count, unique_click_count, conversion_count), ' ' order by id) from campaign_links"
        #expect(try await bench.value(counters) == "2/1/0 1/1/0")
        #expect(
            try await bench.value(
                "select concat_ws(' ', referrer_page, time_on_page_seconds, device_type) from link_clicks where link_id = 'l1' order by clicked_at limit 1"
            ) == "/blog/a 20 desktop")
        // Clicks are no sign of a person in front of the page.
        #expect(try await bench.value("select beacon_count from user_sessions") == "0")

        let converts = event("conversion", 45, session: session.text)
        for _ in 0..<2 { _ = try await bench.usage.commit([converts]) }
        // l1's last click before it; l2 was clicked afterwards.
        #expect(try await bench.value(counters) == "2/1/1 1/1/0")
        _ = try await bench.usage.commit([event("conversion", 70, session: session.text)])
        #expect(try await bench.value(counters) == "2/1/1 1/1/1")
        #expect(
            try await bench.value(
                "select string_agg(extract(epoch from conversion_at - clicked_at)::int::text, ' ' order by clicked_at) from link_clicks where is_conversion"
            ) == "5 20")
    }
}

/// Where links lead.
@Suite struct CampaignLinkTests {
    private let now = Timestamp(year: 2026, month: 3, day: 1)

    @Test(arguments: [
        ("https://shop.example/", true), ("HTTP://shop.example/a?b#c", true), ("/spring", true), ("/", true),
        ("//evil.example/", false), ("javascript:alert(1)", false), ("https://", false), ("https:///x", false),
        ("/a\\b", false), ("/a\r\nSet-Cookie: x=1", false), ("/a b", false), ("", false), ("ftp://x.example/", false),
        ("data:text/html,x", false), ("shop.example", false), ("https://\u{7F}", false),
    ])
    func targets(target: String, isAllowed: Bool) {
        let link = CampaignLink(id: "l", code: "c", target: target)
        #expect(link.destination(now: now) == (isAllowed ? target : nil))
    }

    @Test(arguments: [
        ("/a", "/a?utm_source=news%20letter&utm_medium=e%26m"),
        ("https://x.example/a?b=1", "https://x.example/a?b=1&utm_source=news%20letter&utm_medium=e%26m"),
        ("/a?#top", "/a?utm_source=news%20letter&utm_medium=e%26m#top"),
        ("/a#top?x", "/a?utm_source=news%20letter&utm_medium=e%26m#top?x"),
    ])
    func campaignTags(target: String, destination: String) {
        let link = CampaignLink(
            id: "l", code: "c", target: target, tags: [("utm_source", "news letter"), ("utm_medium", "e&m")])
        #expect(link.destination(now: now) == destination)
    }

    @Test func endsWhenItEnds() {
        var link = CampaignLink(id: "l", code: "c", target: "/a", expiresAt: now)
        #expect(link.destination(now: now - 1) == "/a" && link.destination(now: now) == nil)
        link.expiresAt = nil
        link.isActive = false
        #expect(link.destination(now: now) == nil)
    }

    @Test(arguments: [
        ("aB3-_x", true), ("", false), ("a/b", false), ("a.b", false), ("ä", false),
        (String(repeating: "a", count: 64), true), (String(repeating: "a", count: 65), false),
    ])
    func codes(code: String, isOne: Bool) { #expect(CampaignLink.isCode(code) == isOne) }
}
