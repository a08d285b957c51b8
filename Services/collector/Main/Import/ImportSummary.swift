import Runtime
import WeirProtocol

/// What an import did; lines = accepted + duplicates + refused.
struct ImportSummary: Sendable {
    var lines = 0
    var accepted = 0
    var duplicates = 0
    var refused: [String: Int] = [:]
    /// Records that the database refuses, part of `refused` as `dead_letter`.
    var sessions = 0
    var verdictsPending = 0
    var from: Timestamp?
    var to: Timestamp?
    var seconds: Double = 0
    /// Why files ended before their end, a sentence each.
    var damaged: [String] = []
    /// Whether a signal ended the import before the logs' end.
    var isInterrupted = false

    var refusedCount: Int { refused.values.reduce(0, +) }
    var linesPerSecond: Double { seconds > 0 ? Double(lines) / seconds : 0 }

    /// ` (3 bad_time, 1 too_long)`, the commonest first; empty when nothing was refused.
    var reasons: String {
        guard !refused.isEmpty else { return "" }
        let sorted = refused.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return " (" + sorted.map { "\($0.value) \($0.key)" }.joined(separator: ", ") + ")"
    }

    mutating func saw(_ moment: Timestamp) {
        from = from.map { min($0, moment) } ?? moment
        to = to.map { max($0, moment) } ?? moment
    }

    func print(json: Bool) {
        FileHandleText.standardError(
            """
            \(lines) lines: \(accepted) accepted, \(duplicates) duplicates, \(refusedCount) refused\(reasons)
            \(sessions) sessions\(period), \(verdictsPending) verdicts pending
            \(tenths(seconds)) s, \(Int(linesPerSecond)) lines/s

            """)
        for problem in damaged {
            FileHandleText.standardError("not all was read: \(problem); import it again when it is whole\n")
        }
        if isInterrupted { FileHandleText.standardError("interrupted; import again to go on from here\n") }
        if json { FileHandleText.standardOutput(object.text + "\n") }
    }

    private var period: String {
        guard let from, let to else { return "" }
        return " from \(from.iso8601) to \(to.iso8601)"
    }

    private var object: JSONValue {
        var reasons = JSONObject()
        for (reason, count) in refused.sorted(by: { $0.key < $1.key }) { reasons[reason] = .integer(Int64(count)) }
        return [
            "lines": .integer(Int64(lines)), "accepted": .integer(Int64(accepted)),
            "duplicates": .integer(Int64(duplicates)), "refused": .integer(Int64(refusedCount)),
            "refused_by_reason": .object(reasons), "sessions": .integer(Int64(sessions)),
            "verdicts_pending": .integer(Int64(verdictsPending)),
            "from": from.map { .string($0.iso8601) } ?? .null, "to": to.map { .string($0.iso8601) } ?? .null,
            "seconds": .number((seconds * 1000).rounded() / 1000),
            "lines_per_second": .number(linesPerSecond.rounded()), "interrupted": .bool(isInterrupted),
            "damaged": .array(damaged.map { .string($0) }),
        ]
    }

    private func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
