import ArgumentParser
import DetectorCore
import Runtime
import WeirProtocol

/// `detector anomalies`: how unusual each value of a time series is, given the values before it.
struct AnomaliesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anomalies", abstract: "Score a time series (CSV with timestamp,value), one JSON object a line.")

    @Argument(help: "A CSV file with the header timestamp,value (.gz too), or - for standard input.")
    var file: String

    func run() throws {
        try Outcome.reporting {
            var detector = SeriesDetector()
            try LineVerb.run(file, header: Self.isHeader) { bytes, writer throws(LineVerb.Unusable) in
                let text = String(decoding: bytes, as: UTF8.self)
                let columns = text.split(separator: ",", omittingEmptySubsequences: false)
                guard columns.count >= 2, let value = Double(columns[1]), value.isFinite,
                    let at = SeriesTime.milliseconds(columns[0])
                else { throw LineVerb.Unusable(reason: "not timestamp,value") }
                let answer = detector.next(at: at, value)
                writer.field("timestamp", String(columns[0]))
                writer.field("value", value)
                writer.field("score", answer.score)
                writer.field("level", answer.level.rawValue)
            }
        }
    }

    /// The header is no value, so it has no answer.
    private static func isHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        String(decoding: bytes, as: UTF8.self).lowercased().filter { $0 != "\"" && $0 != " " }.hasPrefix("timestamp,")
    }
}
