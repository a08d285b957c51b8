import Foundation
import Testing
import WeirProtocol

/// The example configurations of nginx, Caddy and HAProxy, with the real programs.
@Suite struct GatewayExampleTests {
    private static let isCI = ProcessInfo.processInfo.environment["CI"] == "true"

    @Test(.enabled(if: GatewayServer.isInstalled("nginx") || isCI, "needs nginx"))
    func nginxByDatagramsAndByItsFileCountsEachRequestOnce() async throws {
        let stack = try await GatewayServer.stackWithQueue()
        try await stack.start([.throttle, .collector])
        var pages: [String: String] = [:]
        for number in 0..<90 { pages["page-\(number).html"] = "<!doctype html><h1>\(number)</h1>" }
        let site = try GatewayServer.site(for: stack, pages: pages)
        let nginx = try GatewayServer.nginx(for: stack, site: site)
        try await site.isUp()
        try await nginx.isUp()
        try await GatewayServer.load(nginx.port, 0..<5000, in: stack.directory)
        let lines = try String(contentsOf: nginx.log, encoding: .utf8).split(separator: "\n").count
        #expect(lines > 5000)
        let datagrams = try await stack.datagramsAtRest()
        #expect(
            try await stack.column("select source, count(*) from analytics_events group by 1") == [
                "syslog|\(datagrams)"
            ])
        // The kernel may drop some on a busy machine, where the collector is not always asked in time.
        #expect(datagrams > 100 && datagrams <= lines)
        // The file fills whatever gap there is, and nothing counts twice.
        let outcome = try await stack.program("collector").run(
            ["import", "--format", "nginx-json", "--json-summary", "--no-progress", nginx.log.path])
        #expect(outcome.status == 0, "\(outcome.errors)")
        _ = try await eventually("the spool is empty", within: .seconds(30)) {
            try await stack.status(of: .collector).counters["spool_bytes"] == 0 ? true : nil
        }
        #expect(try await stack.count("select count(*) from analytics_events") == lines)
        #expect(
            try await stack.count("select sum(request_count + asset_count) from user_sessions") == lines)
        #expect(
            try await stack.count("select count(*) from analytics_events where query like '%token=REDACTED'") == 5000)
        #expect(try await stack.count("select count(*) from analytics_events where status = 404") > 0)
        #expect(
            try await stack.count(
                "select count(*) from user_sessions where user_agent = 'Quote \"and\" backslash \\'") == 1)
        #expect(try await stack.count("select count(*) from user_sessions where browser = 'Chrome'") >= 1)
        await nginx.stop()
        await site.stop()
        await stack.stopAll()
    }

    @Test(.enabled(if: GatewayServer.isInstalled("nginx") || isCI, "needs nginx"))
    func aSlowedVisitorIsToldAndAnAbsentThrottleIsNoObstacle() async throws {
        let stack = try await Stack()
        let policy = stack.directory.appendingPathComponent("policy.yaml")
        try Data(
            """
            version: 1
            policies:
              - name: default
                limits: [{requests: 5, per_seconds: 60, capacity: 5, key: pair}]
            """.utf8
        ).write(to: policy)
        stack.environment["WEIR_THROTTLE_POLICY"] = policy.path
        try await stack.start([.throttle, .collector])
        let site = try GatewayServer.site(for: stack, pages: ["page.html": "<h1>page</h1>"])
        let nginx = try GatewayServer.nginx(for: stack, site: site)
        try await site.isUp()
        try await nginx.isUp()
        // What a visitor sends beside the question neither breaks it nor gets round it.
        let many = Dictionary(uniqueKeysWithValues: (0..<200).map { ("X-Odd-\($0)", "1") })
        for headers in [["Cookie": "a=b\u{02}c"], ["X-Odd": "\u{7F}"], many] {
            #expect(try await GatewayServer.get(nginx.port, "/page.html", headers: headers) == 200, "\(headers)")
        }
        for headers in [
            [:], ["User-Agent": "Mozilla\u{01}", "Accept-Language": "de\u{02}", "X-Forwarded-For": "\u{03}"],
        ] {
            // nginx asks with a deadline of 5 ms, so that on a busy machine some questions go unanswered.
            var statuses: [Int] = []
            for _ in 0..<60 where !statuses.contains(429) {
                statuses.append(try await GatewayServer.get(nginx.port, "/page.html", headers: headers))
            }
            #expect(statuses.contains(429) && Set(statuses) == [200, 429], "\(statuses)")
        }
        await stack.stop(.throttle)
        for _ in 0..<3 { #expect(try await GatewayServer.get(nginx.port, "/page.html") == 200) }
        await nginx.stop()
        await site.stop()
        await stack.stopAll()
    }

    @Test(
        .enabled(
            if: GatewayServer.isInstalled("caddy") && GatewayServer.isInstalled("nginx") || isCI,
            "needs caddy and nginx"))
    func caddysLogAndItsBeaconsAreCounted() async throws {
        let stack = try await Stack()
        try await stack.start([.throttle, .collector])
        let site = try GatewayServer.site(for: stack, pages: ["page.html": "<!doctype html><h1>page</h1>"])
        let caddy = try GatewayServer.caddy(for: stack, site: site)
        try await site.isUp()
        try await caddy.isUp()
        for _ in 0..<5 {
            let agent = ["User-Agent": "Caddy test"]
            #expect(try await GatewayServer.get(caddy.port, "/page.html?a=1", headers: agent) == 200)
        }
        let post = try RunningProduct(
            command: [
                "/usr/bin/curl", "-s", "-A", "Caddy test", "-H", "Content-Type: text/plain", "-d",
                #"{"page_url":"/page.html","time_on_page_ms":12000,"max_scroll_depth":20}"#,
                "http://127.0.0.1:\(caddy.port)/api/v1/engagement",
            ], environment: ["PATH": "/usr/bin:/bin"], input: nil)
        #expect(await post.end == 0)
        #expect(try JSONValue(parsing: post.output.utf8)["event_type"] == "page_exit", "\(post.output)")
        await caddy.stop()
        await site.stop()
        let outcome = try await stack.program("collector").run(
            ["import", "--format", "caddy-json", "--json-summary", "--no-progress", caddy.log.path])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            try await stack.column(
                "select status from analytics_events where path = '/page.html'"
            ) == Array(repeating: "200", count: 5))
        #expect(try await stack.count("select count(*) from analytics_events where path like '/api/%'") == 0)
        _ = try await eventually("the reading", within: .seconds(10)) {
            try await stack.column("select reading_pattern from engagement_events") == ["skimmer"] ? true : nil
        }
        await stack.stopAll()
    }

    @Test(
        .enabled(
            if: GatewayServer.isInstalled("haproxy") && GatewayServer.isInstalled("nginx") || isCI,
            "needs haproxy and nginx"))
    func haproxysDatagramsAreCounted() async throws {
        let stack = try await GatewayServer.stackWithQueue()
        try await stack.start([.collector])
        let origin = try GatewayServer.site(for: stack, pages: ["page.html": "<!doctype html><h1>page</h1>"])
        let haproxy = try GatewayServer.haproxy(for: stack, site: origin)
        try await origin.isUp()
        try await haproxy.isUp()
        for number in 0..<20 {
            let status = try await GatewayServer.get(
                haproxy.port, "/page.html?n=\(number)",
                headers: ["User-Agent": "A \"quoted\" agent", "Host": "shop.example", "Referer": "https://a.example/x"])
            #expect(status == 200)
        }
        _ = try await eventually("twenty rows", within: .seconds(20)) {
            try await stack.count("select count(*) from analytics_events where path = '/page.html'") == 20 ? true : nil
        }
        #expect(
            try await stack.column(
                """
                select distinct concat_ws('|', site, status, kind, referrer_host, method, host(ip_address))
                from analytics_events where path = '/page.html'
                """) == ["shop.example|200|document|a.example|GET|127.0.0.1"])
        #expect(
            try await stack.count("select count(*) from user_sessions where user_agent = 'A \"quoted\" agent'") == 1)
        await haproxy.stop()
        await origin.stop()
        await stack.stopAll()
    }

    @Test func plainLinesAndNonsenseByDatagram() async throws {
        let stack = try await Stack()
        try await stack.start([.collector])
        let path = stack.directory.appendingPathComponent("collector.syslog.sock").path
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "dd/MMM/yyyy:HH:mm:ss +0000"
        let time = formatter.string(from: Date())
        let line = "203.0.113.9 - - [\(time)] \"GET /plain HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0 Firefox/140.0\""
        for datagram in [
            "<190>Nov 21 20:14:00 nginx: " + line, "nonsense", "<190>Nov 21 20:14:00 nginx: {\"msec\":1", "", "<",
            "<134>1 2026-11-21T20:14:00Z host haproxy 12 - - " + line.replacingOccurrences(of: "/plain", with: "/new"),
            line.replacingOccurrences(of: "/plain", with: "/bare") + "\n", String(repeating: "x", count: 60_000),
            line.replacingOccurrences(of: "/plain", with: "/a") + "\n"
                + line.replacingOccurrences(of: "/plain", with: "/b"),
        ] {
            try send(datagram, to: path)
        }
        _ = try await eventually("three rows", within: .seconds(10)) {
            try await stack.column("select path from analytics_events order by 1") == ["/bare", "/new", "/plain"]
                ? true : nil
        }
        let status = try await stack.status(of: .collector)
        #expect(status.counters["refused_not_a_log_line_total"] == 6)
        #expect(
            try await stack.count("select sum((refused_by_reason->>'not_a_log_line')::int) from ingest_ledger") == 6)
        await stack.stopAll()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    private func send(_ text: String, to path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bytes = Array(text.utf8)
        // Blocks while the queue is full, as a careful sender would.
        let sent = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(sent == bytes.count, "\(String(cString: strerror(errno)))")
    }
}
