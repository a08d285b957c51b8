import WeirProtocol

extension PolicySet {
    /// What applies without a policy file: 300 requests a minute with 100 at once for pages and calls, 6,000 with
    /// 1,000 for static files, and for verified crawlers as many as for people, apart from them.
    public static let standard: PolicySet = {
        var assets = Policy.Match()
        assets.kinds = [.asset]
        var crawlers = Policy.Match()
        crawlers.classes = [.verifiedBot]
        var builder = PolicyBuilder(rules: LevelRules())
        let perMinute = { (requests: Int128) in Ratio(requests, over: 60)! }
        builder.add("assets", assets, [.init(perMinute(6000), Ratio(1000)!)])
        builder.add("verified-crawlers", crawlers, [.init(perMinute(600), Ratio(200)!)])
        builder.add("default", Policy.Match(), [.init(perMinute(300), Ratio(100)!)])
        return builder.set()
    }()
}

/// Numbers the limits and adds the address's own share to each limit of a pair.
struct PolicyBuilder {
    private(set) var policies: [Policy] = []
    let rules: LevelRules
    private var next = 1

    init(rules: LevelRules) { self.rules = rules }

    struct Rate {
        let tokensPerSecond: Ratio
        let capacity: Ratio
        var key = Policy.Key.pair

        init(_ tokensPerSecond: Ratio, _ capacity: Ratio, _ key: Policy.Key = .pair) {
            (self.tokensPerSecond, self.capacity, self.key) = (tokensPerSecond, capacity, key)
        }
    }

    /// Adds a policy. A policy that limits the address itself is left as it is.
    /// - Returns: the positions in `rates` of those that have no exact or rounded form.
    @discardableResult
    mutating func add(_ name: String, _ match: Policy.Match, _ rates: [Rate], shadow: Bool = false) -> [Int] {
        var limits: [Policy.KeyedLimit] = []
        var unfit: [Int] = []
        let isShared = !rates.contains { $0.key == .prefix }
        for (index, rate) in rates.enumerated() {
            guard append(rate, to: &limits, isImplied: false) else {
                unfit.append(index)
                continue
            }
            guard isShared, rate.key == .pair else { continue }
            let factor = Int128(rules.prefixFactor)
            if let tokens = Ratio(
                Int128(rate.tokensPerSecond.numerator) * factor, over: Int128(rate.tokensPerSecond.denominator)),
                let capacity = Ratio(Int128(rate.capacity.numerator) * factor, over: Int128(rate.capacity.denominator))
            {
                // A share too large for any number limits nobody.
                _ = append(Rate(tokens, capacity, .prefix), to: &limits, isImplied: true)
            }
        }
        policies.append(Policy(name: name, match: match, shadow: shadow, limits: limits))
        return unfit
    }

    var limitCount: Int { next - 1 }

    func set(allowed: [NetworkPrefix] = [], blocked: [NetworkPrefix] = []) -> PolicySet {
        PolicySet(policies, rules: rules, allowed: allowed, blocked: blocked)
    }

    private mutating func append(_ rate: Rate, to limits: inout [Policy.KeyedLimit], isImplied: Bool) -> Bool {
        guard let limit = Limit(tokensPerSecond: rate.tokensPerSecond, capacity: rate.capacity, scale: rules.scale)
        else { return false }
        limits.append(
            Policy.KeyedLimit(
                limit: limit, key: rate.key, number: next, tokensPerSecond: rate.tokensPerSecond.value,
                isImplied: isImplied))
        next += 1
        return true
    }
}
