import WeirProtocol

/// What a batch of new verdicts adds to the standing of one (fingerprint, network prefix).
///
/// A session counts once, its requests by how many more the new verdict covers than those before it, and its abuse at
/// the first verdict that finds any.
public struct StandingShare: Hashable, Sendable {
    /// Whose standing it is.
    public struct Holder: Hashable, Sendable {
        /// The visitor's fingerprint, not empty.
        public let fingerprint: String
        /// The visitor's network.
        public let prefix: String
    }

    /// A verdict, and what of its evidence matters to the standing of whoever it is about.
    public final class Finding: Sendable {
        /// The verdict.
        public let verdict: SessionVerdict
        /// Whether nobody asked about the session before.
        public let isFirstQuestion: Bool
        /// Whose session it is; nil for a visitor without a fingerprint.
        let holder: Holder?
        let startedAt: Timestamp
        let lastActivityAt: Timestamp
        let address: String?
        let userAgent: String
        let sessions24h: Int
        let velocity: Int
        let change: ReputationChange

        /// - Parameters:
        ///   - verdict: What was found.
        ///   - evidence: What it judges.
        ///   - velocity: Page requests in the session's busiest minute.
        public init(verdict: SessionVerdict, evidence: SessionEvidence, velocity: Int) {
            self.verdict = verdict
            self.velocity = velocity
            isFirstQuestion = evidence.isFirstQuestion
            holder =
                evidence.fingerprint.isEmpty
                ? nil : Holder(fingerprint: evidence.fingerprint, prefix: evidence.ipPrefix)
            (startedAt, lastActivityAt) = (evidence.startedAt, evidence.lastActivityAt)
            (address, userAgent) = (evidence.ip, evidence.userAgent)
            sessions24h = evidence.fingerprintSessions24h
            change = ReputationChange(verdict, evidence)
        }
    }

    /// What earlier verdicts on a session say.
    public struct Earlier: Hashable, Sendable {
        /// The most that any of them covers.
        public var judgedCount: Int
        /// Whether any of them found abuse.
        public var wasAbusive: Bool

        /// What was known.
        public init(judgedCount: Int, wasAbusive: Bool) {
            (self.judgedCount, self.wasAbusive) = (judgedCount, wasAbusive)
        }
    }

    /// Whose standing it is.
    public let holder: Holder
    /// The first request of any of the sessions.
    public private(set) var firstAt: Timestamp
    /// The latest request of any of the sessions.
    public private(set) var lastAt: Timestamp
    /// Sessions never judged before.
    public private(set) var sessions = 0
    /// Sessions of the holder in the 24 hours before.
    public private(set) var active = 0
    /// Requests not covered before.
    public private(set) var requests = 0
    /// Page requests in the busiest minute of any session.
    public private(set) var velocity = 0
    /// Points taken off, 0 or less.
    public private(set) var delta = 0
    /// Sessions found abusive for the first time.
    public private(set) var incidents = 0
    /// Why, of the first incident by name.
    public private(set) var reason: String?
    /// The address of the latest session.
    public private(set) var address: String?
    /// The user agent of the latest session.
    public private(set) var userAgent: String

    /// The shares of the holders that `findings` are about, in no particular order.
    /// - Parameters:
    ///   - findings: Verdicts that are new. Several on one session count as the one that covers most.
    ///   - earlier: What was known of their sessions before, by session.
    public static func shares(
        of findings: [Finding], earlier: [SessionID: Earlier]
    ) -> [StandingShare] {
        var latest: [SessionID: Int] = [:]
        latest.reserveCapacity(findings.count)
        for index in findings.indices where findings[index].holder != nil {
            let id = findings[index].verdict.sessionID
            if let known = latest[id], !findings[index].counts(before: findings[known]) { continue }
            latest[id] = index
        }
        var shares: [StandingShare] = []
        var places: [Holder: Int] = [:]
        for (id, index) in latest {
            guard let holder = findings[index].holder else { continue }
            let place = places[holder] ?? shares.count
            if place == shares.count {
                places[holder] = place
                shares.append(StandingShare(holder, findings[index]))
            }
            shares[place].add(findings[index], earlier: earlier.isEmpty ? nil : earlier[id])
        }
        return shares
    }

    private init(_ holder: Holder, _ finding: Finding) {
        self.holder = holder
        (firstAt, lastAt) = (finding.startedAt, finding.lastActivityAt)
        (address, userAgent) = (finding.address, finding.userAgent)
    }

    private mutating func add(_ finding: Finding, earlier: Earlier?) {
        firstAt = min(firstAt, finding.startedAt)
        if finding.lastActivityAt > lastAt {
            (lastAt, address, userAgent) = (finding.lastActivityAt, finding.address, finding.userAgent)
        }
        if earlier == nil { sessions += 1 }
        active = max(active, finding.sessions24h)
        requests += max(0, finding.verdict.judgedCount - (earlier?.judgedCount ?? 0))
        velocity = max(velocity, finding.velocity)
        let change = finding.change
        guard change.delta < 0, earlier?.wasAbusive != true else { return }
        delta += change.delta
        incidents += 1
        if let found = change.reason { reason = reason.map { min($0, found) } ?? found }
    }
}

extension StandingShare.Finding {
    fileprivate func counts(before other: StandingShare.Finding) -> Bool {
        if verdict.judgedCount != other.verdict.judgedCount { return verdict.judgedCount > other.verdict.judgedCount }
        return change.delta < other.change.delta
    }
}
