import ArgumentParser
import Database
import DetectorCore
import PostgresSupport
import Runtime
import Testing
import WeirProtocol

@testable import detector

/// Stored verdicts under other rules, as weir_operator, over a real database.
@Suite("Reversible history") struct ReclassifyTests {
    static let from: Int64 = 1_772_236_800_000  // 2026-02-28
    static let to: Int64 = 1_772_496_000_000  // 2026-03-03

    private func reclassify(
        _ history: History, _ wanted: RuleSet, standing: RuleSet = .standard, apply: Bool = false
    ) async throws -> Reclassification.Outcome {
        let connection = try history.database.connection(as: "weir_operator")
        return try await Reclassification(
            standing: Judge(rules: standing), wanted: Judge(rules: wanted), limit: 10, isApplied: apply,
            detail: JSONObject()
        ).run(from: Self.from, to: Self.to, over: connection)
    }

    private func undo(_ history: History, _ kinds: [String] = ["reclassify"]) async throws -> HistoryStore.Undone? {
        let connection = try history.database.connection(as: "weir_operator")
        return try await connection.transaction { try HistoryStore.undo(nil, kinds: kinds, in: $0) }
    }

    private func number(_ name: String, _ headline: Headline) -> Int? {
        headline.rows.first { $0.name == name }?.number
    }

    private func scene() async throws -> History {
        let history = try await History()
        try await history.add("sess_a", minute: 0, agent: UserAgentTests.chrome)
        try await history.add("sess_b", minute: 5, agent: "Wibble/1.0 (watching)", pages: 3)
        try await history.add("sess_c", minute: 9, agent: "Wibble/2.0", columns: ["flags_source": "'manual'"])
        try await history.add("sess_d", minute: 20, agent: "Wibble/1.0 (watching)", columns: ["user_id": "'u1'"])
        return history
    }

    private var withWibble: RuleSet {
        get throws {
            try RuleSet(overriding: [
                "version": "next", "agents": [["token": "wibble", "name": "Wibble", "category": "monitoring"]],
            ])
        }
    }

    @Test("a dry run says what every number becomes, and changes nothing")
    func dryRun() async throws {
        let history = try await scene()
        let before = try await history.checksum()
        let outcome = try await reclassify(history, try withWibble)
        #expect(outcome.sessions == 4 && outcome.changed == 2 && outcome.manual == 1)
        #expect(outcome.moves == ["human -> declared_bot": 2])
        #expect(Set(outcome.examples.map(\.sessionID)) == ["sess_b", "sess_d"])
        for (name, old, new) in [
            ("sessions", 4, 4), ("human_sessions", 4, 2), ("bot_sessions", 0, 2), ("declared_bot_sessions", 0, 2),
            ("page_views", 9, 4), ("requests", 9, 4), ("visitors", 3, 2), ("users", 1, 0), ("source_direct", 4, 2),
        ] {
            #expect(number(name, outcome.before) == old, "\(name)")
            #expect(number(name, outcome.after) == new, "\(name)")
        }
        #expect(try await history.checksum() == before)
        #expect(try await history.writer.query("select count(*) from history_runs").single(Int.self) == 0)
    }

    @Test("who is not judged yet is counted apart from people, and changes of class are listed first")
    func headline() async throws {
        let history = try await scene()
        try await history.add("sess_0", minute: -2, agent: UserAgentTests.chrome, columns: ["is_bot": "true"])
        try await history.add(
            "sess_u", minute: 2, agent: UserAgentTests.chrome, columns: ["verdict_class": "'undecided'"])
        let outcome = try await reclassify(history, try withWibble)
        #expect(number("human_sessions", outcome.before) == 4 && number("undecided_sessions", outcome.before) == 1)
        #expect(number("human_sessions", outcome.after) == 4 && number("undecided_sessions", outcome.after) == 0)
        #expect(outcome.moves == ["human -> declared_bot": 2, "undecided -> human": 1, "human -> human": 1])
        #expect(outcome.examples.last?.sessionID == "sess_0")
        #expect(Set(outcome.examples.dropLast().map(\.sessionID)) == ["sess_b", "sess_d", "sess_u"])
    }

