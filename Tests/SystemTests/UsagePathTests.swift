import Foundation
import Testing
import WeirProtocol

/// Agents, models, links and places, from the collector's sockets to the rows.
@Suite(.timeLimit(.minutes(3))) struct UsagePathTests {
    private static let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

    private var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    private func eventID() -> EventID {
        EventID(at: now, entropy: (.random(in: 0 ... .max), .random(in: 0 ... .max)))
    }

    /// One page request from an address; the session that it belongs to.
    private func visit(
        _ stack: Stack, from address: String, path: String = "/", cookie: String? = nil
    ) async throws -> SessionID {
        var record = RequestRecord(
            eventID: eventID(), at: now, method: "GET", path: path, status: 200, ip: address)
        record.site = "shop.example"
        record.userAgent = Self.agent
        record.cookie = cookie
        return try await stack.ask("collector.sock", .requestRecord, record).decode(RequestRecorded.self).sessionID
    }

    private func request(_ id: String, of session: SessionID) -> UsageRecord {
        var record = UsageRecord(eventID: eventID(), at: now, kind: .aiRequest)
        (record.id, record.sessionID, record.model) = (id, session, "m")
        (record.inputTokens, record.outputTokens) = (100, 20)
        return record
    }

    @Test func useIsCountedOnceThroughAKillAndAPriceThatComesLater() async throws {
        let stack = try await Stack()
        try await stack.start([.collector])
        let session = try await visit(stack, from: "192.0.2.1")
        for index in 0..<50 {
            let record = request("r\(index % 40)", of: session)
            let reply = try await stack.ask("collector.sock", .usageRecord, record).decode(Recorded.self)
            #expect(reply.eventID == record.eventID)
        }
        await stack.kill(.collector)
        try await stack.start([.collector])
        let span = """
            {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c",
            "spanId":"b7ad6b7169203331","startTimeUnixNano":"\(now.milliseconds)000000",
            "endTimeUnixNano":"\(now.milliseconds + 700)000000","attributes":[
            {"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
            {"key":"gen_ai.request.model","value":{"stringValue":"m"}},
            {"key":"gen_ai.usage.input_tokens","value":{"intValue":"1000"}},
            {"key":"session.id","value":{"stringValue":"\(session)"}}]},{"traceId":"no"}]}]}]}
            """
        for _ in 0..<3 {
            let answer = try stack.collectorHTTP.post("/v1/traces", span)
            #expect(answer.status == 200)
            #expect(answer.json?["partialSuccess"]?["rejectedSpans"] == "1")
        }
        let counters = try await stack.status(of: .collector).counters
        #expect(counters["usage_refused_total"] == 3 && counters["usage_refused_bad_id_total"] == 3)
        let totals =
            "select concat_ws('/', ai_request_count, total_tokens_used, total_ai_cost_microdollars) from user_sessions"
        _ = try await eventually("the totals", within: .seconds(20)) {
            try await stack.column(totals) == ["41/5800/0"] ? true : nil
        }
        #expect(try await stack.count("select count(*) from ai_requests where cost_source = 'unknown'") == 41)
        #expect(
            try await stack.count(
                "select sum(accepted - stored - duplicates - dead) from ingest_ledger where source = 'usage'") == 0)

        let prices = stack.directory.appendingPathComponent("prices.csv")
        try "model,provider,valid_from,input,output,cache_read,cache_creation\nm,,2026-01-01,0.5,2,,\n".write(
            to: prices, atomically: true, encoding: .utf8)
        #expect(try await stack.program("reporter").run(["prices", "load", prices.path]).status == 0)
        // 41 requests: 40 * (100 * 0.5 + 20 * 2) + 1000 * 0.5; priced at the start, so that nothing waits a minute.
        await stack.stop(.collector)
        try await stack.start([.collector])
        _ = try await eventually("the costs", within: .seconds(20)) {
            try await stack.column(totals) == ["41/5800/4100"] ? true : nil
        }
        await stack.stopAll()
    }

    @Test func badTracesAreRefusedByName() async throws {
        let stack = try await Stack()
        try await stack.start([.collector])
        let http = stack.collectorHTTP
        for (body, type, encoding, status, code) in [
            ("{}", "application/json", "", 200, nil as String?),
            ("{}", "application/json; charset=utf-8", "", 200, nil),
            ("", "application/x-protobuf", "", 200, nil), ("{}", "application/x-protobuf", "", 400, "bad_body"),
            ("{}", "application/grpc", "", 415, "bad_content_type"), ("{}", "", "", 415, "bad_content_type"),
            ("{}", "application/json", "gzip", 400, "bad_gzip"), ("", "application/json", "gzip", 400, "bad_gzip"),
            ("{}", "application/json", "br", 415, "bad_content_encoding"),
            ("", "application/json", "", 400, "bad_json"), ("{", "application/json", "", 400, "bad_json"),
            ("{\"a\":1,\"a\":2}", "application/json", "", 400, "bad_json"),
            ("[]", "application/json", "", 400, "bad_body"), ("\"x\\u0000\"", "application/json", "", 400, "bad_json"),
            (String(repeating: "[", count: 70), "application/json", "", 400, "bad_json"),
            ("{\"resourceSpans\":7}", "application/json", "", 400, "bad_body"),
            (String(repeating: " ", count: 4 << 20) + "{}", "application/json", "", 413, "too_large"),
        ] {
            var headers: [String: String] = [:]
            if !type.isEmpty { headers["Content-Type"] = type }
            if !encoding.isEmpty { headers["Content-Encoding"] = encoding }
            let answer = try http.send("POST", "/v1/traces", headers: headers, body: Data(body.utf8))
            #expect(answer.status == status && answer.code == code, "\(body.prefix(40)) \(type): \(answer)")
        }
        #expect(try http.send("GET", "/v1/traces").status == 405)
        await stack.stopAll()
    }

    @Test func aLinkLeadsOnAndIsCounted() async throws {
        let stack = try await Stack()
        try await stack.start([.collector])
        let made = try await stack.program("reporter").run(
            [
                "links", "create", "https://shop.example/spring#top", "--code", "spring", "--campaign", "c",
                "--utm-source",
                "news", "--site", "shop.example",
            ])
        #expect(made.status == 0, "\(made.errors)")
        let http = stack.collectorHTTP
        func click(_ headers: [String: String] = [:]) throws -> SocketHTTP.Answer {
            try http.send(
                "GET", "/r/spring",
                headers: ["Host": "shop.example", "User-Agent": Self.agent, "X-Forwarded-For": "192.0.2.9"].merging(
                    headers
                ) { $1 })
        }
        let first = try click()
        #expect(first.status == 307 && first.headers["location"] == "https://shop.example/spring?utm_source=news#top")
        #expect(first.headers["cache-control"] == "no-store")
        let cookie = try #require(first.headers["set-cookie"]?.split(separator: ";").first)
        #expect(try click(["Cookie": String(cookie)]).status == 307)
        #expect(try click(["Sec-Purpose": "prefetch"]).status == 307)
        #expect(try http.send("GET", "/r/nothing").status == 404)
        #expect(try http.send("GET", "/r/%2e%2e").status == 404)
        _ = try await eventually("the clicks", within: .seconds(10)) {
            try await stack.column("select click_count || '/' || unique_click_count from campaign_links") == ["2/1"]
                ? true : nil
        }
        // The page that the link leads to continues the click's session.
        _ = try await visit(
            stack, from: "192.0.2.9", path: "/spring",
            cookie: cookie.split(separator: "=", maxSplits: 1).last.map(String.init))
        _ = try await eventually("the page", within: .seconds(10)) {
            try await stack.column(
                "select concat_ws('/', request_count, beacon_count, landing_page) from user_sessions")
                == ["1/0//spring"] ? true : nil
        }
        #expect(try await stack.program("reporter").run(["links", "disable", "spring"]).status == 0)
        _ = try await eventually("the link is off", within: .seconds(10)) { try click().status == 410 ? true : nil }
        await stack.stopAll()
    }

    @Test(.needsSharedData) func aReloadTakesAGoodPlaceDatabaseAndRefusesABadOne() async throws {
        let stack = try await Stack()
        let file = stack.directory.appendingPathComponent("places.mmdb")
        func place(_ name: String) throws {
            try Data(contentsOf: URL(fileURLWithPath: SharedData.path("geoip/test-data/\(name).mmdb")))
                .write(to: file, options: .atomic)
        }
        func expectPlace(of address: String, _ expected: String) async throws {
            let session = try await visit(stack, from: address)
            let found = try await stack.stored("concat_ws('/', country, city)", of: session)
            #expect(found == expected, "\(address)")
        }
        try place("GeoLite2-City-Test")
        stack.environment["WEIR_COLLECTOR_GEOIP"] = file.path
        try await stack.start([.collector])
        try await expectPlace(of: "89.160.20.112", "SE/Linköping")
        try Data("no database".utf8).write(to: file, options: .atomic)
        try await stack.reload(.collector, saying: "kept the geographic database")
        try await expectPlace(of: "81.2.69.160", "GB/London")
        try place("GeoIP2-Country-Test")
        try await stack.reload(.collector, saying: "reloaded the geographic database")
        try await expectPlace(of: "89.160.20.115", "SE")
        await stack.stopAll()
        // At the start a bad file is refused, with its name.
        try Data("no database".utf8).write(to: file, options: .atomic)
        let outcome = try await stack.program("collector").run(["serve"], limit: .seconds(20))
        #expect(outcome.status == 78 && outcome.errors.contains("places.mmdb"))
    }
}
