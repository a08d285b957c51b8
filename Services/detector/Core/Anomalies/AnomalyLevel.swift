/// How far from the usual something is.
public enum AnomalyLevel: String, Sendable, Codable, CaseIterable {
    /// Within what is usual.
    case normal
    /// Worth a look.
    case warning
    /// Certainly not usual.
    case critical
    /// Too little has been seen to say.
    case learning
}

/// A metric's two limits, as in the table of thresholds.
public struct AnomalyThreshold: Hashable, Sendable {
    /// From here on a warning.
    public var warning: Double
    /// From here on critical.
    public var critical: Double

    /// Two limits.
    public init(warning: Double, critical: Double) { (self.warning, self.critical) = (warning, critical) }

    /// The level of `value`.
    public func level(of value: Double) -> AnomalyLevel {
        value >= critical ? .critical : value >= warning ? .warning : .normal
    }

    /// The five limits of a new installation.
    public static let standard: [String: AnomalyThreshold] = [
        "requests_per_minute": AnomalyThreshold(warning: 15, critical: 30),
        "session_count_per_fingerprint": AnomalyThreshold(warning: 5, critical: 10),
        "avg_response_time_deviation": AnomalyThreshold(warning: 2, critical: 5),
        "error_rate": AnomalyThreshold(warning: 0.1, critical: 0.25),
        "unique_ips_per_fingerprint": AnomalyThreshold(warning: 3, critical: 10),
    ]
}

/// The trend test: the latest value against the mean of those before it in the window.
public enum TrendTest {
    /// More than twice the baseline warns, more than three times is critical.
    public static let factors = AnomalyThreshold(warning: 2, critical: 3)
    /// Fewest values in the baseline.
    public static let minimumSamples = 3

    /// The level of `latest`, which is not part of `baseline`; `learning` while the baseline is too short.
    public static func level(latest: Double, baseline: [Double]) -> AnomalyLevel {
        guard baseline.count >= minimumSamples else { return .learning }
        let mean = baseline.reduce(0, +) / Double(baseline.count)
        guard mean > 0 else { return .normal }
        let ratio = latest / mean
        return ratio > factors.critical ? .critical : ratio > factors.warning ? .warning : .normal
    }
}
