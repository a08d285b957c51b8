import Glibc
import Synchronization
import WeirClient
import WeirProtocol

/// Plays a plan the way a gateway would live it: each request asks the throttle, then tells the collector what the
/// answer was. A visitor that keeps cookies sends back the one that it was given.
final class Player: Sendable {
    /// Why the play was broken off.
    enum Failure: Error { case nobodyRecords }

    private let client: GatewayClient
    private let duration: Duration
    private let sent = Atomic(0)

    /// A player that stretches or compresses the plan's minute to `duration`.
    init(client: GatewayClient, duration: Duration) {
        self.client = client
        self.duration = duration
    }

    /// Requests sent so far.
    var requestsSent: Int { sent.load(ordering: .relaxed) }

    /// Plays all visits side by side; returns when the last request is answered.
    /// - Throws: `Failure` when the collector acknowledges nothing at all.
    func play(_ plan: TrafficPlan) async throws -> [VisitOutcome] {
        let start = ContinuousClock.now
        return try await withThrowingTaskGroup(of: (Int, VisitOutcome).self) { group in
            for (position, visit) in plan.visits.enumerated() {
                group.addTask { (position, try await self.play(visit, from: start)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func play(_ visit: PlannedVisit, from start: ContinuousClock.Instant) async throws -> VisitOutcome {
        var outcome = VisitOutcome(visit)
        var cookie: String?
        for request in visit.requests {
            try await Task.sleep(until: start + duration * request.at / TrafficPlan.length, clock: .continuous)
            let decision = await client.check(question(visit, request))
            let record = record(visit, request, decision, cookie: cookie)
            let acknowledgement = await client.record(record)
            sent.add(1, ordering: .relaxed)
            outcome.count(decision, acknowledgement)
            if visit.keepsCookies, let header = acknowledgement?.setCookie {
                cookie = Self.value(of: "weir_session", in: header) ?? cookie
            }
            let counters = client.counters
            if counters.recorded == 0, counters.unrecorded >= 20 { throw Failure.nobodyRecords }
        }
        return outcome
    }

    private func question(_ visit: PlannedVisit, _ request: PlannedRequest) -> ThrottleCheck {
        ThrottleCheck(
            ip: visit.ip, userAgent: visit.userAgent, acceptLanguage: visit.acceptLanguage, method: request.method,
            path: request.path)
    }

    private func record(
        _ visit: PlannedVisit, _ request: PlannedRequest, _ decision: ThrottleDecision, cookie: String?
    ) -> RequestRecord {
        let now = Self.now
        var random = SystemRandomNumberGenerator()
        var record = RequestRecord(
            eventID: EventID(at: now, entropy: (random.next(), random.next())), at: now, method: request.method,
            path: request.path, status: decision.allow ? request.status : 429, ip: visit.ip)
        record.site = Site.host
        record.query = request.query
        record.durationMs = decision.allow ? request.duration : 0.1
        record.bytes = decision.allow ? request.bytes : 180
        record.contentType = decision.allow ? request.contentType : "application/problem+json"
        record.userAgent = visit.userAgent
        record.acceptLanguage = visit.acceptLanguage
        record.referrer = request.referrer
        record.headers = request.headers.isEmpty ? nil : request.headers
        record.cookie = cookie
        record.level = decision.level
        return record
    }

    private static var now: Timestamp {
        var moment = timespec()
        clock_gettime(CLOCK_REALTIME, &moment)
        return Timestamp(milliseconds: Int64(moment.tv_sec) * 1000 + Int64(moment.tv_nsec) / 1_000_000)
    }

    /// The value that a Set-Cookie header gives to the cookie `name`; nil when it is about another.
    static func value(of name: String, in header: String) -> String? {
        guard header.hasPrefix(name + "=") else { return nil }
        return String(header.dropFirst(name.count + 1).prefix { $0 != ";" })
    }
}
