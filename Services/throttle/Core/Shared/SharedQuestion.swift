public import WeirProtocol

/// What one check asks of the server that several throttles keep their buckets and levels in: the names and numbers
/// that `SharedScript` takes.
public struct SharedQuestion: Hashable, Sendable {
    /// The pair's level, the address's level, and a bucket for each limit.
    public let keys: [String]
    /// The clock's reading first, 0 for the server's own; then the cost.
    public var arguments: [Int64]

    /// The same without charging anything.
    public var peeking: SharedQuestion {
        var question = self
        question.arguments[1] = 0
        return question
    }
}

/// What the script answers.
public struct SharedAnswer: Hashable, Sendable {
    /// The pair's level, as any of the throttles holds it.
    public let level: ThrottleLevel
    /// Milliseconds until it falls by itself; 0 for a level that the server does not know.
    public let lasts: Int64
    /// The address's level.
    public let behind: ThrottleLevel
    /// The same of the address's level.
    public let behindLasts: Int64
    /// What each limit's bucket owed before this request, in the limit's units.
    let debts: [Int64]

    /// Nil for numbers that the script does not answer.
    public init?(_ numbers: [Int64]) {
        guard numbers.count >= 4, let level = ThrottleLevel(rawValue: Int(truncatingIfNeeded: numbers[0])),
            let behind = ThrottleLevel(rawValue: Int(truncatingIfNeeded: numbers[2])),
            numbers.allSatisfy({ $0 >= 0 })
        else { return nil }
        (self.level, lasts, self.behind, behindLasts) = (level, numbers[1], behind, numbers[3])
        debts = Array(numbers[4...])
    }
}

/// A level as the shared server is told it: the name and the numbers that `SharedScript.tell` takes.
public struct SharedLevel: Hashable, Sendable {
    /// Its name there.
    public let key: String
    /// The clock's reading, 0 for the server's own; the clean time that lowers a level; level, end of the block and
    /// beginning of the clean time by the calendar; milliseconds after which it means nothing any more.
    public let arguments: [Int64]
}

extension Throttle {
    /// What a check asks of the shared server; nil when a person's word decides, or memory alone.
    /// - Throws: `bad_body` as `check` does.
    public mutating func sharedQuestion(
        _ check: ThrottleCheck, fingerprint: String, now: Moment, clock: Int64 = 0
    ) throws(WireError) -> SharedQuestion? {
        try check.withQuestion(fingerprint: fingerprint) { question in
            Result { () throws(WireError) in
                let client = try Client(question, self)
                let found = view(of: client, now)
                guard found.override == nil else { return nil }
                return sharedQuestion(client, found, clock)
            }
        }.get()
    }

    /// Answers a check by what the shared server knows, which has charged it already.
    /// - Throws: `bad_body` as `check` does.
    public mutating func check(
        _ check: ThrottleCheck, fingerprint: String, shared: SharedAnswer, now: Moment
    ) throws(WireError) -> ThrottleDecision {
        try check.withQuestion(fingerprint: fingerprint) { question in
            Result { () throws(WireError) in try self.check(question, shared: shared, now: now) }
        }.get()
    }

    /// What other throttles are to know of a key.
    func sharedLevel(_ key: ClientKey, _ memory: Standing.Memory, now: Moment, clock: Int64) -> SharedLevel {
        let until = memory.blockedUntil.map { now.wall(of: $0).milliseconds } ?? 0
        let clean = now.wall(of: memory.cleanSince).milliseconds
        let lifetime = now.wall(of: memory.normalAgain(policies.rules)) - now.wall
        return SharedLevel(
            key: Self.levelName(key),
            arguments: [
                clock, policies.rules.decay, Int64(memory.level.rawValue), max(0, until), max(0, clean),
                min(max(1, lifetime), 31_536_000_000),
            ])
    }

    private func sharedQuestion(_ client: Client, _ found: View, _ clock: Int64) -> SharedQuestion {
        let name = policies.names[found.policy]
        var keys = [Self.levelName(client.key), Self.levelName(.prefix(client.prefix))]
        var arguments = [
            clock, client.cost, Int64(found.level.rawValue), Int64(found.behind.rawValue), policies.rules.decay,
        ]
        for index in found.limits {
            let limit = policies.limits[index]
            // The rate is part of the name, so that throttles with other limits do not take each other's units.
            let number = index - found.limits.lowerBound
            let units = "\(limit.limit.unitsPerMs):\(limit.limit.tokenUnits[0])"
            keys.append("weir:\(name):\(number):\(units):\(key(of: limit.key, client))")
            arguments += [limit.key == .prefix ? 1 : 0, limit.limit.unitsPerMs]
            for level in 0..<3 { arguments.append(limit.limit.tokenUnits[level]) }
            for level in 0..<3 { arguments.append(limit.limit.capacityUnits[level]) }
        }
        return SharedQuestion(keys: keys, arguments: arguments)
    }

    private func key(of key: Policy.Key, _ client: Client) -> ClientKey {
        switch key {
        case .pair, .given: client.key
        case .prefix: .prefix(client.prefix)
        case .session: client.question.session.map { .session(ClientWord($0)) } ?? client.key
        case .fingerprint: .fingerprint(ClientWord(client.question.fingerprint))
        case .user: client.question.user.map { .user(ClientWord($0)) } ?? client.key
        }
    }

    private static func levelName(_ key: ClientKey) -> String { "weir:level:\(key)" }
}
