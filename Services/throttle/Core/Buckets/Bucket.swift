import WeirProtocol

/// What one key owes one limit, and since when that is known: GCRA as (debt, last).
///
/// Debt falls with time and never below 0. A clock that steps back lowers nothing and raises nothing; the count goes
/// on from the new reading.
public struct Bucket: Hashable, Sendable {
    /// Units of the limit still to be paid off at `last`.
    public var debt: Int64
    /// The reading of the clock that `debt` belongs to, in milliseconds.
    public var last: Int64

    /// A bucket; without arguments one that owes nothing.
    public init(debt: Int64 = 0, last: Int64 = 0) {
        self.debt = debt
        self.last = last
    }

    /// Lets time pass.
    public mutating func settle(at now: Int64, _ limit: Limit) {
        if debt > 0, now > last {
            let elapsed = saturatingDifference(now, last)
            let (paid, overflow) = elapsed.multipliedReportingOverflow(by: limit.unitsPerMs)
            debt = overflow || paid >= debt ? 0 : debt - paid
        }
        last = now
    }

    /// What a request of `cost` tokens gets. The bucket must be settled, and stays as it is.
    public func outcome(of cost: Int64, _ limit: Limit, at level: ThrottleLevel) -> Outcome {
        let token = limit.tokenUnits[level.rawValue]
        let capacity = limit.capacityUnits[level.rawValue]
        let (charge, overflow) = cost.multipliedReportingOverflow(by: token)
        // Divisions cost more than all the rest, so each is made only for the answer that has it.
        if token > 0, cost > 0, !overflow, charge <= capacity, debt <= capacity - charge {
            return Outcome(
                allowed: true, remaining: (capacity - debt - charge) / token, retryAfter: nil, charge: charge,
                owed: debt + charge, unitsPerMs: limit.unitsPerMs)
        }
        var outcome = Outcome(
            allowed: false, remaining: 0, retryAfter: nil, charge: 0, owed: debt, unitsPerMs: limit.unitsPerMs)
        guard token > 0 else { return outcome }
        outcome.remaining = max(0, capacity - debt) / token
        if cost <= 0 {
            outcome.allowed = true
        } else if !overflow, charge <= capacity {
            outcome.retryAfter = limit.milliseconds(for: debt - (capacity - charge))
        }
        return outcome
    }

    /// The debt that `outcome` would add, without the rest of its answer.
    @inline(__always)
    func charge(of cost: Int64, _ limit: Limit, at level: ThrottleLevel) -> Int64 {
        let token = limit.tokenUnits[level.rawValue]
        guard token > 0, cost > 0 else { return 0 }
        let capacity = limit.capacityUnits[level.rawValue]
        let (charge, overflow) = cost.multipliedReportingOverflow(by: token)
        return overflow || charge > capacity || debt > capacity - charge ? 0 : charge
    }

    /// What a question gets, and what the bucket looks like if the request goes through.
    public struct Outcome: Hashable, Sendable {
        /// Whether the limit lets the request through.
        public fileprivate(set) var allowed: Bool
        /// Whole tokens left, after the charge when allowed.
        public fileprivate(set) var remaining: Int64
        /// Milliseconds, rounded up, after which the same request would be allowed; nil when it is, or never is.
        public fileprivate(set) var retryAfter: Int64?
        /// Debt that the request adds; 0 when refused.
        public fileprivate(set) var charge: Int64
        /// Debt after it, and what a millisecond pays off.
        fileprivate let owed: Int64
        fileprivate let unitsPerMs: Int64

        /// Milliseconds, rounded up, until nothing is owed; nil when that never comes. Worked out when asked for: of
        /// several limits only the tightest is.
        public var resetAfter: Int64? { Limit.milliseconds(for: owed, at: unitsPerMs) }

        /// Whether waiting cannot help.
        public var isNever: Bool { !allowed && retryAfter == nil }
    }
}
