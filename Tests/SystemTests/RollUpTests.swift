import Foundation
import PostgresSupport
import Testing
import WeirProtocol

/// The collector rolls hours up while it serves, and no report shows it.
@Suite(.timeLimit(.minutes(3))) struct RollUpTests {
    @Test func reportsAreTheSameBeforeAndAfterAndFollowAnUpdateByHand() async throws {
        let stack = try await Stack()
        try await stack.start([.detector(1)])
        // The day before yesterday, since what is old is not rolled up.
        let day = Date(timeIntervalSinceNow: -2 * 86_400)
        var log = AccessLog.people(600, pages: 4)
        let stamp = Self.text(day, "dd/MMM/yyyy")
        log.lines = log.lines.map { line in
            line.split(separator: "05/Mar/2026", omittingEmptySubsequences: false).joined(separator: stamp)
        }
        let summary = try ImportSummary(try await stack.importing([log.write(to: stack.directory)]))
        #expect(summary.accepted == log.lines.count)

        let since = Self.text(day, "yyyy-MM-dd")
        let before = try await Self.answers(stack, since)
        #expect(try await stack.count("select count(*) from rolled_hours") == 0)
        try await stack.start([.throttle, .collector])
        try await Self.awaitRollUp(stack, since)
        #expect(try await stack.count("select sum(page_view_count) from session_hours") == 600 * 4)
        #expect(try await Self.answers(stack, since) == before)

        // As the requirements have an operator do it.
        let flagged = try await stack.count(
            """
            with flagged as (update user_sessions set is_bot = true
                where user_agent like '%Firefox/140.1' and is_bot = false returning 1)
            select count(*) from flagged
            """)
        #expect(flagged > 0)
        let changed = try await Self.answers(stack, since)
        let humans = try await stack.count(
            """
            select count(*) from user_sessions where not is_bot and not is_scanner and not is_behavioral_bot
                and verdict_class <> 'undecided'
            """)
        let overview = try #require(changed.first)
        #expect(overview["data"]?["traffic"]?["human_sessions"]?.integerValue == Int64(humans))
        #expect(changed != before)
        try await Self.awaitRollUp(stack, since)
        #expect(try await Self.answers(stack, since) == changed)
        await stack.stopAll()
    }

    private static func awaitRollUp(_ stack: Stack, _ day: String) async throws {
        _ = try await eventually("the day is rolled up", within: .seconds(60)) {
            try await stack.count(
                """
                select count(*) from rolled_hours where claim is null and hour >= timestamptz '\(day) 10:00Z'
                    and hour < timestamptz '\(day) 12:00Z'
                """) == 2 ? true : nil
        }
    }

    private static func answers(_ stack: Stack, _ day: String) async throws -> [JSONValue] {
        var answers: [JSONValue] = []
        for report in ["overview", "traffic sources", "traffic bots", "content top", "sessions trends"] {
            let words = report.split(separator: " ").map(String.init)
            let outcome = try await stack.program("reporter").run(words + ["--since", day, "--until", day, "--json"])
            answers.append(try JSONValue(parsing: outcome.output.utf8))
        }
        return answers
    }

    private static func text(_ moment: Date, _ format: String) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = format
        return formatter.string(from: moment)
    }
}
