import WeirProtocol

extension Throttle {
    /// The policies in force and what each has decided, in the words of the wire.
    public var policyWords: ThrottlePolicies {
        ThrottlePolicies(
            shadow: isShadow,
            policies: zip(policies.policies, tallies).map { policy, tally in
                ThrottlePolicies.Policy(
                    name: policy.name, conditions: policy.match.words, shadow: policy.shadow,
                    limits: policy.limits.filter { !$0.isImplied }.map {
                        ThrottlePolicies.Limit(
                            tokensPerSecond: $0.tokensPerSecond, capacity: $0.limit.capacity(at: .normal),
                            key: $0.key.rawValue)
                    }, checks: tally.checks, denied: tally.denied, shadowDenied: tally.shadowDenied)
            })
    }
}

extension Policy.Match {
    /// The conditions as the policy file has them.
    fileprivate var words: [String] {
        var words: [String] = []
        let classNames = classes.map(\.rawValue) + kinds.map(\.rawValue)
        let userNames = isRegistered.map { ["\($0)"] } ?? users
        for (name, values) in [
            ("path_prefix", pathPrefixes), ("method", methods), ("class", classNames), ("user", userNames),
        ] where !values.isEmpty {
            words.append("\(name)=\(values.joined(separator: ","))")
        }
        return words
    }
}
