import Database
import Foundation
import PostgresSupport
import ReporterCore
import Testing
import WeirProtocol

@testable import reporter

/// Ways through the site, users, comparisons and exports, beside the same numbers counted from the scene.
@Suite struct PathReportTests {
    private var scene: Scene { TrafficReportTests.scene }
    private var database: TestDatabase { get async throws { try await TrafficReportTests.stored.value } }
    private let from = Scene.now - 5 * 86_400_000

    private func people(from: Timestamp, to: Timestamp) -> [Scene.Session] {
        scene.sessions.filter { $0.start >= from && $0.start < to && !$0.isAutomated }
    }

    @Test func navigationFollowsDocuments() async throws {
        var expected: [String: Int] = [:]
        for session in scene.sessions where !session.isAutomated {
            // Only whole sessions: the window holds all of the scene.
            let pages = session.requests.filter { $0.kind == .document }.map(\.path)
            for (before, after) in zip(pages, pages.dropFirst()) where before != after {
                expected["\(session.site) \(before) \(after)", default: 0] += 1
            }
        }
        let data = try await database.data("traffic navigation --since 30d --limit 1000")
        var found: [String: Int] = [:]
        for row in data["transitions"]?.arrayValue ?? [] {
            found[["site", "from_path", "to_path"].map { row[$0]!.stringValue! }.joined(separator: " ")] =
                Int(row["transition_count"]?.integerValue ?? 0)
        }
        #expect(found == expected)
        #expect(data["total_transitions"]?.integerValue == Int64(expected.values.reduce(0, +)))
    }

    @Test func usersAreCountedBySessions() async throws {
        let expected = Dictionary(grouping: people(from: from, to: Scene.now).filter { $0.user != nil }) { $0.user! }
        let data = try await database.data("users --since 5d")
        #expect(data["total_users"]?.integerValue == Int64(expected.count))
        for row in data["users"]?.arrayValue ?? [] {
            let sessions = expected[row["user_id"]?.stringValue ?? ""] ?? []
            #expect(row["session_count"]?.integerValue == Int64(sessions.count))
            #expect(row["visitor_count"]?.integerValue == Int64(Set(sessions.map(\.visitor)).count))
        }
    }

    @Test func aComparisonIsTheWindowBefore() async throws {
        let report = try await database.report("sessions stats --since 5d --compare previous")
        let now = people(from: from, to: Scene.now).count
        let before = people(from: from - 5 * 86_400_000, to: from).count
        #expect(report.data["sessions_created_in_period"]?.integerValue == Int64(now))
        #expect(report.previous?.from == from - 5 * 86_400_000)
        #expect(report.previous?.data["sessions_created_in_period"]?.integerValue == Int64(before))
        let change = NumberText.change(Double(now - before) * 100 / Double(before))
        #expect(report.table(on: TerminalShape(width: 100, hasColors: false)).contains(change))
        #expect(report.csv.contains("sessions_created_in_period_change_percent"))
        #expect(report.json["previous"]?["to"] == report.json["from"])
        // Rows are paired by their names, whatever their order.
        let rows = try await database.report("traffic geo --since 5d --compare previous")
        for row in rows.data["countries"]?.arrayValue ?? [] {
            let name = row["country"]?.stringValue ?? ""
            let earlier = rows.previous?.data["countries"]?.arrayValue?.first { $0["country"] == row["country"] }
            let counted = people(from: from - 5 * 86_400_000, to: from).count { ($0.country ?? "Unknown") == name }
            #expect(earlier?["session_count"]?.integerValue ?? 0 == Int64(counted), "\(name)")
        }
        // The first of now is not the first of before.
        let first = try await database.report("traffic pages --since 5d --limit 1 --class all --compare previous")
        let shown = try #require(first.data["pages"]?.arrayValue?.first)
        let partner = first.previous?.data["pages"]?.arrayValue?.first { row in
            ["site", "landing_page", "source"].allSatisfy { row[$0] == shown[$0] }
        }
        let start = from - 5 * 86_400_000
        let counted = scene.sessions.count {
            $0.start >= start && $0.start < from && $0.site == shown["site"]?.stringValue
                && $0.requests.first?.path == shown["landing_page"]?.stringValue
                && ($0.source ?? "direct") == shown["source"]?.stringValue
        }
        #expect(counted > 0)
        #expect(partner?["session_count"]?.integerValue == Int64(counted))
        await #expect(throws: ReportError.self) { try await database.report("overview --since all --compare previous") }
    }

    @Test func aTrendOfClassesAddsUp() async throws {
        let data = try await database.data("traffic trends --since 5d --group-by hour")
        let points = data["points"]?.arrayValue ?? []
        #expect(points.count == 121)
        let sessions = scene.sessions.filter { $0.start >= from && $0.start < Scene.now }
        func sum(_ name: String) -> Int { points.reduce(0) { $0 + Int($1[name]?.integerValue ?? 0) } }
        #expect(sum("session_count") == sessions.count)
        #expect(sum("human_sessions") == sessions.count { $0.kind == .human })
        #expect(sum("undecided_sessions") == sessions.count { $0.kind == .undecided })
        #expect(sum("bot_sessions") == sessions.count { $0.isAutomated })
    }

    @Test(arguments: [
        ("1h", "minute", 60), ("2h", "minute", 120), ("24h", "hour", 25), ("8d", "hour", 193), ("30d", "day", 31),
        ("400d", "week", 58), ("2000d", "month", 67),
    ]) func autoSuitsTheWindow(_ since: String, _ unit: String, _ count: Int) async throws {
        let data = try await database.data("traffic trends --group-by auto --since \(since)")
        #expect(data["group_by"]?.stringValue == unit)
        #expect(data["points"]?.arrayValue?.count == count)
    }

