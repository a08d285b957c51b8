/// Every report there is. A new one is one value in one of the lists that this joins, and its query in the store.
public struct Catalogue: Sendable {
    /// The reports in the order of help.
    public let reports: [ReportDefinition]
    /// The commands that are no reports, in the order of help.
    public let verbs: [Verb]

    /// The reports of this release.
    public static let all = Catalogue(
        reports: Self.overview + Self.traffic + Self.sessions + Self.content + Self.costs + Self.agents + Self.tools
            + Self.requests + Self.conversations + Self.campaigns + Self.activity + Self.diagnosis + Self.detection
            + Self.throttling + Self.operations + Self.paths + Self.exports + Self.page,
        verbs: Self.everyVerb)

    private let flags: [Flag]

    init(reports: [ReportDefinition], verbs: [Verb]) {
        (self.reports, self.verbs) = (reports, verbs)
        var known: [Flag] = []
        for flag in reports.flatMap(\.allFlags) where !known.contains(flag) { known.append(flag) }
        flags = known
    }

    /// The report that the words name, and what it is about.
    /// - Throws: `ReportError` with `unknown_command`, `missing_value`, `bad_command` or `forbidden`.
    func find(_ named: [String]) throws(ReportError) -> (ReportDefinition, argument: String?) {
        let words = named == ["links", "list"] ? ["links"] : named
        if verbs.contains(where: { $0.changes && words.starts(with: $0.words) }) {
            throw ReportError(
                .forbidden,
                "\"\(words.joined(separator: " ").quotable)\" is for operators at a command line; here reports are read.",
                hint: "On the host: analytics …, as a user who may be the database role weir_operator.")
        }
        let named = reports.filter { words.starts(with: $0.words) }.max { $0.words.count < $1.words.count }
        guard let report = named else { throw unknown(words) }
        let rest = words.dropFirst(report.words.count)
        guard let argument = report.argument else {
            if let extra = rest.first {
                throw ReportError(
                    .badCommand, "\(report.words.joined(separator: " ")) takes no \"\(extra.quotable)\".",
                    hint: "See: analytics \(report.words.joined(separator: " ")) --help")
            }
            return (report, nil)
        }
        if rest.isEmpty, !argument.isOptional {
            throw ReportError(
                .missingValue, "\(report.words.joined(separator: " ")) needs a <\(argument.name)>.",
                hint: "\(argument.help.prefix(1).uppercased())\(argument.help.dropFirst()).")
        }
        if argument.isOneWord, let extra = rest.dropFirst().first {
            throw ReportError(
                .badCommand,
                "\(report.words.joined(separator: " ")) takes one <\(argument.name)>, and no \"\(extra.quotable)\".",
                hint: "See: analytics \(report.words.joined(separator: " ")) --help")
        }
        // An unquoted name of several words is one name.
        return (report, rest.isEmpty ? nil : rest.joined(separator: " "))
    }

    func flag(named name: String) -> Flag? { flags.first { $0.name == name || $0.aliases.contains(name) } }
    func flag(letter: String) -> Flag? { flags.first { $0.letter.map(String.init) == letter } }

    /// The error for a flag that the command named by `words` does not have.
    func lacks(_ flag: String, words: [String]) -> ReportError {
        let words = Array(words.drop { $0 == "systemprompt" || $0 == "analytics" })
        let report = reports.filter { words.starts(with: $0.words) }.max { $0.words.count < $1.words.count }
        if report == nil, !words.isEmpty {
            // A command that does not exist has no flags to speak of.
            do { _ = try find(words) } catch { return error }
        }
        let own = (report?.allFlags ?? Flag.output).map { "--\($0.name)" }
        var near = suggestion(for: flag, among: own).map { "Did you mean \($0)? " } ?? ""
        if report?.id == "top", ["--since", "--until", "--days"].contains(flag) {
            near = "It shows who is there now; sessions live and export sessions take --since. "
        }
        let place = report.map { $0.words.joined(separator: " ") } ?? "analytics"
        return ReportError(
            .unknownFlag, "\(place) has no \(flag.quotable).",
            hint: "\(near)It takes \(own.joined(separator: ", ")).")
    }

    /// The error for no words at all.
    var nothingGiven: ReportError {
        ReportError(.unknownCommand, "No command is given.", hint: "As in: analytics overview. See: analytics --help")
    }

    private func unknown(_ words: [String]) -> ReportError {
        let known = reports.map(\.words) + verbs.map(\.words)
        let groups = known.reduce(into: [String]()) { if !$0.contains($1[0]) { $0.append($1[0]) } }
        guard let first = words.first else { return nothingGiven }
        let members = known.filter { $0[0] == first && $0.count > 1 }.map { $0[1] }
        guard !members.isEmpty else {
            let near = suggestion(for: first, among: groups).map { "Did you mean \($0)?" }
            return ReportError(
                .unknownCommand, "There is no command \"\(first.quotable)\".",
                hint: near ?? "There are \(groups.joined(separator: ", ")).")
        }
        guard words.count > 1 else {
            return ReportError(
                .unknownCommand, "\(first) needs to know what of it.",
                hint: "There are \(members.map { "\(first) \($0)" }.joined(separator: ", ")).")
        }
        let near = suggestion(for: words[1], among: members).map { "Did you mean \(first) \($0)? " } ?? ""
        return ReportError(
            .unknownCommand, "\(first) has no \"\(words[1].quotable)\".",
            hint: "\(near)There are \(members.map { "\(first) \($0)" }.joined(separator: ", ")).")
    }
}
