import WeirProtocol

extension PolicySet {
    /// The most policies in a file.
    public static let policyLimit = 500

    /// Reads a policy file's contents.
    /// - Throws: everything that is wrong with it.
    public init(file: JSONValue) throws(PolicyFileError) {
        var problems: [String] = []
        guard var fields = FieldReader(file, at: "", &problems) else { throw PolicyFileError(problems: problems) }
        if let version = fields.value("version") {
            if version.integerValue != 1 { fields.fail("version", "must be 1") }
        } else {
            fields.fail("version", "is missing; write `version: 1`")
        }
        let rules = fields.value("levels").map { LevelRules(file: $0, &problems) } ?? LevelRules()
        let allowed = Self.ranges("allow", &fields)
        let blocked = Self.ranges("block", &fields)
        var builder = PolicyBuilder(rules: rules)
        if let policies = fields.list("policies") {
            if policies.count > Self.policyLimit {
                fields.fail("policies", "has more than \(Self.policyLimit) policies")
            }
            for (index, policy) in policies.prefix(Self.policyLimit).enumerated() {
                Self.read(policy, at: "policies[\(index)]", into: &builder, &problems)
            }
            var names: Set<String> = []
            for policy in builder.policies where !policy.name.isEmpty && !names.insert(policy.name).inserted {
                fields.fail("policies", "has two policies called '\(policy.name)'")
            }
            if !names.contains("default") { fields.fail("policies", "needs one called 'default'") }
            if builder.limitCount >= BucketTable.limitCount {
                fields.fail("policies", "has more than \(BucketTable.limitCount - 1) limits in all")
            }
        } else {
            fields.fail("policies", "is missing")
        }
        fields.finish(into: &problems)
        guard problems.isEmpty else { throw PolicyFileError(problems: problems) }
        self = builder.set(allowed: allowed, blocked: blocked)
    }

    private static func ranges(_ name: String, _ fields: inout FieldReader) -> [NetworkPrefix] {
        fields.strings(name).compactMap { text in
            let range = NetworkPrefix(text)
            if range == nil { fields.fail(name, "has '\(text)', which is no address or range such as 192.0.2.0/24") }
            return range
        }
    }

    private static func read(
        _ value: JSONValue, at place: String, into builder: inout PolicyBuilder, _ problems: inout [String]
    ) {
        guard var fields = FieldReader(value, at: place, &problems) else { return }
        let name = fields.string("name")
        if name == nil { fields.fail("name", "is missing") }
        if let name, name.utf8.count > 64 || !name.utf8.allSatisfy(isOfNames) {
            // Names stand in header fields, quoted.
            fields.fail("name", "must be at most 64 letters, digits, dots, dashes and underscores")
        }
        let match = fields.value("match").map { Policy.Match(file: $0, at: "\(place).match", &problems) }
        let shadow = fields.bool("shadow") ?? false
        var rates: [PolicyBuilder.Rate] = []
        var complete = true
        if let limits = fields.list("limits"), !limits.isEmpty, limits.count <= 16 {
            for (index, limit) in limits.enumerated() {
                if let rate = rate(limit, at: "\(place).limits[\(index)]", &problems) {
                    rates.append(rate)
                } else {
                    complete = false
                }
            }
        } else {
            fields.fail("limits", "must be a list of 1 to 16 limits")
        }
        let unfit = builder.add(name ?? "", match ?? Policy.Match(), rates, shadow: shadow)
        for index in unfit {
            let place = complete ? "\(place).limits[\(index)]" : "\(place).limits"
            problems.append(
                "\(place) has a rate of too many digits, or too far from its capacity, to be counted exactly; round it")
        }
        fields.finish(into: &problems)
    }

