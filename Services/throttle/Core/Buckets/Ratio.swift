/// A non-negative fraction, so that `0.1 per second` is a tenth and not the binary number nearest to it.
public struct Ratio: Hashable, Sendable {
    /// The upper part, at least 0.
    public let numerator: Int64
    /// The lower part, at least 1; the two have no factor in common.
    public let denominator: Int64

    /// Nil when it is negative, divides by zero, or does not fit 64 bits once reduced.
    public init?(_ numerator: Int128, over denominator: Int128 = 1) {
        guard numerator >= 0, denominator > 0 else { return nil }
        let divisor = greatestCommonDivisor(numerator, denominator)
        guard let upper = Int64(exactly: numerator / divisor), let lower = Int64(exactly: denominator / divisor) else {
            return nil
        }
        (self.numerator, self.denominator) = (upper, lower)
    }

    /// The decimal number that a person wrote to get `value`: its shortest decimal form, exactly.
    ///
    /// Nil for negative and non-finite numbers, and for those below 10^-18 or above 10^18 other than 0.
    public init?(decimal value: Double) {
        guard value.isFinite, value >= 0 else { return nil }
        guard value > 0 else {
            self.init(0)
            return
        }
        guard value >= 1e-18, value <= 1e18 else { return nil }
        let parts = value.description.split(separator: "e", maxSplits: 1)
        let mantissa = parts[0].split(separator: ".", maxSplits: 1)
        let fraction = mantissa.count > 1 && mantissa[1] != "0" ? mantissa[1] : ""
        guard let digits = Int128(mantissa[0] + fraction) else { return nil }
        let exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - fraction.count
        var power: Int128 = 1
        for _ in 0..<abs(exponent) {
            let (product, overflow) = power.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            power = product
        }
        if exponent >= 0 {
            let (product, overflow) = digits.multipliedReportingOverflow(by: power)
            guard !overflow else { return nil }
            self.init(product)
        } else {
            self.init(digits, over: power)
        }
    }

    /// The quotient; nil when `divisor` is 0 or the result does not fit.
    public func divided(by divisor: Ratio) -> Ratio? {
        Ratio(
            Int128(numerator) * Int128(divisor.denominator), over: Int128(denominator) * Int128(divisor.numerator))
    }

    /// The nearest floating-point number, for people to read.
    public var value: Double { Double(numerator) / Double(denominator) }
}

func greatestCommonDivisor(_ left: Int128, _ right: Int128) -> Int128 {
    var (large, small) = (left, right)
    while small != 0 { (large, small) = (small, large % small) }
    return max(large, 1)
}
