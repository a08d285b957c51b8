import WeirProtocol

/// Who has been seen in the last day: how many sessions share a visitor and network, how many agents share a network.
struct VisitorHistory: Sendable {
    /// 24 hours in milliseconds.
    static let window: Int64 = 86_400_000
    /// Starts remembered of one visitor, and agents of one network; every threshold lies far below.
    static let perKeyLimit = 256
    /// Visitors and networks remembered; beyond that new ones count as seen for the first time.
    static let keyLimit = 300_000
    /// Starts remembered of all visitors, 16 bytes each; beyond that nobody's count grows.
    let startLimit: Int

    /// When a session began, and which, by its name's hash.
    private struct Start {
        let at: Timestamp
        let session: Int
    }

    // Hashes stand for visitors, sessions and agents: millions are remembered, and only compared.
    private var starts: [Int: [Start]] = [:]
    private var startCount = 0
    private var agents: [NetworkPrefix: [Int: Timestamp]] = [:]
    private var forgottenAt = Timestamp(milliseconds: .min)
    private var kept = 0

    init(startLimit: Int = 2_000_000) { self.startLimit = startLimit }

    private static func visitor(_ fingerprint: String, _ network: NetworkPrefix) -> Int {
        var hasher = Hasher()
        hasher.combine(fingerprint)
        hasher.combine(network)
        return hasher.finalize()
    }

    /// Counts a session, once however often it is told of: what a run has stored itself, the database tells it of again.
    mutating func began(
        _ session: SessionID, of fingerprint: String, in network: NetworkPrefix, at moment: Timestamp
    ) {
        guard startCount < startLimit else { return }
        let visitor = Self.visitor(fingerprint, network)
        let start = Start(at: moment, session: session.hashValue)
        guard let place = starts.index(forKey: visitor) else {
            guard starts.count < Self.keyLimit else { return }
            starts[visitor] = [start]
            startCount += 1
            return
        }
        guard !starts.values[place].contains(where: { $0.session == start.session }) else { return }
        starts.values[place].append(start)
        startCount += 1
        if starts.values[place].count > Self.perKeyLimit {
            starts.values[place].removeFirst(Self.perKeyLimit / 2)
            startCount -= Self.perKeyLimit / 2
        }
    }

    mutating func used(_ fingerprint: String, in network: NetworkPrefix, at moment: Timestamp) {
        let agent = fingerprint.hashValue
        guard let place = agents.index(forKey: network) else {
            if agents.count < Self.keyLimit { agents[network] = [agent: moment] }
            return
        }
        if let seen = agents.values[place].index(forKey: agent) {
            if moment > agents.values[place].values[seen] { agents.values[place].values[seen] = moment }
        } else if agents.values[place].count < Self.perKeyLimit {
            agents.values[place][agent] = moment
        }
    }

    /// Sessions that began in the 24 hours before `moment`, at least 1.
    func sessions(of fingerprint: String, in network: NetworkPrefix, by moment: Timestamp) -> Int {
        let known = starts[Self.visitor(fingerprint, network)] ?? []
        return max(1, known.count { $0.at <= moment && moment - $0.at < Self.window })
    }

    /// Distinct visitors of the network in the 24 hours before `moment`, at least 1. One that was last seen after
    /// `moment` was probably there before, too, and counts.
    func agents(in network: NetworkPrefix, by moment: Timestamp) -> Int {
        max(1, agents[network]?.values.count { moment - $0 < Self.window } ?? 0)
    }

    /// Forgets what no window reaches any more. It walks everything, so it does so at most twice a day of `clock`, and
    /// only when there is twice what it kept the last time: a log of years has many days and few visitors on each.
    mutating func forget(by clock: Timestamp) {
        guard clock - forgottenAt >= Self.window / 2,
            startCount + agents.count >= max(min(2 * kept, startLimit), 2048)
        else { return }
        forgottenAt = clock
        let moment = clock - 2 * Self.window
        starts = starts.compactMapValues { times in
            let kept = times.filter { $0.at >= moment }
            return kept.isEmpty ? nil : kept
        }
        startCount = starts.values.reduce(0) { $0 + $1.count }
        agents = agents.compactMapValues { seen in
            let kept = seen.filter { $0.value >= moment }
            return kept.isEmpty ? nil : kept
        }
        kept = startCount + agents.count
    }
}

/// Which pages each site has, and since when each is known.
struct SitePages: Sendable {
    /// Pages counted of one site; coverage of a larger one stays under every threshold.
    static let limit = 100_000
    /// Sites told apart.
    static let siteLimit = 1000

    private struct Site {
        var paths: Set<String> = []
        /// Ascending, so that "known by then" is a search.
        var firstSeen: [Timestamp] = []
    }

    private var sites: [String: Site] = [:]

    /// Notes a page; true when it was not known.
    mutating func saw(_ path: String, of site: String, at moment: Timestamp) -> Bool {
        guard let place = sites.index(forKey: site) else {
            guard sites.count < Self.siteLimit else { return false }
            sites[site] = Site(paths: [path], firstSeen: [moment])
            return true
        }
        guard sites.values[place].paths.count < Self.limit, sites.values[place].paths.insert(path).inserted else {
            return false
        }
        var index = sites.values[place].firstSeen.count
        while index > 0, sites.values[place].firstSeen[index - 1] > moment { index -= 1 }
        sites.values[place].firstSeen.insert(moment, at: index)
        return true
    }

    /// Pages known by `moment`.
    func count(of site: String, by moment: Timestamp) -> Int {
        guard let times = sites[site]?.firstSeen else { return 0 }
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] <= moment { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
