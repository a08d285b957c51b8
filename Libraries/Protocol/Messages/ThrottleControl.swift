/// `throttle.override`: a person's word on a client, answered with `done`.
public struct ThrottleOverride: Hashable, Sendable, Codable {
    /// What is to be done.
    public enum Action: String, Sendable, Codable, CaseIterable {
        /// Never limit it.
        case allow
        /// Always refuse it.
        case block
        /// Take an earlier word back.
        case clear
    }

    /// What is to be done.
    public var action: Action
    /// An address or range, `fp_…`, `sess_…`, `user:…`, or `ADDRESS+fp_…`.
    public var key: String
    /// Seconds that it is in force, 1...31,622,400; until cleared when absent.
    public var seconds: Int64?
    /// Why, for the audit; at most 500 bytes.
    public var reason: String
    /// Who says so; the connected user when absent.
    public var by: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case action, key
        case seconds = "for_seconds"
        case reason, by
    }

    /// A person's word.
    public init(action: Action, key: String, seconds: Int64? = nil, reason: String, by: String? = nil) {
        self.action = action
        self.key = key
        self.seconds = seconds
        self.reason = reason
        self.by = by
    }
}

extension ThrottleOverride: RangeChecked {
    /// What is out of range.
    public var rangeProblem: String? {
        if let seconds, !(1...31_622_400).contains(seconds) { return "for_seconds is not within 1...31622400" }
        if reason.isEmpty || reason.utf8.count > 500 { return "reason is empty or over 500 bytes" }
        if let by, by.isEmpty || by.utf8.count > 128 { return "by is empty or over 128 bytes" }
        return nil
    }
}

/// `throttle.why`: what stands behind a reference?
public struct ThrottleWhy: Hashable, Sendable, Codable {
    /// What the visitor was shown.
    public var reference: String

    /// A question.
    public init(reference: String) { self.reference = reference }
}

/// One step of a client's level.
public struct ThrottleLevelChange: Hashable, Sendable, Codable {
    /// When.
    public var at: Timestamp
    /// The level before.
    public var from: ThrottleLevel
    /// The level after.
    public var to: ThrottleLevel
    /// `score`, `requests_per_minute`, `error_rate`, `scanner`, `sustained_denials`, `client_behind_address` or
    /// `clean_time`.
    public var cause: String
    /// The verdict behind it, if one was.
    public var verdictID: String?

    enum CodingKeys: String, CodingKey {
        case at = "at_ms"
        case from, to, cause
        case verdictID = "verdict_id"
    }

    /// One step.
    public init(at: Timestamp, from: ThrottleLevel, to: ThrottleLevel, cause: String, verdictID: String?) {
        self.at = at
        self.from = from
        self.to = to
        self.cause = cause
        self.verdictID = verdictID
    }
}

/// `throttle.history`: the denial behind a reference, and how its client came to its level.
public struct ThrottleHistory: Hashable, Sendable, Codable {
    /// What the visitor was shown.
    public var reference: String
    /// The first denial under it.
    public var at: Timestamp
    /// Whom it was about.
    public var key: String
    /// `quota_exceeded`, `level_blocked` or `override`.
    public var reason: String
    /// The policy that applied.
    public var policy: String
    /// What the limit that refused counts by: pair, prefix, session, fingerprint or user; absent when none did.
    public var limitKey: String?
    /// Tokens at once that it allowed.
    public var limit: Int64
    /// The level then.
    public var level: ThrottleLevel
    /// What the detector called the client then.
    public var verdictClass: VerdictClass?
    /// The request's tokens.
    public var cost: Int64
    /// The path asked for.
    public var path: String
    /// Why the override was made, when one decided.
    public var note: String?
    /// Whether the request went through because of shadow mode.
    public var shadow: Bool
    /// Denials under this reference; absent when only the first is known, as after a restart.
    public var count: Int?
    /// When the last request may be repeated; absent for never.
    public var retryAt: Timestamp?
    /// The newest changes of the level, oldest first.
    public var changes: [ThrottleLevelChange]

    enum CodingKeys: String, CodingKey {
        case reference
        case at = "at_ms"
        case key, reason, policy
        case limitKey = "limit_key"
        case limit, level
        case verdictClass = "class"
        case cost, path, note, shadow, count
        case retryAt = "retry_at_ms"
        case changes
    }

    /// The denial behind a reference.
    public init(
        reference: String, at: Timestamp, key: String, reason: String, policy: String, limitKey: String?, limit: Int64,
        level: ThrottleLevel, verdictClass: VerdictClass?, cost: Int64, path: String, note: String?, shadow: Bool,
        count: Int?, retryAt: Timestamp?, changes: [ThrottleLevelChange]
    ) {
        self.reference = reference
        self.at = at
        self.key = key
        self.reason = reason
        self.policy = policy
        self.limitKey = limitKey
        self.limit = limit
        self.level = level
        self.verdictClass = verdictClass
        self.cost = cost
        self.path = path
        self.note = note
        self.shadow = shadow
        self.count = count
        self.retryAt = retryAt
        self.changes = changes
    }
}

/// `throttle.state`: where a client stands, the answer to `throttle.peek`.
public struct ThrottleState: Hashable, Sendable, Codable {
    /// Whom it is about.
    public var key: String
    /// What a check would be answered now.
    public var decision: ThrottleDecision
    /// What the detector calls the client.
    public var verdictClass: VerdictClass?
    /// Since when it has been clean.
    public var cleanSince: Timestamp?
    /// When its block ends.
    public var blockedUntil: Timestamp?
    /// Blocks so far, each within a day of the one before.
    public var blocks: Int
    /// The newest changes of the level, oldest first.
    public var changes: [ThrottleLevelChange]

    enum CodingKeys: String, CodingKey {
        case key, decision
        case verdictClass = "class"
        case cleanSince = "clean_since_ms"
        case blockedUntil = "blocked_until_ms"
        case blocks, changes
    }

    /// Where a client stands.
    public init(
        key: String, decision: ThrottleDecision, verdictClass: VerdictClass?, cleanSince: Timestamp?,
        blockedUntil: Timestamp?, blocks: Int, changes: [ThrottleLevelChange]
    ) {
        self.key = key
        self.decision = decision
        self.verdictClass = verdictClass
        self.cleanSince = cleanSince
        self.blockedUntil = blockedUntil
        self.blocks = blocks
        self.changes = changes
    }
}
