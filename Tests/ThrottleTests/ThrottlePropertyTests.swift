import Testing
import WeirProtocol

@testable import ThrottleCore

/// The whole throttle under random traffic, levels that rise and fall, several limits and housekeeping, held to what
/// its policies promise. What is owed is computed anew for each question from all that was let through before.
@Suite struct ThrottlePropertyTests {
    @Test(arguments: 0..<24)
    func everyAnswerIsTheOneThatFollowsFromWhatWasLetThrough(seed: UInt64) throws {
        var traffic = RandomTraffic(seed: seed)
        var throttle = Throttle(try traffic.policies, seed: seed)
        var passed = PassedTraffic()
        var seen: [ThrottleLevel: Int] = [:]
        var refusals = 0
        for step in 0..<500 {
            let now = traffic.pass()
            if let report = traffic.report(step) { try throttle.report(report, now: now) }
            if step % 50 == 0 {
                throttle.sweep(now: now)
                _ = throttle.takeChanges()
            }
            let (check, fingerprint) = traffic.question()
            let client = try throttle.key(of: check, fingerprint: fingerprint)
            let before = throttle
            let answer = try throttle.check(check, fingerprint: fingerprint, now: now)
            // A refusal may have raised levels, and is answered by those.
            let behind = try throttle.standing(of: .prefix(#require(NetworkPrefix(check.ip))), now: now)
            seen[answer.level, default: 0] += 1
            let cost = Int64(check.cost ?? 1)
            let expected = traffic.limits.map { limit in
                limit.outcome(
                    cost, answer.level, behind?.level ?? .normal,
                    passed.of(limit.isOfAddress ? check.ip : "\(client)"), now.monotonic)
            }
            #expect(answer.allow == expected.allSatisfy { $0.wait == 0 }, "\(step): \(answer) \(expected)")
            let left = expected.map { answer.allow ? $0.remaining : $0.left }.min()!
            #expect(answer.remaining == left, "\(step): \(answer) \(expected)")
            if answer.allow {
                #expect(answer.retryAfter == nil)
                passed.note(check.ip, client, cost, answer.level, behind?.level ?? .normal, now.monotonic)
                continue
            }
            refusals += 1
            let isNever = expected.contains { $0.wait == nil }
            #expect((answer.retryAfter == nil) == isNever)
            if let told = answer.retryAfter {
                #expect(told >= 1)
                if answer.level != .blocked {
                    // Rounded up to seconds, and at most a tenth or one second of jitter more.
                    let wait = expected.map { $0.wait! }.max()!
                    let whole = max(1, (wait + 999) / 1000)
                    #expect((whole...whole + max(1, whole / 10)).contains(Int64(told)))
                }
                var waited = throttle
                let later = Moment(
                    monotonic: now.monotonic + Int64(told) * 1000, wall: now.wall + Int64(told) * 1000)
                #expect(try waited.check(check, fingerprint: fingerprint, now: later).allow, "\(step): \(answer)")
            }
            // Refused, it owes what it owed before.
            let (was, isNow) = (try owed(before, check, fingerprint, now), try owed(throttle, check, fingerprint, now))
            #expect(was == isNow)
        }
        #expect(refusals > 0)
        // The traffic got as far as being slowed, or the properties were not put to the test.
        #expect(seen.count >= 2)
        for limit in traffic.limits {
            let tooMuch = passed.all(isOfAddress: limit.isOfAddress).filter { !limit.holds(for: $0) }
            #expect(tooMuch.isEmpty, "\(limit)")
        }
    }

    /// Whatever state a client has come to, a harder level never gives it more.
    @Test(arguments: 100..<116)
    func aHarderLevelNeverGivesMore(seed: UInt64) throws {
        var traffic = RandomTraffic(seed: seed)
        var throttle = Throttle(try traffic.policies, seed: seed)
        var harder = 0
        for step in 0..<300 {
            let now = traffic.pass()
            let (check, fingerprint) = traffic.question()
            _ = try throttle.check(check, fingerprint: fingerprint, now: now)
            var accused = throttle
            try accused.report(
                .sample(
                    "scanner\(step)", ip: check.ip, fingerprint: fingerprint, session: check.session ?? "sess_none",
                    .scanner, at: traffic.elapsed), now: now)
            let milder = try throttle.peek(check, fingerprint: fingerprint, now: now)
            let answer = try accused.peek(check, fingerprint: fingerprint, now: now)
            #expect(answer.level >= milder.level)
            #expect(milder.allow || !answer.allow)
            #expect(answer.remaining <= milder.remaining + (milder.allow ? check.cost ?? 1 : 0))
            #expect(answer.limit <= milder.limit)
            if answer.level > milder.level { harder += 1 }
        }
        #expect(harder > 0)
    }

    /// The calendar may be set an hour back and forth while it runs: not one answer changes.
    @Test(arguments: 300..<308)
    func theCalendarDecidesNothing(seed: UInt64) throws {
        var traffic = RandomTraffic(seed: seed)
        var random = SplitMix(seed: ~seed)
        var steady = Throttle(try traffic.policies, seed: seed)
        var stepped = steady
        var (step, refusals): (Int64, Int) = (0, 0)
        for number in 0..<400 {
            let now = traffic.pass()
            if Int.random(in: 0..<20, using: &random) == 0 {
                step = [-3_600_000, 0, 3_600_000].randomElement(using: &random)!
            }
            let told = Moment(monotonic: now.monotonic, wall: now.wall + step)
            if var report = traffic.report(number) {
                try steady.report(report, now: now)
                report.at = told.wall
                try stepped.report(report, now: told)
            }
            if number % 30 == 0 {
                steady.sweep(now: now)
                stepped.sweep(now: told)
            }
            let (check, fingerprint) = traffic.question()
            let answer = try steady.check(check, fingerprint: fingerprint, now: now)
            #expect(try stepped.check(check, fingerprint: fingerprint, now: told) == answer)
            if !answer.allow { refusals += 1 }
        }
        #expect(refusals > 0)
        #expect(steady.counters.raises > 0)
    }

    /// Under one level all along, a client gets that level's share of rate and burst.
    @Test(arguments: 200..<230)
    func underOneLevelNeverMoreThanItsShare(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let share = Int64([1, 2, 4].randomElement(using: &random)!)
        let level = ThrottleLevel.allCases[[1: 0, 2: 1, 4: 2][share]!]
        let (tokens, seconds) = (Int64.random(in: 1...50, using: &random), Int64.random(in: 1...20, using: &random))
        let capacity = Int64.random(in: 1...30, using: &random)
        let limit = Limit(Int128(tokens), per: Int128(seconds), capacity: Int128(capacity))
        var bucket = Bucket()
        var now: Int64 = 0
        var passed: [PassedTraffic.Request] = []
        for _ in 0..<500 {
            if Int.random(in: 0..<3, using: &random) == 0 {
                now += Int64.random(in: 0...seconds * 1500, using: &random)
            }
            let cost = Int64.random(in: 1...2, using: &random)
            bucket.settle(at: now, limit)
            let outcome = bucket.outcome(of: cost, limit, at: level)
            bucket.debt += outcome.charge
            if outcome.allowed { passed.append(.init(at: now, cost: cost, dearer: cost)) }
        }
        #expect(!passed.isEmpty || capacity < share * 2)
        // The share of the capacity, but at least room for one.
        let promised = PromisedLimit(
            tokens: tokens, milliseconds: seconds * 1000 * share, capacity: capacity, share: share, isOfAddress: false)
        #expect(promised.holds(for: passed))
    }

    private func owed(
        _ throttle: Throttle, _ check: ThrottleCheck, _ fingerprint: String, _ now: Moment
    ) throws -> [Int64] {
        let pair = try throttle.key(of: check, fingerprint: fingerprint).tableHash
        let behind = ClientKey.prefix(try #require(NetworkPrefix(check.ip))).tableHash
        return throttle.policies.limits.map { limit in
            let tag = BucketTable.tag(limit.key == .prefix ? behind : pair, limit: limit.number)
            var bucket = throttle.buckets.bucket(tag, now: now.monotonic)
            bucket.settle(at: now.monotonic, limit.limit)
            return bucket.debt
        }
    }
}

/// What a policy file says of a limit, in plain numbers: `tokens` in `milliseconds`, and `capacity` at once.
struct PromisedLimit {
    let tokens: Int64
    let milliseconds: Int64
    let capacity: Int64
    /// How many times dearer a token is than under normal, where all requests came under one level.
    var share: Int64 = 1
    let isOfAddress: Bool

    struct Outcome {
        /// Tokens left before the request, and after it where it is let through.
        var left: Int
        var remaining: Int
        /// Milliseconds; 0 for allowed, nil for never.
        var wait: Int64?
    }

    /// What a request gets, by everything that was let through before it: the most that any stretch of it, up to now,
    /// used beyond what flowed back meanwhile.
    func outcome(
        _ cost: Int64, _ level: ThrottleLevel, _ behind: ThrottleLevel, _ passed: [PassedTraffic.Request], _ now: Int64
    ) -> Outcome {
        var (used, owed) = (Int64(0), Int64(0))
        for request in passed.reversed() {
            used += request.dearer * milliseconds
            owed = max(owed, used - tokens * (now - request.at))
        }
        // A block is waited out first, and what follows it is severe.
        let dearness = PassedTraffic.dearness(isOfAddress ? behind : min(level, .severe))
        let most = max(capacity, dearness) * milliseconds
        let price = cost * dearness * milliseconds
        guard level != .blocked else { return Outcome(left: 0, remaining: 0, wait: price <= most ? 1 : nil) }
        let tokens = { (room: Int64) in Int(max(0, room) / (dearness * milliseconds)) }
        let room = most - owed - price
        var outcome = Outcome(left: tokens(most - owed), remaining: tokens(room), wait: nil)
        if price <= most { outcome.wait = room >= 0 ? 0 : (self.tokens - room - 1) / self.tokens }
        return outcome
    }

    /// Whether in every window no more passed than the capacity and what the rate gave meanwhile.
    func holds(for passed: [PassedTraffic.Request]) -> Bool {
        for first in passed.indices {
            var sum: Int64 = 0
            for last in first..<passed.count {
                sum += passed[last].cost
                let window = passed[last].at - passed[first].at
                guard sum * milliseconds <= max(capacity, share) * milliseconds / share + tokens * window else {
                    return false
                }
            }
        }
        return true
    }
}

/// What was let through, by client and by address.
struct PassedTraffic {
    struct Request {
        let at: Int64
        let cost: Int64
        /// The cost as the level then made it.
        let dearer: Int64
    }

    private var addresses: [String: [Request]] = [:]
    private var clients: [String: [Request]] = [:]

    static func dearness(_ level: ThrottleLevel) -> Int64 { [.normal: 1, .warning: 2, .severe: 4][level]! }

    func of(_ name: String) -> [Request] { addresses[name] ?? clients[name] ?? [] }

    func all(isOfAddress: Bool) -> [[Request]] { Array((isOfAddress ? addresses : clients).values) }

    mutating func note(
        _ address: String, _ client: ClientKey, _ cost: Int64, _ level: ThrottleLevel, _ behind: ThrottleLevel,
        _ at: Int64
    ) {
        clients["\(client)", default: []].append(.init(at: at, cost: cost, dearer: cost * Self.dearness(level)))
        addresses[address, default: []].append(.init(at: at, cost: cost, dearer: cost * Self.dearness(behind)))
    }
}

/// Clients, times and reports of a seed.
struct RandomTraffic {
    let limits: [PromisedLimit]
    private(set) var elapsed: Int64 = 0
    private var random: SplitMix
    private let hasOwnAddressLimit: Bool

    init(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let seconds = Int64.random(in: 1...10, using: &random)
        let quick = (
            tokens: Int64.random(in: 1...20, using: &random), capacity: Int64.random(in: 1...30, using: &random)
        )
        let slow = (
            tokens: Int64.random(in: 20...200, using: &random), capacity: Int64.random(in: 20...90, using: &random)
        )
        hasOwnAddressLimit = seed % 3 == 0
        limits =
            hasOwnAddressLimit
            ? [
                PromisedLimit(
                    tokens: quick.tokens, milliseconds: seconds * 1000, capacity: quick.capacity, isOfAddress: false),
                PromisedLimit(
                    tokens: slow.tokens, milliseconds: 3_600_000, capacity: slow.capacity, isOfAddress: true),
            ]
            : [(quick.tokens, seconds * 1000, quick.capacity), (slow.tokens, 3_600_000, slow.capacity)].flatMap {
                // Every limit of a pair implies four times as much for its address.
                [
                    PromisedLimit(tokens: $0.0, milliseconds: $0.1, capacity: $0.2, isOfAddress: false),
                    PromisedLimit(tokens: 4 * $0.0, milliseconds: $0.1, capacity: 4 * $0.2, isOfAddress: true),
                ]
            }
        self.random = random
    }

    var policies: PolicySet {
        get throws {
            let written = limits.filter { hasOwnAddressLimit || !$0.isOfAddress }
            return try PolicySet(
                file: [
                    "version": 1,
                    "policies": [
                        [
                            "name": "default",
                            "limits": .array(
                                written.map {
                                    [
                                        "requests": .integer($0.tokens),
                                        "per_seconds": .integer($0.milliseconds / 1000),
                                        "capacity": .integer($0.capacity),
                                        "key": .string($0.isOfAddress ? "prefix" : "pair"),
                                    ]
                                }),
                        ]
                    ],
                ])
        }
    }

    /// Mostly bursts, some pauses, and now and then long enough to be forgiven.
    mutating func pass() -> Moment {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<50: break
        case 50..<85: elapsed += Int64.random(in: 0...300, using: &random)
        case 85..<99: elapsed += Int64.random(in: 0...8000, using: &random)
        default: elapsed += Int64.random(in: 0...1_200_000, using: &random)
        }
        return moment(elapsed)
    }

    mutating func question() -> (ThrottleCheck, fingerprint: String) {
        let client = Int.random(in: 0..<6, using: &random)
        let check = ThrottleCheck(
            ip: "203.0.113.\(client % 2)", session: client == 5 ? "sess_verified" : nil, path: "/",
            cost: Int.random(in: 1...3, using: &random))
        return (check, "fp_\(client / 2)")
    }

    mutating func report(_ step: Int) -> VerdictReport? {
        guard Int.random(in: 0..<25, using: &random) == 0 else { return nil }
        let client = Int.random(in: 0..<6, using: &random)
        return .sample(
            "v\(step)", ip: "203.0.113.\(client % 2)", fingerprint: "fp_\(client / 2)",
            session: client == 5 ? "sess_verified" : "sess_none",
            [.scanner, .behavioralBot].randomElement(using: &random)!, score: 60, at: elapsed)
    }
}
