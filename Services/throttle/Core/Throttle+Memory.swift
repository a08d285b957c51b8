import WeirProtocol

extension Throttle {
    /// What has to be stored: levels as they are now, and denials not stored yet.
    public struct Changes: Sendable {
        /// The numbers that the levels expire by.
        public var rules = LevelRules()
        /// Keys with what is held against them; at level normal there is nothing left to store.
        public var standings: [(key: ClientKey, memory: Standing.Memory)] = []
        /// The first denial under each new reference; a sample of all denials, bounded.
        public var denials: [Denial] = []

        /// Nothing.
        public init() {}

        /// Whether there is nothing.
        public var isEmpty: Bool { standings.isEmpty && denials.isEmpty }
    }

    /// Hands over what has changed since the last time, at most `limit` keys; call again for the rest.
    public mutating func takeChanges(limit: Int = 5000) -> Changes {
        var changes = Changes()
        changes.rules = rules
        changes.denials = unsaved
        unsaved.removeAll(keepingCapacity: true)
        while changes.standings.count < limit, let hash = dirty.popFirst() {
            guard let place = standings.place(of: hash) else { continue }
            changes.standings.append((standings.key(at: place), standings[place].memory))
        }
        return changes
    }

    /// Takes back changes that could not be stored, so that the next attempt stores what is true then.
    public mutating func putBack(_ changes: Changes) {
        for (key, _) in changes.standings { dirty.insert(key.tableHash) }
        unsaved.insert(contentsOf: changes.denials.prefix(max(0, Self.unsavedLimit - unsaved.count)), at: 0)
    }

    /// Takes up what was stored before a restart. What has become known since stays where it is harsher.
    public mutating func recall(_ key: ClientKey, _ memory: Standing.Memory, now: Moment) {
        let ceiling: ThrottleLevel = if case .prefix = key { .warning } else { .blocked }
        guard
            let place = standings.claim(
                key.tableHash, memory.level, key, Standing(now: now.monotonic, ceiling: ceiling))
        else { return }
        standings[place].recall(memory, now: now, rules)
        standings.touch(place)
        untold?.insert(key.tableHash)
        if standings[place].level != memory.level { dirty.insert(key.tableHash) }
    }

    /// Puts a person's decision in force, in place of an earlier one on the same key.
    /// - Throws: `overloaded` when there are too many already.
    public mutating func set(_ override: Override) throws(WireError) {
        guard overrides.set(override) else {
            throw WireError(.overloaded, "there are \(Overrides.capacity) overrides; clear some first")
        }
    }

    /// Takes a person's decision back; false when there is none on that key.
    public mutating func clear(_ key: ClientKey) -> Bool { overrides.clear(key) }

    /// The overrides in force, in no order.
    public func allOverrides(now: Moment) -> [Override] {
        var all: [Override] = []
        overrides.forEach { if $0.until.map({ $0 > now.monotonic }) ?? true { all.append($0) } }
        return all
    }

    /// The denials behind a reference; nil when it is not one, or too long ago.
    public func denial(_ reference: String) -> Denial? { log.denial(reference) }

    /// What is held against a key; nil when nothing is.
    public func standing(of key: ClientKey, now: Moment) -> Standing? {
        guard let place = standings.place(of: key.tableHash) else { return nil }
        var standing = standings[place]
        standing.settle(at: now.monotonic, rules)
        return standing
    }

    /// A key's standing in the words of the wire, with what a check would be answered.
    public func state(of key: ClientKey, _ decision: ThrottleDecision, now: Moment) -> ThrottleState {
        let found = standing(of: key, now: now)
        return ThrottleState(
            key: "\(key)", decision: decision, verdictClass: found?.verdictClass,
            cleanSince: found.map { now.wall(of: $0.cleanSince) },
            blockedUntil: found.flatMap { $0.level == .blocked ? now.wall(of: $0.blockedUntil) : nil },
            blocks: found?.blocks ?? 0, changes: Self.changes(found, now))
    }

    /// The denials behind a reference in the words of the wire; nil when it is not one, or too long ago.
    public func history(_ reference: String, now: Moment) -> ThrottleHistory? {
        guard let denial = log.denial(reference) else { return nil }
        return ThrottleHistory(
            reference: denial.reference, at: denial.at, key: "\(denial.key)", reason: denial.reason.rawValue,
            policy: denial.policy, limitKey: denial.limitKey?.rawValue, limit: denial.limit, level: denial.level,
            verdictClass: denial.verdictClass, cost: denial.cost, path: denial.path, note: denial.note,
            shadow: denial.shadow, count: denial.count, retryAt: denial.retryAt.map { now.wall(of: $0) },
            changes: Self.changes(standing(of: denial.key, now: now), now))
    }

    private static func changes(_ standing: Standing?, _ now: Moment) -> [ThrottleLevelChange] {
        (standing?.history ?? []).map {
            ThrottleLevelChange(
                at: now.wall(of: $0.at), from: $0.from, to: $0.to, cause: $0.cause.rawValue, verdictID: $0.verdictID)
        }
    }

    /// Every key with something against it.
    public func forEachStanding(_ body: (ClientKey, Standing) -> Void) { standings.forEach(body) }

    /// Counters and gauges by name, as `status.get` gives them.
    public var figures: [String: Double] {
        [
            "checks_total": Double(counters.checks),
            "allowed_total": Double(counters.allowed),
            "denied_total": Double(counters.denied),
            "shadow_denied_total": Double(counters.shadowDenied),
            "near_limit_total": Double(counters.nearLimit),
            "peeks_total": Double(counters.peeks),
            "refused_questions_total": Double(counters.refusedQuestions),
            "verdicts_total": Double(counters.verdicts),
            "verdicts_repeated_total": Double(counters.repeatedVerdicts),
            "verdicts_stale_total": Double(counters.staleVerdicts),
            "level_raises_total": Double(counters.raises),
            "buckets": Double(buckets.count),
            "bucket_bytes": Double(buckets.byteCount),
            "bucket_evictions_total": Double(buckets.evictions),
            "standings": Double(standings.count),
            "standings_warning": Double(standings.count(at: .warning)),
            "standings_severe": Double(standings.count(at: .severe)),
            "standings_blocked": Double(standings.count(at: .blocked)),
            "standing_evictions_total": Double(standings.evictions),
            "standing_refusals_total": Double(standings.refusals),
            "standings_learnt": Double(learnt.count),
            "overrides": Double(overrides.count),
        ]
    }
}
