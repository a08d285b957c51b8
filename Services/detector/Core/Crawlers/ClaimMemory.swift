import WeirProtocol

/// What look-ups of claims gave, for as long as it may be relied on. Bounded: what was learned longest ago is forgotten
/// first, half of the memory at a time.
public struct ClaimMemory: Sendable {
    /// Keeps a finding at least this long, in ms, whatever its records say: crawlers stay where they are for weeks.
    public static let shortest: Int64 = 3_600_000
    /// And at most this long, in ms.
    public static let longest: Int64 = 86_400_000

    private struct Entry: Sendable {
        var check: ClaimCheck
        var expiresAt: Timestamp
    }

    private let limit: Int
    private var recent: [CrawlerClaim: Entry] = [:]
    private var earlier: [CrawlerClaim: Entry] = [:]

    /// A memory of at most `limit` claims.
    public init(limit: Int) { self.limit = max(2, limit) }

    /// How many claims it knows.
    public var count: Int { recent.count + earlier.count }

    /// When a finding made at `moment` is looked up again. What the resolver could not say is asked again soon.
    public static func expiry(of finding: ReverseLookup.Finding, madeAt moment: Timestamp) -> Timestamp {
        let seconds = Int64(finding.ttl) * 1000
        if finding.result == .unknown { return moment + seconds }
        return moment + min(max(seconds, shortest), longest)
    }

    /// Keeps what is known of `claim` until `expiry`.
    public mutating func keep(_ check: ClaimCheck, of claim: CrawlerClaim, until expiry: Timestamp) {
        if recent.count >= limit / 2 { (earlier, recent) = (recent, [:]) }
        earlier[claim] = nil
        recent[claim] = Entry(check: check, expiresAt: expiry)
    }

    /// What is known of `claim`, and whether it is time to look again. What is out of date holds until then: a crawler
    /// does not become a stranger because an hour has passed.
    public func recall(_ claim: CrawlerClaim, at moment: Timestamp) -> (check: ClaimCheck?, isDue: Bool) {
        guard let entry = recent[claim] ?? earlier[claim] else { return (nil, true) }
        return (entry.check.result == .unchecked ? nil : entry.check, entry.expiresAt <= moment)
    }
}

extension ReverseLookup.Finding {
    /// As evidence, held against the domains of `crawler`.
    public func check(for crawler: CrawlerList.Crawler) -> ClaimCheck {
        let authority = crawler.domains.joined(separator: " ")
        return switch result {
        case .verified: ClaimCheck(.verified, observed: host ?? "", authority: authority)
        case .falseClaim: ClaimCheck(.failed, observed: host ?? "no host name", authority: authority)
        case .unknown: .unchecked
        }
    }
}
