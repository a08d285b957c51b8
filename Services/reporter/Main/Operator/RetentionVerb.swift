import ArgumentParser
import Database
import ReporterCore
import Runtime
import WeirProtocol

/// `analytics maintenance retention`.
struct Retention: OperatorVerb {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "Remove what is older than the settings retention.*_days say.",
        discussion: "Without --yes it only counts. weir-retention.timer runs it daily.")
    @ArgumentParser.Flag(help: "Do it; without this nothing is removed.")
    var yes = false
    @OptionGroup var output: OutputChoice

    func act(_ store: OperatorStore) async throws(ReportError) -> OperatorOutcome {
        let today = Timestamp(milliseconds: WallClock.milliseconds).day.number
        let rules = RetentionRule.all.compactMap { rule -> (RetentionRule, String)? in
            let days = store.settings[rule.setting]
            return days == 0 ? nil : (rule, Timestamp.Day(number: today - days).description)
        }
        guard !rules.isEmpty else {
            return OperatorOutcome(
                data: ["done": .bool(yes), "rows": 0, "tables": .object(JSONObject())],
                sentence: "Everything is kept: no setting retention.*_days says otherwise; see docs/configure.md.")
        }
        let isDone = yes
        var counts: [TableCount] = []
        for (rule, day) in rules {
            counts += try await store.change { connection in
                if !isDone { try connection.script("savepoint counting") }
                let counts = try rule.statements.map { statement in
                    TableCount(table: statement.table, rows: try connection.execute(statement.sql, [.text(day)]))
                }
                if !isDone { try connection.script("rollback to savepoint counting") }
                return counts
            }
        }
        do throws(ReportError) {
            return try TableCount.outcome(counts, isDone: isDone, done: "Removed", planned: "Would remove", nothing: "")
        } catch {
            // That nothing is old enough is how it mostly is.
            return OperatorOutcome(
                data: ["done": .bool(isDone), "rows": 0, "tables": .object(JSONObject())],
                sentence: "Nothing is older than the settings say.")
        }
    }
}

/// What a setting removes. $1 is the first day that is kept.
private struct RetentionRule: Sendable {
    let setting: Setting<Int64>
    let statements: [(table: String, sql: String)]

    static let all = [
        RetentionRule(
            setting: .retainRequestsDays,
            statements: [("analytics_events partitions", "select drop_event_partitions($1::date)")]),
        RetentionRule(
            setting: .retainEngagementDays,
            statements: [("engagement_events", "delete from engagement_events where day < $1::date")]),
        RetentionRule(
            setting: .retainSessionsDays,
            statements: [
                (
                    "session_verdicts",
                    // One without a session is left where it was judged and its requests never came to be stored.
                    """
                    delete from session_verdicts as t
                    using session_verdicts as v left join user_sessions as s on s.session_id = v.session_id
                    where t.session_id = v.session_id and t.verdict_id = v.verdict_id and case
                        when s.session_id is null then v.created_at < \(midnight) else \(oldSession) end
                    """
                ),
                (
                    "funnel_progress",
                    """
                    delete from funnel_progress as t using user_sessions as s
                    where s.session_id = t.session_id and \(oldSession)
                    """
                ), ("user_sessions", "delete from user_sessions as s where \(oldSession)"),
                ("fingerprint_reputation", "delete from fingerprint_reputation where last_seen_at < \(midnight)"),
            ]),
        RetentionRule(
            setting: .retainClicksDays,
            statements: [("link_clicks", "delete from link_clicks where clicked_at < \(midnight)")]),
        RetentionRule(
            setting: .retainUsageDays,
            statements: [
                ("ai_requests", "delete from ai_requests where created_at < \(midnight)"),
                ("tool_executions", "delete from tool_executions where created_at < \(midnight)"),
                ("task_messages", "delete from task_messages where created_at < \(midnight)"),
                ("agent_tasks", "delete from agent_tasks where started_at < \(midnight)"),
                ("conversations", "delete from conversations where updated_at < \(midnight)"),
            ]),
        RetentionRule(
            setting: .retainDecisionsDays,
            statements: [
                ("throttle_decisions", "delete from throttle_decisions where at < \(midnight)"),
                ("anomalies", "delete from anomalies where closed_at < \(midnight)"),
            ]),
    ]

    /// The first moment that is kept, in UTC like every date that is stored.
    private static let midnight = "$1::date::timestamp at time zone 'UTC'"
    private static let oldSession = "s.started_at < \(midnight) and s.last_activity_at < \(midnight)"
}
