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

    /// A verdict, what it was made of, and how fast the session was.
    public struct Finding: Sendable {
        /// The verdict.
        public var verdict: SessionVerdict
        /// What it judges.
        public var evidence: SessionEvidence
        /// Page requests in the session's busiest minute.
        public var velocity: Int

        /// A finding.
        public init(verdict: SessionVerdict, evidence: SessionEvidence, velocity: Int) {
            (self.verdict, self.evidence, self.velocity) = (verdict, evidence, velocity)
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
        for index in findings.indices where !findings[index].evidence.fingerprint.isEmpty {
            let id = findings[index].verdict.sessionID
            if let known = latest[id], !findings[index].counts(before: findings[known]) { continue }
            latest[id] = index
        }
        var shares: [StandingShare] = []
        var places: [Holder: Int] = [:]
        for (id, index) in latest {
            let evidence = findings[index].evidence
            let holder = Holder(fingerprint: evidence.fingerprint, prefix: evidence.ipPrefix)
            let place = places[holder] ?? shares.count
            if place == shares.count {
                places[holder] = place
                shares.append(StandingShare(holder, evidence))
            }
            shares[place].add(findings[index], earlier: earlier.isEmpty ? nil : earlier[id])
        }
        return shares
    }

    private init(_ holder: Holder, _ evidence: SessionEvidence) {
        self.holder = holder
        (firstAt, lastAt) = (evidence.startedAt, evidence.lastActivityAt)
        (address, userAgent) = (evidence.ip, evidence.userAgent)
    }

    private mutating func add(_ finding: Finding, earlier: Earlier?) {
        let (verdict, evidence) = (finding.verdict, finding.evidence)
        firstAt = min(firstAt, evidence.startedAt)
        if evidence.lastActivityAt > lastAt {
            (lastAt, address, userAgent) = (evidence.lastActivityAt, evidence.ip, evidence.userAgent)
        }
        if earlier == nil { sessions += 1 }
        active = max(active, evidence.fingerprintSessions24h)
        requests += max(0, verdict.judgedCount - (earlier?.judgedCount ?? 0))
        velocity = max(velocity, finding.velocity)
        let change = ReputationChange(verdict, evidence)
        guard change.delta < 0, earlier?.wasAbusive != true else { return }
        delta += change.delta
        incidents += 1
        if let found = change.reason { reason = reason.map { min($0, found) } ?? found }
    }
}

extension StandingShare.Finding {
    fileprivate func counts(before other: Self) -> Bool {
        if verdict.judgedCount != other.verdict.judgedCount { return verdict.judgedCount > other.verdict.judgedCount }
        return ReputationChange(verdict, evidence).delta < ReputationChange(other.verdict, other.evidence).delta
    }
}
