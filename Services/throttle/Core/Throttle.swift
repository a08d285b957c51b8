import WeirProtocol

/// The throttle as a value: policies, buckets, standings, overrides and the log of denials behind its answers.
///
/// It decides and remembers, and touches nothing outside itself: time comes in as a `Moment`, what must be stored goes
/// out through `takeChanges`. Memory is bounded by `Bounds`. It is not thread-safe; give it one thread.
public struct Throttle: Sendable {
    /// How much it may remember.
    public struct Bounds: Hashable, Sendable {
        /// Buckets.
        public var buckets = BucketTable.standardCapacity
        /// Keys with something against them, some 300 bytes each.
        public var standings = 100_000
        /// Denials that references explain, some 400 bytes each.
        public var denials = 16_384
        /// Verdicts recognised when they come again.
        public var verdicts = 65_536

        /// The standard bounds: under 200 MB with a million clients.
        public init() {}
    }

    /// What it has done since it began.
    public struct Counters: Hashable, Sendable {
        public internal(set) var checks: UInt64 = 0
        public internal(set) var allowed: UInt64 = 0
        public internal(set) var denied: UInt64 = 0
        public internal(set) var shadowDenied: UInt64 = 0
        public internal(set) var nearLimit: UInt64 = 0
        public internal(set) var peeks: UInt64 = 0
        public internal(set) var refusedQuestions: UInt64 = 0
        public internal(set) var verdicts: UInt64 = 0
        public internal(set) var repeatedVerdicts: UInt64 = 0
        public internal(set) var staleVerdicts: UInt64 = 0
        public internal(set) var raises: UInt64 = 0
    }

    /// The policies in force.
    public private(set) var policies: PolicySet
    /// Whether every policy decides in shadow.
    public var isShadow: Bool
    /// What it has done since it began.
    public internal(set) var counters = Counters()

    /// What one policy has decided.
    struct Tally: Hashable {
        var checks: Int64 = 0
        var denied: Int64 = 0
        var shadowDenied: Int64 = 0
    }

    var rules: LevelRules { policies.rules }
    var buckets: BucketTable
    var standings: StandingTable
    /// What other throttles hold, as the server that they share told last; it counts while that is away.
    var learnt: StandingTable
    var overrides: Overrides
    var log: DenialLog
    var seen: RecentIDs
    var dirty: Set<UInt64> = []
    /// Keys whose levels other throttles are to be told; nil where there are no others.
    var untold: Set<UInt64>?
    var unsaved: [Denial] = []
    /// What each policy has decided, by its number.
    var tallies: [Tally]
    var tidied = 0
    private let bounds: Bounds
    private let seed: UInt64

    /// Denials of one client share a reference for this long, in milliseconds.
    static let episode: Int64 = 60_000
    static let unsavedLimit = 1000

    /// A throttle that remembers nothing. `seed` decides jitter and references.
    public init(_ policies: PolicySet = .standard, seed: UInt64, shadow: Bool = false, bounds: Bounds = Bounds()) {
        self.policies = policies
        self.seed = seed
        self.bounds = bounds
        isShadow = shadow
        buckets = BucketTable(rates: policies.rates, capacity: bounds.buckets)
        standings = StandingTable(capacity: bounds.standings)
        learnt = StandingTable(capacity: bounds.standings)
        overrides = Overrides(allowed: policies.allowed, blocked: policies.blocked)
        log = DenialLog(capacity: bounds.denials, seed: seed)
        seen = RecentIDs(capacity: bounds.verdicts)
        tallies = [Tally](repeating: Tally(), count: policies.policies.count)
    }

    /// Takes other policies. Levels and overrides stay; buckets start afresh when a limit has changed.
    public mutating func adopt(_ policies: PolicySet) {
        if policies.policies != self.policies.policies {
            buckets = BucketTable(rates: policies.rates, capacity: bounds.buckets)
            // A policy of the same name goes on counting.
            let known = Dictionary(zip(self.policies.names, tallies)) { first, _ in first }
            tallies = policies.names.map { known[$0] ?? Tally() }
        }
        // When a level will be forgiven is stored with it.
        if policies.rules != rules { for hash in standings.hashes { noteChange(of: hash) } }
        self.policies = policies
        overrides.list(allowed: policies.allowed, blocked: policies.blocked)
    }

