public import Logging
public import NIOCore
import Synchronization
import Transport
public import WeirProtocol

/// What a gateway asks and tells: may this request go through, and what became of it.
///
/// It never makes a visitor wait for analytics: a check that is not answered within 5 ms is allowed, a record that is
/// not acknowledged within 10 ms goes on without a cookie; both are counted.
public final class GatewayClient: Sendable {
    /// Decisions and records since the start.
    public struct Counters: Sendable, Equatable {
        /// Checks that the throttle answered.
        public var checked = 0
        /// Checks that went unanswered, so that the request was allowed.
        public var bypassed = 0
        /// Records that the collector acknowledged.
        public var recorded = 0
        /// Records that were refused or not acknowledged in time.
        public var unrecorded = 0
    }

    private let throttle: LineClient
    private let collector: LineClient
    private let checkDeadline: Duration
    private let recordDeadline: Duration
    private let tally = Mutex(Counters())

    /// A client of the sockets in `runtimeDirectory`.
    public init(
        runtimeDirectory: String, group: any EventLoopGroup, logger: Logger,
        checkDeadline: Duration = .milliseconds(5), recordDeadline: Duration = .milliseconds(10)
    ) {
        throttle = LineClient(path: runtimeDirectory + "/throttle.sock", group: group, logger: logger)
        collector = LineClient(path: runtimeDirectory + "/collector.sock", group: group, logger: logger)
        self.checkDeadline = checkDeadline
        self.recordDeadline = recordDeadline
    }

    /// What has happened so far.
    public var counters: Counters { tally.withLock { $0 } }

    /// Asks the throttle; allows when it does not answer in time.
    public func check(_ question: ThrottleCheck) async -> ThrottleDecision {
        do throws(WireError) {
            let reply = try await throttle.request(.throttleCheck, question, deadline: checkDeadline)
            let decision = try reply.decode(ThrottleDecision.self)
            tally.withLock { $0.checked += 1 }
            return decision
        } catch {
            tally.withLock { $0.bypassed += 1 }
            return ThrottleDecision(allow: true, level: .normal, limit: 0, remaining: 0, reset: 0, policy: "bypass")
        }
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

    /// Closes both connections.
    public func close() async {
        await throttle.close()
        await collector.close()
    }
}
