import Database
import PostgresSupport
import ReporterCore
import Testing
import WeirProtocol

@testable import reporter

/// Reports on sessions against a database whose truth is counted by plain code over the same scene.
@Suite struct TrafficReportTests {
    static let scene = Scene.made(seed: 7)
    static let stored = Task { try await scene.store() }

    private var database: TestDatabase { get async throws { try await Self.stored.value } }

    private func sessions(
        days: Int64, _ isChosen: (Scene.Session) -> Bool = { !$0.isAutomated }
    ) -> [Scene.Session] {
        let from = Scene.now - days * 86_400_000
        return Self.scene.sessions.filter { $0.start >= from && $0.start < Scene.now && isChosen($0) }
    }

    private func pageViews(_ sessions: [Scene.Session], days: Int64) -> Int64 {
        let from = Scene.now - days * 86_400_000
        return Int64(
            sessions.reduce(0) { sum, session in
                sum + session.requests.filter { $0.kind == .document && $0.at >= from && $0.at < Scene.now }.count
            })
    }

    private func rows(_ value: JSONValue?) -> [[String: JSONValue]] {
        (value?.arrayValue ?? []).map { row in
            guard case .object(let object) = row else { return [:] }
            return Dictionary(uniqueKeysWithValues: object.fields.map { ($0.name, $0.value) })
        }
    }

    @Test func overview() async throws {
        let data = try await database.data("overview --since 3d")
        let all = sessions(days: 3) { _ in true }
        let people = sessions(days: 3)
        let from = Scene.now - 3 * 86_400_000
        let requests = Self.scene.sessions.flatMap(\.requests).filter { $0.at >= from && $0.at < Scene.now }
        let traffic = data["traffic"]
        #expect(traffic?["requests"] == .integer(Int64(requests.count)))
        #expect(traffic?["page_requests"] == .integer(Int64(requests.filter(\.kind.isPageRequest).count)))
        #expect(traffic?["sessions"] == .integer(Int64(all.count)))
        #expect(traffic?["human_sessions"] == .integer(Int64(all.filter { $0.kind == .human }.count)))
        #expect(traffic?["bot_sessions"] == .integer(Int64(all.filter(\.isAutomated).count)))
        #expect(traffic?["undecided_sessions"] == .integer(Int64(all.filter { $0.kind == .undecided }.count)))
        #expect(traffic?["visitors"] == .integer(Int64(Set(people.map(\.visitor)).count)))
        #expect(traffic?["users"] == .integer(Int64(Set(people.compactMap(\.user)).count)))
        #expect(data["sessions"]?["created_in_period"] == .integer(Int64(people.count)))
        let active = Self.scene.sessions.filter { $0.isOpen && !$0.isAutomated && $0.last >= Scene.now - 1_800_000 }
        #expect(data["sessions"]?["currently_active"] == .integer(Int64(active.count)))
        #expect(data["costs"]?["total_cost_microdollars"] == 0)
        #expect(data["costs"]?["change_percent"] == .null)
        #expect(data["period"] == "2026-11-18 20:14 to 2026-11-21 20:14")
    }

    /// Counts by a key, the most first, then by key: what every breakdown shows.
    private func ranked(_ sessions: [Scene.Session], _ key: (Scene.Session) -> String) -> [(String, Int)] {
        Dictionary(grouping: sessions, by: key).mapValues(\.count).sorted {
            $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key
        }.map { ($0.key, $0.value) }
    }

    /// Each filter chooses by what it is called after; counted over the scene, for one value and for what lacks one.
    static let filters: [(flags: String, isChosen: @Sendable (Scene.Session) -> Bool)] = [
        ("--site b.example", { $0.site == "b.example" }), ("--site B.EXAMPLE", { $0.site == "b.example" }),
        ("--source organic_search", { $0.source == "organic_search" }),
        ("--source direct", { $0.source == nil || $0.source == "direct" }),
        ("--country de", { $0.country == "DE" }), ("--country Unknown", { $0.country == nil }),
        ("--device mobile", { $0.device == "mobile" }), ("--device Unknown", { $0.device == nil }),
        ("--browser firefox", { $0.browser == "Firefox" }), ("--browser unknown", { $0.browser == nil }),
        ("--path /page-1", { $0.requests.first?.path == "/page-1" }),
        ("--path /page", { _ in false }), ("--path /", { _ in false }),
        ("--path '/page*'", { _ in true }),
        ("--source social --country US --class all", { $0.source == "social" && $0.country == "US" }),
        ("--class bot --device desktop", { $0.isAutomated && $0.device == "desktop" }),
    ]

