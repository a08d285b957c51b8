/// What the detector answers to `session.evaluate`: the class, the three flags, and every signal behind them.
public struct SessionVerdict: Hashable, Sendable, Codable {
    /// Follows from the session, the rule set and the evidence, so that a repeated question is the same verdict.
    public var verdictID: String
    /// The session judged.
    public var sessionID: SessionID
    /// What it is.
    public var verdictClass: VerdictClass
    /// Points of the behavioural signals; 50 and above is a bot.
    public var score: Int
    /// Declared by user agent, referrer spam, or a failed claim.
    public var isBot: Bool
    /// Probes, scanner agents, or scanner velocity.
    public var isScanner: Bool
    /// The score reached the rule set's limit.
    public var isBehavioralBot: Bool
    /// Every signal that fired, in the rule set's order.
    public var signals: [Signal]
    /// Version and hash of the rules: `2026.11-1a2b3c4d`.
    public var ruleSet: String
    /// Requests, assets and engagement events that the evidence covered; the verdict over the most wins.
    public var judgedCount: Int
    /// The evidence's `now`.
    public var at: Timestamp
    /// The bot's name in the catalogue, when the user agent declares one.
    public var botName: String?
    /// The bot's category in the catalogue.
    public var botCategory: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case verdictID = "verdict_id"
        case sessionID = "session_id"
        case verdictClass = "class"
        case score
        case isBot = "is_bot"
        case isScanner = "is_scanner"
        case isBehavioralBot = "is_behavioral_bot"
        case signals
        case ruleSet = "rule_set"
        case judgedCount = "judged_count"
        case at = "at_ms"
        case botName = "bot_name"
        case botCategory = "bot_category"
    }

    /// A verdict.
    public init(
        verdictID: String, sessionID: SessionID, verdictClass: VerdictClass, score: Int, isBot: Bool, isScanner: Bool,
        isBehavioralBot: Bool, signals: [Signal], ruleSet: String, judgedCount: Int, at: Timestamp,
        botName: String? = nil, botCategory: String? = nil
    ) {
        self.verdictID = verdictID
        self.sessionID = sessionID
        self.verdictClass = verdictClass
        self.score = score
        self.isBot = isBot
        self.isScanner = isScanner
        self.isBehavioralBot = isBehavioralBot
        self.signals = signals
        self.ruleSet = ruleSet
        self.judgedCount = judgedCount
        self.at = at
        self.botName = botName
        self.botCategory = botCategory
    }
}

/// What a detector tells the throttle (`verdict.report`, an event). Repeats and late arrivals change nothing.
public struct VerdictReport: Hashable, Sendable, Codable {
    /// The verdict's own identity; the throttle counts each once.
    public var verdictID: String
    /// The session judged.
    public var sessionID: SessionID
    /// The site, a lower-case host name.
    public var site: String
    /// The session's fingerprint.
    public var fingerprint: String
    /// The client's address; evidence that only has a prefix sends the prefix.
    public var ip: String
    /// What the session is.
    public var verdictClass: VerdictClass
    /// Behavioural points.
    public var score: Int
    /// Page requests in the 60 seconds before `at`.
    public var requestsPerMinute: Double
    /// Share of answers that were 400 and above, 0...1.
    public var errorRate: Double
    /// Requests and assets judged.
    public var requestCount: Int
    /// The latest request's time.
    public var at: Timestamp

    enum CodingKeys: String, CodingKey, CaseIterable {
        case verdictID = "verdict_id"
        case sessionID = "session_id"
        case site, fingerprint, ip
        case verdictClass = "class"
        case score
        case requestsPerMinute = "requests_per_minute"
        case errorRate = "error_rate"
        case requestCount = "request_count"
        case at
    }

    /// A report of one verdict.
    public init(
        verdictID: String, sessionID: SessionID, site: String, fingerprint: String, ip: String,
        verdictClass: VerdictClass, score: Int, requestsPerMinute: Double, errorRate: Double, requestCount: Int,
        at: Timestamp
    ) {
        self.verdictID = verdictID
        self.sessionID = sessionID
        self.site = site
        self.fingerprint = fingerprint
        self.ip = ip
        self.verdictClass = verdictClass
        self.score = score
        self.requestsPerMinute = requestsPerMinute
        self.errorRate = errorRate
        self.requestCount = requestCount
        self.at = at
    }
}

extension VerdictReport: RangeChecked {
    /// What is out of range.
    public var rangeProblem: String? {
        if !(requestsPerMinute >= 0) { return "requests_per_minute is negative" }
        if !(0...1).contains(errorRate) { return "error_rate is not within 0...1" }
        if requestCount < 0 { return "request_count is negative" }
        return nil
    }
}
