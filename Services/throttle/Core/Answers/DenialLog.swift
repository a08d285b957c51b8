import WeirProtocol

/// One run of denials of one client, which its reference explains.
public struct Denial: Hashable, Sendable {
    /// What decided.
    public enum Reason: String, Hashable, Sendable {
        /// A limit of the policy.
        case quota = "quota_exceeded"
        /// The level is blocked.
        case blocked = "level_blocked"
        /// An override or a list of the policy file.
        case override = "override"
    }

    /// The number behind the reference.
    public let number: UInt64
    /// What the visitor can quote.
    public let reference: String
    /// The first denial, by the calendar.
    public let at: Timestamp
    /// The key that the decision was about.
    public let key: ClientKey
    /// What decided.
    public let reason: Reason
    /// The policy that applied.
    public let policy: String
    /// What the limit that refused counts by; nil when none did.
    public let limitKey: Policy.Key?
    /// The pair's level then.
    public let level: ThrottleLevel
    /// What the detector called the client then.
    public let verdictClass: VerdictClass?
    /// The request's tokens.
    public let cost: Int64
    /// Tokens at once, under that level, of the limit that answered.
    public let limit: Int64
    /// The path asked for, at most 200 bytes of it.
    public let path: String
    /// Why the override was made, when one decided.
    public let note: String?
    /// Whether the request went through because of shadow mode.
    public let shadow: Bool
    /// When the last request under this reference may be repeated, monotonic milliseconds; nil for never.
    public var retryAt: Int64?
    /// Denials so far under this reference.
    public var count: Int
}

/// The newest denials by reference, bounded: the oldest goes first. Denials of one client within a minute share a
/// reference, so that a client that hammers does not push out the others.
struct DenialLog: Sendable {
    private var ring: [Denial] = []
    private let capacity: Int
    private let epoch: UInt64
    private var next: UInt64 = 0

    /// A log of at most `capacity` denials. Logs with different seeds give different references.
    init(capacity: Int, seed: UInt64) {
        self.capacity = max(1, capacity)
        epoch = mix(seed) >> 43
    }

    /// The reference that the next denial gets.
    var nextReference: (number: UInt64, text: String) { (next, Self.text(next, epoch)) }

    mutating func append(_ denial: Denial) {
        if ring.count < capacity { ring.append(denial) } else { ring[Int(next % UInt64(capacity))] = denial }
        next += 1
    }

    /// Notes a further denial under the same reference; nil when it is gone from the log.
    mutating func repeated(_ number: UInt64, retryAt: Int64?) -> String? {
        let place = Int(number % UInt64(capacity))
        guard number < next, place < ring.count, ring[place].number == number else { return nil }
        ring[place].count += 1
        ring[place].retryAt = retryAt
        return ring[place].reference
    }

    func denial(_ reference: String) -> Denial? {
        guard let low = Self.number(reference, epoch) else { return nil }
        // The text has the counter's low bits; the log only reaches back to the newest number that has them.
        let newest = next & ~(1 << 29 - 1) | low
        let number = newest >= next && newest >= 1 << 29 ? newest - (1 << 29) : newest
        guard number < next else { return nil }
        let place = Int(number % UInt64(capacity))
        guard place < ring.count, ring[place].number == number else { return nil }
        return ring[place]
    }

    // 29 bits of counter and 21 of the process's own, stirred by an odd factor so that neighbours look unalike.
    private static let bits: UInt64 = 1 << 50 - 1
    private static let factor: UInt64 = 0x2_5A7F_3C6B_91D5
    private static let inverse: UInt64 = {
        var inverse = factor
        for _ in 0..<6 { inverse = inverse &* (2 &- factor &* inverse) }
        return inverse & bits
    }()
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    private static func text(_ number: UInt64, _ epoch: UInt64) -> String {
        let value = ((number & (1 << 29 - 1)) << 21 | epoch) &* factor & bits
        return String(unsafeUninitializedCapacity: 13) { buffer in
            for (index, byte) in "thr".utf8.enumerated() { buffer[index] = byte }
            for index in 0..<10 { buffer[index + 3] = alphabet[Int(value >> UInt64(45 - 5 * index) & 31)] }
            return 13
        }
    }

    private static func number(_ text: String, _ epoch: UInt64) -> UInt64? {
        // People type references as they hear them.
        let text = text.lowercased()
        guard text.utf8.count == 13, text.hasPrefix("thr") else { return nil }
        var value: UInt64 = 0
        for byte in text.utf8.dropFirst(3) {
            guard let digit = alphabet.firstIndex(of: byte) else { return nil }
            value = value << 5 | UInt64(digit)
        }
        let plain = value &* inverse & bits
        return plain & (1 << 21 - 1) == epoch ? plain >> 21 : nil
    }
}

/// A number that depends on every bit of `value` (the finalizer of SplitMix64).
func mix(_ value: UInt64) -> UInt64 {
    var mixed = value &+ 0x9E37_79B9_7F4A_7C15
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
}
