import WeirProtocol

/// Policies tried on requests that a file describes, with the file's own clock. Exact: nothing is evicted that owes
/// anything.
public struct Simulation: Sendable {
    /// Keys that may owe something at the same time.
    public static let keyLimit = 2_000_000

    private let policies: PolicySet
    private var buckets: [Name: Bucket] = [:]
    private var line = 0
    /// Lines that were answered with a decision.
    public private(set) var usable = 0

    private struct Name: Hashable {
        let key: String
        let limit: Int
    }

    /// A simulation in which no key owes anything.
    public init(_ policies: PolicySet) { self.policies = policies }

    /// Answers the next line of input with one JSON object, without a newline.
    public mutating func answer(_ text: some Collection<UInt8>) -> [UInt8] {
        line += 1
        do { return try decide(text) } catch { return failure(error.message) }
    }

    /// Counts a line that is not to be read, and says why.
    public mutating func refuse(_ sentence: String) -> [UInt8] {
        line += 1
        return failure(sentence)
    }

    private func failure(_ sentence: String) -> [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.object {
            $0.field("line", line)
            $0.field("error", sentence)
        }
        return writer.bytes
    }

    private mutating func decide(_ text: some Collection<UInt8>) throws(WireError) -> [UInt8] {
        let input: JSONValue
        do { input = try JSONValue(parsing: text) } catch { throw WireError(.badJSON, "not JSON: \(error)") }
        guard case .object = input else { throw WireError(.badJSON, "not a JSON object") }
        guard let at = input["at_ms"]?.integerValue else {
            throw WireError(.badBody, "at_ms is missing or not a whole number")
        }
        guard let key = input["key"]?.stringValue else { throw WireError(.badBody, "key is missing or not a text") }
        let cost = try Self.optional(input, "cost", "a whole number from 0") { $0.integerValue } ?? 1
        guard cost >= 0 else { throw WireError(.badBody, "cost is not a whole number from 0") }
        let level =
            try Self.optional(input, "level", "normal, warning, severe or blocked") {
                $0.stringValue.flatMap(ThrottleLevel.init(name:))
            } ?? .normal
        let name = try Self.optional(input, "policy", "a text") { $0.stringValue } ?? "default"
        guard let policy = policies.named(name) else {
            throw WireError(.badBody, "policy '\(name)' is not in the policy file")
        }
        let limits = policies.policies[policy].limits.filter { !$0.isImplied }
        let isKnown = limits.contains { buckets[Name(key: key, limit: $0.number)] != nil }
        if !isKnown, buckets.count >= Self.keyLimit { try makeRoom(at) }
        usable += 1
        return render(weigh(limits, key, at, cost, level), level)
    }

    private struct Result {
        var allowed = true
        var remaining = Int64.max
        var retry: Int64? = 0
        var reset: Int64? = 0
    }

    /// All limits are asked before any is charged; remaining, and the reset that goes with it, are the tightest's.
    private mutating func weigh(
        _ limits: [Policy.KeyedLimit], _ key: String, _ at: Int64, _ cost: Int64, _ level: ThrottleLevel
    ) -> Result {
        var result = Result()
        var settled: [(Name, Bucket, Int64)] = []
        for limit in limits {
            let name = Name(key: key, limit: limit.number)
            var bucket = buckets[name] ?? Bucket(debt: 0, last: at)
            bucket.settle(at: at, limit.limit)
            let outcome = bucket.outcome(of: cost, limit.limit, at: level)
            settled.append((name, bucket, outcome.charge))
            let isTighter =
                outcome.remaining == result.remaining
                ? (outcome.resetAfter ?? .max) > (result.reset ?? .max) : outcome.remaining < result.remaining
            if isTighter { (result.remaining, result.reset) = (outcome.remaining, outcome.resetAfter) }
            guard !outcome.allowed else { continue }
            result.allowed = false
            if let found = outcome.retryAfter, let longest = result.retry {
                result.retry = max(found, longest)
            } else {
                result.retry = nil
            }
        }
        for (name, bucket, charge) in settled {
            if result.allowed, charge > 0 {
                buckets[name] = Bucket(debt: bucket.debt + charge, last: bucket.last)
            } else if buckets[name] != nil {
                buckets[name] = bucket
            }
        }
        // Where another limit refused, one that would have allowed the request has lost nothing to it.
        if !result.allowed { restate(&result, limits, settled, level) }
        if result.allowed { result.retry = nil }
        return result
    }

    private func restate(
        _ result: inout Result, _ limits: [Policy.KeyedLimit], _ settled: [(Name, Bucket, Int64)],
        _ level: ThrottleLevel
    ) {
        (result.remaining, result.reset) = (.max, 0)
        for (limit, (_, bucket, _)) in zip(limits, settled) {
            let outcome = bucket.outcome(of: 0, limit.limit, at: level)
            if outcome.remaining < result.remaining {
                (result.remaining, result.reset) = (outcome.remaining, outcome.resetAfter)
            } else if outcome.remaining == result.remaining, (outcome.resetAfter ?? .max) > (result.reset ?? .max) {
                result.reset = outcome.resetAfter
            }
        }
    }

    /// What owes nothing is the same as what is not there.
    private mutating func makeRoom(_ at: Int64) throws(WireError) {
        var limits = [Limit?](repeating: nil, count: BucketTable.limitCount)
        for policy in policies.policies {
            for limit in policy.limits { limits[limit.number] = limit.limit }
        }
        buckets = buckets.filter { name, bucket in
            var bucket = bucket
            if let limit = limits[name.limit] { bucket.settle(at: at, limit) }
            return bucket.debt > 0
        }
        guard buckets.count < Self.keyLimit / 10 * 9 else {
            throw WireError(.overloaded, "more than \(Self.keyLimit) keys owe something at once")
        }
    }

    private func render(_ result: Result, _ level: ThrottleLevel) -> [UInt8] {
        var writer = JSONWriter(capacity: 160)
        writer.object {
            $0.field("line", line)
            $0.field("allowed", result.allowed)
            $0.field("level", level.name)
            $0.field("remaining", result.remaining == .max ? 0 : result.remaining)
            $0.field("retry_after_ms", result.retry.map(JSONValue.integer) ?? .null)
            $0.field("reset_after_ms", result.reset.map(JSONValue.integer) ?? .null)
        }
        return writer.bytes
    }

    private static func optional<Value>(
        _ input: JSONValue, _ name: String, _ wanted: String, _ read: (JSONValue) -> Value?
    ) throws(WireError) -> Value? {
        guard let value = input[name], value != .null else { return nil }
        guard let found = read(value) else { throw WireError(.badBody, "\(name) is not \(wanted)") }
        return found
    }
}
