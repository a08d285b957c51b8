import Glibc
public import Logging
public import NIOCore
import Synchronization
import Transport
public import WeirProtocol

/// What a gateway asks and tells: may this request go through, and what became of it.
///
/// It never makes a visitor wait for analytics: a check that is not answered within 5 ms is allowed, a record that is
/// not acknowledged within 10 ms goes on without a cookie; both are counted. Two things hold while the throttle is away:
/// whom it refused stays refused for as long as it said, and policies named as closed refuse.
public final class GatewayClient: Sendable {
    /// Decisions and records since the start.
    public struct Counters: Sendable, Equatable {
        /// Checks that the throttle answered.
        public var checked = 0
        /// Checks that went unanswered, so that the request was allowed.
        public var bypassed = 0
        /// Checks that went unanswered and were refused, because the throttle's last word on the client still held.
        public var remembered = 0
        /// Checks that went unanswered and were refused, because their policy is closed without the throttle.
        public var closed = 0
        /// Records that the collector acknowledged.
        public var recorded = 0
        /// Records that were refused or not acknowledged in time.
        public var unrecorded = 0
    }

    /// The session's cookie, whose value goes into the next record.
    public static let cookieName = "weir_session"

    private let throttle: LineClient
    private let collector: LineClient
    private let checkDeadline: Duration
    private let recordDeadline: Duration
    private let closedPolicies: Set<String>
    private let tally = Mutex(Counters())
    private let denials = Mutex(RememberedDenials())

    /// A client of the sockets in `runtimeDirectory`. Checks that name one of `closedPolicies` are refused when the
    /// throttle does not answer, such as a login's; all others are allowed then.
    public init(
        runtimeDirectory: String, group: any EventLoopGroup, logger: Logger,
        checkDeadline: Duration = .milliseconds(5), recordDeadline: Duration = .milliseconds(10),
        closedPolicies: Set<String> = []
    ) {
        self.closedPolicies = closedPolicies
        throttle = LineClient(path: runtimeDirectory + "/throttle.sock", group: group, logger: logger)
        collector = LineClient(path: runtimeDirectory + "/collector.sock", group: group, logger: logger)
        self.checkDeadline = checkDeadline
        self.recordDeadline = recordDeadline
    }

    /// What has happened so far.
    public var counters: Counters { tally.withLock { $0 } }

    /// Asks the throttle. When it does not answer in time, its last refusal of the client counts while it holds; else the
    /// answer is to allow, unless the check's policy is closed.
    public func check(_ question: ThrottleCheck) async -> ThrottleDecision {
        do throws(WireError) {
            let reply = try await throttle.request(.throttleCheck, question, deadline: checkDeadline)
            let decision = try reply.decode(ThrottleDecision.self)
            tally.withLock { $0.checked += 1 }
            denials.withLock { $0.note(decision, on: question, now: .now) }
            return decision
        } catch { return unanswered(question) }
    }

    private func unanswered(_ question: ThrottleCheck) -> ThrottleDecision {
        if let refusal = denials.withLock({ $0.refusal(of: question, now: .now) }) {
            tally.withLock { $0.remembered += 1 }
            return refusal
        }
        if let policy = question.policy, closedPolicies.contains(policy) {
            tally.withLock { $0.closed += 1 }
            return ThrottleDecision(
                allow: false, level: .normal, limit: 0, remaining: 0, reset: 0, retryAfter: 1, policy: policy)
        }
        tally.withLock { $0.bypassed += 1 }
        return ThrottleDecision(allow: true, level: .normal, limit: 0, remaining: 0, reset: 0, policy: "bypass")
    }

    /// Hands the collector what became of a request.
    /// - Returns: the acknowledgement with the session and perhaps a cookie to set; nil when there was none in time.
    public func record(_ record: RequestRecord) async -> RequestRecorded? {
        do throws(WireError) {
            let reply = try await collector.request(.requestRecord, record, deadline: recordDeadline)
            let acknowledgement = try reply.decode(RequestRecorded.self)
            tally.withLock { $0.recorded += 1 }
            return acknowledgement
        } catch {
            tally.withLock { $0.unrecorded += 1 }
            return nil
        }
    }

    /// The time that records are stamped with.
    static var now: Timestamp {
        var moment = timespec()
        clock_gettime(CLOCK_REALTIME, &moment)
        return Timestamp(milliseconds: Int64(moment.tv_sec) * 1000 + Int64(moment.tv_nsec) / 1_000_000)
    }

    /// Closes both connections.
    public func close() async {
        await throttle.close()
        await collector.close()
    }
}
