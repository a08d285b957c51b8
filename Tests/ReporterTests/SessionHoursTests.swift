import Database
import Foundation
import PostgresSupport
import ReporterCore
import Testing
import WeirProtocol

@testable import reporter

/// The roll-up behind the reports: any change of a session takes exactly its hours out, and no answer shows that.
@Suite struct SessionHoursTests {
    private static let questions = [
        "overview --since 30d", "traffic sources --since 30d --class all", "traffic bots --since 30d",
        "sessions stats --since 30d", "sessions trends --since 30d", "content top --since 30d",
        "content trends --since 30d --group-by hour", "traffic navigation --since 30d",
    ]

    private static func rolledHours(_ database: TestDatabase) async throws -> Set<String> {
        let connection = try database.connection(as: "postgres")
        let rows = try await connection.query("select hour::text as hour from rolled_hours")
        await connection.close()
        return try Set(rows.map { try $0.get("hour") })
    }

    /// What the changes are, by whom, and whose hours they touch.
    static let changes: [(name: String, role: String, change: String, sessions: String)] = [
        (
            "the requirements' UPDATE", "weir_operator",
            "update user_sessions set is_bot = true where user_agent like '%python-httpx%' and is_bot = false",
            "user_agent like '%python-httpx%' and not is_bot"
        ),
        (
            "a flag by hand", "weir_operator",
            "update user_sessions set is_bot = true where user_agent like 'curl%' and is_bot = false",
            "user_agent like 'curl%' and not is_bot"
        ),
        (
            "a reclassification", "weir_operator",
            """
            update user_sessions set is_behavioral_bot = true, verdict_class = 'behavioral_bot', verdict_id = 'v_new'
            where session_id in ('sess_0010', 'sess_0011', 'sess_0012')
            """, "session_id in ('sess_0010', 'sess_0011', 'sess_0012')"
        ),
        (
            "an erasure", "weir_operator",
            """
            delete from analytics_events where session_id like 'sess_003%';
            delete from user_sessions where session_id like 'sess_003%'
            """, "session_id like 'sess_003%'"
        ),
        (
            "a late request", "weir_collector",
            """
            insert into analytics_events (day, event_id, "timestamp", site, session_id, event_type, event_category, path,
                status, kind)
            select started_at::date, gen_random_uuid(), started_at, site, session_id, 'request', 'http', '/late', 200,
                'document' from user_sessions where session_id = 'sess_0040';
            update user_sessions set request_count = request_count + 1 where session_id = 'sess_0040'
            """, "session_id = 'sess_0040'"
        ),
        (
            "nothing", "weir_operator",
            "update user_sessions set is_bot = true where user_agent = 'no such agent'", "false"
        ),
    ]

    /// Readings may go while their sessions stay.
    @Test func removedReadingsAreOutOfTheRollUp() async throws {
        let database = try await GoldenAnswerTests.seeded()
        try await database.rollUp()
        let before = try await Self.answers(database)
        let operatorConnection = try database.connection(as: "weir_operator")
        let removed = try await operatorConnection.execute(
            "delete from engagement_events where session_id < 'sess_0050'")
        #expect(removed > 0)
        await operatorConnection.close()
        let afterwards = try await Self.answers(database)
        #expect(afterwards != before)
        let administrator = try database.connection(as: "postgres")
        try await administrator.script("truncate session_hours, rolled_hours, page_hours, page_days, rolled_days")
        #expect(try await Self.answers(database) == afterwards)
        await administrator.close()
    }

    /// Retention and erasure leave requests whose session is gone: their views are nobody's, whichever way they are counted.
    @Test func viewsOfSessionsThatAreGoneCountNowhere() async throws {
        let database = try await GoldenAnswerTests.seeded()
        let window = "--since 7d --class all"
        func views(rolledUp: Bool) async throws -> Set<Int64?> {
            if rolledUp { try await database.rollUp() }
            var found: Set<Int64?> = []
            for command in ["content stats", "content top", "content trends", "content trends --tz Asia/Kolkata"] {
                found.insert(try await database.data("\(command) \(window)")["total_views"]?.integerValue)
            }
            found.insert(try await database.data("overview \(window)")["traffic"]?["page_views"]?.integerValue)
            return found
        }
        let before = try await views(rolledUp: false)
        let administrator = try database.connection(as: "postgres")
        let removed = try await administrator.execute(
            "delete from user_sessions where session_id in (select session_id from user_sessions order by md5(session_id) limit 40)"
        )
        #expect(removed == 40)
        await administrator.close()
        let afterwards = try await views(rolledUp: false)
        #expect(before.count == 1 && afterwards.count == 1 && before != afterwards)
        #expect(try await views(rolledUp: true) == afterwards)
    }

