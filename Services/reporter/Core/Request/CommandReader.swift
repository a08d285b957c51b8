import WeirProtocol

/// Turns command lines, command strings and URLs into commands, all through one catalogue, so that the three ways of
/// asking cannot drift apart. The clock and the zone files are the caller's.
public struct CommandReader: Sendable {
    private let catalogue: Catalogue
    private let now: Timestamp
    private let zones: @Sendable (String) -> Zone?

    /// A reader for commands given at `now`; `zones` finds a time zone by its IANA name.
    public init(catalogue: Catalogue = .all, now: Timestamp, zones: @escaping @Sendable (String) -> Zone?) {
        (self.catalogue, self.now, self.zones) = (catalogue, now, zones)
    }

    /// Reads the arguments of a process, without its name.
    public func read(arguments: [String]) throws(ReportError) -> Command {
        try interpret(try CommandWords(arguments: arguments, catalogue: catalogue))
    }

    /// Reads a command string, as in `analytics overview --since 24h`.
    public func read(command: String) throws(ReportError) -> Command {
        let words = try shellWords(command)
        guard !words.isEmpty else { throw catalogue.nothingGiven }
        return try read(arguments: words)
    }

    /// Reads a URL's path below `/reports` and its decoded query.
    public func read(path: [String], query: [(name: String, value: String)]) throws(ReportError) -> Command {
        guard !path.isEmpty else { throw catalogue.nothingGiven }
        return try interpret(try CommandWords(path: path, query: query, catalogue: catalogue))
    }

    private func interpret(_ parsed: CommandWords) throws(ReportError) -> Command {
        var words = parsed.words
        while let first = words.first, first == "systemprompt" || first == "analytics" { words.removeFirst() }
        if words.first == "help" { return .help(Array(words.dropFirst())) }
        if parsed.flags.contains(where: { $0.flag == .help }) { return .help(words) }
        if words.isEmpty, parsed.flags.isEmpty { return .help([]) }
        if words == ["manual"] { return .manual }
        if words.first == "completions" {
            guard words.count == 2, Catalogue.shells.contains(words[1]) else {
                throw ReportError(
                    .badValue, "completions needs a shell.",
                    hint: "It knows \(Catalogue.shells.joined(separator: ", ")).")
            }
            return .completions(shell: words[1])
        }
        let (report, argument) = try catalogue.find(words)
        guard argument?.utf8.contains(0) != true else { throw ReportError(.badValue, "The name holds a NUL byte.") }
        var given: [(flag: Flag, value: String)] = []
        for entry in parsed.flags {
            // Two reports may have a flag of one name that takes different words: the report's own counts.
            guard let flag = report.allFlags.first(where: { $0.name == entry.flag.name }) else {
                throw catalogue.lacks("--\(entry.flag.name)", words: report.words)
            }
            given.append((flag, entry.value))
        }
        let flags = try Values(given)
        return .report(try request(for: report, argument: argument, flags: flags), try output(flags))
    }

    private func request(
        for report: ReportDefinition, argument: String?, flags: Values
    ) throws(ReportError) -> ReportRequest {
        let zone = try zone(flags[.zone])
        var since: TimeExpression?
        if let text = flags[.since] { since = try TimeExpression(text) }
        if let days = flags.count(.days) {
            guard since == nil else {
                throw ReportError(.badValue, "--days and --since both say where the window begins.", hint: "Give one.")
            }
            since = .ago(Int64(days) * 86_400_000)
        }
        var until: TimeExpression?
        if let text = flags[.until] { until = try TimeExpression(text) }
        let window = try TimeWindow(
            since: since, until: until, defaultSpan: report.defaultSpan, now: now, zone: zone)

        if flags[.compare] != nil, window.from == nil {
            throw ReportError(
                .badValue, "--compare needs a window with a beginning, and --since all has none.",
                hint: "As in --since 7d --compare previous.")
        }
        var population: Population?
        if report.flags.contains(.population) {
            population = flags[.population].flatMap(Population.init) ?? report.defaultPopulation
            if flags.has(.includeAll) {
                guard flags[.population] == nil || population == .all else {
                    throw ReportError(.badValue, "--include-all and --class disagree.", hint: "Give one of them.")
                }
                population = .all
            }
        }
        var filters: [Filter: String] = [:]
        for filter in Filter.allCases where flags[filter.flag] != nil { filters[filter] = flags[filter.flag] }
        var choices: [String: String] = [:]
        for flag in report.ownChoices { choices[flag.name] = flags[flag] }
        var request = ReportRequest(
            report: report, argument: argument, window: window, zone: zone, now: now, population: population,
            limit: flags.count(.limit) ?? 20, grouping: flags[.grouping].flatMap(Grouping.init),
            filters: filters, compares: flags[.compare] != nil, choices: choices)
        if flags[.population] != nil || flags.has(.includeAll) { request.chosenPopulation = population }
        return request
    }