    /// Answers a request and charges it. `fingerprint` is the check's own or made from its headers.
    /// - Throws: `bad_body` for an address, cost or policy that cannot be.
    public mutating func check(
        _ check: ThrottleCheck, fingerprint: String, now: Moment
    ) throws(WireError) -> ThrottleDecision {
        try check.withQuestion(fingerprint: fingerprint) { question in
            Result { () throws(WireError) in try self.check(question, now: now) }
        }.get()
    }

    /// Answers a request and charges it.
    /// - Throws: `bad_body` for an address, cost or policy that cannot be.
    public mutating func check(_ question: Question, now: Moment) throws(WireError) -> ThrottleDecision {
        try check(question, shared: nil, now: now)
    }

    /// Answers a request and charges it, unless the server that several throttles share has.
    @inline(__always)
    mutating func check(
        _ question: Question, shared: SharedAnswer?, now: Moment
    ) throws(WireError) -> ThrottleDecision {
        let client: Client
        do { client = try Client(question, self) } catch {
            counters.refusedQuestions += 1
            throw error
        }
        let found = view(of: client, answering: shared, now)
        let answer = weigh(found, client, now)
        guard client.cost > 0 else {
            counters.peeks += 1
            return told(answer, found)
        }
        counters.checks += 1
        tallies[found.policy].checks += 1
        guard answer.decision.allow else { return refuse(answer, found, client, now) }
        counters.allowed += 1
        if answer.decision.remaining * 5 < answer.decision.limit { counters.nearLimit += 1 }
        charge(client, found, now)
        return answer.decision
    }

    /// Notes a refusal with its consequences.
    @inline(never)
    private mutating func refuse(_ answer: Answer, _ view: View, _ client: Client, _ now: Moment) -> ThrottleDecision {
        var (answer, view) = (answer, view)
        rewind(client, view, now)
        // A policy on trial locks nobody out elsewhere.
        if !policies.policies[view.policy].shadow, countDenial(answer, client, now) {
            // What is told is what holds from now on, so that waiting as told is enough.
            view = self.view(of: client, answering: view.shared, now)
            answer = weigh(view, client, now)
        }
        answer.decision.reference = deny(answer, view, client, now)
        let decision = told(answer, view)
        if decision.shadow {
            counters.shadowDenied += 1
            tallies[view.policy].shadowDenied += 1
        } else {
            counters.denied += 1
            tallies[view.policy].denied += 1
        }
        return decision
    }

    /// What a check would be answered, without charging or noting anything; `shared` is what the server that several
    /// throttles share knows.
    /// - Throws: `bad_body` as `check` does.
    public mutating func peek(
        _ check: ThrottleCheck, fingerprint: String, shared: SharedAnswer? = nil, now: Moment
    ) throws(WireError) -> ThrottleDecision {
        try check.withQuestion(fingerprint: fingerprint) { question in
            Result { () throws(WireError) in
                let client = try Client(question, self)
                let found = view(of: client, answering: shared, now)
                counters.peeks += 1
                return told(weigh(found, client, now), found)
            }
        }.get()
    }

    /// Who a check is about.
    /// - Throws: `bad_body` as `check` does.
    public func key(of check: ThrottleCheck, fingerprint: String) throws(WireError) -> ClientKey {
        try check.withQuestion(fingerprint: fingerprint) { question in
            Result { () throws(WireError) in try Client(question, self).key }
        }.get()
    }

    // MARK: Weighing

    /// What applies to a request.
    struct View {
        let policy: Int
        var level: ThrottleLevel
        var behind: ThrottleLevel
        let verdictClass: VerdictClass?
        var blockedUntil: Int64
        let override: Override?
        /// The policy's limits in `policies.limits`.
        let limits: Range<Int>
        /// What the shared server knows; nil where memory decides.
        let shared: SharedAnswer?

        /// An address is limited by its own level, everything else by the pair's.
        func level(for key: Policy.Key) -> ThrottleLevel { key == .prefix ? behind : level }
    }

