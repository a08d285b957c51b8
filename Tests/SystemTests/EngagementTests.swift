import Foundation
import Testing
import WeirProtocol

/// Engagement and events over collector.http.sock, from the first byte to the row.
@Suite struct EngagementTests {
    private static let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

    private func visitor(_ address: String = "203.0.113.7", cookie: String? = nil) -> [String: String] {
        var headers = ["User-Agent": Self.agent, "X-Forwarded-For": address, "Accept-Language": "de-AT,de;q=0.8"]
        if let cookie { headers["Cookie"] = "other=1; weir_session=" + cookie }
        return headers
    }

    private func id(_ minutesAgo: Double = 0) -> String {
        EventID(
            at: Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 - minutesAgo * 60) * 1000)),
            entropy: (.random(in: 0 ... .max), .random(in: 0 ... .max))
        ).description
    }

    @Test func anEventBecomesItsRow() async throws {
        let stack = try await Stack()
        try await stack.start([.collector])
        let event = id()
        let answer = try stack.collectorHTTP.post(
            "/api/v1/engagement",
            """
            {"id":"\(event)","page_url":"https://shop.example/guide?x=1&token=abc","time_on_page_ms":31000,
             "max_scroll_depth":80,"click_count":3,"time_to_first_interaction_ms":900,"time_to_first_scroll_ms":1200,
             "scroll_velocity_avg":250.5,"scroll_direction_changes":4,"mouse_move_distance_px":5000,
             "keyboard_events":2,"copy_events":1,"focus_time_ms":29000,"blur_count":1,"tab_switches":2,
             "visible_time_ms":30000,"hidden_time_ms":1000,"is_rage_click":true,"is_dead_click":true,
             "reading_pattern":"bounce","referrer":"https://www.google.com/","event_data":{"milestones":[25,50]}}
            """, headers: visitor())
        #expect(answer.status == 201, "\(answer)")
        #expect(answer.json?["id"]?.stringValue == event)
        #expect(answer.json?["event_type"] == "page_exit")
        let cookie = try #require(answer.headers["set-cookie"])
        #expect(cookie.hasPrefix("weir_session=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"))
        _ = try await eventually("the row", within: .seconds(10)) {
            try await stack.count("select count(*) from engagement_events") == 1 ? true : nil
        }
        let row = try await stack.column(
            """
            select concat_ws('|', id, site, page_url, path, event_type, time_on_page_ms, time_to_first_interaction_ms,
                time_to_first_scroll_ms, max_scroll_depth, scroll_velocity_avg, scroll_direction_changes, click_count,
                mouse_move_distance_px, keyboard_events, copy_events, focus_time_ms, blur_count, tab_switches,
                visible_time_ms, hidden_time_ms, is_rage_click, is_dead_click, reading_pattern, host(ip_address),
                device_type, referrer, event_data->'milestones', fingerprint_hash is not null)
            from engagement_events
            """)
        #expect(
            row == [
                "\(event)|shop.example|https://shop.example/guide?x=1&token=REDACTED|/guide|page_exit|31000|900|1200|80|"
                    + "250.5|4|3|5000|2|1|29000|1|2|30000|1000|t|t|engaged|203.0.113.7|desktop|"
                    + "https://www.google.com/|[25, 50]|t"
            ])
        let session = try await stack.column(
            """
            select concat_ws('|', request_count, asset_count, beacon_count, site, landing_page is null, error_count,
                success_rate, browser, preferred_locale) from user_sessions
            """)
        #expect(session == ["0|0|1|shop.example|t|0|1|Firefox|de-AT"])
        await stack.stopAll()
    }

    @Test func repeatsAreNoOpsAndTheSessionIsTheCookies() async throws {
        let stack = try await Stack()
        try await stack.start([.collector])
        let http = stack.collectorHTTP
        let first = id()
        let answer = try http.post("/api/v1/engagement", #"{"id":"\#(first)","page_url":"/a"}"#, headers: visitor())
        let cookie = try #require(
            answer.headers["set-cookie"]?.split(separator: ";").first?.dropFirst("weir_session=".count))
        // The same event thrice, in every door; a further one from another address with the cookie.
        for _ in 0..<2 {
            let again = try http.post("/api/v1/engagement", #"{"id":"\#(first)","page_url":"/a"}"#, headers: visitor())
            #expect(again.status == 201 && again.json?["id"]?.stringValue == first)
            #expect(again.headers["set-cookie"] == nil)
        }
        let second = id()
        let batch = try http.post(
            "/api/v1/engagement/batch",
            #"{"events":[{"id":"\#(first)"},{"id":"\#(second)"},{"id":"\#(second)"},{"click_count":-1}]}"#,
            headers: visitor("198.51.100.9", cookie: String(cookie)))
        #expect(batch.status == 200)
        #expect(batch.json?["recorded"] == 3)
        #expect(batch.json?["errors"]?.arrayValue?.first?["index"] == 3)
        #expect(batch.json?["errors"]?.arrayValue?.first?["field"] == "click_count")
        #expect(batch.headers["set-cookie"] == nil, "the token is fresh")
        _ = try await eventually("both rows", within: .seconds(10)) {
            try await stack.count("select count(*) from engagement_events") == 2 ? true : nil
        }
        #expect(try await stack.column("select beacon_count from user_sessions") == ["2"])
        // After a restart the collector has forgotten what it has seen; the database has not.
        await stack.stop(.collector)
        try await stack.start([.collector])
        #expect(try http.post("/api/v1/engagement", #"{"id":"\#(first)"}"#, headers: visitor()).status == 201)
        let third = id()
        #expect(try http.post("/api/v1/engagement", #"{"id":"\#(third)"}"#, headers: visitor()).status == 201)
        _ = try await eventually("the third row", within: .seconds(10)) {
            try await stack.count("select count(*) from engagement_events") == 3 ? true : nil
        }
        #expect(try await stack.column("select sum(duplicates) from ingest_ledger") == ["1"])
        #expect(try await stack.column("select sum(beacon_count) from user_sessions") == ["3"])
        await stack.stopAll()
    }

    @Test func eventsOfAPageAreEventsAndReadingIsEngagement() async throws {
        let stack = try await Stack()
        try await stack.start([.collector])
        let http = stack.collectorHTTP
        let answer = try http.post(
            "/api/v1/events/batch",
            """
            {"events":[
             {"id":"\(id())","event_type":"page_view","page_url":"https://shop.example/spa/one","referrer":"https://t.co/x"},
             {"id":"\(id())","event_type":"link_click","page_url":"/spa/one","data":{"target_url":"https://b.example/?token=t"}},
             {"id":"\(id())","event_type":"conversion","page_url":"/spa/one","data":{"goal_name":"buy","goal_value":3}},
             {"id":"\(id())","event_type":"page_exit","page_url":"/spa/one","slug":"one",
              "data":{"time_on_page_ms":20000,"max_scroll_depth":60}}]}
            """, headers: visitor())
        #expect(answer.status == 200 && answer.json?["recorded"] == 4, "\(answer)")
        _ = try await eventually("the rows", within: .seconds(10)) {
            try await stack.count("select count(*) from engagement_events") == 1 ? true : nil
        }
        #expect(
            try await stack.column(
                """
                select concat_ws('|', event_type, event_category, path, kind is null, method is null,
                    event_data->>'target_url', event_data->>'goal_name', event_data->>'slug')
                from analytics_events order by event_type
                """) == [
                    "conversion|conversion|/spa/one|t|t|buy",
                    "link_click|interaction|/spa/one|t|t|https://b.example/?token=REDACTED",
                    "page_exit|navigation|/spa/one|t|t|one", "page_view|navigation|/spa/one|t|t",
                ])
        #expect(
            try await stack.column(
                "select concat_ws('|', event_type, reading_pattern, time_on_page_ms) from engagement_events")
                == ["page_exit|reader|20000"])
        #expect(
            try await stack.column(
                """
                select concat_ws('|', request_count, beacon_count, converted_at is not null, user_type, referrer_host)
                from user_sessions
                """) == ["0|4|t|anon|t.co"])
        await stack.stopAll()
    }

    /// A tracker's page view is the same view as the document's request.
    @Test func aPageThatWasRequestedIsViewedOnce() async throws {
        let stack = try await Stack()
        try await stack.start([.collector])
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        var record = RequestRecord(
            eventID: try #require(EventID(id())), at: now, method: "GET", path: "/guide", status: 200,
            ip: "203.0.113.7")
        record.site = "shop.example"
        record.userAgent = Self.agent
        // As from a log that lacks the language; the page joins that session all the same.
        _ = try await stack.ask("collector.sock", .requestRecord, record)
        let answer = try stack.collectorHTTP.post(
            "/api/v1/events/batch",
            """
            {"events":[{"id":"\(id())","event_type":"page_view","page_url":"/guide"},
                       {"id":"\(id())","event_type":"page_view","page_url":"/guide/step-2"}]}
            """, headers: visitor())
        #expect(answer.status == 200)
        #expect(answer.headers["set-cookie"] == nil, "the session may be somebody else's")
        _ = try await eventually("the rows", within: .seconds(10)) {
            try await stack.count("select count(*) from analytics_events") == 2 ? true : nil
        }
        #expect(
            try await stack.column("select path || coalesce(kind, '') from analytics_events order by path")
                == ["/guidedocument", "/guide/step-2"])
        #expect(
            try await stack.column(
                "select concat_ws('|', request_count, beacon_count, landing_page, exit_page) from user_sessions")
                == ["1|1|/guide|/guide"])
        // Both are page views: the one that was requested, and the one that only the page knows of.
        let overview = try await stack.program("reporter").run(["overview", "--json"])
        let report = try JSONValue(parsing: overview.output.utf8)
        #expect(report["data"]?["traffic"]?["page_views"] == 2, "\(overview.output) \(overview.errors)")
        let content = try await stack.program("reporter").run(["content", "top", "--json"])
        let pages = try JSONValue(parsing: content.output.utf8)["data"]?["content"]?.arrayValue ?? []
        #expect(Set(pages.compactMap { $0["path"]?.stringValue }) == ["/guide", "/guide/step-2"])
        await stack.stopAll()
    }

    @Test func nothingAcknowledgedIsLostByAKill() async throws {
        let stack = try await Stack()
        try await stack.start([.collector])
        var acknowledged: [String] = []
        for round in 0..<3 {
            for number in 0..<20 {
                let events = (0..<5).map { _ in id() }
                let body = events.map { #"{"id":"\#($0)","page_url":"/p\#(number)"}"# }.joined(separator: ",")
                let answer = try stack.collectorHTTP.post(
                    "/api/v1/engagement/batch", #"{"events":[\#(body)]}"#, headers: visitor("203.0.113.\(number)"))
                #expect(answer.status == 200)
                acknowledged += events
            }
            await stack.kill(.collector)
            try await stack.start([.collector])
            // What a client that saw no answer would send again.
            let again = acknowledged.suffix(5).map { #"{"id":"\#($0)","page_url":"/again"}"# }.joined(separator: ",")
            #expect(
                try stack.collectorHTTP.post(
                    "/api/v1/engagement/batch", #"{"events":[\#(again)]}"#, headers: visitor("203.0.113.\(round)")
                ).status == 200)
        }
        _ = try await eventually("all rows", within: .seconds(20)) {
            try await stack.status(of: .collector).counters["spool_bytes"] == 0 ? true : nil
        }
        #expect(try await Set(stack.column("select id from engagement_events")) == Set(acknowledged))
        #expect(try await stack.count("select count(*) from engagement_events") == 300)
        #expect(try await stack.count("select sum(beacon_count) from user_sessions") == 300)
        await stack.stopAll()
    }

    @Test func onlyConfiguredOriginsMayPostFromElsewhere() async throws {
        let stack = try await Stack()
        stack.environment["WEIR_COLLECTOR_HTTP_ORIGINS"] = "https://app.example"
        try await stack.start([.collector])
        let http = stack.collectorHTTP
        var headers = visitor()
        headers["Origin"] = "https://app.example"
        let preflight = try http.send(
            "OPTIONS", "/api/v1/engagement/batch",
            headers: headers.merging(["Access-Control-Request-Method": "POST"]) { $1 })
        #expect(preflight.status == 204)
        #expect(preflight.headers["access-control-allow-origin"] == "https://app.example")
        #expect(preflight.headers["access-control-allow-headers"] == "content-type")
        let answer = try http.post("/api/v1/engagement", "{}", headers: headers)
        #expect(answer.status == 201)
        #expect(answer.headers["access-control-allow-origin"] == "https://app.example")
        #expect(answer.headers["vary"] == "Origin")
        let bad = try http.post("/api/v1/engagement", "{", headers: headers)
        #expect(bad.status == 400 && bad.headers["access-control-allow-origin"] == "https://app.example")
        headers["Origin"] = "https://shop.example"
        #expect(try http.post("/api/v1/engagement", "{}", headers: headers).status == 201)
        for origin in ["https://evil.example", "null", "http://app.example"] {
            headers["Origin"] = origin
            for method in ["POST", "OPTIONS"] {
                let refused = try http.send(
                    method, "/api/v1/engagement",
                    headers: headers.merging(["Content-Type": "text/plain"]) { $1 }, body: Data("{}".utf8))
                #expect(refused.status == 403 && refused.code == "origin_not_allowed", "\(method) \(origin)")
                #expect(refused.headers["access-control-allow-origin"] == nil)
            }
        }
        _ = try await eventually("two sites", within: .seconds(10)) {
            try await stack.column("select distinct site from engagement_events order by 1")
                == ["app.example", "shop.example"] ? true : nil
        }
        await stack.stopAll()
    }

    @Test func aClientThatPostsTooFastWaits() async throws {
        let stack = try await Stack()
        stack.environment["WEIR_COLLECTOR_HTTP_RATE_PER_SECOND"] = "1"
        stack.environment["WEIR_COLLECTOR_HTTP_BURST"] = "3"
        try await stack.start([.collector])
        let answers = try (0..<20).map { _ in
            try stack.collectorHTTP.post("/api/v1/engagement", "{}", headers: visitor())
        }
        let refused = answers.filter { $0.status == 429 }
        #expect(answers.prefix(3).allSatisfy { $0.status == 201 })
        #expect(!refused.isEmpty && refused.count + answers.count { $0.status == 201 } == 20)
        #expect(refused.allSatisfy { $0.code == "rate_limited" && $0.headers["retry-after"] == "1" })
        // X-Forwarded-For is walked from the right, so that a client gains nothing by writing to its left.
        let spoofed = try stack.collectorHTTP.post("/api/v1/engagement", "{}", headers: visitor("1.2.3.4, 203.0.113.7"))
        #expect(spoofed.status == 429 || refused.count < 17)
        #expect(try stack.collectorHTTP.post("/api/v1/engagement", "{}", headers: visitor("192.0.2.8")).status == 201)
        await stack.stopAll()
    }

    @Test func whoAsksNotToBeTrackedIsNot() async throws {
        let stack = try await Stack()
        stack.environment["WEIR_COLLECTOR_RESPECT_DNT"] = "true"
        try await stack.start([.collector])
        for name in ["DNT", "Sec-GPC"] {
            let answer = try stack.collectorHTTP.post(
                "/api/v1/engagement", "{}", headers: visitor().merging([name: "1"]) { $1 })
            #expect(answer.status == 204 && answer.body.isEmpty && answer.headers["set-cookie"] == nil, "\(name)")
        }
        #expect(
            try stack.collectorHTTP.post("/api/v1/engagement", "{}", headers: visitor().merging(["DNT": "0"]) { $1 })
                .status == 201)
        _ = try await eventually("one row", within: .seconds(10)) {
            try await stack.count("select count(*) from engagement_events") == 1 ? true : nil
        }
        #expect(try await stack.status(of: .collector).counters["refused_do_not_track_total"] == 2)
        await stack.stopAll()
    }
}