    @Test("applied it is so at once, with its history; undone everything is as before, to the last column")
    func applyAndUndo() async throws {
        let history = try await scene()
        // Judged at its first request, and not due for another verdict yet.
        try await history.writer.execute("update user_sessions set judged_count = 1 where session_id = 'sess_d'")
        let before = try await history.checksum()
        let outcome = try await reclassify(history, try withWibble, apply: true)
        #expect(outcome.applied == 2)
        #expect(try await history.call("sess_b") == "declared_bot auto bot")
        #expect(try await history.call("sess_a") == "human auto")
        #expect(try await history.call("sess_c") == "human manual")
        let verdicts = try await history.writer.query(
            "select session_id, bot_name, rule_set from session_verdicts where by = 'reclassify' order by 1")
        #expect(try verdicts.map { try $0.get(0, as: String.self) } == ["sess_b", "sess_d"])
        #expect(try verdicts.map { try $0.get(1, as: String.self) } == ["Wibble", "Wibble"])

        // The same again finds nothing to do.
        #expect(try await reclassify(history, try withWibble).changed == 0)

        let undone = try #require(try await undo(history))
        #expect(undone.restored == 2 && undone.leftAlone == 0)
        #expect(try await history.checksum() == before)
        #expect(try await undo(history) == nil)
    }

