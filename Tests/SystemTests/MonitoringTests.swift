import Foundation
import Testing
import WeirProtocol

/// What watches Weir: the numbers of the running services, and the rules and the dashboard that are made of them.
@Suite(.timeLimit(.minutes(3))) struct MonitoringTests {
    private static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("examples/monitoring")

    /// `name` to the sum of its samples.
    private func samples(_ text: String) -> [String: Double] {
        var found: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            found[String(parts[0].prefix { $0 != "{" }), default: 0] += Double(parts[1]) ?? .nan
        }
        return found
    }

    @Test func everyNumberThatAnExampleAsksForIsThere() async throws {
        let stack = try await Stack()
        try await stack.start()
        let http = SocketHTTP(path: stack.directory.appendingPathComponent("reporter.http.sock").path)
        #expect(try http.send("GET", "/api/v1/reports/overview").status == 200)
        let answer = try http.send("GET", "/metrics")
        #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        let numbers = samples(answer.body)
        #expect(numbers["weir_up"] == 5 && numbers["weir_healthy"] == 5)
        #expect(numbers["weir_reporter_report_seconds_count"] == 1)
        #expect(answer.body.contains(#"weir_detector_evaluations_total{instance="2"} 0"#))

        let text = try ["alerts.yml", "dashboard.json"].map {
            try String(contentsOf: Self.examples.appendingPathComponent($0), encoding: .utf8)
        }.joined()
        let asked = Set(text.matches(of: /weir_[a-z_]+/).map { String($0.output) })
        #expect(asked.count > 20)
        // Known only where several throttles share a store.
        #expect(asked.subtracting(numbers.keys) == ["weir_throttle_shared_store_away"])

        // The other doors and the command line tell the same of themselves.
        for service in ["collector", "throttle"] {
            let own = SocketHTTP(path: stack.directory.appendingPathComponent("\(service).http.sock").path)
            let mine = samples(try own.send("GET", "/metrics").body)
            #expect(mine["weir_up"] == 1)
            let prefix = "weir_\(service)_"
            #expect(
                mine.keys.filter { $0.hasPrefix(prefix) }.sorted()
                    == numbers.keys.filter { $0.hasPrefix(prefix) }.sorted())
        }
        let printed = try await stack.program("reporter").run(["metrics"])
        #expect(printed.status == 0 && Set(samples(printed.output).keys) == Set(numbers.keys))

        await stack.kill(.detector(2))
        await stack.stop(.detector(1))
        let later = try http.send("GET", "/metrics").body
        for number in [1, 2] { #expect(later.contains(#"weir_up{service="detector",instance="\#(number)"} 0"#)) }
        let status = try await stack.program("reporter").run(["status", "--json"])
        #expect(status.status == 1)
        let services = try JSONValue(parsing: status.output.utf8)["data"]?["services"]?.arrayValue ?? []
        #expect(services.map { $0["state"]?.stringValue } == ["ok", "ok", "stopped", "away", "ok"])
        await stack.stopAll()
    }

    @Test func whoAsksIsToldWhatHeMayDo() async throws {
        let stack = try await Stack()
        try await stack.start([.throttle])
        let outcome = try await stack.program("reporter").run(["whoami", "--json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let data = try JSONValue(parsing: outcome.output.utf8)["data"]
        #expect(data?["role"]?.stringValue == "weir_reporter")
        let objects = data?["objects"]?.arrayValue ?? []
        #expect(objects.contains { $0["object"] == "user_sessions" && $0["privileges"] == "select" })
        // It reads, and nothing else.
        #expect(objects.allSatisfy { ["", "select"].contains($0["privileges"]?.stringValue) })
        let sockets = data?["sockets"]?.arrayValue ?? []
        #expect(
            sockets.compactMap { $0["socket"]?.stringValue.map { URL(fileURLWithPath: $0).lastPathComponent } }
                == ["throttle.sock", "collector.sock", "detector-1.sock", "reporter.sock"])
        #expect(sockets.map { $0["may_ask"]?.boolValue } == [true, false, false, false])
        await stack.stopAll()
    }
}