    mutating func view(of client: Client, shared: SharedAnswer? = nil, _ now: Moment) -> View {
        var (level, behind) = (ThrottleLevel.normal, ThrottleLevel.normal)
        var (blockedUntil, verdictClass) = (Int64.min, VerdictClass?.none)
        if let place = standings.place(of: client.pair) {
            if standings[place].settle(at: now.monotonic, policies.rules) { noteChange(place) }
            (level, verdictClass) = (standings[place].level, standings[place].verdictClass)
            blockedUntil = standings[place].blockedUntil
        }
        if let place = standings.place(of: client.behind) {
            if standings[place].settle(at: now.monotonic, policies.rules) { noteChange(place) }
            behind = standings[place].level
        }
        let policy: Int
        if let named = client.named {
            policy = named
        } else {
            policy = policies.applying(to: client.question, class: verdictClass)
        }
        // An answer to a question about other limits, asked before the policies changed, is none.
        let known = shared?.debts.count == policies.ranges[policy].count ? shared : nil
        if let known {
            if known.level == .blocked {
                let until = saturatingSum(now.monotonic, known.lasts)
                blockedUntil = level == .blocked ? max(blockedUntil, until) : until
            }
            (level, behind) = (max(level, known.level), max(behind, known.behind))
        }
        return View(
            policy: policy, level: level, behind: behind, verdictClass: verdictClass, blockedUntil: blockedUntil,
            override: overrides.isEmpty ? nil : overrides.deciding(client, now: now.monotonic),
            limits: policies.ranges[policy], shared: known)
    }

    /// An answer before its consequences.
    struct Answer {
        var decision: ThrottleDecision
        /// Milliseconds after which the request may be repeated; nil for never, or when allowed.
        var wait: Int64?
        /// What the limit counts by that refused with the longest wait.
        var refusing: Policy.Key?
        var reason = Denial.Reason.quota
    }

    /// Whether a refusal is only a trial. What a person said is none.
    func isTrial(_ answer: Answer, _ view: View) -> Bool {
        (isShadow || policies.policies[view.policy].shadow) && answer.reason != .override
    }

    /// The decision as the gateway is told it: what is only a trial goes through.
    private func told(_ answer: Answer, _ view: View) -> ThrottleDecision {
        var decision = answer.decision
        if !decision.allow, isTrial(answer, view) { (decision.allow, decision.shadow) = (true, true) }
        return decision
    }

    // It changes nothing, but a method that could not would be handed a copy of all 650 bytes for each check.
    private mutating func weigh(_ view: View, _ client: Client, _ now: Moment) -> Answer {
        // A blocked client is weighed as it will be when the block ends, so that its wait is the whole wait.
        let isBlocked = view.level == .blocked
        let moment = isBlocked ? max(now.monotonic, view.blockedUntil) : now.monotonic
        var tightest = Tightest()
        var refusing: Policy.Key?
        var wait: Int64? = 0
        for index in view.limits {
            let limit = policies.limits[index]
            let level = min(view.level(for: limit.key), .severe)
            var bucket = bucket(of: limit, index, view, client, now)
            if isBlocked { bucket.settle(at: moment, limit.limit) }
            let outcome = bucket.outcome(of: client.cost, limit.limit, at: level)
            tightest.take(limit.limit, level, outcome, isTied: true)
            guard !outcome.allowed else { continue }
            if refusing == nil || outcome.isNever || (wait != nil && outcome.retryAfter! > wait!) {
                if wait != nil || refusing == nil { refusing = limit.key }
                wait = outcome.isNever ? nil : wait.map { max($0, outcome.retryAfter!) }
            }
        }
        if refusing != nil, view.limits.count > 1 { tightest = standstill(view, client, now) }
        var answer = Answer(
            decision: ThrottleDecision(
                allow: refusing == nil, level: view.level, limit: Int(tightest.limit),
                remaining: Int(tightest.remaining), reset: tightest.reset, policy: policies.names[view.policy]),
            wait: refusing == nil ? nil : wait, refusing: refusing)
        guard refusing != nil || isBlocked || view.override != nil else { return answer }
        if isBlocked {
            answer.decision.allow = false
            (answer.decision.limit, answer.decision.remaining) = (0, 0)
            answer.wait = wait.map { saturatingSum($0, moment - now.monotonic) }
            (answer.reason, answer.refusing) = (.blocked, nil)
        }
        switch view.override?.action {
        case .allow?:
            answer.decision.allow = true
            answer.wait = nil
        case .block?:
            answer.decision.allow = false
            (answer.decision.limit, answer.decision.remaining, answer.decision.level) = (0, 0, .blocked)
            answer.wait = view.override!.until.map { max(0, $0 - now.monotonic) }
            (answer.reason, answer.refusing) = (.override, nil)
        case nil: break
        }
        if !answer.decision.allow { answer.decision.retryAfter = answer.wait.map { seconds($0) } }
        return answer
    }

