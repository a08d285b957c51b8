import WeirProtocol

/// Recorded requests put before two sets of policies on the requests' own clock: what would have been otherwise.
///
/// Levels rise by sustained refusals as they do live; verdicts are not played, so that both sets meet the same clients
/// without a past.
public struct Replay: Sendable {
    /// A request that was recorded.
    public struct Request: Sendable {
        /// When it came.
        public var at: Timestamp
        /// What the throttle would have been asked.
        public var check: ThrottleCheck
        /// The client's fingerprint.
        public var fingerprint: String
        /// The session that it belongs to, taken for verified: gateways that know sessions say so.
        public var session: String
        /// Whether the session is a person's, as it was judged in the end.
        public var isHuman: Bool

        /// A request that was recorded.
        public init(at: Timestamp, check: ThrottleCheck, fingerprint: String, session: String, isHuman: Bool) {
            self.at = at
            self.check = check
            self.fingerprint = fingerprint
            self.session = session
            self.isHuman = isHuman
        }
    }

    /// What one set of policies comes to.
    public struct Outcome: Hashable, Sendable {
        /// Requests of people that it refuses.
        public internal(set) var humanRequestsRefused: Int64 = 0
        /// Sessions of people of which it refuses at least one request.
        public internal(set) var humanSessionsSlowed: Int64 = 0
        /// Requests of bots that it refuses.
        public internal(set) var botRequestsRefused: Int64 = 0
        /// Sessions of bots of which it refuses at least one request.
        public internal(set) var botSessionsSlowed: Int64 = 0
    }

    private var throttles: [Throttle]
    private var outcomes = [Outcome(), Outcome()]
    private var slowed: [Set<UInt64>] = [[], []]
    private var sessions: Set<UInt64> = []
    /// Requests played.
    public private(set) var requests: Int64 = 0
    /// Those of them that people made.
    public private(set) var humanRequests: Int64 = 0
    /// Sessions of people.
    public private(set) var humanSessions: Int64 = 0
    /// Requests that no check could be made of.
    public private(set) var unusable: Int64 = 0

    /// A replay before anything has been played.
    public init(present: PolicySet, proposed: PolicySet) {
        throttles = [Throttle(present, seed: 1), Throttle(proposed, seed: 1)]
    }

    /// What the present policies come to.
    public var present: Outcome { outcomes[0] }
    /// What the proposed ones come to.
    public var proposed: Outcome { outcomes[1] }

    /// Plays the next request; they come in the order of their times.
    public mutating func play(_ request: Request) {
        requests += 1
        let session = ClientKey.hash(6, nil, request.session)
        if request.isHuman {
            humanRequests += 1
            if sessions.insert(session).inserted { humanSessions += 1 }
        }
        let now = Moment(monotonic: request.at.milliseconds, wall: request.at)
        var check = request.check
        check.session = request.session
        for index in throttles.indices {
            let decision: ThrottleDecision
            do {
                decision = try throttles[index].check(check, fingerprint: request.fingerprint, now: now)
            } catch {
                if index == 0 { unusable += 1 }
                continue
            }
            guard !decision.allow else { continue }
            let isFirst = slowed[index].insert(session).inserted
            if request.isHuman {
                outcomes[index].humanRequestsRefused += 1
                if isFirst { outcomes[index].humanSessionsSlowed += 1 }
            } else {
                outcomes[index].botRequestsRefused += 1
                if isFirst { outcomes[index].botSessionsSlowed += 1 }
            }
        }
    }
}
