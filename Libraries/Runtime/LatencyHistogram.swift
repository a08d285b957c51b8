import Synchronization

/// How long something took, counted as Prometheus does: how many took at most so long.
public final class LatencyHistogram: Sendable {
    /// The bounds in seconds: from what a processor needs for one question to what nobody waits for.
    public static let bounds = [
        0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    /// How many fell between two bounds, the last beyond all of them; and the seconds of all.
    private let state = Mutex((counts: [Int](repeating: 0, count: bounds.count + 1), sum: 0.0))

    /// An empty one.
    public init() {}

    /// Counts one duration.
    public func note(_ duration: Duration) {
        let (whole, rest) = duration.components
        let seconds = Double(whole) + Double(rest) / 1e18
        let place = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock {
            $0.counts[place] += 1
            $0.sum += seconds
        }
    }

    /// `NAME_bucket{le="0.001"}` for each bound and `+Inf`, each with all below it, `NAME_sum` in seconds, `NAME_count`.
    public func figures(_ name: String) -> [String: Double] {
        let (counts, sum) = state.withLock { $0 }
        var figures = ["\(name)_sum": sum]
        var below = 0
        for (index, count) in counts.enumerated() {
            below += count
            let bound = index < Self.bounds.count ? Self.text(of: Self.bounds[index]) : "+Inf"
            figures["\(name)_bucket{le=\"\(bound)\"}"] = Double(below)
        }
        figures["\(name)_count"] = Double(below)
        return figures
    }

    /// Swift writes the smallest bounds as 5e-05, which is a number to Prometheus as well.
    private static func text(of bound: Double) -> String {
        bound == bound.rounded() ? "\(Int(bound))" : "\(bound)"
    }
}