    @Test(arguments: changes) func aChangeTakesItsHoursOut(
        _ change: (name: String, role: String, change: String, sessions: String)
    ) async throws {
        let database = try await GoldenAnswerTests.seeded()
        let administrator = try database.connection(as: "postgres")
        try await administrator.script(
            """
            update user_sessions set user_agent = 'python-httpx/0.27'
            where session_id in (select session_id from user_sessions where not is_bot order by session_id limit 5)
            """)
        try await database.rollUp()
        let before = try await Self.rolledHours(database)
        // Counted without the trigger's own arithmetic: an hour is touched when the session's span meets it.
        let touched = try await administrator.query(
            """
            select hour::text as hour from rolled_hours as r
            where exists (select from user_sessions as s where \(change.sessions)
                and s.started_at < r.hour + interval '1 hour' and s.last_activity_at >= r.hour)
            """)
        let expected = try Set(touched.map { try $0.get("hour", as: String.self) })
        #expect(expected.isEmpty == (change.sessions == "false"), "\(change.name)")

        let writer = try database.connection(as: change.role)
        try await writer.script("begin; \(change.change); commit")
        await writer.close()
        #expect(before.subtracting(try await Self.rolledHours(database)) == expected, "\(change.name)")
        let left = try await administrator.query(
            """
            select (select count(*) from session_hours where hour not in (select hour from rolled_hours))
                + (select count(*) from page_hours where hour not in (select hour from rolled_hours))
                + (select count(*) from page_days where hour not in (select hour from rolled_days))
                + (select count(*) from rolled_days as d where (select count(*) from rolled_hours as h
                    where h.hour >= d.hour and h.hour < d.hour + interval '1 day') < 24) as n
            """)
        #expect(try left[0].get("n", as: Int.self) == 0)

        let afterwards = try await Self.answers(database)
        try await database.rollUp()
        // Where the first session is gone, what was before the next is nothing.
        #expect(try await Self.rolledHours(database).isSubset(of: before))
        #expect(try await Self.answers(database) == afterwards, "\(change.name): rolled up anew")
        try await administrator.script("truncate session_hours, rolled_hours, page_hours, page_days, rolled_days")
        #expect(try await Self.answers(database) == afterwards, "\(change.name): out of the sessions themselves")
        await administrator.close()
    }

    private static func answers(_ database: TestDatabase) async throws -> [JSONValue] {
        var answers: [JSONValue] = []
        for question in questions { answers.append(try await database.data(question)) }
        return answers
    }

    @Test func whatIsBeingChangedIsNotRolledUp() async throws {
        let database = try await GoldenAnswerTests.seeded()
        let writer = try database.connection(as: "weir_operator")
        try await writer.script("begin; update user_sessions set is_bot = true where session_id = 'sess_0010'")
        let roller = try database.connection(as: "weir_collector")
        let claim = "select claim_session_hours('2026-11-21 20:00Z')"
        #expect(try await roller.query(claim).single(Int64?.self) == nil)
        try await writer.script("commit")
        #expect(try await roller.query(claim).single(Int64?.self) != nil)
        await writer.close()
        await roller.close()
    }

    /// Two collectors on one database would otherwise take each other's claims for ever.
    @Test func whileHoursAreRolledUpNobodyClaimsThem() async throws {
        let database = try await GoldenAnswerTests.seeded()
        let (first, second) = (
            try database.connection(as: "weir_collector"), try database.connection(as: "weir_collector")
        )
        let claim = "select claim_session_hours('2026-11-21 20:00Z')"
        let mine = try #require(try await first.query(claim).single(Int64?.self))
        try await first.script("begin")
        #expect(try await first.query("select roll_session_hours($1)", [.int(mine)]).single(Int.self) > 0)
        #expect(try await second.query(claim).single(Int64?.self) == nil)
        try await first.script("commit")
        let others = try #require(try await second.query(claim).single(Int64?.self))
        #expect(try await second.query("select roll_session_hours($1)", [.int(others)]).single(Int.self) > 0)
        await first.close()
        await second.close()
    }

