/// `throttle.check`: may this request go through? Also the body of `throttle.peek`, which charges nothing.
public struct ThrottleCheck: Hashable, Sendable, Codable {
    /// The client's address, as the gateway trusts it.
    public var ip: String
    /// The session, only when the gateway has verified its token.
    public var session: String?
    /// The fingerprint; made from user agent and language when absent.
    public var fingerprint: String?
    /// The User-Agent as sent.
    public var userAgent: String?
    /// The Accept-Language as sent.
    public var acceptLanguage: String?
    /// The method; GET when absent.
    public var method: String?
    /// The path, with or without its query.
    public var path: String?
    /// The registered user, when the gateway knows one.
    public var user: String?
    /// Tokens that the request costs, 0...1,000,000 and 1 when absent; 0 asks without charging.
    public var cost: Int?
    /// A policy by name, instead of the first that matches.
    public var policy: String?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case ip, session, fingerprint
        case userAgent = "user_agent"
        case acceptLanguage = "accept_language"
        case method, path, user, cost, policy
    }

    /// A question about one request.
    public init(
        ip: String, session: String? = nil, fingerprint: String? = nil, userAgent: String? = nil,
        acceptLanguage: String? = nil, method: String? = nil, path: String? = nil, user: String? = nil,
        cost: Int? = nil, policy: String? = nil
    ) {
        self.ip = ip
        self.session = session
        self.fingerprint = fingerprint
        self.userAgent = userAgent
        self.acceptLanguage = acceptLanguage
        self.method = method
        self.path = path
        self.user = user
        self.cost = cost
        self.policy = policy
    }
}

extension ThrottleCheck: RangeChecked {
    /// What is out of range.
    public var rangeProblem: String? {
        if let cost, !(0...1_000_000).contains(cost) { "cost is not within 0...1000000" } else { nil }
    }
}

/// `throttle.decision`: the answer to a check.
public struct ThrottleDecision: Hashable, Sendable, Codable {
    /// Whether the gateway should forward the request.
    public var allow: Bool
    /// The level held against the client.
    public var level: ThrottleLevel
    /// Tokens at once under this level, of the tightest limit.
    public var limit: Int
    /// Whole tokens left, of the tightest limit.
    public var remaining: Int
    /// Milliseconds until the tightest limit is full again.
    public var reset: Int64
    /// Whole seconds after which the same request would be allowed, at least 1; absent when allowed or never.
    public var retryAfter: Int?
    /// What `analytics throttle why` explains; present when the request was refused or would have been.
    public var reference: String?
    /// Whether the request was allowed only because the policy decides in shadow.
    public var shadow: Bool
    /// The policy that applied.
    public var policy: String

    enum CodingKeys: String, CodingKey, CaseIterable {
        case allow, level, limit, remaining
        case reset = "reset_ms"
        case retryAfter = "retry_after"
        case reference, shadow, policy
    }

    /// The answer to a check.
    public init(
        allow: Bool, level: ThrottleLevel, limit: Int, remaining: Int, reset: Int64, retryAfter: Int? = nil,
        reference: String? = nil, shadow: Bool = false, policy: String = "default"
    ) {
        self.allow = allow
        self.level = level
        self.limit = limit
        self.remaining = remaining
        self.reset = reset
        self.retryAfter = retryAfter
        self.reference = reference
        self.shadow = shadow
        self.policy = policy
    }
}
