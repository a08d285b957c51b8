import Database
import DetectorCore
import Foundation
import PostgresSupport
import Runtime
import Synchronization
import Testing

@testable import detector

/// Telling of anomalies: real rows, a real shell, and a real HTTP server with curl before it.
@Suite("Telling of anomalies") struct NotifyTests {
    @Test("each is told once; worse and over are told once more, where somebody wants to know")
    func events() throws {
        var told = ToldAnomalies()
        func event(_ isCritical: Bool, _ isClosed: Bool = false, ends: Bool = true) -> ToldAnomalies.Event? {
            let event = told.event(of: "a", isCritical: isCritical, isClosed: isClosed, tellingEnds: ends)
            if event != nil { told.remember("a", isCritical: isCritical, isClosed: isClosed) }
            return event
        }
        #expect(event(false) == .opened)
        #expect(event(false) == nil)
        #expect(event(true) == .worse)
        #expect(event(false) == nil)
        #expect(event(true, true, ends: false) == nil)
        #expect(event(true, true) == .closed)
        #expect(event(true, true) == nil)
        #expect(try ToldAnomalies(parsing: told.text) == told)
        told.keep(["b"])
        #expect(told == ToldAnomalies())
        // Over before anybody looked: once.
        #expect(event(false, true) == .opened)
        #expect(event(false, true) == nil)
    }

    @Test(
        "a file that is none of ours is refused with its line", arguments: ["a", "a warnin", "a warning x", " warning"])
    func malformed(text: String) {
        #expect(throws: ToldAnomalies.Malformed(line: 2)) { try ToldAnomalies(parsing: "b critical\n" + text) }
    }

