/// The bots we know by name: data, not code. A line of the lists beside this file is one bot:
/// `token ⇥ name ⇥ operator ⇥ category ⇥ since`, the last two columns of text and date may be empty.
public struct BotCatalogue: Sendable {
    /// What a bot is for.
    public enum Category: String, Sendable, CaseIterable, Codable {
        case search
        case aiCrawler = "ai_crawler"
        case aiAssistant = "ai_assistant"
        case seo
        case socialPreview = "social_preview"
        case monitoring
        case feedReader = "feed_reader"
        case archiver
        case advertising
        case httpLibrary = "http_library"
        case headless
        case scanner
        case academic
        case other

        /// Its place among all cases, from 0: for counting millions.
        public var place: Int {
            switch self {
            case .search: 0
            case .aiCrawler: 1
            case .aiAssistant: 2
            case .seo: 3
            case .socialPreview: 4
            case .monitoring: 5
            case .feedReader: 6
            case .archiver: 7
            case .advertising: 8
            case .httpLibrary: 9
            case .headless: 10
            case .scanner: 11
            case .academic: 12
            case .other: 13
            }
        }
    }

    /// One bot.
    public struct Entry: Sendable, Hashable {
        /// The text in the user agent that gives it away, without the notation's anchors.
        public var token: String
        /// What people call it.
        public var name: String
        /// Who runs it; empty when that is not known.
        public var `operator`: String
        /// What it is for.
        public var category: Category
        /// First seen, `YYYY-MM-DD`; empty when that is not known.
        public var since: String
        let pattern: PatternAutomaton.Pattern
    }

    /// A line of a list that is no entry.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        /// 1-based.
        public var line: Int
        /// What is wrong with it.
        public var reason: String
        /// Line and reason.
        public var description: String { "bot list, line \(line): \(reason)" }
    }

    /// In the order of the lists.
    public var entries: [Entry]

    /// Reads a list; empty lines and lines that start with `#` are skipped.
    public init(parsing text: some StringProtocol) throws(Malformed) {
        entries = []
        for (offset, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard (4...5).contains(fields.count) else {
                throw Malformed(line: offset + 1, reason: "has \(fields.count) columns instead of 4 or 5")
            }
            guard let category = Category(rawValue: String(fields[3])) else {
                throw Malformed(line: offset + 1, reason: "\(fields[3]) is not a category")
            }
            let pattern = PatternAutomaton.Pattern(fields[0])
            guard pattern.bytes.count >= 2 else { throw Malformed(line: offset + 1, reason: "the token is too short") }
            entries.append(
                Entry(
                    token: String(decoding: pattern.bytes, as: UTF8.self), name: String(fields[1]),
                    operator: String(fields[2]), category: category, since: fields.count > 4 ? String(fields[4]) : "",
                    pattern: pattern))
        }
    }

    private init(entries: [Entry]) { self.entries = entries }

    /// The list that comes with this release.
    public static let builtIn: BotCatalogue = {
        let lists = [searchAndAI, searchOptimization, searchOptimizationFromM, advertising, services, tools]
        return BotCatalogue(
            entries: lists.flatMap { list in
                do { return try BotCatalogue(parsing: list).entries } catch { preconditionFailure("\(error)") }
            })
    }()
}
