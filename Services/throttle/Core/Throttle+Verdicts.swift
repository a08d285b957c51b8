import WeirProtocol

extension Throttle {
    /// What became of a report.
    public enum Reception: Hashable, Sendable {
        /// It was taken into account.
        case taken
        /// It had come before.
        case repeated
        /// Its evidence is too old to act on.
        case stale
    }

    /// Takes a detector's verdict. Repeats, late arrivals and reports from several detectors are harmless.
    ///
    /// It is held against the pair of address and fingerprint, and against the pair of address and session. Where
    /// checks have come with the session verified, the fingerprint behind the address gets a warning at most, since
    /// that session is known apart from the others that look alike.
    /// - Throws: `bad_body` when the address cannot be read.
    @discardableResult
    public mutating func report(_ report: VerdictReport, now: Moment) throws(WireError) -> Reception {
        guard let prefix = prefix(of: report.ip) else { throw WireError(.badBody, "ip is not an address") }
        let age = max(0, now.wall - report.at)
        guard age <= rules.evidenceAge else {
            counters.staleVerdicts += 1
            return .stale
        }
        guard seen.insert(report.verdictID) else {
            counters.repeatedVerdicts += 1
            return .repeated
        }
        counters.verdicts += 1
        let at = saturatingDifference(now.monotonic, age)
        let causes = causes(in: report)
        let session = ClientKey.pair(prefix, ClientWord(report.sessionID.text))
        let isVerified = hasAsked(session.tableHash, now)
        hold(report, causes, against: session, ceiling: .blocked, at, now)
        hold(
            report, causes, against: .pair(prefix, ClientWord(report.fingerprint)),
            ceiling: isVerified ? .warning : .blocked, at, now)
        return .taken
    }

    private func causes(in report: VerdictReport) -> [Cause] {
        guard report.verdictClass != .verifiedBot else { return [] }
        var causes: [Cause] = []
        if report.verdictClass == .scanner { causes.append(.scanner) }
        if report.score >= rules.score { causes.append(.score) }
        if report.requestsPerMinute > rules.pageRequestsPerMinute { causes.append(.pageRate) }
        if report.errorRate > rules.errorRate, report.requestCount > rules.errorRequests { causes.append(.errors) }
        return causes
    }

    private mutating func hold(
        _ report: VerdictReport, _ causes: [Cause], against key: ClientKey, ceiling: ThrottleLevel, _ at: Int64,
        _ now: Moment
    ) {
        let hash = key.tableHash
        let isWorthAPlace =
            !causes.isEmpty || (report.verdictClass != .human && report.verdictClass != .undecided)
        let place =
            isWorthAPlace
            ? standings.claim(hash, causes.isEmpty ? .normal : .warning, key, Standing(now: now.monotonic))
            : standings.place(of: hash)
        guard let place, standings[place].takes(report.at) else { return }
        _ = standings[place].classify(report.verdictClass, evidence: at)
        standings.touch(place)
        if standings[place].settle(at: now.monotonic, rules) { noteChange(place) }
        guard !causes.isEmpty, ceiling == .blocked || standings[place].level < ceiling else { return }
        // A scanner would go straight past a warning.
        let applied = ceiling == .blocked ? causes : causes.map { $0 == .scanner ? .score : $0 }
        raise(place, applied, at: at, now, report.verdictID)
    }

    /// Evidence may name an address or only its prefix.
    private func prefix(of text: String) -> NetworkPrefix? {
        NetworkPrefix(text).map { $0.address.prefix(v4: rules.prefixV4, v6: rules.prefixV6) }
    }

    /// Whether checks have come from this pair of late.
    private func hasAsked(_ hash: UInt64, _ now: Moment) -> Bool {
        policies.policies.contains { policy in
            policy.limits.contains {
                $0.key == .pair && buckets.bucket(BucketTable.tag(hash, limit: $0.number), now: now.monotonic).debt > 0
            }
        }
    }

    /// Calls of `sweep` in a second that look at everything within a minute.
    public static let sweepsPerSecond = 16

    /// Housekeeping, a small piece of each table at a time, since nobody is answered meanwhile: forgives, forgets, and
    /// gives places back.
    public mutating func sweep(now: Moment) {
        var changed: [UInt64] = []
        standings.sweep(250, now: now.monotonic, rules) { changed.append($0) }
        for hash in changed { noteChange(of: hash) }
        learnt.sweep(250, now: now.monotonic, rules) { _ in }
        buckets.tidy(shard: tidied, now: now.monotonic)
        tidied = (tidied + 1) & 255
        if tidied % Self.sweepsPerSecond == 1 { overrides.expire(now: now.monotonic) }
    }
}

/// The names of what came lately, so that it counts once. Bounded: the oldest is forgotten first.
struct RecentIDs: Sendable {
    private var known: Set<UInt64> = []
    private var ring: [UInt64] = []
    private var next = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = max(1, capacity) }

    /// False when it was there already.
    mutating func insert(_ id: String) -> Bool {
        let hash = ClientKey.hash(5, nil, id)
        guard known.insert(hash).inserted else { return false }
        if ring.count < capacity {
            ring.append(hash)
        } else {
            known.remove(ring[next])
            ring[next] = hash
            next = (next + 1) % capacity
        }
        return true
    }
}
