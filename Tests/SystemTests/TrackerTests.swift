import Foundation
import PostgresSupport
import Testing
import WeirProtocol

/// The tracker in a real browser, on a page of a real nginx in front of the collector.
@Suite struct TrackerTests {
    private static let isPossible = Chromium.isInstalled && GatewayServer.isInstalled("nginx")

    private static let page = """
        <!doctype html><title>Guide</title><h1>Guide</h1>
        <button id="button">do</button> <p id="text">nothing happens here</p>
        <a id="link" href="https://other.example/there?token=secret" onclick="event.preventDefault()">away</a>
        <div style="height: 6000px">long</div>
        <script src="/weir.js" async></script>
        """

    @Test func theTrackerIsSmall() async throws {
        let stack = try await Stack()
        try await stack.start([.collector])
        let script = try stack.collectorHTTP.send("GET", "/weir.js")
        #expect(script.status == 200 && script.headers["content-type"] == "text/javascript; charset=utf-8")
        let packed = try await Program.run(
            URL(fileURLWithPath: "/bin/sh"),
            ["-c", "printf '%s' \"$0\" | gzip -9 | wc -c", script.body], environment: [:])
        let size = try #require(Int(packed.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(size < 2048, "\(size) bytes compressed")
        #expect(script.body.contains("if(0&&") && !script.body.contains("//"))
        let tag = try #require(script.headers["etag"])
        #expect(try stack.collectorHTTP.send("GET", "/weir.js", headers: ["If-None-Match": tag]).status == 304)
        await stack.stop(.collector)
        stack.environment["WEIR_COLLECTOR_RESPECT_DNT"] = "true"
        try await stack.start([.collector])
        let private_ = try stack.collectorHTTP.send("GET", "/weir.js")
        #expect(private_.body.contains("if(1&&") && private_.headers["etag"] != tag)
        await stack.stopAll()
    }

    @Test(.enabled(if: isPossible || ProcessInfo.processInfo.environment["CI"] == "true", "needs chromium and nginx"))
    func whatAVisitorDoesIsFoundInTheDatabase() async throws {
        let stack = try await Stack()
        stack.environment["WEIR_COLLECTOR_COOKIE_SECURE"] = "false"
        try await stack.start([.throttle, .collector])
        let site = try GatewayServer.site(for: stack, pages: ["guide.html": Self.page])
        let nginx = try GatewayServer.nginx(for: stack, site: site)
        try await site.isUp()
        try await nginx.isUp()
        let browser = try Chromium()
        let tab = try browser.open("http://127.0.0.1:\(nginx.port)/guide.html?utm_source=news&password=x")
        try await browser.until("window.weir", in: tab)
        try browser.point(at: "#text", in: tab)
        try browser.evaluate("later(100)", in: tab)
        try browser.point(at: "#button", in: tab)
        try browser.click(in: tab)
        try browser.type("a", in: tab)
        try browser.evaluate("later(1000)", in: tab)
        try browser.point(at: "#text", in: tab)
        try browser.click(times: 3, in: tab)
        try browser.point(at: "#link", in: tab)
        try browser.click(in: tab)
        try browser.evaluate("document.dispatchEvent(new ClipboardEvent('copy'))", in: tab)
        try browser.evaluate("weir('conversion', {goal_name: 'read'})", in: tab)
        for share in [0.3, 0.8, 1, 0.5] { try browser.scroll(to: share, in: tab) }
        try browser.evaluate("later(40000)", in: tab)
        let other = try browser.open("about:blank")
        try browser.show(other)
        try await browser.until("document.visibilityState == 'hidden'", in: tab)

        let reading = try await eventually("the reading", within: .seconds(20)) {
            try await stack.column(
                """
                select concat_ws('|', path, page_url like '%password=REDACTED%', event_type, reading_pattern,
                    max_scroll_depth, click_count, keyboard_events, copy_events, is_rage_click, is_dead_click,
                    scroll_direction_changes, tab_switches, time_on_page_ms between 41000 and 100000,
                    visible_time_ms = time_on_page_ms, hidden_time_ms, focus_time_ms > 0, mouse_move_distance_px > 0,
                    scroll_velocity_avg > 0, time_to_first_interaction_ms < time_to_first_scroll_ms, device_type)
                from engagement_events
                """
            ).first
        }
        #expect(reading == "/guide.html|t|page_exit|engaged|100|5|1|1|t|t|1|1|t|t|0|t|t|t|t|desktop")
        #expect(
            try await stack.column(
                """
                select event_type || ' ' || coalesce(event_data->>'target_url', event_data->>'milestone',
                    event_data->>'goal_name', '') from analytics_events
                where kind is null order by event_type, (event_data->>'milestone')::integer
                """) == [
                    "conversion read", "link_click https://other.example/there?token=REDACTED", "page_exit ",
                    "scroll 25", "scroll 50", "scroll 75", "scroll 90", "scroll 100",
                ])

        // Back again, on to another address of a single-page application, and away.
        try browser.show(tab)
        try await browser.until("document.visibilityState == 'visible'", in: tab)
        try browser.evaluate("later(2000)", in: tab)
        try browser.evaluate("history.pushState({}, '', '/guide/step-2')", in: tab)
        try browser.evaluate("later(5000)", in: tab)
        try browser.show(other)
        _ = try await eventually("three readings", within: .seconds(20)) {
            try await stack.count("select count(*) from engagement_events") == 3 ? true : nil
        }
        #expect(
            try await stack.column(
                "select path || ' ' || reading_pattern from engagement_events order by created_at, id")
                == ["/guide.html engaged", "/guide.html scanner", "/guide/step-2 scanner"])
        #expect(
            try await stack.column(
                """
                select concat_ws(' ', event_type, path, kind, referrer like '%/guide.html?%') from analytics_events
                where event_type = 'page_view' order by "timestamp"
                """) == ["page_view /guide.html document", "page_view /guide/step-2 t"])
        #expect(
            try await stack.column(
                """
                select concat_ws('|', count(*), min(utm_source), min(landing_page), bool_and(converted_at is not null),
                    sum(request_count)) from user_sessions where landing_page = '/guide.html'
                """) == ["1|news|/guide.html|t|1"])
        try await browser.close()
        await nginx.stop()
        await site.stop()
        await stack.stopAll()
    }
}
