import ReporterCore
import Runtime
import Synchronization

/// What the service counts, for status.get and metrics.
final class Counters: Sendable {
    /// How long answers take.
    let durations = LatencyHistogram()
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
        }.merging(durations.figures("report_seconds")) { $1 }
    }
}
