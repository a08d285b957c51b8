import Foundation
import Testing
import WeirProtocol

/// nginx from Debian with the example's files under load, its log followed while followers and collectors are killed and
/// the log is rotated: what nginx has answered is what is stored.
@Suite(.serialized, .timeLimit(.minutes(10))) struct FollowedGatewayTests {
    private static let isCI = ProcessInfo.processInfo.environment["CI"] == "true"

    /// A site, nginx in front of it, and what they serve.
    private struct Site {
        let stack: Stack
        let site: GatewayServer
        let nginx: GatewayServer

        init(_ stack: Stack, starting services: [Stack.Service]) async throws {
            self.stack = stack
            stack.environment["WEIR_COLLECTOR_FOLLOW_DIRECTORY"] = stack.directory.appendingPathComponent("follow").path
            try await stack.start(services)
            var pages: [String: String] = [:]
            for number in 0..<90 { pages["page-\(number).html"] = "<!doctype html><h1>\(number)</h1>" }
            site = try GatewayServer.site(for: stack, pages: pages)
            nginx = try GatewayServer.nginx(for: stack, site: site)
            try await site.isUp()
            try await nginx.isUp()
        }

        func follower() throws -> RunningProduct {
            try stack.program("collector").launch([
                "import", "--follow", "--format", "nginx-json", "--no-progress", nginx.log.path,
            ])
        }

        /// As logrotate does it.
        func rotate() throws {
            try FileManager.default.moveItem(atPath: nginx.log.path, toPath: nginx.log.path + ".1")
            nginx.process.signal(SIGUSR1)
        }

        /// Lines that nginx has written, the rotated ones included.
        func lines() -> Int {
            [nginx.log.path + ".1", nginx.log.path].reduce(0) { count, path in
                guard let data = FileManager.default.contents(atPath: path) else { return count }
                return count + data.count { $0 == UInt8(ascii: "\n") }
            }
        }

        /// The lines once no more come: nginx writes a request's line after its answer.
        func linesAtRest() async throws -> Int {
            var last = -1
            return try await eventually("nginx has written its lines", within: .seconds(60)) {
                let now = lines()
                if now == last { return now }
                last = now
                try await Task.sleep(for: .milliseconds(300))
                return nil
            }
        }

        func rows(_ source: String = "%") async throws -> Int {
            try await stack.count("select count(*) from analytics_events where source like '\(source)'")
        }

        func waitForRows(_ count: Int, by program: RunningProduct) async throws {
            do {
                _ = try await eventually("\(count) rows", within: .seconds(120)) {
                    if program.hasEnded { throw Stack.ServiceFailure(description: "the follower has ended") }
                    return try await rows() >= count ? true : nil
                }
            } catch {
                let have = try await "\(rows()) rows, \(rows("syslog")) by datagram, of \(lines()) lines"
                throw Stack.ServiceFailure(
                    description: "\(error): \(have); follower: \(program.errors.suffix(900)); "
                        + "collector: \(stack.log(of: .collector).suffix(900))")
            }
        }

        func stop() async {
            await nginx.stop()
            await site.stop()
            await stack.stopAll()
        }
    }

    @Test(
        "5,000 requests, the follower killed and started again and the log rotated in the middle",
        .enabled(if: GatewayServer.isInstalled("nginx") || isCI, "needs nginx"))
    func everyAnswerIsARow() async throws {
        let site = try await Site(try await Stack(), starting: [.throttle, .detector(1)])
        var follower = try site.follower()
        let load = try GatewayServer.startLoad(site.nginx.port, 0..<5000, in: site.stack.directory)
        try await site.waitForRows(800, by: follower)
        follower.signal(SIGKILL)
        _ = await follower.end
        let written = site.lines()
        _ = try await eventually("nginx goes on", within: .seconds(60)) {
            site.lines() >= min(written + 400, 5000) ? true : nil
        }
        try site.rotate()
        follower = try site.follower()
        try await site.waitForRows(min(written + 500, 5000), by: follower)
        follower.signal(SIGKILL)
        _ = await follower.end
        follower = try site.follower()
        #expect(await load.end == 0)
        let lines = try await site.linesAtRest()
        try await site.waitForRows(lines, by: follower)
        follower.signal(SIGTERM)
        #expect(await follower.end == 0, "\(follower.errors.suffix(900))")
        #expect(try await site.rows() == lines)
        let requests = "select count(*) from analytics_events where path like '/page-%'"
        #expect(try await site.stack.count(requests) == 5000)
        #expect(
            try await site.stack.count("select count(distinct query) from analytics_events where path like '/page-%'")
                == 5000)
        #expect(
            try await site.stack.count("select sum(request_count + asset_count) from user_sessions") == lines)
        await site.stop()
    }

    @Test(
        "Datagrams and the file together, the collector killed for a while and the log rotated: exact, and the gap is told",
        .enabled(if: GatewayServer.isInstalled("nginx") || isCI, "needs nginx"))
    func theFileFillsWhatDatagramsLose() async throws {
        let site = try await Site(
            try await GatewayServer.stackWithQueue(), starting: [.throttle, .detector(1), .collector])
        var follower = try site.follower()
        let first = try GatewayServer.startLoad(site.nginx.port, 0..<2000, in: site.stack.directory)
        try await site.waitForRows(500, by: follower)
        follower.signal(SIGKILL)
        _ = await follower.end
        follower = try site.follower()
        #expect(await first.end == 0)
        // Killed at rest, so that what it has counted is what it was sent.
        let before = try await site.linesAtRest()
        try await site.waitForRows(before, by: follower)
        let received = try await site.stack.datagramsAtRest()
        await site.stack.kill(.collector)
        try await GatewayServer.load(site.nginx.port, 2000..<2600, in: site.stack.directory)
        #expect(try await site.linesAtRest() == before + 600)
        try await site.stack.start([.collector])
        // nginx's workers are in the socket's group in production; here they are strangers.
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o777],
            ofItemAtPath: site.stack.directory.appendingPathComponent("collector.syslog.sock").path)
        let second = try GatewayServer.startLoad(site.nginx.port, 2600..<5000, in: site.stack.directory)
        try await site.waitForRows(before + 1000, by: follower)
        try site.rotate()
        #expect(await second.end == 0)
        let lines = try await site.linesAtRest()
        try await site.waitForRows(lines, by: follower)
        let receivedLater = try await site.stack.datagramsAtRest()
        _ = try await eventually("the follower has read everything", within: .seconds(60)) {
            try await site.stack.count("select sum(accepted) from ingest_ledger where source = 'follow'") >= lines
                ? true : nil
        }
        follower.signal(SIGTERM)
        #expect(await follower.end == 0, "\(follower.errors.suffix(900))")
        #expect(try await site.rows() == lines)
        #expect(try await site.rows("syslog") + site.rows("follow") == lines)
        #expect(
            try await site.stack.count("select count(distinct query) from analytics_events where path like '/page-%'")
                == 5000)
        #expect(
            try await site.stack.count("select sum(request_count + asset_count) from user_sessions") == lines)
        let audit = try await site.stack.program("reporter").run(["ingest", "audit", "--json"])
        let report = try JSONValue(parsing: audit.output.utf8)
        #expect(audit.status == 0, "\(audit.output) \(audit.errors)")
        let gap = try #require(report["data"]?["datagrams_missed"]?.integerValue)
        // Beside what came while nobody listened, the kernel may have dropped some on a busy machine.
        #expect(gap == Int64(lines - received - receivedLater), "\(audit.output)")
        #expect(gap >= 600)
        await site.stop()
    }
}
