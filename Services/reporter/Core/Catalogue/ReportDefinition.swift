import WeirProtocol

/// Everything that the outside may know of one report: how it is called, what it takes, and which fields its answer
/// has. How the fields are found is the store's business.
public struct ReportDefinition: Sendable {
    /// What a `show` command is about.
    public struct Argument: Sendable {
        /// Its name in help, as in `name`.
        public let name: String
        /// One line of help.
        public let help: String
        /// Whether the command works without.
        public let isOptional: Bool
        /// Whether it never has spaces, so that a second word is a mistake.
        let isOneWord: Bool

        init(name: String, help: String, isOptional: Bool, isOneWord: Bool = false) {
            (self.name, self.help, self.isOptional, self.isOneWord) = (name, help, isOptional, isOneWord)
        }

        static let session = Argument(
            name: "session-id", help: "a session's id, as sessions live and export sessions print it",
            isOptional: false, isOneWord: true)
    }

    /// The dotted name in the answer's `report`, as in `traffic.sources`.
    public let id: String
    /// The heading above a table.
    public let title: String
    /// One line of help.
    public let summary: String
    /// What it is about, for those that are about one thing.
    public let argument: Argument?
    /// The flags it takes besides those of the output.
    public let flags: [Flag]
    /// How far back it looks by default, in milliseconds.
    public let defaultSpan: Int64
    /// The answer's fields, in the order of showing.
    public let sections: [Section]
    /// Whose sessions it counts unless told otherwise.
    public let defaultPopulation: Population
    /// The fields of `data`, with + between them, whose absence, zero or emptiness means that there was nothing to report.
    public let measure: String?

    init(
        _ id: String, _ title: String, _ summary: String, argument: Argument? = nil, flags: [Flag],
        days: Int64 = 1, minutes: Int64? = nil, population: Population = .human, measure: String? = nil,
        sections: [Section]
    ) {
        (self.id, self.title, self.summary, self.argument) = (id, title, summary, argument)
        (self.flags, self.sections, self.measure) = (flags, sections, measure)
        defaultPopulation = population
        defaultSpan = minutes.map { $0 * 60_000 } ?? days * 86_400_000
    }

    /// The words of the command: `traffic`, `sources`.
    public var words: [String] { id.split(separator: ".").map(String.init) }

    /// Its own flags and those that every report has.
    public var allFlags: [Flag] { flags + (isComparable ? [.compare] : []) + Flag.output }

    /// Whether it is written as it is read, without an end that an answer could have: for a command line only.
    public var isStreamed: Bool { words.first == "export" }

    /// Whether a terminal shows it again and again, with keys.
    public var isLive: Bool { id == "sessions.live" || id == "top" }

    /// Whether all there is of it lies between the first and the last request: an anomaly may be that nothing comes any
    /// more, and outlive what it was about.
    public var isWithinTraffic: Bool { words.first != "anomalies" }

    /// Whether its numbers mean something beside those of the window before: not for lists of single things.
    var isComparable: Bool {
        flags.contains(.since) && !["list", "live", "report"].contains(words.last) && !isStreamed
    }

    /// What a flag of it does, where that depends on the report.
    func help(of flag: Flag) -> String {
        flag == .population && defaultPopulation == .all ? "whose sessions are meant (default all)" : flag.help
    }

    /// Its flags that only the store understands, as in `--by`.
    var ownChoices: [Flag] {
        let common =
            Flag.window + Flag.sessions + [.limit, .grouping, .noRefresh, .refresh, .html]
            + Filter.allCases.map(\.flag)
        return flags.filter { !common.contains($0) }
    }

    /// The rows that CSV and a page's main table hold; nil when the answer is facts alone.
    public var mainRows: RowsSection? {
        for case .rows(let rows) in sections where rows.isMain { return rows }
        return nil
    }
}

/// A part of a report's answer.
public enum Section: Sendable {
    /// Single values, one a line.
    case facts(String?, [Fact])
    /// An array of objects, one a row.
    case rows(RowsSection)
}

/// A single value of an answer.
public struct Fact: Sendable {
    /// Its dotted place in `data`, as in `traffic.visitors`.
    public let path: String
    /// What a person reads.
    public let title: String
    /// How it is written.
    public let format: CellFormat
    /// Its column in CSV.
    public let csvName: String
    /// Whether it tells of the present, whatever the window.
    let isOfNow: Bool

    /// Whether the window before may have another value that a change can be told from.
    var isComparable: Bool { format.isComparable && !isOfNow }

    init(_ path: String, _ title: String, _ format: CellFormat, csv: String? = nil, isOfNow: Bool = false) {
        (self.path, self.title, self.format, self.isOfNow) = (path, title, format, isOfNow)
        csvName = csv ?? String(path.map { $0 == "." ? "_" : $0 })
    }
}

/// An array of an answer.
public struct RowsSection: Sendable {
    /// Its name in `data`.
    public let path: String
    /// The heading above it, when the report's own does not do.
    public let title: String?
    /// The fields of each element, in order. CSV has all of them.
    public let columns: [Column]
    /// The column that a trend draws bars of.
    public let bar: String?
    /// Whether CSV holds these rows.
    public let isMain: Bool

    /// The amount that a comparison is about; nil when there is none.
    var measured: Column? { columns.first { $0.format.isComparable && !$0.isName } }

    /// Whether the rows are buckets of time, one after the other.
    var isTrend: Bool { columns.contains { $0.key == "start" } }

    /// What tells a row from the others.
    func name(of row: JSONValue) -> [JSONValue] { columns.filter(\.isName).map { row[$0.key] ?? .null } }

    init(_ path: String, title: String? = nil, bar: String? = nil, isMain: Bool = true, _ columns: [Column]) {
        (self.path, self.title, self.columns, self.bar, self.isMain) = (path, title, columns, bar, isMain)
    }
}

/// One field of an answer's rows.
public struct Column: Sendable {
    /// Its name in JSON and CSV.
    public let key: String
    /// Its heading on a terminal.
    public let title: String
    /// How it is written on a terminal.
    public let format: CellFormat
    /// Whether a terminal shows it.
    public let isInTable: Bool
    /// Whether a terminal shows it only where the rows differ in it.
    let isShownIfVaried: Bool
    /// Whether it belongs to what a row is about, rather than to what was found about it.
    let isName: Bool
    /// Whether a part of it is of no use: an id that other commands take.
    let isWhole: Bool

    init(
        _ key: String, _ title: String, _ format: CellFormat, inTable: Bool = true, ifVaried: Bool = false,
        isName: Bool? = nil, isWhole: Bool = false
    ) {
        (self.key, self.title, self.format, isInTable, isShownIfVaried) = (key, title, format, inTable, ifVaried)
        self.isName = isName ?? (format == .text || format == .ordinal)
        self.isWhole = isWhole
    }

    /// Whether a terminal shows it above these rows.
    func isShown(for rows: [JSONValue]) -> Bool {
        isInTable && (!isShownIfVaried || Set(rows.map { $0[key] ?? .null }).count > 1)
    }
}

/// How a value is written for people; the unit it is in is part of it.
public enum CellFormat: Sendable {
    case text
    /// A whole number, thousands separated.
    case count
    /// A place in an order, counted from 0 and shown from 1.
    case ordinal
    /// A number with one decimal.
    case decimal
    /// 0...100.
    case percent
    /// A percentage with its sign.
    case change
    case milliseconds
    case seconds
    case microdollars
    /// RFC 3339, shown in the report's zone to the second.
    case instant
    case yesNo

    var isNumeric: Bool {
        switch self {
        case .text, .instant, .yesNo: false
        default: true
        }
    }
}
