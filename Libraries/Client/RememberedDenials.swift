import WeirProtocol

/// Whom the throttle refused last, and until when: so that its absence frees nobody. A value; time is an argument.
/// Bounded; the oldest is forgotten first.
struct RememberedDenials {
    static let capacity = 10_000
    /// A refusal that says nothing of when it ends is remembered for so long.
    static let unlimited = Duration.seconds(60)

    private struct Client: Hashable {
        let ip: String
        let companion: String
    }

    private struct Denial {
        let decision: ThrottleDecision
        let until: ContinuousClock.Instant
    }

    private var denials: [Client: Denial] = [:]
    private var ring: [Client] = []
    private var next = 0

    /// Takes note of what the throttle said.
    mutating func note(_ decision: ThrottleDecision, on question: ThrottleCheck, now: ContinuousClock.Instant) {
        // Most clients were never refused, and need no name.
        if decision.allow, denials.isEmpty { return }
        let client = Self.client(question)
        guard !decision.allow else {
            denials[client] = nil
            return
        }
        let wait = decision.retryAfter.map { Duration.seconds($0) } ?? Self.unlimited
        let isNew = denials.updateValue(Denial(decision: decision, until: now + wait), forKey: client) == nil
        guard isNew else { return }
        if ring.count < Self.capacity {
            ring.append(client)
        } else {
            denials[ring[next]] = nil
            ring[next] = client
            denials[client] = Denial(decision: decision, until: now + wait)
            next = (next + 1) % Self.capacity
        }
    }

    /// The refusal that still holds for a client.
    func refusal(of question: ThrottleCheck, now: ContinuousClock.Instant) -> ThrottleDecision? {
        guard let denial = denials[Self.client(question)], now < denial.until else { return nil }
        var decision = denial.decision
        if decision.retryAfter != nil {
            decision.retryAfter = max(1, Int((denial.until - now).components.seconds) + 1)
        }
        return decision
    }

    private static func client(_ question: ThrottleCheck) -> Client {
        let headers = { (question.userAgent ?? "") + "\n" + (question.acceptLanguage ?? "") }
        return Client(ip: question.ip, companion: question.session ?? question.fingerprint ?? headers())
    }
}
