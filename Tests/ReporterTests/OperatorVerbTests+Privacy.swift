import Database
import Foundation
import PostgresSupport
import Testing
import WeirProtocol

/// `analytics privacy`: whose data goes, and that nothing of it comes back.
extension OperatorVerbTests {
    /// Two people with one browser, one of them a registered user.
    private static let people = """
        select ensure_event_partitions(array[current_date]);
        insert into user_sessions (session_id, user_id, fingerprint_hash, network_prefix, ip_address) values
            ('sess_a', 'u1', 'fp_one', '192.0.2.0/24', '192.0.2.1'), ('sess_b', null, 'fp_one', '192.0.2.0/24', '192.0.2.1'),
            ('sess_c', null, 'fp_one', '198.51.100.0/24', '198.51.100.9'), ('sess_d', null, 'fp_two', '192.0.2.0/24', '192.0.2.1');
        insert into analytics_events (day, event_id, "timestamp", session_id, user_id, event_type, event_category)
            select current_date, gen_random_uuid(), now(), 'sess_' || s, null, 'page_view', 'content'
            from unnest(array['a', 'a', 'b', 'c', 'd']) as s
            union all select current_date, gen_random_uuid(), now(), null, 'u1', 'login', 'custom';
        insert into engagement_events (day, id, session_id, page_url, created_at)
            select current_date, gen_random_uuid(), 'sess_' || s, '/', now() from unnest(array['a', 'c', 'd']) as s;
        insert into session_verdicts (session_id, verdict_id, at, class) values ('sess_a', 'v', now(), 'human');
        insert into fingerprint_reputation (fingerprint_hash, network_prefix) values
            ('fp_one', '192.0.2.0/24'), ('fp_one', '198.51.100.0/24'), ('fp_two', '192.0.2.0/24');
        insert into ai_requests (id, session_id, user_id, created_at) values
            ('r1', 'sess_a', null, now()), ('r2', null, 'u1', now()), ('r3', 'sess_d', null, now());
        insert into agent_tasks (task_id, user_id, started_at) values ('t1', 'u1', now()), ('t2', 'u2', now());
        insert into task_messages (task_id, message_id, role, created_at) values
            ('t1', 'm', 'user', now()), ('t2', 'm', 'user', now());
        insert into conversations (context_id, user_id, created_at, updated_at) values ('c1', 'u1', now(), now());
        insert into session_usage_owed (session_id, user_id, first_at) values ('sess_later', 'u1', now());
        """

    private func left(_ desk: Desk) async throws -> [String: Int] {
        var left: [String: Int] = [:]
        for table in [
            "user_sessions", "analytics_events", "engagement_events", "session_verdicts", "fingerprint_reputation",
            "ai_requests", "agent_tasks", "task_messages", "conversations", "session_usage_owed",
        ] { left[table] = Int(try await desk.value("select count(*) from \(table)")) }
        return left
    }