    @Test(
        "only whole addresses are taken",
        arguments: [
            ("https://chat.example/hooks/x?y=1", true), ("http://127.0.0.1:8080/", true), ("https://", false),
            ("https:///path", false), ("ftp://a.example/", false), ("https://a.example/\"\nurl = \"b", false),
            ("https://a.example/ b", false), ("", false),
        ])
    func addresses(text: String, isTaken: Bool) { #expect((Messenger.address(text) != nil) == isTaken) }

    private struct Scene {
        let history: History
        let folder: URL
        var state: String { folder.appendingPathComponent("told").path }

        init() async throws {
            history = try await History()
            folder = FileManager.default.temporaryDirectory.appendingPathComponent("weir-told-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        }

        func add(_ metric: String, level: String = "warning", message: String = "12 % errors") async throws {
            try await history.writer.execute(
                """
                insert into anomalies (metric_name, site, level, opened_at, last_seen_at, value, message, evidence)
                values ($1, 'shop.example', $2, now(), now(), 12, $3,
                    '{"explains": [{"dimension": "path", "value": "/a\\"b", "requests": 7, "usual": 1.5}]}')
                """, [.text(metric), .text(level), .text(message)])
        }

        func read(critical: Bool = false) async throws -> [ToldAnomaly] {
            try await history.database.connection(as: "weir_operator").transaction(.readOnlySnapshot) {
                try ToldAnomaly.read(since: 0, isCritical: critical, site: nil, in: $0)
            }
        }

        /// Tells and gives what was told and how many wait.
        func tell(
            _ receiver: Messenger.Receiver, _ anomalies: [ToldAnomaly], limit: Int = 20, timeout: Int = 60
        ) throws -> (told: [String], waiting: Int) {
            var said: [String] = []
            let waiting = try NotifyCommand.tell(
                anomalies, by: Messenger(receiver: receiver, timeout: timeout), try ToldFile(state), ends: true,
                limit: limit
            ) { anomaly, event in said.append(event.rawValue) }
            return (said, waiting)
        }
    }

    @Test("a command gets the anomaly on its standard input and in its environment, and never as part of itself")
    func command() async throws {
        let scene = try await Scene()
        defer { try? FileManager.default.removeItem(at: scene.folder) }
        let output = scene.folder.appendingPathComponent("output").path
        try await scene.add("error_rate", message: "$(touch \(output).evil) `id`'\"; é")
        let command =
            "cat >> \(output); echo \"$WEIR_ANOMALY_EVENT|$WEIR_ANOMALY_METRIC|$WEIR_ANOMALY_TEXT\" >> \(output)"
        #expect(try scene.tell(.command(command), try await scene.read()) == (["opened"], 0))
        #expect(try scene.tell(.command(command), try await scene.read()) == ([], 0))
        let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines.count == 2)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        #expect(object["event"] as? String == "opened" && object["metric_name"] as? String == "error_rate")
        #expect(object["message"] as? String == "$(touch \(output).evil) `id`'\"; é")
        let explains = try #require(object["explains"] as? [[String: Any]])
        #expect(explains.first?["value"] as? String == "/a\"b")
        #expect(lines[1].hasPrefix("opened|error_rate|opened: warning error_rate shop.example: $(touch"))
        #expect(!FileManager.default.fileExists(atPath: output + ".evil"))
    }

    @Test("what was not delivered is told next time: a command that fails, one that hangs, and more than the limit")
    func failures() async throws {
        let scene = try await Scene()
        defer { try? FileManager.default.removeItem(at: scene.folder) }
        for number in 1...3 { try await scene.add("metric_\(number)") }
        let anomalies = try await scene.read()
        func failure(_ receiver: Messenger.Receiver, timeout: Int = 60) -> String {
            do {
                _ = try scene.tell(receiver, anomalies, timeout: timeout)
                return ""
            } catch { return "\(error)" }
        }
        #expect(failure(.command("exit 3")).contains("3 not told: the command ended with 3"))
        #expect(failure(.command("sleep 600"), timeout: 1).contains("took longer than 1 s"))
        #expect(failure(.command("kill -9 $$")).contains("ended with 137"))
        // Reads nothing of what it is given.
        #expect(try scene.tell(.command("true"), anomalies, limit: 2) == (["opened", "opened"], 1))
        #expect(try scene.tell(.command("true"), anomalies) == (["opened"], 0))

        let held = try ToldFile(scene.state)
        #expect(failure(.command("true")).contains("somebody else is telling"))
        _ = held.told
    }

    @Test("only critical ones, and a warning that becomes critical")
    func critical() async throws {
        let scene = try await Scene()
        defer { try? FileManager.default.removeItem(at: scene.folder) }
        try await scene.add("error_rate")
        try await scene.add("requests", level: "critical")
        #expect(try await scene.read(critical: true).count == 1)
        #expect(try scene.tell(.command("true"), try await scene.read()).told == ["opened", "opened"])
        try await scene.history.writer.execute("update anomalies set level = 'critical'")
        #expect(try scene.tell(.command("true"), try await scene.read()).told == ["worse"])
        try await scene.history.writer.execute("update anomalies set closed_at = now()")
        #expect(try scene.tell(.command("true"), try await scene.read()).told == ["closed", "closed"])
    }

    @Test("a webhook gets the JSON posted; an answer of 500, and nobody there, are tried again")
    func webhook() async throws {
        let scene = try await Scene()
        defer { try? FileManager.default.removeItem(at: scene.folder) }
        try await scene.add("error_rate", message: "quotes \" and \\ and é")
        let anomalies = try await scene.read()
        let server = try HookServer()
        server.answer(500)
        #expect(throws: Failure.self) {
            _ = try scene.tell(.webhook("http://127.0.0.1:\(server.port)/hook?secret=1"), anomalies)
        }
        server.answer(204)
        #expect(
            try scene.tell(.webhook("http://127.0.0.1:\(server.port)/hook?secret=1"), anomalies).told == ["opened"])
        let requests = server.requests
        #expect(requests.count == 2)
        let last = try #require(requests.last)
        #expect(last.hasPrefix("POST /hook?secret=1 HTTP/1.1\r\n"))
        #expect(last.contains("Content-Type: application/json\r\n"))
        let body = try #require(last.range(of: "\r\n\r\n").map { last[$0.upperBound...] })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
        #expect(object["message"] as? String == "quotes \" and \\ and é")

        server.stop()
        try await scene.add("requests")
        let more = try await scene.read()
        #expect(throws: Failure.self) { _ = try scene.tell(.webhook("http://127.0.0.1:\(server.port)/"), more) }
    }
}

/// An HTTP server on 127.0.0.1 that answers every request with the same status and remembers them.
private final class HookServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let state = Mutex((status: 200, requests: [String]()))

    init() throws {
        (listener, port) = try Loopback.bind(listening: true)
        Thread.detachNewThread { [self] in serve() }
    }

    var requests: [String] { state.withLock { $0.requests } }

    func answer(_ status: Int) { state.withLock { $0.status = status } }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func serve() {
        while true {
            let peer = accept(listener, nil, nil)
            guard peer >= 0 else { return }
            var bytes: [UInt8] = []
            while !Self.isWhole(bytes) {
                var chunk = [UInt8](repeating: 0, count: 4096)
                let count = read(peer, &chunk, chunk.count)
                guard count > 0 else { break }
                bytes += chunk[..<count]
            }
            let status = state.withLock {
                $0.requests.append(String(decoding: bytes, as: UTF8.self))
                return $0.status
            }
            let answer = "HTTP/1.1 \(status) x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            _ = answer.withCString { write(peer, $0, strlen($0)) }
            close(peer)
        }
    }

    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n"), let field = text.range(of: "Content-Length: ") else { return false }
        return text[end.upperBound...].utf8.count >= Int(text[field.upperBound...].prefix { $0.isNumber }) ?? 0
    }
}
