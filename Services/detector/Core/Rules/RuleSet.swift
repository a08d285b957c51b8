import WeirProtocol

/// Everything that a verdict follows from, as one value: points, thresholds, guards and lists, with a version and a
/// hash of the content, so that a verdict can name the rules it was made by.
public struct RuleSet: Sendable {
    /// From a day on, versions below a limit count as outdated. A log of 2015 is measured by the rows of its time.
    public struct BrowserAge: Sendable, Hashable {
        /// `chrome` or `firefox`.
        public var browser: String
        /// The first day on which the limit holds.
        public var from: Timestamp.Day
        /// Versions below this one are outdated.
        public var below: Int
    }

    /// Tier two: what makes a session a scanner beside a probe that needs no second.
    public struct ScannerRules: Sendable, Hashable {
        /// Requests per minute, with `velocityMinRequests`, `velocityMinSeconds` and `velocityErrorShare`.
        public var velocityPerMinute = 30.0
        /// Fewest requests for the velocity rule.
        public var velocityMinRequests = 20.0
        /// Shortest time for the velocity rule, in seconds.
        public var velocityMinSeconds = 60.0
        /// The share of answers of 400 and above has to exceed this, 0...1.
        public var velocityErrorShare = 0.5
        /// Distinct page paths that were answered 4xx.
        public var missingPaths = 10.0
        /// And their share of all distinct page paths has to exceed this, 0...1.
        public var missingShare = 0.6
        /// Distinct uncertain probes that make a scanner of a session that also reads pages.
        public var uncertainProbes = 2.0
    }

    /// `YYYY.MM`, or what a rule file says.
    public var version: String
    /// The score that makes a behavioural bot.
    public var limit: Int
    /// Sessions with fewer page requests, no static file and no engagement event are undecided; so are those without any
    /// page request or engagement event.
    public var undecidedPageRequests: Int
    /// A score from here to the limit, without engagement, is undecided.
    public var undecidedScore: Int
    /// Tier two.
    public var scanner: ScannerRules
    /// When which version of a browser became outdated.
    public var browserAges: [BrowserAge]
    private var signals: [SignalRule]
    /// Tier one.
    public let agents: UserAgentClassifier
    /// Probe paths.
    public let requests: RequestClassifier
    /// Hosts that send forged referrers.
    public var spamHosts: SpamHosts
    /// `version-hash`, the hash over everything above.
    public private(set) var name: String

    /// What a signal costs and needs.
    public subscript(_ signal: SignalName) -> SignalRule {
        get { signals[Self.place[signal]!] }
        set {
            signals[Self.place[signal]!] = newValue
            rename()
        }
    }

    /// The rule of a signal by its place in `SignalName.allCases`.
    func rule(at place: Int) -> SignalRule { signals[place] }

    private static let place = Dictionary(
        uniqueKeysWithValues: SignalName.allCases.enumerated().map { ($1, $0) })

    /// The rules of this release.
    public static let standard = RuleSet()

    /// The rules of this release over another catalogue.
    public init(catalogue: BotCatalogue? = nil) {
        version = "2026.11"
        limit = 50
        undecidedPageRequests = 2
        undecidedScore = 30
        scanner = ScannerRules()
        browserAges = Self.standardAges
        signals = SignalName.allCases.map(\.standard)
        agents = catalogue.map { UserAgentClassifier(catalogue: $0) } ?? .builtIn
        requests = .builtIn
        spamHosts = .builtIn
        name = ""
        rename()
    }

    /// Two years after the release of a version almost everybody has left it, since browsers update themselves; the
    /// last rows are the requirement's own limits and stay.
    private static let standardAges: [BrowserAge] = {
        func row(_ browser: String, _ year: Int64, _ month: Int64, _ below: Int) -> BrowserAge {
            BrowserAge(browser: browser, from: Timestamp.Day(year: year, month: month, day: 1), below: below)
        }
        return [
            row("chrome", 2012, 6, 10), row("chrome", 2014, 6, 20), row("chrome", 2015, 10, 30),
            row("chrome", 2017, 1, 40), row("chrome", 2018, 4, 50), row("chrome", 2019, 7, 60),
            row("chrome", 2020, 10, 70), row("chrome", 2022, 2, 80), row("chrome", 2023, 4, 90),
            row("firefox", 2013, 3, 4), row("firefox", 2014, 7, 14), row("firefox", 2015, 9, 24),
            row("firefox", 2017, 1, 35), row("firefox", 2018, 3, 45), row("firefox", 2019, 6, 54),
            row("firefox", 2020, 9, 62), row("firefox", 2022, 1, 72), row("firefox", 2023, 4, 88),
        ]
    }()

    /// The version below which `browser` was outdated at `moment`; nil before the first row.
    public func outdatedLimit(_ browser: String, at moment: Timestamp) -> Int? {
        var found: (from: Timestamp.Day, below: Int)?
        for age in browserAges where age.browser == browser && age.from.start <= moment {
            if found == nil || found!.from < age.from { found = (age.from, age.below) }
        }
        return found?.below
    }

    /// Counts the changes of what `Judge` makes of the same numbers, since verdicts of the same name must not differ.
    private static let reading = 2

    /// Gives the set the name that follows from its content; to be called after any change.
    public mutating func rename() {
        var hash = StableHash()
        for number in [Self.reading, limit, undecidedPageRequests, undecidedScore] { hash.combine(number) }
        for (signal, rule) in zip(SignalName.allCases, signals) {
            hash.combine(signal.rawValue)
            hash.combine(rule.points)
            for number in [rule.threshold, rule.minimum, rule.guardValue] { hash.combine(number) }
        }
        for (_, path) in Self.scannerFields { hash.combine(scanner[keyPath: path]) }
        for age in browserAges {
            hash.combine(age.browser)
            hash.combine(Int(age.from.number))
            hash.combine(age.below)
        }
        for word in [agents.contentHash, requests.contentHash, spamHosts.contentHash] { hash.combine(word) }
        name = version + "-" + hash.shortDigits
    }

    static var scannerFields: [(String, WritableKeyPath<ScannerRules, Double>)] {
        [
            ("velocity_per_minute", \.velocityPerMinute), ("velocity_min_requests", \.velocityMinRequests),
            ("velocity_min_seconds", \.velocityMinSeconds), ("velocity_error_share", \.velocityErrorShare),
            ("missing_paths", \.missingPaths), ("missing_share", \.missingShare),
            ("uncertain_probes", \.uncertainProbes),
        ]
    }
}
