import WeirProtocol

/// A question, ready to be asked of the database: what a command line, a command string or a URL comes to.
public struct ReportRequest: Sendable {
    /// The report asked for.
    public var report: ReportDefinition
    /// What a `show` command is about.
    public var argument: String?
    /// The time it covers.
    public var window: TimeWindow
    /// The zone of dates and buckets.
    public var zone: Zone
    /// When it was asked.
    public var now: Timestamp
    /// Whose sessions count; nil for a report that is not about sessions.
    public var population: Population?
    /// The same, only where it was said; nil where the report's own is meant.
    public var chosenPopulation: Population?
    /// The most rows to answer with.
    public var limit: Int
    /// The length of a trend's buckets; nil for days, or whatever suits a window of more than a hundred of them.
    public var grouping: Grouping?
    /// Conditions, by what they are on.
    public var filters: [Filter: String]
    /// Whether the window of the same length before is answered too.
    public var compares = false
    /// Whether the rows that the limit cuts are counted, which costs a table of them a second look.
    public var countsRows = false
    /// Further flags of this report by name, as in `by` and `sort-by`.
    public var choices: [String: String]
}

/// How an answer is to be shown; no part of the question.
public struct OutputOptions: Hashable, Sendable {
    /// The form of the answer.
    public enum Format: Hashable, Sendable {
        case table, json, csv
    }

    /// The form of the answer.
    public var format = Format.table
    /// The CSV file to write.
    public var exportPath: String?
    /// The HTML file to write.
    public var htmlPath: String?
    /// Whether those files may replace others.
    public var mayReplace = false
    /// Whether colours were declined.
    public var isColorless = false
    /// Whether a live view shows itself once.
    public var isSingleShot = false
    /// Seconds between two pictures of a live view.
    public var refreshSeconds = 5

    /// The defaults.
    public init() {}
}

/// What somebody asked for.
public enum Command: Sendable {
    /// A report, and how to show it.
    case report(ReportRequest, OutputOptions)
    /// Help for the command or group that the words name; no words for all of it.
    case help([String])
    /// A script of completions for that shell.
    case completions(shell: String)
    /// The manual page.
    case manual
}
