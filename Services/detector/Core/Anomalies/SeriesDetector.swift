/// Finds what is unusual in a series as it comes, without being told how the series behaves.
///
/// Three forecasts compete: the last value, the median of the recent ones, and the median of the same time on earlier
/// days; the one with the smallest recent error counts. Its error is held against the 99th percentile of its own
/// earlier errors, which has a floor, so that a flat series does not alarm at its first ripple.
/// An answer depends on earlier values only. Memory is bounded by `SeriesDetector.window` values.
public struct SeriesDetector: Sendable {
    /// What one value amounts to.
    public struct Answer: Hashable, Sendable {
        /// 0 for the most usual, towards 1 for what never happens.
        public var score: Double
        /// The score in a word.
        public var level: AnomalyLevel
    }

    /// Values kept.
    public static let window = 4096
    /// Values before the first judgement.
    public static let learning = 200

    /// A single error has to be this many times the 99th percentile.
    private static let singleLimit = 3.0
    /// Lasting errors have to average this share of it.
    private static let lastingLimit = 0.8
    /// The floor under the spread, as a share of the series' mean size.
    private static let margin = 0.005
    /// Values after a critical one in which another is only a warning.
    private static let aftermath = 100

    private var values: [Double] = []
    private var times: [Int64] = []
    private var step: Int64 = 0
    /// Errors of each forecast, newest last.
    private var errors: [[Double]] = [[], [], []]
    private var recentError: [Double] = [0, 0, 0]
    private var spreads: [Double] = [0, 0, 0]
    private var level = 0.0
    private var count = 0
    private var pressure = 0.0
    private var quietUntil = 0

    /// A detector that has seen nothing.
    public init() {}

    /// How unusual `value` at `at` (ms) is.
    public mutating func next(at: Int64, _ value: Double) -> Answer {
        defer { remember(at, value) }
        guard count >= 8 else { return Answer(score: 0, level: .learning) }
        let forecasts = forecasts(at)
        var best = 0
        for candidate in 1..<3 where !forecasts[candidate].isNaN {
            if errors[candidate].count >= 64, recentError[candidate] < recentError[best] { best = candidate }
        }
        for index in 0..<3 where !forecasts[index].isNaN { note(index, abs(value - forecasts[index])) }
        guard count >= Self.learning else { return Answer(score: 0, level: .learning) }
        let error = abs(value - forecasts[best])
        let spread = max(spreads[best], level * Self.margin)
        let distance = spread > 0 ? error / spread : error > 0 ? Self.singleLimit : 0
        // Errors that keep coming weigh more than one that passes.
        pressure += (min(distance, 8) - pressure) * 0.2
        let weight = max(distance / Self.singleLimit, pressure / Self.lastingLimit)
        var level = AnomalyLevel.normal
        if weight >= 1 {
            // One disturbance is one alarm; what follows it soon is its aftermath.
            level = count < quietUntil ? .warning : .critical
            if level == .critical { quietUntil = count + Self.aftermath }
        } else if weight >= 0.8 {
            level = .warning
        }
        let score = weight * weight / (1 + weight * weight)
        return Answer(score: (score * 10_000).rounded() / 10_000, level: level)
    }

    private func forecasts(_ at: Int64) -> [Double] {
        let recent = Self.median(values.suffix(12))
        var seasonal = Double.nan
        let day: Int64 = 86_400_000
        if step > 0, step <= 3_600_000 {
            let perDay = Int(day / step)
            var same: [Double] = []
            for back in 1...7 {
                let place = values.count - back * perDay
                guard place >= 1, place + 1 < values.count else { break }
                // A gap in the series shifts places; only those at the same time of day count.
                guard abs(at - times[place] - Int64(back) * day) <= 2 * step else { continue }
                same.append(Self.median(values[(place - 1)...(place + 1)]))
            }
            if same.count >= 2 { seasonal = Self.median(same[...]) }
        }
        return [values[values.count - 1], recent, seasonal]
    }

    private mutating func note(_ index: Int, _ error: Double) {
        errors[index].append(error)
        if errors[index].count > 2048 { errors[index].removeFirst(1024) }
        let known = errors[index].count
        recentError[index] += (error - recentError[index]) / Double(min(known, 500))
        // Sorting every time would cost more than it tells.
        if known % 32 == 0 { spreads[index] = Self.quantile(errors[index].suffix(1024), 0.99) }
    }

    private mutating func remember(_ at: Int64, _ value: Double) {
        if let last = times.last, at > last, step == 0 || count < 16 { step = at - last }
        values.append(value)
        times.append(at)
        count += 1
        level += (abs(value) - level) / Double(min(count, 2000))
        if values.count > Self.window {
            values.removeFirst(Self.window / 4)
            times.removeFirst(Self.window / 4)
        }
    }

    private static func median(_ values: ArraySlice<Double>) -> Double { quantile(values, 0.5) }

    private static func quantile(_ values: ArraySlice<Double>, _ share: Double) -> Double {
        guard !values.isEmpty else { return 0 }
        let sorted = values.sorted()
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}