    @Test(arguments: filters) func filtersChoose(
        _ filter: (flags: String, isChosen: @Sendable (Scene.Session) -> Bool)
    ) async throws {
        let isOfPeople = !filter.flags.contains("--class")
        let expected = sessions(days: 9) { filter.isChosen($0) && !(isOfPeople && $0.isAutomated) }
        for report in ["traffic sources", "traffic devices", "traffic pages", "sessions trends"] {
            let data = try await database.data("\(report) --since 9d \(filter.flags)")
            #expect(data["total_sessions"] == .integer(Int64(expected.count)), "\(report) \(filter.flags)")
        }
    }

    @Test(arguments: Population.allCases)
    func sources(_ population: Population) async throws {
        let chosen = sessions(days: 7) { session in
            switch population {
            case .human: !session.isAutomated
            case .bot: session.isAutomated
            case .scanner: session.kind == .scanner
            case .undecided: session.kind == .undecided
            case .all: true
            }
        }
        let report = try await database.report("traffic sources --since 7d --class \(population.rawValue)")
        let found = rows(report.data["sources"])
        let expected = ranked(chosen) { $0.source ?? "direct" }
        #expect(found.map { $0["source"]?.stringValue } == expected.map(\.0))
        #expect(found.map { $0["session_count"]?.integerValue } == expected.map { Int64($0.1) })
        #expect(report.data["total_sessions"] == .integer(Int64(chosen.count)))
        for (row, (name, count)) in zip(found, expected) {
            let members = chosen.filter { ($0.source ?? "direct") == name }
            let share = try #require(row["percentage"]?.doubleValue)
            #expect(abs(share - Double(count) * 100 / Double(chosen.count)) < 1e-9)
            #expect(row["visitor_count"]?.integerValue == Int64(Set(members.map(\.visitor)).count))
            #expect(row["user_count"]?.integerValue == Int64(Set(members.compactMap(\.user)).count))
            #expect(row["page_view_count"]?.integerValue == pageViews(members, days: 7))
        }
        #expect(report.json["population"]?.stringValue == population.rawValue)
    }

    @Test func sharesAreOfTheWholeWhateverTheLimit() async throws {
        let people = sessions(days: 7)
        let data = try await database.data("traffic geo --since 7d --limit 2")
        let expected = ranked(people) { $0.country ?? "Unknown" }
        let found = rows(data["countries"])
        #expect(found.count == 2)
        #expect(found.map { $0["country"]?.stringValue } == expected.prefix(2).map(\.0))
        #expect(data["total_sessions"] == .integer(Int64(people.count)))
        let share = try #require(found[0]["percentage"]?.doubleValue)
        #expect(abs(share - Double(expected[0].1) * 100 / Double(people.count)) < 1e-9)
    }