    private static func isOfNames(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func rate(
        _ value: JSONValue, at place: String, _ problems: inout [String]
    ) -> PolicyBuilder.Rate? {
        guard var fields = FieldReader(value, at: place, &problems) else { return nil }
        let range = 0...1e9
        let direct = fields.ratio("rate_per_s", in: range)
        let requests = fields.ratio("requests", in: range)
        let seconds = fields.ratio("per_seconds", in: 0.001...31_622_400)
        let capacity = fields.ratio("capacity", in: 0...Double(Limit.capacityLimit))
        let key = fields.string("key")
        let kind = key.map(Policy.Key.init(rawValue:)) ?? .pair
        let given = ["rate_per_s", "requests", "per_seconds", "capacity"].map { value[$0] ?? .null != .null }
        switch (given[0], given[1], given[2]) {
        case (true, false, false), (false, true, true): break
        case (true, _, _): problems.append("\(place) has rate_per_s and requests; give one of them")
        default: problems.append("\(place) needs rate_per_s, or requests with per_seconds")
        }
        let tokens = direct ?? requests.flatMap { requests in seconds.flatMap(requests.divided) }
        if tokens == nil, requests != nil, seconds != nil {
            fields.fail("requests", "by per_seconds is a fraction with too many digits; round them, or give rate_per_s")
        }
        if !given[3] { fields.fail("capacity", "is missing: the most requests at once") }
        if kind == nil {
            let names = Policy.Key.allCases.map(\.rawValue).joined(separator: ", ")
            fields.fail("key", "is '\(key!)'; known are \(names)")
        }
        fields.finish(into: &problems)
        guard let tokens, let capacity, let kind else { return nil }
        return .init(tokens, capacity, kind)
    }
}

extension Policy.Match {
    init(file value: JSONValue, at place: String, _ problems: inout [String]) {
        guard var fields = FieldReader(value, at: place, &problems) else { return }
        pathPrefixes = fields.strings("path_prefix")
        for path in pathPrefixes where !path.hasPrefix("/") {
            fields.fail("path_prefix", "is '\(path)'; a path begins with /")
        }
        pathPrefixes = pathPrefixes.map(PlainPath.text)
        methods = fields.strings("method").map { $0.uppercased() }
        for word in fields.strings("class") {
            if let found = VerdictClass(rawValue: word) {
                classes.append(found)
            } else if let kind = RequestKind(rawValue: word) {
                kinds.append(kind)
            } else {
                let words = VerdictClass.allCases.map(\.rawValue) + RequestKind.allCases.map(\.rawValue)
                fields.fail("class", "is '\(word)'; known are \(words.joined(separator: ", "))")
            }
        }
        switch fields.value("user") {
        case nil: break
        case .bool(let flag)?: isRegistered = flag
        case .string("*")?: isRegistered = true
        case let value?:
            users = (value.arrayValue ?? [value]).compactMap(\.stringValue)
            if users.isEmpty { fields.fail("user", "must be true, false, or the names of users") }
        }
        fields.finish(into: &problems)
    }
}

extension LevelRules {
    init(file value: JSONValue, _ problems: inout [String]) {
        guard var fields = FieldReader(value, at: "levels", &problems) else { return }
        let (day, year) = (Int64(86_400), Int64(31_622_400))
        let warning = fields.ratio("warning_multiplier", in: 0...1) ?? scale.warning
        let severe = fields.ratio("severe_multiplier", in: 0...1) ?? scale.severe
        if let scale = LevelScale(warning: warning, severe: severe) {
            self.scale = scale
        } else {
            fields.fail("severe_multiplier", "must not be over warning_multiplier")
        }
        score = fields.integer("score", in: 1...1000).map(Int.init) ?? score
        pageRequestsPerMinute = fields.number("requests_per_minute", in: 1...1e9) ?? pageRequestsPerMinute
        errorRate = fields.number("error_rate", in: 0...1) ?? errorRate
        errorRequests = fields.integer("error_requests", in: 1...1_000_000).map(Int.init) ?? errorRequests
        denials = fields.integer("denials", in: 1...1_000_000).map(Int.init) ?? denials
        denialWindow = fields.seconds("denial_window_s", upTo: day) ?? denialWindow
        raiseInterval = fields.seconds("raise_interval_s", upTo: day) ?? raiseInterval
        decay = fields.seconds("decay_s", upTo: year) ?? decay
        block = fields.seconds("block_s", upTo: year) ?? block
        longestBlock = fields.seconds("longest_block_s", upTo: year) ?? longestBlock
        repeatWindow = fields.seconds("repeat_window_s", upTo: year) ?? repeatWindow
        evidenceAge = fields.seconds("evidence_age_s", upTo: day) ?? evidenceAge
        prefixV4 = fields.integer("ipv4_prefix", in: 1...32).map(Int.init) ?? prefixV4
        prefixV6 = fields.integer("ipv6_prefix", in: 1...128).map(Int.init) ?? prefixV6
        prefixFactor = fields.integer("prefix_factor", in: 1...1_000_000) ?? prefixFactor
        if longestBlock < block { fields.fail("longest_block_s", "must not be shorter than block_s") }
        fields.finish(into: &problems)
    }
}
