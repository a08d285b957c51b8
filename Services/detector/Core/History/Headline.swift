import WeirProtocol

/// The numbers that people look at first, counted over sessions under one set of verdicts.
///
/// Counted twice over the same sessions, once as they are called and once as they would be, it shows what a change of
/// rules does to every report before anything is changed.
public struct Headline: Sendable {
    /// What a session adds, whatever it is called.
    public struct Facts: Sendable {
        /// The visitor; nil where none is known.
        public var fingerprint: String?
        /// The registered user; nil for anonymous sessions.
        public var user: String?
        /// Documents, API calls and background requests.
        public var requests: Int
        /// Documents.
        public var pageViews: Int
        /// Engagement events.
        public var engagementEvents: Int
        /// Whether it converted.
        public var isConverted: Bool
        /// The kind of referrer.
        public var source: String

        /// The facts of one session.
        public init(
            fingerprint: String?, user: String?, requests: Int, pageViews: Int, engagementEvents: Int,
            isConverted: Bool, source: String
        ) {
            self.fingerprint = fingerprint
            self.user = user
            self.requests = requests
            self.pageViews = pageViews
            self.engagementEvents = engagementEvents
            self.isConverted = isConverted
            self.source = source
        }
    }

    /// What a session is called.
    public struct Call: Hashable, Sendable {
        /// Declared by user agent, referrer spam, or a failed claim.
        public var isBot: Bool
        /// Probes, scanner agents, or scanner velocity.
        public var isScanner: Bool
        /// The score reached the limit.
        public var isBehavioralBot: Bool
        /// The class in a word.
        public var verdictClass: VerdictClass

        /// What a session is called.
        public init(isBot: Bool, isScanner: Bool, isBehavioralBot: Bool, verdictClass: VerdictClass) {
            self.isBot = isBot
            self.isScanner = isScanner
            self.isBehavioralBot = isBehavioralBot
            self.verdictClass = verdictClass
        }

        /// None of the three flags: a person, or not yet judged, as reports of people count sessions.
        public var isHuman: Bool { !isBot && !isScanner && !isBehavioralBot }
    }

    private var numbers = [Int](repeating: 0, count: Self.names.count)
    // Distinct by 64 bits of a hash: a pair in a million visitors collides once in ten million runs.
    private var visitors: Set<UInt64> = []
    private var users: Set<UInt64> = []
    private var sources: [String: Int] = [:]

    private static let names = [
        "sessions", "human_sessions", "bot_sessions", "undecided_sessions", "declared_bot_sessions",
        "scanner_sessions", "behavioral_bot_sessions", "verified_bot_sessions", "false_claim_sessions",
        "page_views", "requests", "engagement_events", "conversions",
    ]

    /// Nothing counted yet.
    public init() {}

    /// Counts one session.
    public mutating func add(_ facts: Facts, _ call: Call) {
        numbers[0] += 1
        if call.isBot { numbers[4] += 1 }
        if call.isScanner { numbers[5] += 1 }
        if call.isBehavioralBot { numbers[6] += 1 }
        if call.verdictClass == .verifiedBot { numbers[7] += 1 }
        if call.verdictClass == .falseClaim { numbers[8] += 1 }
        guard call.isHuman else {
            numbers[2] += 1
            return
        }
        numbers[call.verdictClass == .undecided ? 3 : 1] += 1
        numbers[9] += facts.pageViews
        numbers[10] += facts.requests
        numbers[11] += facts.engagementEvents
        if facts.isConverted { numbers[12] += 1 }
        if let fingerprint = facts.fingerprint { visitors.insert(Self.hash(fingerprint)) }
        if let user = facts.user { users.insert(Self.hash(user)) }
        sources[facts.source, default: 0] += 1
    }

    /// Counts what another part of the same history holds, of sessions that are not in this one.
    public mutating func merge(_ other: Headline) {
        for place in numbers.indices { numbers[place] += other.numbers[place] }
        visitors.formUnion(other.visitors)
        users.formUnion(other.users)
        sources.merge(other.sources, uniquingKeysWith: +)
    }

    private static func hash(_ text: String) -> UInt64 {
        var hash = StableHash()
        hash.combine(text)
        return hash.word
    }

    /// Name and number: sessions of all kinds, then what people did, then people's sessions by source.
    public var rows: [(name: String, number: Int)] {
        var all = zip(Self.names, numbers).map { (name: $0, number: $1) }
        all.append(("visitors", visitors.count))
        all.append(("users", users.count))
        for (source, count) in sources.sorted(by: { $0.key < $1.key }) { all.append(("source_\(source)", count)) }
        return all
    }
}
