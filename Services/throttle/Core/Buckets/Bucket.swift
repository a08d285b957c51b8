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
                allowed: true, remaining: (capacity - debt - charge) / token, retryAfter: nil,
                resetAfter: limit.milliseconds(for: debt + charge), charge: charge)
        }
        let reset = limit.milliseconds(for: debt)
        guard token > 0 else {
            return Outcome(allowed: false, remaining: 0, retryAfter: nil, resetAfter: reset, charge: 0)
        }
        let remaining = max(0, capacity - debt) / token
        guard cost > 0 else {
            return Outcome(allowed: true, remaining: remaining, retryAfter: nil, resetAfter: reset, charge: 0)
        }
        let isPossible = !overflow && charge <= capacity
        return Outcome(
            allowed: false, remaining: remaining,
            retryAfter: isPossible ? limit.milliseconds(for: debt - (capacity - charge)) : nil, resetAfter: reset,
            charge: 0)
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
        public let allowed: Bool
        /// Whole tokens left, after the charge when allowed.
        public let remaining: Int64
        /// Milliseconds, rounded up, after which the same request would be allowed; nil when it is, or never is.
        public let retryAfter: Int64?
        /// Milliseconds, rounded up, until nothing is owed; nil when that never comes.
        public let resetAfter: Int64?
        /// Debt that the request adds; 0 when refused.
        public let charge: Int64

        /// Whether waiting cannot help.
        public var isNever: Bool { !allowed && retryAfter == nil }
    }
}