    /// The tightest limit as it stands: where one refused, those that would not have lose nothing.
    private func standstill(_ view: View, _ client: Client, _ now: Moment) -> Tightest {
        var tightest = Tightest()
        for index in view.limits {
            let limit = policies.limits[index]
            let level = min(view.level(for: limit.key), .severe)
            let bucket = bucket(of: limit, index, view, client, now)
            tightest.take(limit.limit, level, bucket.outcome(of: 0, limit.limit, at: level), isTied: false)
        }
        return tightest
    }

    /// What a client owes a limit now.
    @inline(__always)
    private func bucket(
        of limit: Policy.KeyedLimit, _ index: Int, _ view: View, _ client: Client, _ now: Moment
    ) -> Bucket {
        if let shared = view.shared {
            return Bucket(debt: shared.debts[index - view.limits.lowerBound], last: now.monotonic)
        }
        var bucket = buckets.bucket(
            BucketTable.tag(client.hash(of: limit.key), limit: limit.number), now: now.monotonic)
        bucket.settle(at: now.monotonic, limit.limit)
        return bucket
    }

    /// What an answer says is left: the least of all limits.
    private struct Tightest {
        var limit: Int64 = 0
        var remaining: Int64 = 0
        var reset: Int64 = 0
        private var isEmpty = true

        /// `isTied`: of equals the one that takes longest to refill counts.
        @inline(__always)
        mutating func take(_ found: Limit, _ level: ThrottleLevel, _ outcome: Bucket.Outcome, isTied: Bool) {
            guard isEmpty || outcome.remaining < remaining || (isTied && outcome.remaining == remaining) else { return }
            let takes = min(outcome.resetAfter ?? .max, longestReset)
            guard isEmpty || outcome.remaining < remaining || takes > reset else { return }
            (limit, remaining, reset, isEmpty) = (found.capacity(at: level), outcome.remaining, takes, false)
        }
    }

    /// Whole seconds, rounded up, at least 1, and a little more so that those refused together do not return together.
    private func seconds(_ milliseconds: Int64) -> Int {
        let whole = max(1, milliseconds / 1000 + (milliseconds % 1000 > 0 ? 1 : 0))
        let spread = UInt64(min(max(1, whole / 10), 30))
        return Int(whole) + Int(mix(seed &+ counters.checks) % (spread + 1))
    }

    // MARK: Consequences

    private mutating func charge(_ client: Client, _ view: View, _ now: Moment) {
        if view.override?.action == .allow { return }
        for index in view.limits {
            let limit = policies.limits[index]
            let tag = BucketTable.tag(client.hash(of: limit.key), limit: limit.number)
            if view.shared != nil {
                // Memory follows, so that it can go on from there when the server is away.
                buckets.store(tag, bucket(of: limit, index, view, client, now))
            }
            buckets.charge(
                tag, limit.limit, tokens: client.cost, at: view.level(for: limit.key), now: now.monotonic)
        }
    }

    /// A refused request costs nothing, but its time is taken note of: after the clock has stepped back, a client that
    /// is only ever refused must not wait for it to catch up.
    private mutating func rewind(_ client: Client, _ view: View, _ now: Moment) {
        guard view.shared == nil else { return }
        for index in view.limits {
            let limit = policies.limits[index]
            let tag = BucketTable.tag(client.hash(of: limit.key), limit: limit.number)
            var bucket = buckets.bucket(tag, now: now.monotonic)
            guard bucket.last > now.monotonic else { continue }
            bucket.settle(at: now.monotonic, limit.limit)
            buckets.store(tag, bucket)
        }
    }
}

/// A year: what a limit that never refills is said to take.
private let longestReset: Int64 = 31_536_000_000
