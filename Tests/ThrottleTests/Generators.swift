import WeirProtocol

@testable import ThrottleCore

/// A seeded generator, so that a failing case comes again.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 1
        return mix(state)
    }
}

/// Milliseconds since the test's beginning on both clocks.
func moment(_ milliseconds: Int64) -> Moment {
    Moment(monotonic: 1_000_000 + milliseconds, wall: Timestamp(milliseconds: 1_790_000_000_000 + milliseconds))
}

extension Limit {
    /// A limit from small whole numbers; traps on what cannot be.
    init(_ tokens: Int128, per seconds: Int128 = 1, capacity: Int128) {
        self.init(tokensPerSecond: Ratio(tokens, over: seconds)!, capacity: Ratio(capacity)!)!
    }
}

extension PolicySet {
    /// One policy with one limit of the pair.
    static func single(_ requests: Int, per seconds: Int, capacity: Int, key: String = "pair") throws -> PolicySet {
        try PolicySet(
            file: [
                "version": 1,
                "policies": [
                    [
                        "name": "default",
                        "limits": [
                            [
                                "requests": .integer(Int64(requests)), "per_seconds": .integer(Int64(seconds)),
                                "capacity": .integer(Int64(capacity)), "key": .string(key),
                            ]
                        ],
                    ]
                ],
            ])
    }
}

extension VerdictReport {
    /// A report on one client at a time, human and quiet unless said otherwise.
    static func sample(
        _ id: String, ip: String = "203.0.113.7", fingerprint: String = "fp_a", session: String = "sess_a",
        _ verdict: VerdictClass = .human, score: Int = 0, rate: Double = 1, errors: Double = 0, requests: Int = 30,
        at milliseconds: Int64
    ) -> VerdictReport {
        VerdictReport(
            verdictID: id, sessionID: SessionID(session)!, site: "example.org", fingerprint: fingerprint, ip: ip,
            verdictClass: verdict, score: score, requestsPerMinute: rate, errorRate: errors, requestCount: requests,
            at: moment(milliseconds).wall)
    }
}
