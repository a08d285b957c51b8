import Database
import PostgresSupport
import ReporterCore
import Testing
import WeirProtocol

@testable import reporter

/// What holds for every report there is: it answers on an empty database and on a full one, has the fields that it
/// declares, and fits every form of output.
@Suite struct EveryReportTests {
    static let empty = Task { try await TestCluster.shared().makeDatabase() }
    static let full = TrafficReportTests.stored
    /// Reports that the database answers without being asked about one thing.
    static let ids = Catalogue.all.reports.filter { $0.argument == nil && !isAskedElsewhere($0.id) }.map(
        \.id)

    /// Whether the answer comes from a service's socket, or is made of other answers.
    private static func isAskedElsewhere(_ id: String) -> Bool {
        ["status", "doctor", "metrics", "whoami", "report", "throttle.status", "throttle.policies"].contains(id)
            || id.hasPrefix("export.")
    }

    private static func command(_ id: String) -> String { String(id.map { $0 == "." ? " " : $0 }) }

    /// Windows at the ends of what texts of times can tell, and of what arithmetic with them can.
    private static let edges = [
        "--since 1000-01-01 --compare previous", "--since 0001-01-01 --until 0001-01-03",
        "--since 0001-01-01 --tz Asia/Tokyo", "--since 0001-01-01T00:00:00+01:00", "--until 0001-01-01",
        "--until 9999-12-31 --tz America/Los_Angeles", "--since 9999-12-30 --until 9999-12-31",
    ]

    @Test(arguments: ids) func atTheEdgesOfTime(_ id: String) async throws {
        for words in Self.edges {
            do {
                let report = try await Self.full.value.report("\(Self.command(id)) \(words)")
                #expect(!report.table(on: TerminalShape(width: 80, hasColors: false)).contains(" T0"), "\(words)")
            } catch let error as ReportError {
                // A window that is refused is refused for what was typed.
                #expect(error.code != .internal && !error.message.contains("database"), "\(words): \(error)")
            }
        }
    }

    @Test(arguments: ids) func onAnEmptyDatabase(_ id: String) async throws {
        let report = try await Self.empty.value.report(Self.command(id))
        #expect(report.csv.hasSuffix("\r\n"))
        #expect(try JSONValue(parsing: report.json.serialized()) == report.json)
        #expect(!report.table(on: TerminalShape(width: 80, hasColors: false)).isEmpty)
        if report.request.report.measure != nil {
            #expect(report.isEmpty)
            if report.request.report.words != ["throttle", "levels"] {
                #expect(report.hint?.contains("no data yet") == true)
            }
        }
        if report.request.report.mainRows?.bar == nil, report.request.report.mainRows != nil,
            !["traffic.bots", "anomalies.thresholds"].contains(id)
        {
            #expect(report.csv.filter { $0 == "\r\n" }.count == (id == "sessions.show" ? 2 : 1))
        }
    }

