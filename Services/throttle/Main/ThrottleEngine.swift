import Runtime
import Synchronization
import ThrottleCore
import WeirProtocol

/// The throttle of this process behind one lock, with the clocks that its core does not have.
///
/// A decision takes a microsecond or two, so one lock serves all doors; nothing is awaited while it is held.
final class ThrottleEngine: Sendable {
    private let throttle: Mutex<State>
    private let startedAt = WallClock.monotonicMilliseconds

    init(_ throttle: consuming sending Throttle) { self.throttle = Mutex(State(throttle: throttle)) }

    /// Both clocks, now.
    static var now: Moment {
        Moment(
            monotonic: WallClock.monotonicMilliseconds, wall: Timestamp(milliseconds: WallClock.milliseconds))
    }

    var uptime: Int64 { WallClock.monotonicMilliseconds - startedAt }

    func check(_ check: ThrottleCheck) throws(WireError) -> ThrottleDecision {
        let fingerprint = ClientFingerprint.of(check)
        let now = Self.now
        return try withThrottle { throttle throws(WireError) in
            try throttle.check(check, fingerprint: fingerprint, now: now)
        }
    }

    /// Answers a check that is still in its line.
    func check(_ line: CheckLine) throws(WireError) -> ThrottleDecision {
        let monotonic = WallClock.monotonicMilliseconds
        return try throttle.withLock { state throws(WireError) in
            if monotonic != state.now.monotonic { state.now = Self.now }
            return try state.check(line)
        }
    }

    /// Answers a check by what the shared server knows, or by memory when that is away or late. `reply` is called once.
    func check(
        _ check: ThrottleCheck, through link: RedisLink,
        _ reply: @escaping @Sendable (Result<ThrottleDecision, WireError>) -> Void
    ) {
        let fingerprint = ClientFingerprint.of(check)
        let question: SharedQuestion?
        do throws(WireError) {
            let now = Self.now
            question = try withThrottle { throttle throws(WireError) in
                try throttle.sharedQuestion(check, fingerprint: fingerprint, now: now)
            }
        } catch {
            reply(.failure(error))
            return
        }
        let answer: @Sendable (SharedAnswer?) -> Void = { [self] shared in
            let now = Self.now
            reply(
                Result { () throws(WireError) in
                    try withThrottle { throttle throws(WireError) in
                        guard let shared else {
                            return try throttle.check(check, fingerprint: fingerprint, now: now)
                        }
                        return try throttle.check(check, fingerprint: fingerprint, shared: shared, now: now)
                    }
                })
        }
        guard let question else { return answer(nil) }
        link.ask(question, answer)
    }

    /// The same, awaited.
    func check(_ check: ThrottleCheck, through link: RedisLink) async throws(WireError) -> ThrottleDecision {
        let result = await withCheckedContinuation { continuation in
            self.check(check, through: link) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// The policies in force, in the words of the wire.
    var policyWords: ThrottlePolicies { throttle.withLock { $0.throttle.policyWords } }

    /// Where a client stands, by what the shared server knows.
    func state(_ check: ThrottleCheck, through link: RedisLink) async throws(WireError) -> ThrottleState {
        let fingerprint = ClientFingerprint.of(check)
        let now = Self.now
        let question = try withThrottle { throttle throws(WireError) in
            try throttle.sharedQuestion(check, fingerprint: fingerprint, now: now)?.peeking
        }
        guard let question else { return try state(check) }
        return try state(
            check,
            by: await withCheckedContinuation { continuation in
                link.ask(question) { continuation.resume(returning: $0) }
            })
    }

    /// Where a client stands; `shared` is what the shared server knows, where there is one.
    func state(_ check: ThrottleCheck, by shared: SharedAnswer? = nil) throws(WireError) -> ThrottleState {
        let fingerprint = ClientFingerprint.of(check)
        let now = Self.now
        return try withThrottle { throttle throws(WireError) in
            let decision = try throttle.peek(check, fingerprint: fingerprint, shared: shared, now: now)
            return throttle.state(of: try throttle.key(of: check, fingerprint: fingerprint), decision, now: now)
        }
    }

    func report(_ report: VerdictReport) throws(WireError) {
        let now = Self.now
        try withThrottle { throttle throws(WireError) in _ = try throttle.report(report, now: now) }
    }

    func history(_ reference: String) -> ThrottleHistory? {
        let now = Self.now
        return throttle.withLock { $0.throttle.history(reference, now: now) }
    }

    func fields(for decision: ThrottleDecision) -> RateLimitFields? {
        // The policies are copied out, which is a reference count, so that text is not made under the lock.
        throttle.withLock { $0.throttle.policies }.rateLimitFields(for: decision)
    }

    func adopt(_ policies: PolicySet) {
        throttle.withLock {
            $0.throttle.adopt(policies)
            $0.hasOldPolicies = false
        }
    }

    /// Notes that the policies stay as they were, since those in the file were refused.
    func keepPolicies() { throttle.withLock { $0.hasOldPolicies = true } }

    /// Whether the file of policies was refused when it was read last.
    var hasOldPolicies: Bool { throttle.withLock { $0.hasOldPolicies } }

    var figures: [String: Double] {
        throttle.withLock { $0.throttle.figures.merging(["unusable_costs_total": Double($0.unusableCosts)]) { $1 } }
    }

    /// Counts a question whose cost was none.
    func noteUnusableCost() { throttle.withLock { $0.unusableCosts += 1 } }

    /// What must be done under the lock and in one piece.
    func withThrottle<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Throttle) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try throttle.withLock { state throws(Failure) in try body(&state.throttle) }
    }
}

/// What the lock is about.
private struct State: ~Copyable {
    var throttle: Throttle
    /// Both clocks as the quickest door read them last; read again when the millisecond has passed.
    var now = ThrottleEngine.now
    var unusableCosts = 0
    var hasOldPolicies = false
    private var fingerprints = KnownFingerprints()

    init(throttle: consuming Throttle) { self.throttle = throttle }

    /// Answers a check that is still in its line; where it names no fingerprint, that follows from the headers.
    mutating func check(_ line: CheckLine) throws(WireError) -> ThrottleDecision {
        let now = now
        if let known = line.fingerprint { return try throttle.check(Question(line, fingerprint: known), now: now) }
        return try fingerprints.with(line.userAgent, line.acceptLanguage) { word in
            Result { () throws(WireError) in try throttle.check(Question(line, fingerprint: word), now: now) }
        }.get()
    }
}