    @Test func devices() async throws {
        let people = sessions(days: 10)
        let found = rows(try await database.data("traffic devices --since 10d")["devices"])
        let expected = ranked(people) { "\($0.device ?? "unknown") \($0.browser ?? "unknown")" }
        #expect(
            Set(
                found.map {
                    "\($0["device_type"]!.stringValue!) \($0["browser"]!.stringValue!) \($0["session_count"]!.text)"
                })
                == Set(expected.map { "\($0.0) \($0.1)" }))
    }

    @Test func bots() async throws {
        let all = sessions(days: 7) { _ in true }
        let bots = all.filter(\.isAutomated)
        let data = try await database.data("traffic bots --since 7d")
        #expect(data["human_sessions"] == .integer(Int64(all.filter { $0.kind == .human }.count)))
        #expect(data["bot_sessions"] == .integer(Int64(bots.count)))
        #expect(data["undecided_sessions"] == .integer(Int64(all.filter { $0.kind == .undecided }.count)))
        let share = try #require(data["bot_percentage"]?.doubleValue)
        #expect(abs(share - Double(bots.count) * 100 / Double(all.count)) < 1e-9)
        let expected = ranked(bots) {
            $0.kind == .declared ? "Examplebot" : $0.kind == .scanner ? "Scanner" : "Behavioral Bot"
        }
        let found = rows(data["bot_breakdown"])
        #expect(found.map { $0["bot_type"]?.stringValue } == expected.map(\.0))
        #expect(found.map { $0["session_count"]?.integerValue } == expected.map { Int64($0.1) })
        #expect(abs(found.reduce(0) { $0 + ($1["percentage"]?.doubleValue ?? 0) } - 100) < 1e-9)
    }

    @Test func filtersNarrow() async throws {
        let chosen = sessions(days: 10) { !$0.isAutomated && $0.country == "DE" && $0.site == "b.example" }
        let report = try await database.report("sessions stats --since 10d --country de --site B.example")
        #expect(report.data["sessions_created_in_period"] == .integer(Int64(chosen.count)))
        #expect(report.json["filters"] == ["site": "B.example", "country": "de"])
        let traffic = try await database.data("overview --since 10d --site b.example")["traffic"]
        let ofSite = Self.scene.sessions.filter { $0.site == "b.example" }.flatMap(\.requests)
        #expect(traffic?["requests"] == .integer(Int64(ofSite.count)))
    }

    @Test func sessionStats() async throws {
        let people = sessions(days: 7)
        let data = try await database.data("sessions stats --since 7d")
        #expect(data["sessions_created_in_period"] == .integer(Int64(people.count)))
        #expect(data["unique_visitors"] == .integer(Int64(Set(people.map(\.visitor)).count)))
        #expect(data["unique_users"] == .integer(Int64(Set(people.compactMap(\.user)).count)))
        #expect(data["page_views"] == .integer(pageViews(people, days: 7)))
        let mean = Double(people.reduce(0) { $0 + $1.duration }) / Double(people.count)
        #expect(abs(Double(data["avg_duration_seconds"]?.integerValue ?? -1) - mean) <= 0.5)
        let requests = people.reduce(0) { $0 + $1.requests.filter { $0.kind != .asset }.count }
        let average = try #require(data["avg_requests_per_session"]?.doubleValue)
        #expect(abs(average - Double(requests) / Double(people.count)) < 1e-9)
        let rate = try #require(data["conversion_rate"]?.doubleValue)
        #expect(abs(rate - Double(people.filter(\.converted).count) * 100 / Double(people.count)) < 1e-9)
    }

    @Test(arguments: ["hour", "day", "week", "month"])
    func trends(_ grouping: String) async throws {
        let people = sessions(days: 10)
        let data = try await database.data("sessions trends --since 10d --group-by \(grouping)")
        func label(_ moment: Timestamp) -> String {
            let day = moment.day
            return switch grouping {
            case "hour": "\(day.description) \(moment.iso8601.dropFirst(11).prefix(2)):00"
            case "day": day.description
            case "week": "Week of \(Timestamp.Day(number: day.number - Int64(day.weekday)).description)"
            default: String(day.description.prefix(7))
            }
        }
        let points = rows(data["points"])
        #expect(points.reduce(0) { $0 + ($1["session_count"]?.integerValue ?? 0) } == Int64(people.count))
        for point in points {
            let members = people.filter { label($0.start) == point["timestamp"]?.stringValue }
            #expect(point["session_count"]?.integerValue == Int64(members.count))
            #expect(point["visitor_count"]?.integerValue == Int64(Set(members.map(\.visitor)).count))
        }
        // From 2026-11-11T20:14 to 2026-11-21T20:14: every bucket that the window touches, empty ones too.
        #expect(points.count == ["hour": 241, "day": 11, "week": 2, "month": 1][grouping])
    }

    @Test func trendsInAnotherZone() async throws {
        let people = sessions(days: 7)
        let points = rows(try await database.data("sessions trends --tz Europe/Berlin")["points"])
        // Berlin is an hour ahead in November.
        let expected = Dictionary(grouping: people) { ($0.start + 3_600_000).day.description }.mapValues(\.count)
        for point in points {
            #expect(point["session_count"]?.integerValue == Int64(expected[point["timestamp"]!.stringValue!] ?? 0))
        }
        #expect(points.first?["start"] == "2026-11-13T23:00:00Z")
    }

    @Test func live() async throws {
        let active = Self.scene.sessions.filter { $0.isOpen && !$0.isAutomated && $0.last >= Scene.now - 1_800_000 }
        let data = try await database.data("sessions live --limit 1")
        #expect(data["active_count"] == .integer(Int64(active.count)))
        #expect(data["sessions"]?.arrayValue?.count == min(1, active.count))
        // Of the past: the half hour before the end, ended sessions too.
        let until = Scene.now - 2 * 86_400_000
        let then = Self.scene.sessions.filter { $0.start < until && $0.last >= until - 1_800_000 }
        let past = try await database.data("sessions live --class all --until 2026-11-19T20:14:00Z")
        #expect(past["active_count"] == .integer(Int64(then.count)))
        // A whole window: whatever was active in it.
        let whole = try await database.data("sessions live --class all --since all --limit 1000")
        #expect(whole["active_count"] == .integer(300))
        #expect(whole["sessions"]?.arrayValue?.count == 300)
        let newest = try #require(Self.scene.sessions.map(\.last).max())
        #expect(whole["sessions"]?.arrayValue?.first?["last_activity_time"]?.stringValue == newest.iso8601)
    }

    @Test func contentTop() async throws {
        let from = Scene.now - 5 * 86_400_000
        let before = from - 5 * 86_400_000
        let people = Self.scene.sessions.filter { !$0.isAutomated }
        func views(_ path: String, _ from: Timestamp, _ to: Timestamp) -> Int {
            people.flatMap(\.requests).filter {
                $0.kind == .document && $0.path == path && $0.at >= from && $0.at < to
            }.count
        }
        let data = try await database.data("content top --since 5d --site a.example")
        let found = rows(data["content"])
        let ofSite = people.filter { $0.site == "a.example" }
        for row in found {
            let path = try #require(row["path"]?.stringValue)
            let visits = ofSite.flatMap { session in
                session.requests.filter { $0.kind == .document && $0.path == path }.map { (session.visitor, $0.at) }
            }
            let now = visits.filter { $0.1 >= from && $0.1 < Scene.now }
            let earlier = visits.filter { $0.1 >= before && $0.1 < from }.count
            #expect(row["views"]?.integerValue == Int64(now.count))
            #expect(row["unique_visitors"]?.integerValue == Int64(Set(now.map(\.0)).count))
            #expect(row["avg_time_seconds"] == .null)
            let trend =
                Double(now.count) > Double(earlier) * 1.1
                ? "up" : Double(now.count) < Double(earlier) * 0.9 ? "down" : "stable"
            #expect(row["trend"]?.stringValue == trend)
        }
        #expect(found.map { $0["views"]!.integerValue! } == found.map { $0["views"]!.integerValue! }.sorted(by: >))
        let popular = rows(try await database.data("content popular --since 5d")["content"])
        #expect(
            popular.map { $0["unique_visitors"]!.integerValue! }
                == popular.map { $0["unique_visitors"]!.integerValue! }.sorted(by: >))
    }

    @Test func showAndExplain() async throws {
        let session = Self.scene.sessions[3]
        let data = try await database.data("sessions show \(session.id) --limit 100")
        #expect(data["session"]?["visitor"]?.stringValue == session.visitor)
        #expect(data["requests"]?.arrayValue?.count == session.requests.count)
        let explained = try await database.data("bots explain \(session.id)")
        #expect(explained["signals"] == [])
        let error = await #expect(throws: ReportError.self) { try await database.data("sessions show sess_none") }
        #expect(error?.exitCode == 1)
        for (command, way) in [
            ("sessions show nosuch", "sessions live"), ("bots explain nosuch", "sessions live"),
            ("anomalies show nosuch", "anomalies list"), ("agents show nosuch", "--since all"),
        ] {
            let error = await #expect(throws: ReportError.self) { try await database.data(command) }
            #expect(error?.hint?.contains(way) == true, "\(command)")
        }
        let all = await #expect(throws: ReportError.self) { try await database.data("agents show nosuch --since all") }
        #expect(all?.hint?.contains("agents list") == true && all?.hint?.contains("--since all") == false)
    }

    /// What is cut says how much there is of it, once somebody looks at a table.
    @Test func tablesSayWhatTheyLeaveOut() async throws {
        let session = try #require(Self.scene.sessions.first { $0.requests.count > 2 })
        let visited = Set(sessions(days: 7).map { "\($0.site) \($0.requests[0].path) \($0.source ?? "direct")" })
        for (command, note) in [
            ("sessions show \(session.id) --limit 2", "2 of \(session.requests.count); --limit N shows more."),
            ("traffic pages --since 7d --limit 3", "3 of \(visited.count); --limit N shows more."),
        ] {
            let table = try await database.report(command, countsRows: true).table(
                on: TerminalShape(width: 100, hasColors: false))
            #expect(table.contains("\n\(note)\n"), "\(table)")
        }
        let whole = try await database.report("sessions show \(session.id) --limit 100", countsRows: true)
        #expect(whole.totals.isEmpty)
    }

    @Test func theEndIsNotInTheWindow() async throws {
        let session = Self.scene.sessions[0]
        func count(_ since: Timestamp, _ until: Timestamp) async throws -> Int64? {
            try await database.data(
                "sessions stats --class all --since \(since.iso8601) --until \(until.iso8601)"
            )["sessions_created_in_period"]?.integerValue
        }
        let same = Int64(Self.scene.sessions.filter { $0.start == session.start }.count)
        #expect(try await count(session.start, session.start + 1) == same)
        #expect(try await count(session.start - 1, session.start) == 0)
    }

    @Test func eventsAreEverybodysUnlessTold() async throws {
        let from = Scene.now - 4 * 86_400_000
        func events(_ isChosen: (Scene.Session) -> Bool) -> Int64 {
            let chosen = Self.scene.sessions.filter(isChosen).flatMap(\.requests)
            return Int64(chosen.filter { $0.at >= from && $0.at < Scene.now }.count)
        }
        for (flags, expected) in [
            ("", events { _ in true }), ("--class bot", events(\.isAutomated)),
            ("--class human --country DE", events { !$0.isAutomated && $0.country == "DE" }),
            ("--site b.example", events { $0.site == "b.example" }), ("--category http", events { _ in true }),
            ("--severity error", 0),
        ] {
            let data = try await database.data("events stats --since 4d \(flags)")
            #expect(data["total_events"] == .integer(expected), "\(flags)")
            #expect(rows(data["events"]).compactMap { $0["count"]?.integerValue }.reduce(0, +) == expected)
        }
        let latest = rows(try await database.data("events list --since 4d --limit 5")["events"])
        let times = Self.scene.sessions.flatMap(\.requests).map(\.at).filter { $0 < Scene.now }.sorted(by: >)
        #expect(
            latest.compactMap { $0["at"]?.stringValue }
                == times.prefix(5).map { moment in
                    "\(moment.iso8601.dropLast()).000Z"
                })
    }

    @Test func platformCountsAllThereIs() async throws {
        let sessions = Self.scene.sessions
        let data = try await database.data("platform stats")
        #expect(data["total_sessions"] == .integer(Int64(sessions.count)))
        #expect(data["total_users"] == .integer(Int64(Set(sessions.compactMap(\.user)).count)))
        for (field, days) in [("active_users_24h", 1), ("active_users_7d", 7)] as [(String, Int64)] {
            let users = sessions.filter { $0.last >= Scene.now - days * 86_400_000 }.compactMap(\.user)
            #expect(data[field] == .integer(Int64(Set(users).count)), "\(field)")
        }
        let points = rows(try await database.data("platform trends --since 10d")["points"])
        let from = Scene.now - 10 * 86_400_000
        let expected = Dictionary(grouping: sessions.filter { $0.start >= from }) { $0.start.day.description }
        for point in points {
            let day = point["timestamp"]?.stringValue ?? ""
            #expect(point["sessions"] == .integer(Int64(expected[day]?.count ?? 0)), "\(day)")
        }
        #expect(points.count == 11)
    }

    /// Check 1 to 3 of "Inflated visitor counts", over what no user agent has declared.
    @Test func theCheckUpOfTraffic() async throws {
        let chosen = sessions(days: 5) { $0.kind != .declared }
        let data = try await database.data("doctor traffic --since 5d --limit 100")
        #expect(data["total_sessions"] == .integer(Int64(chosen.count)))
        #expect(data["unique_visitors"] == .integer(Int64(Set(chosen.map(\.visitor)).count)))
        #expect(data["distinct_users"] == .integer(Int64(Set(chosen.compactMap(\.user)).count)))
        let counts = chosen.map { session in session.requests.filter { $0.kind != .asset }.count }
        #expect(data["zero_request_sessions"] == .integer(Int64(counts.count { $0 == 0 })))
        #expect(data["single_request_sessions"] == .integer(Int64(counts.count { $0 == 1 })))
        let expected = Dictionary(grouping: counts) { $0 }.mapValues { Int64($0.count) }.sorted { $0.key < $1.key }
        let found = rows(data["request_counts"])
        #expect(found.compactMap { $0["request_count"]?.integerValue } == expected.map { Int64($0.key) })
        #expect(found.compactMap { $0["session_count"]?.integerValue } == expected.map(\.value))
        // None of the scene's sessions has a user agent.
        let levels = rows(data["findings"]).compactMap { $0["level"]?.stringValue }
        #expect(levels.contains("warning") && !levels.contains("ok"))
    }

    @Test func topIsWhoIsThereNow() async throws {
        let data = try await database.data("top")
        let active = Self.scene.sessions.filter { $0.isOpen && $0.last >= Scene.now - 1_800_000 }
        #expect(data["active_count"] == .integer(Int64(active.count)))
        #expect(data["bot_sessions"] == .integer(Int64(active.filter(\.isAutomated).count)))
        let recent = active.map { session in
            Double(session.requests.filter { $0.at >= Scene.now - 300_000 && $0.at < Scene.now }.count) / 5
        }
        #expect(abs((data["requests_per_minute"]?.doubleValue ?? -1) - recent.reduce(0, +)) < 1e-9)
        #expect(rows(data["sessions"]).count == min(20, active.count))
    }
}
