import ArgumentParser
import DetectorCore
import Runtime
import WeirProtocol

/// `rules show` and `rules diff`: rule sets, complete, and where two of them differ.
struct RulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Show rules, or where two rule files differ.",
        subcommands: [Show.self, Difference.self])

    /// `rules show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "Print the rules in force.")

        @OptionGroup var options: OperatorOptions

        @Option(help: "A rule file (default detector.rules).")
        var rules: String?

        func run() throws {
            try Outcome.reporting {
                let path = try rules ?? options.settings()[.detectorRules]
                let described = try RuleFile.load(path).described
                FileHandleText.standardOutput(
                    options.json
                        ? described.line
                        : RuleText.lines(described).map { "\($0.path): \($0.value)\n" }.joined())
            }
        }
    }

    /// `rules diff`.
    struct Difference: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "diff", abstract: "What a rule file changes.")

        @OptionGroup var options: OperatorOptions

        @Option(help: "What to compare with (default detector.rules, else the built-in rules).")
        var against: String?

        @Argument(help: "A rule file.")
        var file: String

        func run() throws {
            try Outcome.reporting {
                let before = try RuleFile.load(against ?? options.settings()[.detectorRules])
                let after = try RuleFile.load(file)
                let rows = RuleText.differences(before, after)
                if options.json {
                    let answer: JSONValue = [
                        "before": .string(before.name), "after": .string(after.name),
                        "differences": .array(
                            rows.map { ["rule": .string($0.rule), "before": $0.before, "after": $0.after] }),
                    ]
                    FileHandleText.standardOutput(answer.line)
                } else if rows.isEmpty {
                    FileHandleText.standardOutput("No difference: both are \(after.name).\n")
                } else {
                    FileHandleText.standardOutput("\(before.name) -> \(after.name)\n")
                    for row in rows {
                        FileHandleText.standardOutput(
                            "  \(row.rule): \(row.before.text) -> \(row.after.text)\n")
                    }
                }
            }
        }
    }
}

/// Rule sets as lines of path and value.
enum RuleText {
    static func lines(_ value: JSONValue, _ path: String = "") -> [(path: String, value: String)] {
        leaves(value, path).map { ($0.path, $0.value.text) }
    }

    private static func leaves(_ value: JSONValue, _ path: String) -> [(path: String, value: JSONValue)] {
        guard case .object(let fields) = value else { return [(path, value)] }
        return fields.fields.flatMap { leaves($0.value, path.isEmpty ? $0.name : "\(path).\($0.name)") }
    }

    /// Every rule that differs, agents and spam hosts one by one.
    static func differences(
        _ before: RuleSet, _ after: RuleSet
    ) -> [(rule: String, before: JSONValue, after: JSONValue)] {
        var old = Dictionary(uniqueKeysWithValues: leaves(before.described, "").map { ($0.path, $0.value) })
        var rows: [(rule: String, before: JSONValue, after: JSONValue)] = []
        for (path, value) in leaves(after.described, "") where !path.hasPrefix("lists.") && path != "rule_set" {
            let was = old.removeValue(forKey: path) ?? .null
            if was != value { rows.append((path, was, value)) }
        }
        func agents(_ rules: RuleSet) -> [String: JSONValue] {
            Dictionary(
                rules.agents.catalogue.entries.map { ($0.token, .string($0.name)) }, uniquingKeysWith: { $1 })
        }
        let (fewer, more) = (agents(before), agents(after))
        for token in Set(fewer.keys).union(more.keys).sorted() where fewer[token] != more[token] {
            rows.append(("agents.\(token)", fewer[token] ?? .null, more[token] ?? .null))
        }
        let (hosts, others) = (before.spamHosts.hosts, after.spamHosts.hosts)
        for host in hosts.symmetricDifference(others).sorted() {
            rows.append(("spam_hosts.\(host)", .bool(hosts.contains(host)), .bool(others.contains(host))))
        }
        return rows
    }
}
