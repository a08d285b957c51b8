import Runtime
import Synchronization
import ThrottleCore
import WeirProtocol

/// The throttle of this process behind one lock, with the clocks that its core does not have.
///
/// A decision takes a microsecond or two, so one lock serves all doors; nothing is awaited while it is held.
final class ThrottleEngine: Sendable {
    private let throttle: Mutex<Throttle>
    private let startedAt = WallClock.monotonicMilliseconds

    init(_ throttle: consuming sending Throttle) { self.throttle = Mutex(throttle) }

    /// Both clocks, now.
    static var now: Moment {
        Moment(
            monotonic: WallClock.monotonicMilliseconds, wall: Timestamp(milliseconds: WallClock.milliseconds))
    }

    var uptime: Int64 { WallClock.monotonicMilliseconds - startedAt }

    func check(_ check: ThrottleCheck) throws(WireError) -> ThrottleDecision {
        let fingerprint = ClientFingerprint.of(check)
        let now = Self.now
        return try throttle.withLock { throttle throws(WireError) in
            try throttle.check(check, fingerprint: fingerprint, now: now)
        }
    }

    func state(_ check: ThrottleCheck) throws(WireError) -> ThrottleState {
        let fingerprint = ClientFingerprint.of(check)
        let now = Self.now
        return try throttle.withLock { throttle throws(WireError) in
            let decision = try throttle.peek(check, fingerprint: fingerprint, now: now)
            return throttle.state(of: try throttle.key(of: check, fingerprint: fingerprint), decision, now: now)
        }
    }

    func report(_ report: VerdictReport) throws(WireError) {
        let now = Self.now
        try throttle.withLock { throttle throws(WireError) in _ = try throttle.report(report, now: now) }
    }

    func history(_ reference: String) -> ThrottleHistory? {
        let now = Self.now
        return throttle.withLock { $0.history(reference, now: now) }
    }

    func fields(for decision: ThrottleDecision) -> RateLimitFields? {
        // The policies are copied out, which is a reference count, so that text is not made under the lock.
        throttle.withLock { $0.policies }.rateLimitFields(for: decision)
    }

    func adopt(_ policies: PolicySet) { throttle.withLock { $0.adopt(policies) } }

    var figures: [String: Double] { throttle.withLock { $0.figures } }

    /// What must be done under the lock and in one piece.
    func withThrottle<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Throttle) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try throttle.withLock(body)
    }
}