    @Test func anExportHasEveryRow() async throws {
        func run(_ arguments: [String]) async throws -> String {
            try await Program.run(
                ServedPage.program, arguments,
                environment: ["WEIR_CONFIG": "/dev/null", "WEIR_DATABASE_URL": try await database.url()])
        }
        let window = ["--since", "2026-11-01", "--until", "2026-11-22"]
        let csv = try await run(["export", "sessions", "--class", "all"] + window)
        let lines = csv.components(separatedBy: "\r\n")
        #expect(lines.first?.hasPrefix("session_id,site,started_at,") == true)
        #expect(
            Set(lines.dropFirst().dropLast().map { $0.prefix { $0 != "," } }) == Set(scene.sessions.map { $0.id[...] }))
        #expect(csv.count { $0 == "\r\n" } == scene.sessions.count + 1)
        let people = try await run(["export", "sessions"] + window)
        #expect(people.count { $0 == "\r\n" } == scene.sessions.count { !$0.isAutomated } + 1)
        let json = try await run(["export", "events", "--json"] + window)
        let events = try json.split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
        #expect(events.count == scene.sessions.flatMap(\.requests).count)
        let times = events.compactMap { $0["at"]?.stringValue }
        #expect(times == times.sorted())
        // A header says what would be there.
        let nothing = try await run(["export", "events", "--since", "2001-01-01", "--until", "2001-01-02"])
        #expect(
            nothing.hasPrefix("event_id,at,site,") && nothing.hasSuffix("\r\n") && nothing.count { $0 == "\r\n" } == 1)
    }

    @Test func completionsAndManualKnowEveryCommand() async throws {
        for shell in Catalogue.shells {
            let script = try #require(Catalogue.all.completions(for: shell))
            for report in Catalogue.all.reports { #expect(script.contains(report.words[0]), "\(shell)") }
        }
        let manual = Catalogue.all.manual(version: "1")
        for report in Catalogue.all.reports {
            let words = report.words.joined(separator: " ").split(separator: "-").joined(separator: "\\-")
            #expect(manual.contains(".SS \"\(words)"))
        }
        // A real bash completes with it.
        let bash = try #require(Catalogue.all.completions(for: "bash"))
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("weir-completion-\(UUID().uuidString)")
        try Data(bash.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        func complete(_ words: [String]) async throws -> Set<String> {
            let quoted = words.map { "'\($0)'" }.joined(separator: " ")
            let script = """
                source \(file.path); COMP_WORDS=(\(quoted)); COMP_CWORD=\(words.count - 1); _analytics; \
                printf '%s\\n' "${COMPREPLY[@]}"
                """
            let text = try await Program.run(URL(fileURLWithPath: "/bin/bash"), ["-c", script])
            return Set(text.split(separator: "\n").map(String.init))
        }
        #expect(try await complete(["analytics", "tra"]) == ["traffic"])
        #expect(try await complete(["analytics", "traffic", "s"]) == ["sources", "spam"])
        #expect(try await complete(["analytics", "traffic", "sources", "--group"]).isEmpty)
        #expect(try await complete(["analytics", "sessions", "trends", "--group"]) == ["--group-by"])
        #expect(try await complete(["analytics", "sessions", "trends", "--group-by", "w"]) == ["week"])
        #expect(try await complete(["analytics", "completions", ""]) == ["bash", "zsh", "fish"])
    }

    @Test func withPostgreSQLStoppedItSaysSoInOneLine() async throws {
        let cluster = try await TestCluster.make()
        let database = try await cluster.makeDatabase()
        try await cluster.stop()
        defer { Task { try await cluster.destroy() } }
        let failure = await #expect(throws: CommandFailure.self) {
            try await Program.run(
                ServedPage.program, ["overview"],
                environment: ["WEIR_CONFIG": "/dev/null", "WEIR_DATABASE_URL": database.url()])
        }
        #expect(failure?.status == 3)
        let said = failure?.output.split(separator: "\n") ?? []
        #expect(said.first?.hasPrefix("analytics: PostgreSQL is away") == true)
        // The sentence, and what to do about it.
        #expect(said.count <= 2)
    }

    /// Logs tell whole seconds, and ids of events are in no order: what was stored first was first.
    @Test func whatIsOfOneMomentKeepsItsOrder() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try database.connection(as: "postgres")
        try await connection.script(
            """
            select ensure_event_partitions(array['2026-11-21'::date]);
            insert into user_sessions (session_id, site, started_at, last_activity_at)
            values ('sess_1', 'a.example', '2026-11-21 19:30Z', '2026-11-21 19:30Z');
            insert into analytics_events (day, event_id, "timestamp", site, session_id, event_type, event_category, method,
                path, status, kind)
            select '2026-11-21', ('00000000-0000-7000-8000-00000000000' || 9 - n)::uuid, '2026-11-21 19:30Z', 'a.example',
                'sess_1', 'request', 'http', 'GET', '/' || n, 200, 'document'
            from generate_series(1, 4) as n
            """)
        await connection.close()
        let data = try await database.data("traffic navigation")
        let ways = (data["transitions"]?.arrayValue ?? []).map { way in
            [way["from_path"]?.stringValue, way["to_path"]?.stringValue]
        }
        #expect(ways == [["/1", "/2"], ["/2", "/3"], ["/3", "/4"]])
        let requests = try await database.data("sessions show sess_1")["requests"]?.arrayValue ?? []
        #expect(requests.map { $0["path"]?.stringValue } == ["/1", "/2", "/3", "/4"])
    }
}
