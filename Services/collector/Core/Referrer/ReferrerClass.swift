/// Where a session came from. The raw value is what `user_sessions.referrer_source` stores.
public enum ReferrerSource: String, Sendable, CaseIterable {
    /// No referrer, or the site itself.
    case direct
    case organicSearch = "organic_search"
    /// Any other site.
    case referral
    case social
    case aiAssistant = "ai_assistant"
    case paid
    case email
}

/// What is known of one referrer.
public struct ReferrerClass: Hashable, Sendable {
    public var source: ReferrerSource
    /// The engine, network, assistant or mail service by name, where one is known.
    public var name: String?
    /// The referrer's host in lower case, for an app its package; nil without a usable referrer and for the site itself.
    public var host: String?
    /// What the visitor searched for, where the engine still tells.
    public var searchTerms: String?
    /// Whether the host is known for visits that are made up to be seen in reports.
    public var isSpam: Bool

    /// The class of a visit without a referrer.
    public static let direct = ReferrerClass(source: .direct, isSpam: false)

    init(
        source: ReferrerSource, name: String? = nil, host: String? = nil, searchTerms: String? = nil, isSpam: Bool
    ) {
        (self.source, self.name, self.host) = (source, name, host)
        (self.searchTerms, self.isSpam) = (searchTerms, isSpam)
    }
}
