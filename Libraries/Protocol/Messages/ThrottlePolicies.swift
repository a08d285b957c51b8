/// `policies`: the throttle's policies in force, the answer to `policies.get`, which has no fields.
public struct ThrottlePolicies: Hashable, Sendable, Codable {
    /// Whether every policy decides and counts but allows.
    public var shadow: Bool
    /// In order; the first that matches applies.
    public var policies: [Policy]

    /// One policy, and what it has decided since the throttle began.
    public struct Policy: Hashable, Sendable, Codable {
        /// Its name.
        public var name: String
        /// What a request must be, as in `path_prefix=/login` or `class=asset`; several values are joined with commas.
        public var conditions: [String]
        /// Whether it decides and counts but allows.
        public var shadow: Bool
        /// All are checked before any is charged. The address's own share that comes with a pair's limit is not listed.
        public var limits: [Limit]
        /// Requests that it answered.
        public var checks: Int64
        /// Those of them that it refused.
        public var denied: Int64
        /// Those that it would have refused, were it not in shadow.
        public var shadowDenied: Int64

        enum CodingKeys: String, CodingKey {
            case name, conditions, shadow, limits, checks, denied
            case shadowDenied = "shadow_denied"
        }

        /// One policy.
        public init(
            name: String, conditions: [String], shadow: Bool, limits: [Limit], checks: Int64, denied: Int64,
            shadowDenied: Int64
        ) {
            self.name = name
            self.conditions = conditions
            self.shadow = shadow
            self.limits = limits
            self.checks = checks
            self.denied = denied
            self.shadowDenied = shadowDenied
        }
    }

    /// One rate with one capacity.
    public struct Limit: Hashable, Sendable, Codable {
        /// Tokens that come back each second at level normal.
        public var tokensPerSecond: Double
        /// The most tokens at once at level normal.
        public var capacity: Int64
        /// What it counts by: pair, prefix, session, fingerprint, user or given.
        public var key: String

        enum CodingKeys: String, CodingKey {
            case tokensPerSecond = "rate_per_s"
            case capacity, key
        }

        /// One limit.
        public init(tokensPerSecond: Double, capacity: Int64, key: String) {
            self.tokensPerSecond = tokensPerSecond
            self.capacity = capacity
            self.key = key
        }
    }

    /// The policies in force.
    public init(shadow: Bool, policies: [Policy]) {
        self.shadow = shadow
        self.policies = policies
    }
}
