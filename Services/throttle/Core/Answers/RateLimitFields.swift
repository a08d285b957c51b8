import WeirProtocol

/// The header fields of the IETF's RateLimit draft for a decision.
public struct RateLimitFields: Hashable, Sendable {
    /// `RateLimit-Policy`: each limit's quota under the level and the seconds in which it refills.
    public let policy: String
    /// `RateLimit`: what is left, and the seconds until all of it is back.
    public let limit: String
}

extension PolicySet {
    /// The fields for a decision that these policies made; nil for a policy that is not among them.
    public func rateLimitFields(for decision: ThrottleDecision) -> RateLimitFields? {
        guard let index = named(decision.policy) else { return nil }
        var items: [String] = []
        for limit in policies[index].limits where !limit.isImplied {
            let name = items.isEmpty ? decision.policy : "\(decision.policy)-\(items.count + 1)"
            let quota = limit.limit.capacity(at: decision.level)
            let full = Double(limit.limit.capacity(at: .normal)) / limit.tokensPerSecond
            let window = full.isFinite && full > 0 ? ";w=\(Int64(min(full.rounded(.up), 1e12)))" : ""
            items.append("\"\(name)\";q=\(quota)\(window)")
        }
        return RateLimitFields(
            policy: items.joined(separator: ", "),
            limit: "\"\(decision.policy)\";r=\(decision.remaining);t=\((decision.reset + 999) / 1000)")
    }
}
