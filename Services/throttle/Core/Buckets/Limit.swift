import WeirProtocol

/// What each level leaves of a limit. Normal leaves all of it, blocked nothing.
public struct LevelScale: Hashable, Sendable {
    /// The share under warning, 0...1.
    public let warning: Ratio
    /// The share under severe, at most warning's.
    public let severe: Ratio

    /// Half and a quarter.
    public static let standard = LevelScale(warning: Ratio(1, over: 2)!, severe: Ratio(1, over: 4)!)!

    /// Nil unless 1 ≥ warning ≥ severe.
    public init?(warning: Ratio, severe: Ratio) {
        guard warning.numerator <= warning.denominator,
            Int128(severe.numerator) * Int128(warning.denominator)
                <= Int128(warning.numerator) * Int128(severe.denominator)
        else { return nil }
        (self.warning, self.severe) = (warning, severe)
    }
}

/// One rate with one capacity, in whole units chosen so that a millisecond and a token are both whole numbers of them:
/// every answer is exact.
///
/// Debt is time still to be paid off. A level makes a token dearer instead of the time shorter, which scales rate and
/// capacity alike and keeps a debt meaningful when the level changes. A level other than blocked always leaves room
/// for one token where normal has room for one, so that severe is slow and not shut.
public struct Limit: Hashable, Sendable {
    /// Debt that one millisecond pays off.
    public let unitsPerMs: Int64
    /// Debt of one token by level; 0 where the level allows none.
    let tokenUnits: SIMD4<Int64>
    /// The most debt there may be, by level.
    let capacityUnits: SIMD4<Int64>
    /// The same in whole tokens.
    private let capacities: SIMD4<Int64>

    /// The largest capacity, in tokens.
    public static let capacityLimit: Int64 = 1_000_000_000_000
    private static let unitLimit: Int128 = 1 << 60

    /// A limit of `tokensPerSecond` and at most `capacity` tokens at once.
    ///
    /// Exact unless the two are so far apart that their common unit exceeds 60 bits; then it is rounded so as to allow
    /// less. Nil when not even that can be done, or the capacity is over `capacityLimit`.
    public init?(tokensPerSecond: Ratio, capacity: Ratio, scale: LevelScale = .standard) {
        guard capacity.value <= Double(Self.capacityLimit) else { return nil }
        // A token costs b/a times as much under a share of a/b, so units are multiplied with every a there is.
        let shares = [Ratio(1)!, scale.warning, scale.severe]
        var common: Int128 = 1
        for share in shares where share.numerator > 0 {
            common = common / greatestCommonDivisor(common, Int128(share.numerator)) * Int128(share.numerator)
        }
        let rate = Ratio(
            Int128(tokensPerSecond.numerator), over: Int128(tokensPerSecond.denominator) * 1000)
        guard let rate, common < 1 << 40 else { return nil }
        var perMs = Int128(rate.numerator) * common
        let token = Int128(rate.denominator) * common
        guard token < 1 << 100 else { return nil }
        var tokens = shares.map { share in
            share.numerator == 0 ? 0 : token / Int128(share.numerator) * Int128(share.denominator)
        }
        // The whole and the broken part apart: their product with the token would not fit 128 bits.
        let (whole, part) = capacity.numerator.quotientAndRemainder(dividingBy: capacity.denominator)
        var most = Int128(whole).multipliedReportingOverflow(by: token)
        guard !most.overflow, token < 1 << 63 || part == 0 else { return nil }
        most.partialValue += part == 0 ? 0 : Int128(part) * token / Int128(capacity.denominator)
        var full = most.partialValue
        while max(full, tokens.max()!, perMs) >= Self.unitLimit {
            guard perMs != 1 else { return nil }
            perMs /= 2
            full /= 2
            tokens = tokens.map { ($0 + 1) / 2 }
        }
        unitsPerMs = Int64(perMs)
        var tokenUnits = SIMD4<Int64>.zero
        var capacityUnits = SIMD4<Int64>.zero
        for (index, units) in tokens.enumerated() where units > 0 {
            tokenUnits[index] = Int64(units)
            capacityUnits[index] = Int64(capacity.value >= 1 ? max(full, units) : full)
        }
        self.tokenUnits = tokenUnits
        self.capacityUnits = capacityUnits
        var capacities = SIMD4<Int64>.zero
        for level in 0..<4 where tokenUnits[level] > 0 { capacities[level] = capacityUnits[level] / tokenUnits[level] }
        self.capacities = capacities
    }

    /// Whole tokens at once under `level`.
    public func capacity(at level: ThrottleLevel) -> Int64 { capacities[level.rawValue] }

    /// Milliseconds, rounded up, that pay off `units`; nil when nothing ever does.
    func milliseconds(for units: Int64) -> Int64? { Self.milliseconds(for: units, at: unitsPerMs) }

    /// The same at `unitsPerMs` units a millisecond.
    static func milliseconds(for units: Int64, at unitsPerMs: Int64) -> Int64? {
        guard units > 0 else { return 0 }
        guard unitsPerMs > 0 else { return nil }
        let (quotient, remainder) = units.quotientAndRemainder(dividingBy: unitsPerMs)
        return remainder == 0 ? quotient : quotient + 1
    }
}
