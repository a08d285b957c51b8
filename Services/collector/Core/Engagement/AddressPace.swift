public import WeirProtocol

/// How fast each client may post: GCRA over the client's /32 or /64, so that an IPv6 host gains nothing by changing its
/// address. Bounded: when the table is full, those that have been quiet longest are forgotten, which only frees them.
public struct AddressPace: Sendable {
    /// Milliseconds of pace that one request costs, in thousandths.
    private let cost: Int64
    private let allowance: Int64
    private let capacity: Int
    private var newer: [NetworkPrefix: Int64] = [:]
    private var older: [NetworkPrefix: Int64] = [:]

    /// - Parameters:
    ///   - perSecond: requests a second in the long run, at least 1.
    ///   - burst: requests at once, at least 1.
    ///   - capacity: clients remembered per generation, of which there are two.
    public init(perSecond: Int64, burst: Int64, capacity: Int = 50_000) {
        cost = 1_000_000 / max(1, perSecond)
        allowance = cost * max(1, burst)
        self.capacity = capacity
    }

    /// Takes one request of a client.
    /// - Returns: nil when it may go on, else the milliseconds until one would.
    public mutating func take(_ address: IPAddress, now: Timestamp) -> Int64? {
        let client = address.prefix(v4: 32, v6: 64)
        let moment = now.milliseconds * 1000
        // The time at which the client will have paid for all that it was let through.
        let paid = max(newer[client] ?? older[client] ?? moment, moment)
        // A clock that stepped back must not lock anybody out for longer than a burst takes.
        let owed = min(paid, moment + allowance)
        let isAllowed = owed + cost <= moment + allowance
        if newer.count >= capacity, newer[client] == nil {
            older = newer
            newer = [:]
        }
        newer[client] = isAllowed ? owed + cost : owed
        guard isAllowed else { return max(1, (owed + cost - moment - allowance + 999) / 1000) }
        return nil
    }
}