    @Test("a session that became due for another verdict since stays due when the run is undone")
    func dueSince() async throws {
        let history = try await scene()
        _ = try await reclassify(history, try withWibble, apply: true)
        try await history.writer.execute(
            "update user_sessions set request_count = 30, needs_evaluation = true where session_id = 'sess_b'")
        #expect(try #require(try await undo(history)).restored == 2)
        #expect(
            try await history.writer.query(
                "select session_id from user_sessions where needs_evaluation order by 1"
            ).map { try $0.get(0, as: String.self) } == ["sess_b"])
    }

    @Test("a session that was judged again since stays when its run is undone")
    func judgedSince() async throws {
        let history = try await scene()
        _ = try await reclassify(history, try withWibble, apply: true)
        try await history.writer.execute(
            "update user_sessions set verdict_id = 'vd_later', verdict_class = 'scanner', is_scanner = true, is_bot = false "
                + "where session_id = 'sess_b'")
        let undone = try #require(try await undo(history))
        #expect(undone.restored == 1 && undone.leftAlone == 1)
        #expect(try await history.call("sess_b").hasPrefix("scanner"))
        #expect(try await history.call("sess_d") == "human auto")
    }

    @Test("what the standing rules judged changes only where the rules differ")
    func standingRules() async throws {
        let history = try await History()
        let name = RuleSet.standard.name
        // Stored as a bot on evidence that is not stored any more: the same rules on what is left say human.
        try await history.add(
            "sess_x", minute: 0, agent: UserAgentTests.chrome,
            columns: ["rule_set": "'\(name)'", "is_behavioral_bot": "true", "verdict_class": "'behavioral_bot'"])
        #expect(try await reclassify(history, .standard).changed == 0)
        var milder = RuleSet.standard
        milder[.longSession].points = 11
        #expect(try await reclassify(history, milder).changed == 0)
    }

    @Test("evidence is made again with its neighbourhood, its pages and its pace")
    func evidence() async throws {
        let history = try await History()
        for number in 0..<7 {
            try await history.add(
                "sess_n\(number)", minute: number, agent: "Mozilla/5.0 same", ip: "198.51.100.\(number)")
        }
        try await history.add("sess_other", minute: 3, agent: "Mozilla/5.0 other", ip: "198.51.100.9")
        try await history.add("sess_far", minute: 3, agent: "Mozilla/5.0 same", ip: "203.0.113.9")
        // Nobody starts at a whole millisecond, where slices end.
        try await history.writer.execute(
            """
            update user_sessions set started_at = started_at + interval '600 microseconds',
                last_activity_at = last_activity_at + interval '600 microseconds'
            """)
        let connection = try history.database.connection(as: "weir_operator")
        for sliceSize in [1, 4, 1000] {
            let found = try await connection.transaction { connection in
                var found: [String: SessionEvidence] = [:]
                var around = HistoryReader.Neighbourhood()
                let reader = try HistoryReader(from: Self.from, to: Self.to, sliceSize: sliceSize, in: connection)
                #expect((reader.slices.count > 1) == (sliceSize < 9))
                for slice in reader.slices {
                    try reader.forEachBatch(of: slice, around: &around, in: connection) { sessions in
                        for session in sessions { found[session.evidence.sessionID.text] = session.evidence }
                    }
                }
                return found
            }
            #expect(found.count == 9)
            #expect(found.values.allSatisfy { $0.fingerprintSessions24h > 0 && $0.prefixAgents24h > 0 })
            let last = try #require(found["sess_n6"])
            #expect(last.fingerprintSessions24h == 7)
            #expect(last.prefixAgents24h == 2)
            #expect(found["sess_n0"]?.fingerprintSessions24h == 1)
            #expect(found["sess_far"]?.fingerprintSessions24h == 1)
            #expect(last.requests.map(\.path) == ["/page/0", "/page/919"])
            #expect(last.requests[1].at - last.requests[0].at == 40_000)
            #expect(last.distinctPages == 2 && last.requestsOmitted == 4)
        }
    }

    @Test("of a session's requests the newest are evidence, in order of time and id, however they are stored")
    func newestRequests() async throws {
        let history = try await History()
        try await history.add("sess_busy", minute: 0, agent: "Mozilla/5.0 busy", pages: 0, assets: 0)
        try await history.add("sess_calm", minute: 1, agent: "Mozilla/5.0 calm")
        try await history.writer.script(
            """
            insert into analytics_events (day, event_id, "timestamp", site, session_id, event_type, event_category,
                method, path, query, status, kind, event_data)
            select '2026-03-01', lpad(to_hex(n), 32, '0')::uuid, '2026-03-01 00:00Z'::timestamptz + n / 4 * interval '1 s',
                'shop.example', 'sess_busy', 'page_view', 'http', 'GET', '/p/' || n / 2, 'n=' || n, 200,
                case when n % 10 = 9 then 'asset' else 'document' end,
                case when n > 2 then jsonb_build_object('headers', jsonb_build_object('sec-ch-ua', n::text)) end
            from generate_series(0, 1999) as n order by md5(n::text);
            update user_sessions set request_count = 1800, asset_count = 200,
                last_activity_at = started_at + interval '499 s' where session_id = 'sess_busy';
            """)
        let connection = try history.database.connection(as: "weir_operator")
        for sliceSize in [1, 1000] {
            let found = try await connection.transaction { connection in
                var found: [StoredSession] = []
                var around = HistoryReader.Neighbourhood()
                let reader = try HistoryReader(from: Self.from, to: Self.to, sliceSize: sliceSize, in: connection)
                for slice in reader.slices {
                    try reader.forEachBatch(of: slice, around: &around, in: connection) { found += $0 }
                }
                return found
            }
            #expect(found.map(\.evidence.sessionID.text) == ["sess_busy", "sess_calm"])
            let evidence = try #require(found.first?.evidence)
            #expect(evidence.requests.map(\.path) == (1600..<2000).map { "/p/\($0 / 2)?n=\($0)" })
            #expect(evidence.requestsOmitted == 1600)
            #expect(evidence.headers == ["sec-ch-ua": "3"])
            // Every tenth is a file, and two requests share a path, one of which is a document.
            #expect(found.first?.facts.pageViews == 1800)
            #expect(evidence.distinctPages == 1000)
            #expect(found.last?.evidence.requests.map(\.path) == ["/page/0", "/page/919"])
        }
    }

    @Test("flagged by hand, given back, and undone")
    func flags() async throws {
        let history = try await scene()
        let before = try await history.checksum()
        let connection = try history.database.connection(as: "weir_operator")
        let bot = Headline.Call(isBot: true, isScanner: false, isBehavioralBot: false, verdictClass: .declaredBot)
        func flag(_ condition: String, _ value: Value) async throws -> Int {
            try await connection.transaction { connection in
                let run = try HistoryStore.begin("flag", detail: JSONObject(), in: connection)
                return try HistoryStore.flag(run, condition, [value], as: bot, reason: "ours", in: connection)
            }
        }
        #expect(try await flag("s.user_agent like $1", "Wibble%") == 3)
        #expect(try await history.call("sess_b") == "declared_bot manual bot")
        // Nobody is flagged twice, so undoing the second run leaves the first as it is.
        #expect(try await flag("s.ip_address <<= $1::inet", "192.0.2.0/24") == 1)
        #expect(try await undo(history, ["flag", "unflag"])?.restored == 1)
        #expect(try await history.call("sess_a") == "human auto")
        #expect(try await history.call("sess_b") == "declared_bot manual bot")

        let given = try await connection.transaction { connection in
            let run = try HistoryStore.begin("unflag", detail: JSONObject(), in: connection)
            return try HistoryStore.unflag(run, "s.session_id = $1", ["sess_b"], in: connection)
        }
        #expect(given == 1)
        // No detector has judged it in this database, so the next one has to.
        #expect(try await history.call("sess_b") == "undecided auto")
        #expect(
            try await history.writer.query(
                "select needs_evaluation from user_sessions where session_id = 'sess_b'"
            ).single(Bool.self))
        #expect(try await undo(history, ["flag", "unflag"])?.restored == 1)
        #expect(try await undo(history, ["flag", "unflag"])?.restored == 3)
        #expect(try await history.checksum() == before)
    }

    @Test("a run that changes nothing is none")
    func nothingToChange() async throws {
        let history = try await scene()
        let connection = try history.database.connection(as: "weir_operator")
        let bot = Headline.Call(isBot: true, isScanner: false, isBehavioralBot: false, verdictClass: .declaredBot)
        let flagged = try await connection.transaction { connection in
            let run = try HistoryStore.begin("flag", detail: JSONObject(), in: connection)
            return try HistoryStore.flag(run, "s.user_agent like $1", ["nobody"], as: bot, reason: "", in: connection)
        }
        #expect(flagged == 0)
        let outcome = try await reclassify(history, try withWibble, apply: true)
        #expect(outcome.applied == 2 && outcome.run != nil)
        let again = try await reclassify(history, try withWibble, apply: true)
        #expect(again.applied == 0 && again.run == nil && again.table.contains("Nothing had to be changed."))
        #expect(try await history.writer.query("select count(*) from history_runs").single(Int.self) == 1)
    }

    @Test(
        "what cannot be a pattern or a range is refused before the database is asked",
        arguments: [
            (["--user-agent", #"x\"#], false), (["--user-agent", #"x\\"#], true), (["--user-agent", #"\\\"#], false),
            (["--ip", "10.0.0.0/33"], false), (["--ip", "10.0.0.0/32"], true), (["--ip", "2001:db8::/129"], false),
            (["--ip", "2001:db8::/64"], true), (["--ip", "10.0.0.0/+8"], false), (["--ip", "10.0.0.0/"], false),
        ])
    func selection(_ words: [String], isUsable: Bool) throws {
        let selection = try SessionSelection.parse(words)
        do throws(Failure) {
            _ = try selection.condition()
            #expect(isUsable)
        } catch {
            #expect(!isUsable && error.status == .usage, "\(error)")
        }
    }

    @Test("neighbours within 24 hours of the last activity, counted by somebody who looks at every pair")
    func neighbours() {
        var random = SeededRandom(seed: 5)
        let hour: Int64 = 3_600_000
        let all = (0..<300).map { key in
            let started = Int64(random.whole(0...96)) * hour
            return (
                key: key, network: "n\(random.whole(0...3))", fingerprint: "f\(random.whole(0...9))", started: started,
                ended: started + Int64(random.whole(0...30)) * hour
            )
        }
        var neighbours = Neighbours()
        for one in all {
            neighbours.add(
                key: one.key, network: one.network, fingerprint: one.fingerprint, started: one.started, ended: one.ended
            )
        }
        // All at once, and day by day with the past forgotten: a day's sessions know all that come after it.
        let whole = neighbours.counted(startedIn: 0..<Int64.max)
        var counted: [Int: Neighbours.Counts] = [:]
        for day in 0..<5 {
            let range = Int64(day) * 24 * hour..<Int64(day + 1) * 24 * hour
            neighbours.forget(before: range.lowerBound)
            counted.merge(neighbours.counted(startedIn: range)) { one, _ in one }
        }
        #expect(counted == whole)
        #expect(neighbours.count < all.count)
        for one in all {
            let near = all.filter {
                $0.network == one.network && $0.started <= one.ended && $0.started > one.ended - 24 * hour
            }
            #expect(counted[one.key]?.sessions == max(1, near.count { $0.fingerprint == one.fingerprint }))
            #expect(counted[one.key]?.agents == max(1, Set(near.map(\.fingerprint)).count))
        }
    }
}
