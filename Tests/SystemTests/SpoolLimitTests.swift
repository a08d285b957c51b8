import Foundation
import PostgresSupport
import Testing
import WeirProtocol

/// What happens when nothing more can be kept: clear refusals, nothing accepted is lost, and it goes on by itself.
@Suite struct SpoolLimitTests {
    private func id() -> String {
        EventID(
            at: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)),
            entropy: (.random(in: 0 ... .max), .random(in: 0 ... .max))
        ).description
    }

    /// Posts batches of large events until the collector refuses; the accepted events' ids, and the refusal.
    private func fill(_ http: SocketHTTP, limit: Int = 400) throws -> (accepted: [String], refusal: SocketHTTP.Answer) {
        var accepted: [String] = []
        for number in 0..<limit {
            let ids = (0..<5).map { _ in id() }
            let padding = String(repeating: "x", count: 3000)
            let events = ids.map { #"{"id":"\#($0)","page_url":"/p","event_data":{"pad":"\#(padding)"}}"# }
            let answer = try http.post(
                "/api/v1/engagement/batch", #"{"events":[\#(events.joined(separator: ","))]}"#,
                headers: ["X-Forwarded-For": "203.0.113.\(number % 250)", "User-Agent": "filler"])
            guard answer.status == 200 else { return (accepted, answer) }
            accepted += ids
        }
        throw NeverHappened(what: "a refusal", limit: .zero)
    }

    @Test func aFullSpoolRefusesAndLosesNothing() async throws {
        let stack = try await Stack()
        let database = stack.environment["WEIR_DATABASE_URL"]
        stack.environment["WEIR_DATABASE_URL"] = "postgresql:///weir?host=\(stack.directory.path)/nobody"
        stack.environment["WEIR_COLLECTOR_SPOOL_LIMIT_BYTES"] = "\(1 << 20)"
        try await stack.start([.collector])
        let http = stack.collectorHTTP
        let (accepted, refusal) = try fill(http)
        #expect(accepted.count > 100)
        #expect(refusal.status == 503 && refusal.code == "overloaded" && refusal.headers["retry-after"] == "5")
        #expect(try http.send("GET", "/health").status == 503)
        // The wire says the same, and a smaller event is not squeezed in.
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        await #expect {
            _ = try await stack.ask(
                "collector.sock", .requestRecord,
                RequestRecord(
                    eventID: EventID(at: now, entropy: (1, 2)), at: now, method: "GET", path: "/", status: 200,
                    ip: "203.0.113.1"))
        } throws: { ($0 as? WireError)?.code == .overloaded }
        #expect(try http.post("/api/v1/engagement", "{}").status == 503)
        let status = try await stack.status(of: .collector)
        #expect(try #require(status.counters["refused_spool_full_total"]) >= 3)
        #expect(status.counters["accepted_total"] == Double(accepted.count))

        await stack.kill(.collector)
        stack.environment["WEIR_DATABASE_URL"] = database
        try await stack.start([.collector])
        _ = try await eventually("everything accepted is stored", within: .seconds(30)) {
            try await stack.count("select count(*) from engagement_events") == accepted.count ? true : nil
        }
        #expect(try await Set(stack.column("select id from engagement_events")) == Set(accepted))
        #expect(try http.post("/api/v1/engagement", "{}").status == 201)
        #expect(try http.send("GET", "/health").status == 200)
        await stack.stopAll()
    }

    @Test(.enabled(if: geteuid() == 0, "only root can mount a small disk"))
    func aFullDiskRefusesAndRecoversByItself() async throws {
        let stack = try await Stack()
        let disk = stack.directory.appendingPathComponent("disk")
        try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
        _ = try await Program.run(
            URL(fileURLWithPath: "/bin/mount"), ["-t", "tmpfs", "-o", "size=1m", "none", disk.path], environment: [:])
        let result: Result<Void, any Error>
        do { result = .success(try await fillTheDisk(stack, disk)) } catch { result = .failure(error) }
        await stack.stopAll()
        _ = try await Program.run(URL(fileURLWithPath: "/bin/umount"), ["-l", disk.path], environment: [:])
        try result.get()
    }

    private func fillTheDisk(_ stack: Stack, _ disk: URL) async throws {
        let database = stack.environment["WEIR_DATABASE_URL"]
        stack.environment["WEIR_DATABASE_URL"] = "postgresql:///weir?host=\(stack.directory.path)/nobody"
        stack.environment["WEIR_COLLECTOR_SPOOL_DIRECTORY"] = disk.appendingPathComponent("spool").path
        try await stack.start([.collector])
        let http = stack.collectorHTTP
        let filler = disk.appendingPathComponent("filler")
        try Data(repeating: 1, count: 512 * 1024).write(to: filler)
        var (accepted, refusal) = try fill(http)
        #expect(!accepted.isEmpty)
        #expect(refusal.status == 503 && refusal.code == "unavailable" && refusal.headers["retry-after"] == "5")
        let refused = try await stack.status(of: .collector).counters["refused_disk_total"]
        #expect(try #require(refused) >= 1)
        // Somebody makes room; nobody restarts anything.
        try FileManager.default.removeItem(at: filler)
        let (more, _) = try fill(http)
        #expect(!more.isEmpty)
        accepted += more
        await stack.kill(.collector)
        stack.environment["WEIR_DATABASE_URL"] = database
        try await stack.start([.collector])
        _ = try await eventually("everything accepted is stored", within: .seconds(30)) {
            try await stack.count("select count(*) from engagement_events") == accepted.count ? true : nil
        }
        #expect(try await Set(stack.column("select id from engagement_events")) == Set(accepted))
        #expect(try http.post("/api/v1/engagement", "{}").status == 201)
    }

    @Test func whoAsksNotToBeTrackedIsCountedWithoutAName() async throws {
        let stack = try await Stack()
        stack.environment["WEIR_COLLECTOR_RESPECT_DNT"] = "true"
        try await stack.start([.collector])
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        for (number, header) in ["dnt", "sec-gpc", "accept"].enumerated() {
            var record = RequestRecord(
                eventID: EventID(at: now, entropy: (UInt64(number), 7)), at: now, method: "GET", path: "/", status: 200,
                ip: "203.0.113.77")
            record.headers = [header: "1"]
            record.userID = "u-1"
            record.userAgent = "Agent \(header)"
            let reply = try await stack.ask("collector.sock", .requestRecord, record)
            let receipt = try reply.decode(RequestRecorded.self)
            #expect((receipt.setCookie == nil) == (header != "accept"), "\(header)")
        }
        _ = try await eventually("three rows", within: .seconds(10)) {
            try await stack.count("select count(*) from analytics_events") == 3 ? true : nil
        }
        #expect(
            try await stack.column(
                """
                select concat_ws('|', user_agent, host(ip_address), user_id, user_type) from user_sessions
                order by user_agent
                """) == [
                    "Agent accept|203.0.113.77|u-1|registered", "Agent dnt|203.0.113.0|anon",
                    "Agent sec-gpc|203.0.113.0|anon",
                ])
        await stack.stopAll()
    }

    @Test func anImportHonoursTheSame() async throws {
        let stack = try await Stack()
        stack.environment["WEIR_COLLECTOR_RESPECT_DNT"] = "true"
        let log = stack.directory.appendingPathComponent("weir.log")
        let lines = ["1", "0", ""].enumerated().map { number, dnt in
            #"{"msec":1772366400.\#(number)00,"request_id":"\#(String(repeating: "\(number + 1)", count: 32))","#
                + #""host":"shop.example","remote_addr":"203.0.113.77","method":"GET","uri":"/","status":"200","#
                + #""user_agent":"Agent \#(number)","dnt":"\#(dnt)"}"#
        }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: log)
        let outcome = try await stack.program("collector").run(["import", log.path, "--json-summary", "--no-progress"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            try await stack.column("select host(ip_address) from user_sessions order by user_agent")
                == ["203.0.113.0", "203.0.113.77", "203.0.113.77"])
    }
}
