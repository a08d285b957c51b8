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
        /// Beginnings of the path in its plain spelling; empty for any.
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
    /// Whether a request with the given plain path (without query), and of a client of the given class, is meant.
    func holds(for question: Question, path: UnsafeRawBufferPointer, class found: VerdictClass?) -> Bool {
        if let isRegistered, isRegistered != (question.user != nil) { return false }
        if !users.isEmpty {
            guard let user = question.user, users.contains(where: { isSame(user, $0) }) else { return false }
        }
        if !pathPrefixes.isEmpty {
            guard pathPrefixes.contains(where: { path.starts(with: $0.utf8) }) else { return false }
        }
        if !methods.isEmpty {
            guard methods.contains(where: { name in question.method.map { isSame($0, name) } ?? (name == "GET") })
            else { return false }
        }
        if classes.isEmpty && kinds.isEmpty { return true }
        if let found {
            if classes.contains(found) { return true }
        } else if classes.contains(.human) || classes.contains(.undecided) {
            return true
        }
        guard !kinds.isEmpty else { return false }
        if kinds == [.asset] { return RequestKind.isAssetPath(utf8: path) }
        let method = question.method.map { String(decoding: $0, as: UTF8.self) } ?? "GET"
        return kinds.contains(
            RequestKind(RequestFacts(method: method, path: String(decoding: path, as: UTF8.self))))
    }

    /// How a request is compared with it: the two commonest sorts need not look at all its conditions.
    fileprivate var test: PolicySet.Test.Sort {
        var rest = self
        (rest.kinds, rest.classes) = ([], [])
        if rest.isEmpty, kinds == [.asset], classes.isEmpty { return .assets }
        let isOfTheJudged = !classes.contains(.human) && !classes.contains(.undecided) && !classes.isEmpty
        return rest.isEmpty && kinds.isEmpty && isOfTheJudged ? .judged : .any
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
    /// The limits of all policies in one piece, and where each policy's are.
    let limits: [Policy.KeyedLimit]
    let ranges: [Range<Int>]
    let names: [String]
    private let fallback: Int
    private let tested: [Test]
    /// Whether any policy is for some paths only.
    private let hasPaths: Bool

    /// A policy whose conditions are asked, in its turn.
    fileprivate struct Test: Hashable {
        enum Sort { case assets, judged, any }
        let policy: Int
        let sort: Sort
    }

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
            .map { Test(policy: $0, sort: policies[$0].match.test) }
        hasPaths = policies.contains { !$0.match.pathPrefixes.isEmpty }
        limits = policies.flatMap(\.limits)
        var start = 0
        ranges = policies.map { policy in
            defer { start += policy.limits.count }
            return start..<start + policy.limits.count
        }
        names = policies.map(\.name)
        var rates = [Int64](repeating: 0, count: 1 + policies.reduce(0) { $0 + $1.limits.count })
        for policy in policies {
            for limit in policy.limits { rates[limit.number] = limit.limit.unitsPerMs }
        }
        self.rates = rates
    }

    /// The policy of that name.
    public func named(_ name: String) -> Int? { names.firstIndex(of: name) }

    /// The policy of that name.
    func named(_ name: UnsafeRawBufferPointer) -> Int? { names.firstIndex { isSame(name, $0) } }

    /// The policy that applies to a request.
    func applying(to question: Question, class found: VerdictClass?) -> Int {
        guard !tested.isEmpty else { return fallback }
        let path = question.barePath
        guard hasPaths else { return applying(to: question, path: path, class: found) }
        return PlainPath.with(path) { applying(to: question, path: $0, class: found) }
    }

    @inline(__always)
    private func applying(to question: Question, path: UnsafeRawBufferPointer, class found: VerdictClass?) -> Int {
        for test in tested {
            switch test.sort {
            case .assets where !RequestKind.isAssetPath(utf8: path): continue
            case .judged where found == nil: continue
            case .assets: return test.policy
            case .judged, .any: break
            }
            if policies[test.policy].match.holds(for: question, path: path, class: found) { return test.policy }
        }
        return fallback
    }
}
