import WeirProtocol

/// Named limits for the requests that match.
public struct Policy: Hashable, Sendable {
    /// Its name, unique in the set.
    public let name: String
    /// Which requests it is for.
    public let match: Match
    /// Decides and counts, but lets everything through.
    public let shadow: Bool
    /// All are checked before any is charged.
    public let limits: [KeyedLimit]

    /// One limit and what it counts by.
    public struct KeyedLimit: Hashable, Sendable {
        /// Rate and capacity.
        public let limit: Limit
        /// What it counts by.
        public let key: Key
        /// Its number in the set, 1..<4096.
        public let number: Int
        /// Tokens per second at level normal, for people to read.
        public let tokensPerSecond: Double
        /// Whether it stands in the file, or is the address's share that comes with a pair's limit.
        public let isImplied: Bool
    }

    /// What a limit counts by. A request that lacks it is counted by its pair.
    public enum Key: String, Hashable, Sendable, CaseIterable {
        /// The address prefix with the fingerprint, or with the verified session.
        case pair
        /// The address prefix alone.
        case prefix
        /// The verified session.
        case session
        /// The fingerprint, wherever it comes from.
        case fingerprint
        /// The registered user.
        case user
        /// The key that a simulation's line names.
        case given
    }

    /// Conditions on a request; those given must all hold, each by any one of its values.
    public struct Match: Hashable, Sendable {
        /// Beginnings of the path; empty for any.
        public var pathPrefixes: [String] = []
        /// Methods, upper case; empty for any.
        public var methods: [String] = []
        /// What the detector calls the client; empty, with `kinds`, for any.
        public var classes: [VerdictClass] = []
        /// What the request is for.
        public var kinds: [RequestKind] = []
        /// Whether a user must be known; nil for either.
        public var isRegistered: Bool?
        /// Particular users; empty for any.
        public var users: [String] = []

        /// No condition.
        public init() {}

        /// Whether there is no condition.
        public var isEmpty: Bool { self == Match() }
    }
}

extension Policy.Match {
    /// Whether a request with the given path (without query), and of a client of the given class, is meant.
    func holds(for check: ThrottleCheck, path: Substring, class found: VerdictClass?) -> Bool {
        if let isRegistered, isRegistered != (check.user != nil) { return false }
        if !users.isEmpty {
            guard let user = check.user, users.contains(user) else { return false }
        }
        if !pathPrefixes.isEmpty {
            guard pathPrefixes.contains(where: { path.utf8.starts(with: $0.utf8) }) else { return false }
        }
        if !methods.isEmpty {
            guard methods.contains(check.method ?? "GET") else { return false }
        }
        if classes.isEmpty && kinds.isEmpty { return true }
        if let found {
            if classes.contains(found) { return true }
        } else if classes.contains(.human) || classes.contains(.undecided) {
            return true
        }
        guard !kinds.isEmpty else { return false }
        if kinds == [.asset] { return RequestKind.isAssetPath(String(path)) }
        return kinds.contains(RequestKind(RequestFacts(method: check.method ?? "GET", path: String(path))))
    }
}

/// The policies in force, with the numbers behind the levels and the standing lists of addresses.
public struct PolicySet: Hashable, Sendable {
    /// In order; the first that matches applies. `default` applies where none does, wherever it stands.
    public let policies: [Policy]
    /// The numbers behind the levels.
    public let rules: LevelRules
    /// Address ranges that are never limited.
    public let allowed: [NetworkPrefix]
    /// Address ranges that are always refused.
    public let blocked: [NetworkPrefix]
    /// `unitsPerMs` of every limit by its number; number 0 is nobody's.
    let rates: [Int64]
    private let fallback: Int
    private let tested: [Int]

    /// A set of policies. One of them must be called `default`, and numbers must be as `PolicyBuilder` gives them.
    init(_ policies: [Policy], rules: LevelRules, allowed: [NetworkPrefix] = [], blocked: [NetworkPrefix] = []) {
        self.policies = policies
        self.rules = rules
        self.allowed = allowed
        self.blocked = blocked
        let fallback = policies.firstIndex { $0.name == "default" }
        precondition(fallback != nil, "a set of policies has a default")
        self.fallback = fallback!
        tested = policies.indices.filter { $0 != fallback || !policies[$0].match.isEmpty }
        var rates = [Int64](repeating: 0, count: 1 + policies.reduce(0) { $0 + $1.limits.count })
        for policy in policies {
            for limit in policy.limits { rates[limit.number] = limit.limit.unitsPerMs }
        }
        self.rates = rates
    }

    /// The policy of that name.
    public func named(_ name: String) -> Int? { policies.firstIndex { $0.name == name } }

    /// The policy that applies to a request.
    func applying(to check: ThrottleCheck, class found: VerdictClass?) -> Int {
        guard !tested.isEmpty else { return fallback }
        let path = check.path ?? "/"
        let bare = path.utf8.firstIndex(of: UInt8(ascii: "?")).map { path[..<$0] } ?? path[...]
        return tested.first { policies[$0].match.holds(for: check, path: bare, class: found) } ?? fallback
    }
}
