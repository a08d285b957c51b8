import ReporterCore
import Synchronization

/// What the service counts, for status.get and /metrics.
final class Counters: Sendable {
    private let state = Mutex((answered: 0, refused: 0, failed: 0))

    /// Counts one answer: a report, a question that was wrong, or a failure of ours.
    func count(_ answer: CommandDoor.Answer) {
        state.withLock {
            switch answer {
            case .json, .csv: $0.answered += 1
            case .failed(let error) where error.httpStatus < 500: $0.refused += 1
            case .failed: $0.failed += 1
            }
        }
    }

    /// The counters by name.
    var values: [String: Double] {
        state.withLock {
            [
                "reports_total": Double($0.answered), "refused_total": Double($0.refused),
                "failed_total": Double($0.failed),
            ]
        }
    }

    /// The same numbers as Prometheus text.
    var prometheus: String {
        values.sorted { $0.key < $1.key }.map { name, value in
            "# TYPE weir_reporter_\(name) counter\nweir_reporter_\(name) \(Int(value))\n"
        }.joined()
    }
}
