/// One flag of the command line, which is also a query item of the URL (`group_by` for `--group-by`).
public struct Flag: Hashable, Sendable {
    /// What follows the flag.
    public enum Value: Hashable, Sendable {
        /// Nothing: the flag is there or not.
        case none
        /// Any text, shown in help under that name.
        case text(String)
        /// One of these words.
        case choice([String])
        /// A whole number in the range.
        case count(ClosedRange<Int>)
    }

    /// The long name without dashes.
    public let name: String
    /// Other long names that mean the same.
    public let aliases: [String]
    /// The one-letter form.
    public let letter: Character?
    /// What follows it.
    public let value: Value
    /// One line of help.
    public let help: String

    init(_ name: String, aliases: [String] = [], letter: Character? = nil, _ value: Value, _ help: String) {
        (self.name, self.aliases, self.letter, self.value, self.help) = (name, aliases, letter, value, help)
    }

    /// How help shows it: `-n, --limit N`.
    public var usage: String {
        let start = (letter.map { "-\($0), " } ?? "    ") + "--\(name)"
        return switch value {
        case .none: start
        case .text(let placeholder): "\(start) \(placeholder)"
        case .choice(let words): "\(start) \(words.joined(separator: "|"))"
        case .count: "\(start) N"
        }
    }
}

extension Flag {
    static let since = Flag(
        "since", aliases: ["from"], .text("TIME"), "where it begins: 1h, 24h, 7d, a date, an ISO datetime, or all")
    static let until = Flag(
        "until", aliases: ["to"], .text("TIME"), "where it ends (default now); a date includes its day")
    static let days = Flag("days", .count(1...36_500), "the same as --since Nd")
    static let zone = Flag("tz", aliases: ["timezone"], .text("ZONE"), "time zone of dates and buckets (default UTC)")
    /// The most rows that an answer may have.
    public static let largestLimit = 100_000
    static let limit = Flag("limit", letter: "n", .count(1...largestLimit), "at most that many rows (default 20)")
    static let grouping = Flag(
        "group-by", .choice(Grouping.allCases.map(\.rawValue)),
        "length of a bucket (default day, or what suits a window of over 100 days; weeks begin on Monday; auto suits "
            + "any window)")
    static let population = Flag(
        "class", .choice(Population.allCases.map(\.rawValue)),
        "whose sessions are counted (default human: people and undecided)")
    static let includeAll = Flag("include-all", .none, "the same as --class all")

    static let compare = Flag("compare", .choice(["previous"]), "set beside the window of the same length before it")
    static let html = Flag("html", .text("FILE.html"), "write the page as one file that is not there yet")

    static let json = Flag("json", .none, "print the answer as JSON")
    static let csv = Flag("csv", .none, "print the answer as CSV; of several tables the main one, and --json has all")
    static let export = Flag("export", .text("FILE.csv"), "write the answer as CSV to a file that is not there yet")
    static let force = Flag("force", .none, "let --export replace a file")
    static let noColor = Flag("no-color", .none, "no colours (NO_COLOR does the same)")
    static let help = Flag("help", letter: "h", .none, "say what the command does and takes")

    static let window = [since, until, days, zone]
    static let sessions = [population, includeAll] + Filter.ofSessions.map(\.flag)
    static let output = [json, csv, export, force, noColor, help]
}

/// Whose sessions a report counts.
public enum Population: String, Sendable, CaseIterable {
    /// None of the three bot flags; a session not judged yet counts here too.
    case human
    /// Any of the three bot flags.
    case bot
    /// Those that probe for weaknesses.
    case scanner
    /// None of the flags, but no verdict that says human either.
    case undecided
    /// Everything.
    case all

    /// Whose sessions these are, as people say it.
    public var title: String {
        switch self {
        case .human: "sessions of people and undecided"
        case .bot: "sessions of bots"
        case .scanner: "sessions of scanners"
        case .undecided: "undecided sessions"
        case .all: "everybody"
        }
    }
}

/// A condition that a report may be narrowed by. The raw value is its name in the answer's `filters`.
public enum Filter: String, Sendable, CaseIterable {
    case site, source, country, device, browser
    case path
    case utmSource = "utm_source"
    case utmMedium = "utm_medium"
    case utmCampaign = "utm_campaign"
    case agent, tool, server, model, provider
    case category, severity

    /// Those that sessions are chosen by.
    public static let ofSessions: [Filter] = [
        .site, .source, .country, .device, .browser, .path, .utmSource, .utmMedium, .utmCampaign,
    ]

    var flag: Flag {
        let name = String(rawValue.map { $0 == "_" ? "-" : $0 })
        return switch self {
        case .site: Flag(name, .text("HOST"), "only that site")
        case .source: Flag(name, .text("SOURCE"), "only sessions from that referrer source, as in organic_search")
        case .country: Flag(name, .text("CODE"), "only that country")
        case .device: Flag(name, .text("TYPE"), "only that device type, as in mobile")
        case .browser: Flag(name, .text("NAME"), "only that browser")
        case .path:
            Flag(
                name, .text("PATH"),
                "only that path and what is below it, / the first page alone; with a * at its end what begins so (the landing page, for sessions)"
            )
        case .utmSource, .utmMedium, .utmCampaign: Flag(name, .text("NAME"), "only that \(rawValue)")
        case .agent: Flag(name, .text("TEXT"), "only agents whose name contains the text")
        case .tool: Flag(name, .text("TEXT"), "only tools whose name contains the text")
        case .server: Flag(name, .text("TEXT"), "only servers whose name contains the text")
        case .model: Flag(name, .text("TEXT"), "only models whose name contains the text")
        case .provider: Flag(name, .text("TEXT"), "only providers whose name contains the text")
        case .category: Flag(name, .text("NAME"), "only that category")
        case .severity: Flag(name, .text("NAME"), "only that severity")
        }
    }
}