    @Test func whatChangesAfterItsClaimIsNotRolledUp() async throws {
        let database = try await GoldenAnswerTests.seeded()
        let answers = try await Self.answers(database)
        let roller = try database.connection(as: "weir_collector")
        let claim = try #require(
            try await roller.query("select claim_session_hours('2026-11-21 20:00Z')").single(Int64?.self))
        let claimed = try await Self.rolledHours(database)
        // What is claimed is not read as if it were rolled up.
        #expect(claimed.count == 6)
        #expect(try await Self.answers(database) == answers)

        // Of the session that began last in one of those hours; what it asks for in the next goes too.
        let writer = try database.connection(as: "weir_operator")
        let session: String = try await writer.query(
            """
            update user_sessions set is_bot = not is_bot where session_id = (select session_id from user_sessions
                where started_at < '2026-11-21 17:00Z' order by started_at desc limit 1) returning session_id
            """
        ).single()
        let spared = try await Self.rolledHours(database)
        #expect(!spared.isEmpty && spared.count < claimed.count, "\(session)")
        let rolled = try await roller.query("select roll_session_hours($1)", [.int(claim)]).single(Int.self)
        #expect(rolled == spared.count)
        #expect(try await Self.rolledHours(database) == spared)
        #expect(try await roller.query("select roll_session_hours($1)", [.int(claim)]).single(Int.self) == 0)

        let changed = try await Self.answers(database)
        try await database.rollUp()
        #expect(try await Self.answers(database) == changed)
        let administrator = try database.connection(as: "postgres")
        try await administrator.script("truncate session_hours, rolled_hours, page_hours, page_days, rolled_days")
        #expect(try await Self.answers(database) == changed, "out of the sessions themselves")
        for connection in [roller, writer, administrator] { await connection.close() }
    }

    @Test func anAbandonedClaimIsTakenOver() async throws {
        let database = try await GoldenAnswerTests.seeded()
        let roller = try database.connection(as: "weir_collector")
        let question = "select claim_session_hours('2026-11-21 20:00Z')"
        let first = try #require(try await roller.query(question).single(Int64?.self))
        let second = try #require(try await roller.query(question).single(Int64?.self))
        #expect(try await roller.query("select roll_session_hours($1)", [.int(first)]).single(Int.self) == 0)
        #expect(try await roller.query("select roll_session_hours($1)", [.int(second)]).single(Int.self) == 6)
        await roller.close()
    }

    @Test func retentionTakesDroppedDaysOut() async throws {
        let database = try await GoldenAnswerTests.seeded()
        try await database.rollUp()
        let writer = try database.connection(as: "weir_operator")
        _ = try await writer.query("select drop_event_partitions('2026-11-01')")
        await writer.close()
        let afterwards = try await Self.answers(database)
        let administrator = try database.connection(as: "postgres")
        try await administrator.script("truncate session_hours, rolled_hours, page_hours, page_days, rolled_days")
        await administrator.close()
        #expect(try await Self.answers(database) == afterwards)
    }

    @Test func whatIsMissingIsFound() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try database.connection(as: "postgres")
        try await connection.script(
            "insert into rolled_hours select generate_series('2026-11-20 00:00Z', '2026-11-20 09:00Z', interval '1 hour')"
        )
        try await connection.script("delete from rolled_hours where hour in ('2026-11-20 03:00Z', '2026-11-20 04:00Z')")
        let day = Timestamp(year: 2026, month: 11, day: 20)
        @Sendable func hour(_ number: Int64) -> Timestamp { day + number * 3_600_000 }
        // From 05:30 to 10:30; the window before begins at 00:30.
        let hours = try await connection.transaction { connection in
            try SessionHours(from: hour(5) + 1_800_000, to: hour(10) + 1_800_000, in: connection)
        }
        await connection.close()
        #expect(hours.missing == [hour(3)..<hour(5), hour(10)..<hour(11)])
        #expect(SessionHours(from: hour(5), to: hour(6)).missing == [hour(4)..<hour(6)])
    }
}

extension TestDatabase {
    /// Rolls up all hours before the scene's present hour, as the collector would.
    func rollUp() async throws {
        let connection = try connection(as: "weir_collector")
        while let claim = try await connection.query("select claim_session_hours('2026-11-21 20:00Z')").single(
            Int64?.self)
        {
            #expect(try await connection.query("select roll_session_hours($1)", [.int(claim)]).single(Int.self) > 0)
        }
        await connection.close()
    }
}