    private func zone(_ name: String?) throws(ReportError) -> Zone {
        guard let name, name.uppercased() != "UTC", name.uppercased() != "Z" else { return .utc }
        guard let zone = zones(name) else {
            throw ReportError(
                .badValue, "\"\(name.quotable)\" is not a time zone known here.",
                hint: "Give an IANA name, as in Europe/Berlin or UTC.")
        }
        return zone
    }

    private func output(_ flags: Values) throws(ReportError) -> OutputOptions {
        var options = OutputOptions()
        if flags.has(.json), flags.has(.csv) {
            throw ReportError(.badValue, "--json and --csv are two forms of one answer.", hint: "Give one of them.")
        }
        if flags.has(.csv) { options.format = .csv }
        if flags.has(.json) { options.format = .json }
        if let path = flags[.export] {
            guard !path.isEmpty else {
                throw ReportError(.missingValue, "--export needs a file name.", hint: "As in --export sessions.csv.")
            }
            options.exportPath = path
        }
        if let path = flags[.html] {
            guard !path.isEmpty else {
                throw ReportError(.missingValue, "--html needs a file name.", hint: "As in --html report.html.")
            }
            options.htmlPath = path
        }
        options.mayReplace = flags.has(.force)
        options.isColorless = flags.has(.noColor)
        options.isSingleShot = flags.has(.noRefresh)
        options.refreshSeconds = flags.count(.refresh) ?? 5
        return options
    }
}

/// The flags of one command, each checked against what it takes; of a flag given twice the last counts.
private struct Values {
    private var texts: [Flag: String] = [:]

    init(_ given: [(flag: Flag, value: String)]) throws(ReportError) {
        for (flag, value) in given { texts[flag] = try Self.checked(value, of: flag) }
    }

    subscript(flag: Flag) -> String? { texts[flag] }
    func has(_ flag: Flag) -> Bool { texts[flag] != nil }
    func count(_ flag: Flag) -> Int? { texts[flag].flatMap { Int($0) } }

    private static func checked(_ value: String, of flag: Flag) throws(ReportError) -> String {
        switch flag.value {
        case .none: return value
        case .text:
            guard value.utf8.count <= 1024 else {
                throw ReportError(.badValue, "--\(flag.name) takes at most 1024 bytes.")
            }
            guard !value.utf8.contains(0) else { throw ReportError(.badValue, "--\(flag.name) holds a NUL byte.") }
            return value
        case .choice(let words):
            let lower = value.lowercased()
            if words.contains(lower) { return lower }
            let near = suggestion(for: value, among: words).map { "Did you mean \($0)? " } ?? ""
            throw ReportError(
                .badValue, "--\(flag.name) is not \"\(value.quotable)\".",
                hint: "\(near)It takes \(words.joined(separator: ", ")).")
        case .count(let range):
            guard let number = Int(value), range.contains(number) else {
                throw ReportError(
                    .badValue,
                    "--\(flag.name) takes a whole number from \(range.lowerBound) to \(range.upperBound), "
                        + "not \"\(value.quotable)\".")
            }
            return String(number)
        }
    }
}
