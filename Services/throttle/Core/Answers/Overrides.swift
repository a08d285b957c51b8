import WeirProtocol

/// A person's word on a client, which goes over limits and levels.
public struct Override: Hashable, Sendable {
    /// What a person decided.
    public enum Action: String, Hashable, Sendable, Codable, CaseIterable {
        /// Never limited.
        case allow
        /// Always refused.
        case block
    }

    /// What a person decided.
    public let action: Action
    /// Whom it is about.
    public let key: ClientKey
    /// When it ends, monotonic milliseconds; nil for when it is cleared.
    public let until: Int64?
    /// Why, in that person's words.
    public let reason: String

    /// A decision.
    public init(_ action: Action, _ key: ClientKey, until: Int64?, reason: String) {
        self.action = action
        self.key = key
        self.until = until
        self.reason = reason
    }
}

/// The overrides in force and the standing lists of the policy file, bounded.
///
/// Of several that fit a request the most particular decides: pair with the verified session, pair with the fingerprint,
/// then session or user, then fingerprint, then the longest address range; a person's override before the file's list of
/// the same range.
struct Overrides: Sendable {
    static let capacity = 10_000

    private var particular: [UInt64: Override] = [:]
    private var ranges: [Int: [NetworkPrefix: Override]] = [:]
    private var lengths: [Int] = []
    private var listed: [Int: [NetworkPrefix: Override]] = [:]

    init(allowed: [NetworkPrefix], blocked: [NetworkPrefix]) { list(allowed: allowed, blocked: blocked) }

    var count: Int { particular.count + ranges.values.reduce(0) { $0 + $1.count } }

    /// Takes the lists of a policy file in place of those before.
    mutating func list(allowed: [NetworkPrefix], blocked: [NetworkPrefix]) {
        listed = [:]
        for (prefixes, action) in [(blocked, Override.Action.block), (allowed, .allow)] {
            for prefix in prefixes {
                listed[Self.family(prefix), default: [:]][prefix] = Override(
                    action, .prefix(prefix), until: nil, reason: "listed in the policy file")
            }
        }
        updateLengths()
    }

    /// Puts an override in place of the one for the same key; false when there are too many.
    mutating func set(_ override: Override) -> Bool {
        if case .prefix(let prefix) = override.key {
            let family = Self.family(prefix)
            guard count < Self.capacity || ranges[family]?[prefix] != nil else { return false }
            ranges[family, default: [:]][prefix] = override
            updateLengths()
        } else {
            guard count < Self.capacity || particular[override.key.tableHash] != nil else { return false }
            particular[override.key.tableHash] = override
        }
        return true
    }

    /// Takes an override back; false when there is none.
    mutating func clear(_ key: ClientKey) -> Bool {
        guard case .prefix(let prefix) = key else { return particular.removeValue(forKey: key.tableHash) != nil }
        defer { updateLengths() }
        return ranges[Self.family(prefix)]?.removeValue(forKey: prefix) != nil
    }

    /// Drops those that have ended.
    mutating func expire(now: Int64) {
        particular = particular.filter { $0.value.until.map { $0 > now } ?? true }
        ranges = ranges.mapValues { $0.filter { $0.value.until.map { $0 > now } ?? true } }
        updateLengths()
    }

    /// Whether nothing can be decided.
    var isEmpty: Bool { particular.isEmpty && lengths.isEmpty }

    /// What a person decided on a request's client.
    func deciding(_ client: Throttle.Client, now: Int64) -> Override? {
        if !particular.isEmpty {
            // Without a session or a user their hash is the pair's, which was looked up.
            for hash in [
                client.pair, client.withFingerprint, client.hash(of: .session), client.hash(of: .user),
                client.hash(of: .fingerprint),
            ] {
                let found = particular[hash]
                if let found, found.until.map({ $0 > now }) ?? true { return found }
            }
        }
        guard !lengths.isEmpty else { return nil }
        let isV4 = if case .v4 = client.address { true } else { false }
        for family in lengths where (family < 64) == isV4 {
            let prefix = NetworkPrefix(address: client.address, length: isV4 ? family : family - 64)
            if let found = ranges[family]?[prefix], found.until.map({ $0 > now }) ?? true { return found }
            if let found = listed[family]?[prefix] { return found }
        }
        return nil
    }

    func forEach(_ body: (Override) -> Void) {
        particular.values.forEach(body)
        ranges.values.forEach { $0.values.forEach(body) }
    }

    /// Length and family in one: 0...32 for IPv4, 64...192 for IPv6.
    private static func family(_ prefix: NetworkPrefix) -> Int {
        if case .v4 = prefix.address { prefix.length } else { prefix.length + 64 }
    }

    private mutating func updateLengths() {
        ranges = ranges.filter { !$0.value.isEmpty }
        lengths = Set(ranges.keys).union(listed.keys).sorted(by: >)
    }
}
