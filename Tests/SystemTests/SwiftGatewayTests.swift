import Foundation
import Testing
import WeirProtocol

/// The example application in Swift, whose only ties to Weir are a client and a middleware.
@Suite struct SwiftGatewayTests {
    /// The example under test, and how it is asked.
    private final class Site {
        let process: RunningProduct
        let port = Int.random(in: 20_000..<60_000)

        init(_ stack: Stack) throws {
            var environment = stack.environment
            environment["PORT"] = "\(port)"
            process = try Product(name: "site", environment: environment).launch([])
        }

        deinit { process.signal(SIGKILL) }

        /// Status and headers of a GET.
        func get(_ target: String, _ headers: [String: String] = [:]) async throws -> SocketHTTP.Answer {
            var arguments = ["-s", "-i", "http://127.0.0.1:\(port)\(target)", "-A", "Mozilla/5.0 Firefox/140.0"]
            for (name, value) in headers { arguments += ["-H", "\(name): \(value)"] }
            let curl = try RunningProduct(
                command: ["/usr/bin/curl"] + arguments, environment: ["PATH": "/usr/bin:/bin"], input: nil)
            let status = await curl.end
            guard status == 0 else { throw NeverHappened(what: "curl: \(status); \(process.errors)", limit: .zero) }
            return try SocketHTTP.read(Data(curl.output.utf8))
        }

        func isUp() async throws {
            _ = try await eventually("the site answers", within: .seconds(20)) { try? await get("/") }
        }
    }

    private static func token(_ answer: SocketHTTP.Answer) -> String? {
        answer.headers["set-cookie"]?.split(separator: ";").first.map(String.init)
    }

    @Test func aVisitIsCountedAndItsSessionIsTheCookies() async throws {
        let stack = try await Stack()
        try await stack.start([.throttle, .collector])
        let site = try Site(stack)
        try await site.isUp()
        // An answer that came before the connections were made, or whose record took more than 10 ms, has no cookie.
        let first = try await eventually("a cookie", within: .seconds(60)) {
            let answer = try await site.get(
                "/guide?token=x&utm_source=news", ["User-Agent": "Visitor \(UUID().uuidString)"])
            return Self.token(answer).map { (answer, $0) }
        }
        #expect(first.0.status == 200 && first.0.headers["x-throttle-level"] == "normal")
        #expect(first.1.hasPrefix("weir_session="))
        let cookie = ["Cookie": first.1]
        #expect(try await site.get("/prices", cookie).headers["set-cookie"] == nil)
        #expect(try await site.get("/broken", cookie).status == 503)
        #expect(try await site.get("/nowhere", cookie).status == 404)
        #expect(try await site.get("/", ["Cookie": first.1 + "; user=u-17"]).status == 200)
        let session = try await eventually("the session", within: .seconds(20)) {
            try await stack.column(
                """
                select concat_ws('|', request_count, error_count, success_rate, timed_count, avg_response_time_ms > 0,
                    user_id, user_type, converted_at > started_at, landing_page, exit_page, utm_source)
                from user_sessions where user_id is not null and request_count = 5
                """
            ).first
        }
        #expect(session == "5|2|0.6|5|t|u-17|registered|t|/guide|/|news")
        let statuses = try await stack.column(
            """
            select path || ' ' || status || ' ' || coalesce(query, '') from analytics_events
            where session_id = (select session_id from user_sessions where user_id = 'u-17') order by "timestamp", path
            """)
        #expect(
            statuses == [
                "/guide 200 token=REDACTED&utm_source=news", "/prices 200 ", "/broken 503 ", "/nowhere 404 ", "/ 200 ",
            ])
        await stack.stopAll()
    }

    @Test func withoutWeirTheSiteGoesOn() async throws {
        let stack = try await Stack()
        let site = try Site(stack)
        try await site.isUp()
        for _ in 0..<3 {
            let answer = try await site.get("/guide")
            #expect(answer.status == 200 && answer.headers["set-cookie"] == nil)
        }
        try await stack.start([.throttle, .collector])
        _ = try await eventually("a cookie once the collector is there", within: .seconds(60)) {
            Self.token(try await site.get("/guide", ["User-Agent": "Visitor \(UUID().uuidString)"]))
        }
        await stack.kill(.throttle)
        await stack.kill(.collector)
        #expect(try await site.get("/guide").status == 200)
        await stack.stopAll()
    }

    @Test func whoIsTooFastIsToldAndCounted() async throws {
        let stack = try await Stack()
        let policy = stack.directory.appendingPathComponent("policy.yaml")
        try Data(
            """
            version: 1
            policies:
              - name: default
                limits: [{requests: 3, per_seconds: 60, capacity: 3, key: pair}]
            """.utf8
        ).write(to: policy)
        stack.environment["WEIR_THROTTLE_POLICY"] = policy.path
        try await stack.start([.throttle, .collector])
        let site = try Site(stack)
        try await site.isUp()
        let refused = try await eventually("a refusal", within: .seconds(20)) {
            let answer = try await site.get("/guide")
            return answer.status == 429 ? answer : nil
        }
        #expect(refused.code == "throttled" && refused.json?["reference"] != nil)
        #expect(try #require(refused.headers["retry-after"].flatMap { Int($0) }) >= 1)
        _ = try await eventually("the refusal's row", within: .seconds(20)) {
            try await stack.count("select count(*) from analytics_events where status = 429") >= 1 ? true : nil
        }
        await stack.stopAll()
    }
}
