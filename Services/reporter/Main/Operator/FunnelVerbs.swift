import ArgumentParser
import Database
import ReporterCore
import WeirProtocol

/// `analytics funnels create NAME --step …`.
struct FunnelCreate: OperatorVerb {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a funnel.",
        discussion: """
            Each --step is NAME=PATTERN in order. A pattern that begins with / is a prefix of the path; exact:/path is the \
            whole path, regex:… a regular expression over path and query, event:TYPE an event. Steps are entered one after \
            the other by what comes in from now on. As in:
              analytics funnels create checkout --step Cart=/cart --step Paid=event:conversion --goal
            """)

    @Argument(help: "The funnel's name, 1 to 100 characters.")
    var name: String
    @Option(parsing: .singleValue, help: "A step: NAME=PATTERN.")
    var step: [String] = []
    @Option(help: "What it is for.")
    var description: String?
    @Option(help: "Only this site.")
    var site: String?
    @ArgumentParser.Flag(help: "Completing it converts the session.")
    var goal = false
    @OptionGroup var output: OutputChoice

    func act(_ store: OperatorStore) async throws(ReportError) -> OperatorOutcome {
        guard (1...100).contains(name.count) else { throw ReportError(.badValue, "A name has 1 to 100 characters.") }
        guard (1...20).contains(step.count) else {
            throw ReportError(.missingValue, "A funnel has 1 to 20 steps.", hint: "As in --step Cart=/cart")
        }
        var steps: [FunnelStep] = []
        for text in step { steps.append(try FunnelStep(text)) }
        let made = steps
        let values: [Value] = [
            .text("funnel_" + LinkCreate.randomCode(16)), .text(name), .text(description), .text(site?.lowercased()),
            .bool(goal),
        ]
        try await store.change { connection in
            for step in made where step.type == "url_regex" {
                do { _ = try connection.query("select '' ~ $1", [.text(step.pattern)]) } catch let error
                    as DatabaseError
                    where error.sqlstate == "2201B"
                {
                    throw ReportError(
                        .badValue, "\"\(step.pattern.prefix(80))\" is no regular expression: \(error.message).")
                }
            }
            let inserted = try connection.execute(
                """
                insert into funnels (id, name, description, site, is_goal) values ($1, $2, $3, $4, $5)
                on conflict (name) do nothing
                """, values)
            guard inserted == 1 else {
                throw ReportError(
                    .badValue, "There is a funnel of that name.", hint: "analytics funnels list shows them.")
            }
            for (order, step) in made.enumerated() {
                _ = try connection.execute(
                    """
                    insert into funnel_steps (funnel_id, step_order, name, match_pattern, match_type)
                    values ($1, $2, $3, $4, $5)
                    """, [values[0], .int(order), .text(step.name), .text(step.pattern), .text(step.type)])
            }
        }
        return OperatorOutcome(
            data: [
                "name": .string(name), "is_goal": .bool(goal),
                "steps": .array(
                    made.enumerated().map { order, step in
                        [
                            "step_order": .integer(Int64(order)), "name": .string(step.name),
                            "match_type": .string(step.type), "match_pattern": .string(step.pattern),
                        ]
                    }),
            ], sentence: "\(name) has \(made.count) steps and counts from now on.")
    }
}

/// A step as it is typed.
struct FunnelStep: Sendable {
    let name: String
    let type: String
    let pattern: String

    init(_ text: String) throws(ReportError) {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
            throw ReportError(.badValue, "\"\(text.prefix(80))\" is no step.", hint: "A step is NAME=PATTERN.")
        }
        name = String(text[..<equals])
        let rest = String(text[text.index(after: equals)...])
        let kinds = [
            ("exact:", "url_exact"), ("prefix:", "url_prefix"), ("regex:", "url_regex"), ("event:", "event_type"),
        ]
        let kind = kinds.first { rest.hasPrefix($0.0) }
        type = kind?.1 ?? "url_prefix"
        pattern = String(rest.dropFirst(kind?.0.count ?? 0))
        guard !pattern.isEmpty, pattern.utf8.count <= 1024, name.count <= 100 else {
            throw ReportError(.badValue, "The step \"\(text.prefix(80))\" has no pattern, or one that is too long.")
        }
        guard !["url_exact", "url_prefix"].contains(type) || pattern.hasPrefix("/") else {
            throw ReportError(
                .badValue, "The pattern \"\(pattern.prefix(80))\" does not begin with /.",
                hint: "For an event write event:\(pattern.prefix(40)).")
        }
    }
}

/// `analytics funnels disable NAME`.
struct FunnelDisable: OperatorVerb {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Stop counting; what was counted stays.")
    @Argument(help: "The funnel's name.")
    var name: String
    @OptionGroup var output: OutputChoice

    func act(_ store: OperatorStore) async throws(ReportError) -> OperatorOutcome {
        try await FunnelChange.run(
            "update funnels set is_active = false, updated_at = now() where name = $1", name, "is switched off", store)
    }
}

/// `analytics funnels enable NAME`.
struct FunnelEnable: OperatorVerb {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Count again.")
    @Argument(help: "The funnel's name.")
    var name: String
    @OptionGroup var output: OutputChoice

    func act(_ store: OperatorStore) async throws(ReportError) -> OperatorOutcome {
        try await FunnelChange.run(
            "update funnels set is_active = true, updated_at = now() where name = $1", name, "is switched on", store)
    }
}

/// `analytics funnels delete NAME`.
struct FunnelDelete: OperatorVerb {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Remove a funnel and all that it has counted.")
    @Argument(help: "The funnel's name.")
    var name: String
    @OptionGroup var output: OutputChoice

    func act(_ store: OperatorStore) async throws(ReportError) -> OperatorOutcome {
        try await FunnelChange.run("delete from funnels where name = $1", name, "is removed", store)
    }
}

private enum FunnelChange {
    static func run(
        _ sql: String, _ name: String, _ what: String, _ store: OperatorStore
    ) async throws(ReportError) -> OperatorOutcome {
        let changed = try await store.change { connection in try connection.execute(sql, [.text(name)]) }
        guard changed > 0 else {
            throw ReportError(
                .notFound, "There is no funnel \"\(name.prefix(80))\".", hint: "analytics funnels list shows them.")
        }
        return OperatorOutcome(data: ["name": .string(name), "done": .string(what)], sentence: "\(name) \(what).")
    }
}