    @Test func aUserIsExportedAndErasedAndNobodyElse() async throws {
        let desk = try await Desk.make()
        try await desk.owner.script(Self.people)
        let before = try await left(desk)
        let exported = try await desk.run("privacy", "export", "--user", "u1")
        let lines = try exported.output.split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
        let tables = lines.compactMap { $0["table"]?.stringValue }
        // 3 events, 1 engagement, 1 verdict, 2 requests, 1 message, 1 task, 1 conversation, 1 owed, 1 session
        #expect(tables.count == 12 && tables.filter { $0 == "analytics_events" }.count == 3)
        #expect(lines.allSatisfy { $0["row"]?["session_id"] != "sess_b" && $0["row"]?["session_id"] != "sess_d" })

        let planned = try await desk.json("privacy", "erase", "--user", "u1")
        #expect(planned["done"] == false && planned["rows"] == 12)
        #expect(try await left(desk) == before)
        let done = try await desk.json("privacy", "erase", "--user", "u1", "--yes")
        #expect(done["done"] == true && done["rows"] == 12)
        #expect(
            try await left(desk) == [
                "user_sessions": 3, "analytics_events": 3, "engagement_events": 2, "session_verdicts": 0,
                // sess_b still has the first.
                "fingerprint_reputation": 3, "ai_requests": 1, "agent_tasks": 1, "task_messages": 1,
                "conversations": 0, "session_usage_owed": 0,
            ])
        #expect(try await desk.run("privacy", "erase", "--user", "u1", "--yes").status == 1)
        #expect(try await desk.run("privacy", "export", "--user", "u1").status == 1)
    }

    @Test func whatIsBeingStoredWhileAPersonIsErasedGoesToo() async throws {
        let desk = try await Desk.make()
        try await desk.owner.script(Self.people)
        let storing = try desk.database.connection(as: "weir_collector")
        try await storing.script(
            """
            begin;
            \(ErasureLock.storing);
            insert into analytics_events (day, event_id, "timestamp", session_id, event_type, event_category)
                values (current_date, gen_random_uuid(), now(), 'sess_c', 'page_view', 'content')
            """)
        async let erased = desk.json("privacy", "erase", "--visitor", "fp_one", "--yes")
        try await desk.owner.waitForAWaiter()
        try await storing.script("commit")
        #expect(try await erased["tables"]?["analytics_events"] == 5)
        #expect(
            try await desk.value("select string_agg(session_id, ' ') from analytics_events where user_id is null")
                == "sess_d")
    }

    @Test func theErasedSessionsAreNotedForADay() async throws {
        let desk = try await Desk.make()
        try await desk.owner.script(
            Self.people
                + "; insert into erased_sessions values ('sess_old', now() - interval '25 h'), ('sess_a', now() - interval '23 h')"
        )
        let noted = "select string_agg(session_id, ' ' order by session_id) from erased_sessions"
        _ = try await desk.json("privacy", "erase", "--visitor", "fp_one")
        #expect(try await desk.value(noted) == "sess_a sess_old")
        _ = try await desk.json("privacy", "erase", "--visitor", "fp_one", "--yes")
        #expect(try await desk.value(noted) == "sess_a sess_b sess_c")
        #expect(
            try await desk.value("select count(*) from erased_sessions where erased_at < now() - interval '1 h'") == "0"
        )
    }

    @Test func aStandingThatOutlivedItsSessionIsErasedByItsFingerprint() async throws {
        let desk = try await Desk.make()
        try await desk.owner.script(Self.people + "; delete from user_sessions where fingerprint_hash = 'fp_one'")
        let erased = try await desk.json("privacy", "erase", "--visitor", "fp_one", "--yes")
        #expect(erased["rows"] == 2 && erased["tables"]?["fingerprint_reputation"] == 2)
    }

    @Test func aVisitorIsErasedByFingerprintAndAddress() async throws {
        let desk = try await Desk.make()
        try await desk.owner.script(Self.people)
        let done = try await desk.json(
            "privacy", "erase", "--visitor", "fp_one", "--address", "192.0.2.0/24", "--yes")
        #expect(done["tables"]?["user_sessions"] == 2 && done["tables"]?["fingerprint_reputation"] == 1)
        #expect(
            try await desk.value("select string_agg(session_id, ' ' order by session_id) from user_sessions")
                == "sess_c sess_d")
        #expect(
            try await desk.json("privacy", "erase", "--visitor", "fp_one", "--yes")["tables"]?["user_sessions"] == 1)
        #expect(
            try await desk.value("select string_agg(fingerprint_hash, ' ') from fingerprint_reputation") == "fp_two")
    }

    @Test(arguments: [
        [], ["--user", "u", "--visitor", "fp_x"], ["--visitor", "x"], ["--user", "u", "--address", "192.0.2.1"],
        ["--visitor", "fp_x", "--address", "nowhere"], ["--user", ""], ["--nonsense"],
    ])
    func whoseDataMustBeClear(arguments: [String]) async throws {
        let desk = try await Desk.make()
        var all = arguments
        while all.count < 4 { all.append("") }
        let outcome =
            switch arguments.count {
            case 0: try await desk.run("privacy", "erase")
            case 1: try await desk.run("privacy", "erase", all[0])
            case 2: try await desk.run("privacy", "erase", all[0], all[1])
            default: try await desk.run("privacy", "erase", all[0], all[1], all[2], all[3])
            }
        #expect(outcome.status == 64, "\(outcome.output)")
    }
}
