import WeirProtocol

/// Which sites' pages report engagement, so that silence means something there. Bounded: of more sites than `capacity`
/// the further ones are taken to have no tracker.
struct TrackedSites: Sendable {
    private var heardAt: [String: Timestamp] = [:]

    private static let capacity = 10_000
    /// How long a tracker is expected after it was heard, in milliseconds.
    static let memory: Int64 = 86_400_000

    /// Notes that a page of the site has reported something.
    mutating func heard(of site: String, at moment: Timestamp) {
        if let known = heardAt[site] {
            if known < moment { heardAt[site] = moment }
        } else if heardAt.count < Self.capacity {
            heardAt[site] = moment
        }
    }

    /// Whether a visitor of the site at that time would have been heard of.
    func expects(of site: String, at moment: Timestamp) -> Bool {
        heardAt[site].map { moment - $0 <= Self.memory } ?? false
    }
}