    /// Pages that only a program has left: whoever asks about people is told how to see them.
    @Test func whatOnlyProgramsReportIsNotDenied() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        try await database.connection(as: "postgres").script(
            """
            insert into user_sessions (session_id, site, started_at, last_activity_at, is_bot) values
                ('sess_1', 'shop.example', '2026-11-21 19:30Z', '2026-11-21 19:30Z', true);
            insert into engagement_events (day, id, site, session_id, page_url, path, created_at) values
                ('2026-11-21', gen_random_uuid(), 'shop.example', 'sess_1', '/guide', '/guide', '2026-11-21 19:30Z')
            """)
        let hint = try await database.report("engagement --since 1h").hint
        #expect(hint?.contains("--class all counts everybody") == true && hint?.contains("No page has") == false)
    }

    /// A site that is visited and reports no use of models, as most: an empty answer says how that is done.
    @Test func whatNobodyReportsIsSaidToBeSo() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        try await database.connection(as: "postgres").script(
            """
            insert into user_sessions (session_id, site, started_at, last_activity_at, fingerprint_hash, ip_address,
                network_prefix, user_agent)
            values ('sess_1', 'shop.example', '2026-11-21 19:30Z', '2026-11-21 19:30Z', 'fp_1', '192.0.2.1',
                '192.0.2.0/24', 'Mozilla/5.0')
            """)
        for command in ["agents list", "tools stats", "requests models", "conversations stats", "costs summary"] {
            let report = try await database.report("\(command) --since all")
            #expect(
                report.isEmpty && report.hint?.contains("docs/usage.md") == true, "\(command): \(report.hint ?? "")")
        }
        let places = try await database.report("traffic geo --since all")
        #expect(!places.isEmpty && places.hint?.contains("collector.geoip") == true)
        #expect(try await database.report("traffic devices --since all").hint == nil)
    }

    /// One row of everything: nothing to divide by, nothing before, nothing to compare.
    static let single = Task {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try database.connection(as: "postgres")
        try await connection.script(
            """
            select ensure_event_partitions(array['2026-11-21'::date]);
            insert into user_sessions (session_id, site, user_id, started_at, last_activity_at, request_count,
                fingerprint_hash, ip_address, network_prefix, user_agent, utm_source, verdict_id, verdict_class, is_bot, bot_name)
            values ('sess_1', 'shop.example', 'u1', '2026-11-21 19:30Z', '2026-11-21 19:30Z', 1, 'fp_1', '192.0.2.1',
                '192.0.2.0/24', 'Mozilla/5.0', 'news', 'vd_1', 'human', false, null);
            insert into session_verdicts (session_id, verdict_id, at, class, signals)
            values ('sess_1', 'vd_1', '2026-11-21 19:30Z', 'human', '[]');
            insert into analytics_events (day, event_id, "timestamp", site, session_id, event_type, event_category, method, path,
                status, kind)
            values ('2026-11-21', gen_random_uuid(), '2026-11-21 19:30Z', 'shop.example', 'sess_1', 'request', 'http', 'GET',
                '/', 200, 'document');
            insert into engagement_events (day, id, site, session_id, page_url, path, created_at)
            values ('2026-11-21', gen_random_uuid(), 'shop.example', 'sess_1', '/', '/', '2026-11-21 19:30Z');
            insert into conversations (context_id, site, session_id, created_at, updated_at)
            values ('c1', 'shop.example', 'sess_1', '2026-11-21 19:30Z', '2026-11-21 19:30Z');
            insert into agent_tasks (task_id, site, agent_name, started_at)
            values ('t1', 'shop.example', 'helper', '2026-11-21 19:30Z');
            insert into ai_requests (id, site, model, created_at)
            values ('00000000-0000-7000-8000-000000000001', 'shop.example', 'm', '2026-11-21 19:30Z');
            insert into tool_executions (id, site, tool_name, started_at, created_at)
            values ('00000000-0000-7000-8000-000000000002', 'shop.example', 'grep', '2026-11-21 19:30Z', '2026-11-21 19:30Z');
            insert into anomalies (metric_name, key, level, opened_at, last_seen_at, value, message)
            values ('error_rate', '', 'warning', '2026-11-21 19:30Z', '2026-11-21 19:30Z', 1, 'one');
            insert into fingerprint_reputation (fingerprint_hash, network_prefix, abuse_incidents)
            values ('fp_1', '192.0.2.0/24', 1);
            insert into throttle_decisions (reference, at, key, policy, level, allowed)
            values ('thr1', '2026-11-21 19:30Z', '192.0.2.1', 'default', 0, false);
            """)
        await connection.close()
        return database
    }

    @Test(arguments: ids) func onOneRow(_ id: String) async throws {
        let takesWindow = Catalogue.all.reports.first { $0.id == id }!.flags.contains { $0.name == "since" }
        let report = try await Self.single.value.report(Self.command(id) + (takesWindow ? " --since all" : ""))
        #expect(try JSONValue(parsing: report.json.serialized()) == report.json)
        #expect(!report.table(on: TerminalShape(width: 80, hasColors: false)).isEmpty)
        func look(_ value: JSONValue, _ name: String) {
            switch value {
            case .object(let object): for field in object.fields { look(field.value, field.name) }
            case .array(let elements): for element in elements { look(element, name) }
            case .integer, .number:
                guard let number = value.doubleValue else { return }
                #expect(number.isFinite, "\(id) \(name)")
                if name.hasSuffix("percentage") || name.hasSuffix("_rate") || name.hasSuffix("share_percent") {
                    #expect((0...100).contains(number), "\(id) \(name) \(number)")
                }
            default: break
            }
        }
        look(.object(report.data), "")
        for section in report.request.report.sections {
            guard case .rows(let rows) = section, rows.isMain, rows.bar == nil else { continue }
            #expect((report.data[rows.path]?.arrayValue?.count ?? 0) <= 1 || id == "anomalies.thresholds", "\(id)")
        }
    }

    @Test(arguments: [
        ("overview", "traffic.sessions"), ("overview", "traffic.page_views"), ("overview", "conversations.total"),
        ("overview", "ai_requests.total"), ("overview", "tools.total_executions"), ("overview", "agents.total_tasks"),
        ("sessions stats", "sessions_created_in_period"), ("content stats", "total_views"),
        ("costs summary", "total_requests"),
    ]) func oneRowCountsOnce(_ command: String, _ field: String) async throws {
        let data = JSONValue.object(try await Self.single.value.report("\(command) --since 2026-11-21").data)
        let value = field.split(separator: ".").reduce(Optional(data)) { $0?[String($1)] }
        #expect(value?.integerValue == 1, "\(command) \(field)")
    }

    @Test(arguments: ids) func declaredFieldsAreThere(_ id: String) async throws {
        let report = try await Self.full.value.report(Self.command(id))
        let data = JSONValue.object(report.data)
        for section in report.request.report.sections {
            switch section {
            case .facts(_, let facts):
                for fact in facts
                where !(fact.path == "spool_bytes" || fact.path == "missing" || fact.path == "balanced") {
                    let value = fact.path.split(separator: ".").reduce(Optional(data)) { $0?[String($1)] }
                    #expect(value != nil, "\(id) lacks \(fact.path)")
                }
            case .rows(let rows):
                let elements = try #require(data[rows.path]?.arrayValue, "\(id) lacks \(rows.path)")
                for column in rows.columns {
                    if let first = elements.first { #expect(first[column.key] != nil, "\(id) lacks \(column.key)") }
                }
            }
        }
    }

    @Test func everyReportHasAQuery() {
        let asked = Set(Catalogue.all.reports.map(\.id).filter { !Self.isAskedElsewhere($0) })
        #expect(asked == Set(ReportQuery.all.keys))
    }

    @Test func anEmptyWindowSaysWhereTheDataIs() async throws {
        let report = try await Self.full.value.report("overview --since 2001-01-01 --until 2001-12-31")
        let first = try #require(TrafficReportTests.scene.sessions.map(\.start).min())
        #expect(report.hint?.contains(first.iso8601) == true)
        #expect(report.json["hint"] != nil)
        #expect(report.hint?.contains("--since all") == true)
        #expect(report.json["stored"]?["from"]?.stringValue == first.iso8601)
        let sound = try await Self.full.value.report("overview --since 30d")
        #expect(sound.hint == nil && sound.json["stored"] == nil)
    }

    /// A value that nothing has is told from a window that has nothing, and what there is instead is named.
    @Test(arguments: [
        (
            "traffic sources --since 30d --source googel",
            ["Nothing stored has --source \"googel\"; there are", "direct", "organic_search", "social"]
        ),
        ("traffic geo --since all --country Germany", ["--country \"Germany\"", "DE", "US", "FR", "Unknown"]),
        ("events list --since 30d --severity nosuch", ["--severity \"nosuch\"", "there is info."]),
        ("traffic campaigns --since 30d --utm-source none", ["Nothing is stored that --utm-source could choose from."]),
    ]) func anUnknownFilterNamesTheKnown(_ command: String, _ parts: [String]) async throws {
        let hint = try await Self.full.value.report(command).hint ?? ""
        for part in parts { #expect(hint.contains(part), "\(hint)") }
        #expect(!hint.contains("--since all"))
    }

    /// A filter that something has, outside of the window, is not blamed; --since all is not advised to who gave it.
    @Test func anEmptyAnswerSaysWhatIsTrue() async throws {
        let old = try await Self.full.value.report("traffic geo --since 2001-01-01 --until 2001-12-31 --country de")
        #expect(old.hint?.hasPrefix("No data for these filters in this window.") == true)
        let all = try await Self.full.value.report("traffic geo --since all --path /nowhere")
        #expect(all.hint?.hasPrefix("No data for these filters. ") == true)
        #expect(all.hint?.contains("--since all") == false && all.hint?.contains("--class all") == true)
        // What emptiness means is told where nothing but the data leaves it empty.
        let campaigns = try await Self.full.value.report("traffic campaigns --since 30d")
        #expect(campaigns.hint?.contains("utm_source") == true)
        let engagement = try await Self.full.value.report("engagement --since 30d --path /nowhere")
        #expect(engagement.hint?.hasPrefix("No data for these filters in this window.") == true)
    }

    /// Windows are compared with the one before, and partitions are looked for a day around them; both may begin before
    /// the first year.
    @Test(arguments: ["overview", "traffic sources", "sessions stats", "content top", "content popular"])
    func aWindowMayBeginInTheFirstYear(_ command: String) async throws {
        let all = try await Self.full.value.report("\(command) --class all --since 0001-01-01")
        // The second day in UTC, so that it is in the first year by the clocks of every zone.
        #expect(all.from.milliseconds == -62_135_510_400_000)
    }

    @Test func everythingBeginsWithTheFirstSession() async throws {
        let report = try await Self.full.value.report("sessions trends --since all --class all")
        let scene = TrafficReportTests.scene
        #expect(report.from == scene.sessions.map(\.start).min())
        #expect(report.to == scene.sessions.map(\.last).max().map { $0 + 1 })
        #expect(report.data["total_sessions"] == 300)
    }

    @Test func theRoleCannotWrite() async throws {
        let connection = try await Self.full.value.connection(as: "weir_reporter")
        let error = await #expect(throws: DatabaseError.self) {
            try await connection.execute("update user_sessions set is_bot = true")
        }
        #expect(["42501", "25006"].contains(error?.sqlstate))
    }

    @Test func hostileValuesAreOnlyValues() async throws {
        let database = try await Self.full.value
        for text in ["'; drop table user_sessions; --", "%", "_", "\\", "$1", "\u{1B}[31m", "日本"] {
            let quoted =
                "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
            for command in [
                "traffic geo --since 10d --country \(quoted)", "traffic geo --since 10d --path \(quoted)",
                "agents list --since 10d --agent \(quoted)", "requests list --since 10d --model \(quoted)",
                "events list --since 10d --category \(quoted)",
            ] {
                #expect(try await database.report(command).isEmpty, "\(command)")
            }
        }
    }
}
