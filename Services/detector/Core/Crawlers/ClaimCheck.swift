import WeirProtocol

/// Who somebody says to be, and where they come from.
public struct CrawlerClaim: Hashable, Sendable {
    /// The bot's name in the catalogue: `Googlebot`.
    public var name: String
    /// The client's address.
    public var address: IPAddress

    /// A claim.
    public init(name: String, address: IPAddress) { (self.name, self.address) = (name, address) }
}

/// What is known of a claim to be somebody's crawler, and by what.
public struct ClaimCheck: Hashable, Sendable {
    /// What a check gave.
    public enum Result: String, Sendable, Codable, CaseIterable {
        /// Nobody has checked, or could.
        case unchecked
        /// The address is the operator's.
        case verified
        /// The address is somebody else's.
        case failed
    }

    /// What the check gave.
    public var result: Result
    /// What was seen: a range, a host name, or the lack of one. Empty when it is not known any more.
    public var observed: String
    /// What it was held against: the operator's domains, or the day of its list.
    public var authority: String

    /// An outcome with its reasons.
    public init(_ result: Result, observed: String = "", authority: String = "") {
        (self.result, self.observed, self.authority) = (result, observed, authority)
    }

    /// Nothing is known.
    public static let unchecked = ClaimCheck(.unchecked)
    /// Known to be true, by a check whose reasons are not at hand.
    public static let verified = ClaimCheck(.verified, observed: "an earlier check")
    /// Known to be false, by a check whose reasons are not at hand.
    public static let failed = ClaimCheck(.failed, observed: "an earlier check")
}
