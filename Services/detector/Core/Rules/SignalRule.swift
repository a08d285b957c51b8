/// The signals that add points to the behavioural score, in the order in which verdicts list them.
public enum SignalName: String, Sendable, CaseIterable, Codable {
    /// Page requests.
    case highRequestCount = "high_request_count"
    /// Share of the site's known pages seen, in percent.
    case highPageCoverage = "high_page_coverage"
    /// Share of documents at their place in sorted order, 0...1.
    case sequentialNavigation = "sequential_navigation"
    /// Sessions in 24 hours with the same fingerprint and network.
    case multipleFingerprintSessions = "multiple_fingerprint_sessions"
    /// Coefficient of variation of the gaps between page requests.
    case regularTiming = "regular_timing"
    /// The longest gap between page requests, as a multiple of their mean.
    case evenPauses = "even_pauses"
    /// Page requests per minute over the session.
    case highPagesPerMinute = "high_pages_per_minute"
    /// Major version of a browser that almost nobody runs any more.
    case outdatedBrowser = "outdated_browser"
    /// Page requests in the busiest 60 seconds.
    case requestVelocity = "request_velocity"
    /// Distinct documents.
    case uniquePages = "unique_pages"
    /// Mean gap between page requests, in milliseconds.
    case shortGaps = "short_gaps"
    /// Hours between the first and the last page request.
    case longSession = "long_session"
    /// Documents read without a single static file, background request or engagement event.
    case assetsNeverFetched = "assets_never_fetched"
    /// Sessions in 24 hours with the same fingerprint and network, of a session that only fetches documents.
    case silentCrowd = "silent_crowd"
    /// Agents in 24 hours in the same network, of a session that only fetches documents.
    case rotatingAgents = "rotating_agents"
    /// Milliseconds between a form and its submission.
    case fastForm = "fast_form"
    /// The same, where even a password manager is too slow; on top of `fast_form`.
    case instantForm = "instant_form"
    /// Distinct forms submitted by a session that did little else.
    case severalForms = "several_forms"
    /// The first request claims to come from a page of this site that the session never loaded.
    case unvisitedReferrer = "unvisited_referrer"
    /// The first page request submits a form that the session never loaded.
    case formWithoutPage = "form_without_page"
    /// Fetched robots.txt without calling itself a bot.
    case robotsFetched = "robots_fetched"
    /// Documents read on a site with a tracker that sent nothing.
    case noEngagement = "no_engagement"
    /// Headers that the claimed browser does not send so.
    case headerMismatch = "header_mismatch"
}

/// What one signal costs and from where on it fires.
public struct SignalRule: Sendable, Hashable {
    /// Points added to the score; 0 switches the signal off.
    public var points: Int
    /// The measurement has to pass this: above it, except for `regular_timing`, `even_pauses`, `short_gaps`,
    /// `fast_form`, `instant_form` and `outdated_browser`, which have to stay below.
    public var threshold: Double
    /// Least evidence, in the unit that its name in the rule file says; 0 where the signal needs none.
    public var minimum: Double
    /// A second guard, likewise.
    public var guardValue: Double

    init(_ points: Int, _ threshold: Double, minimum: Double = 0, guardValue: Double = 0) {
        self.points = points
        self.threshold = threshold
        self.minimum = minimum
        self.guardValue = guardValue
    }
}

extension SignalName {
    /// What the rule set of this release says.
    var standard: SignalRule {
        switch self {
        case .highRequestCount: SignalRule(30, 50)
        case .highPageCoverage: SignalRule(25, 60, minimum: 20)
        case .sequentialNavigation: SignalRule(20, 0.7, minimum: 5)
        case .multipleFingerprintSessions: SignalRule(20, 5)
        case .regularTiming: SignalRule(15, 0.1, minimum: 5, guardValue: 500)
        case .evenPauses: SignalRule(15, 2, minimum: 25, guardValue: 500)
        case .highPagesPerMinute: SignalRule(15, 5, minimum: 60)
        case .outdatedBrowser: SignalRule(10, 0)
        case .requestVelocity: SignalRule(30, 60)
        case .uniquePages: SignalRule(15, 50)
        case .shortGaps: SignalRule(30, 100, minimum: 10)
        case .longSession: SignalRule(10, 4)
        case .assetsNeverFetched: SignalRule(15, 1)
        case .silentCrowd: SignalRule(20, 20, minimum: 3)
        case .rotatingAgents: SignalRule(20, 30, minimum: 3)
        case .fastForm: SignalRule(30, 5500)
        case .instantForm: SignalRule(10, 2000)
        case .severalForms: SignalRule(20, 1, minimum: 0.3)
        case .unvisitedReferrer: SignalRule(15, 0)
        case .formWithoutPage: SignalRule(20, 0)
        case .robotsFetched: SignalRule(20, 0)
        case .noEngagement: SignalRule(20, 0, minimum: 3, guardValue: 30)
        case .headerMismatch: SignalRule(25, 0)
        }
    }

    /// Whether an eager person with an old tablet and many colleagues does the same. However many of these come
    /// together, they convict nobody whose browser loads what pages are made of.
    var isWithinReach: Bool {
        switch self {
        case .highRequestCount, .uniquePages, .highPageCoverage, .highPagesPerMinute, .multipleFingerprintSessions,
            .outdatedBrowser, .longSession:
            true
        default: false
        }
    }

    /// The names that the two guards have in a rule file; nil where the signal has none.
    var guardNames: (minimum: String?, guardValue: String?) {
        switch self {
        case .highPageCoverage: ("min_site_pages", nil)
        case .sequentialNavigation: ("min_documents", nil)
        case .regularTiming, .evenPauses: ("min_gaps", "min_mean_gap_ms")
        case .silentCrowd, .rotatingAgents: ("min_documents", nil)
        case .highPagesPerMinute: ("min_seconds", nil)
        case .shortGaps: ("min_page_requests", nil)
        case .severalForms: ("min_share", nil)
        case .noEngagement: ("min_documents", "min_seconds")
        default: (nil, nil)
        }
    }
}
