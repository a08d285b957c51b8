import WeirProtocol

extension RuleSet {
    /// The rules as a rule file would say them, with the name and the sizes of the lists: the answer to `rules.get`.
    public var described: JSONValue {
        var all = JSONObject()
        all["rule_set"] = .string(name)
        all["version"] = .string(version)
        all["limit"] = .integer(Int64(limit))
        all["undecided"] = [
            "page_requests": .integer(Int64(undecidedPageRequests)), "score": .integer(Int64(undecidedScore)),
        ]
        var signals = JSONObject()
        for signal in SignalName.allCases {
            let rule = self[signal]
            var parts = JSONObject()
            parts["points"] = .integer(Int64(rule.points))
            parts["threshold"] = .number(rule.threshold)
            if let name = signal.guardNames.minimum { parts[name] = .number(rule.minimum) }
            if let name = signal.guardNames.guardValue { parts[name] = .number(rule.guardValue) }
            signals[signal.rawValue] = .object(parts)
        }
        all["signals"] = .object(signals)
        var tierTwo = JSONObject()
        for (key, path) in Self.scannerFields { tierTwo[key] = .number(scanner[keyPath: path]) }
        all["scanner"] = .object(tierTwo)
        all["outdated_browsers"] = .array(
            browserAges.map {
                [
                    "browser": .string($0.browser), "from": .string($0.from.description),
                    "below": .integer(Int64($0.below)),
                ]
            })
        all["lists"] = [
            "agents": .integer(Int64(agents.catalogue.entries.count)), "spam_hosts": .integer(Int64(spamHosts.count)),
        ]
        return .object(all)
    }
}
