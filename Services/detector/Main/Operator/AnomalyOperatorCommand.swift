import ArgumentParser
import Database
import Runtime
import WeirProtocol

/// `anomalies set` and `anomalies notify`.
struct AnomalyOperatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anomalies", abstract: "Change the limits of anomalies; tell of them.",
        subcommands: [Limits.self, NotifyCommand.self])

    /// `anomalies set`: the limits of the table, which the watch reads every minute.
    struct Limits: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Set a metric's limits; the watch obeys from the next minute on.")

        @OptionGroup var options: OperatorOptions

        @Argument(help: "The metric, as anomalies thresholds lists it.")
        var metric: String

        @Option(help: "From here on a warning.")
        var warning: Double?

        @Option(help: "From here on critical.")
        var critical: Double?

        func validate() throws {
            if warning == nil, critical == nil { throw ValidationError("give --warning, --critical or both") }
            for limit in [warning, critical].compactMap(\.self) where !(limit > 0 && limit <= 1e9) {
                throw ValidationError("a limit must be above 0 and at most 1000000000")
            }
        }

        func run() async throws {
            try await OperatorOptions.reporting {
                let connection = try await options.connection(try options.settings())
                let found = try await connection.query(
                    """
                    update anomaly_thresholds set warning_threshold = coalesce($2, warning_threshold),
                        critical_threshold = coalesce($3, critical_threshold), updated_at = now()
                    where metric_name = $1
                        and coalesce($2, warning_threshold) <= coalesce($3, critical_threshold)
                    returning warning_threshold, critical_threshold
                    """, [.text(metric), .double(warning), .double(critical)]
                ).first
                let known = try await connection.query("select metric_name from anomaly_thresholds order by 1")
                    .map { try $0.get(0, as: String.self) }
                await connection.close()
                guard let found else {
                    guard known.contains(metric) else {
                        throw Failure(
                            .finding, "there is no metric \(metric.prefix(60))",
                            hint: "there are \(known.joined(separator: ", "))")
                    }
                    throw Failure(.usage, "--warning would be above --critical", hint: "give both")
                }
                let (warning, critical): (Double, Double) = (try found.get(0), try found.get(1))
                FileHandleText.standardOutput(
                    options.json
                        ? JSONValue.object(
                            JSONObject([
                                "metric_name": .string(metric), "warning_threshold": .number(warning),
                                "critical_threshold": .number(critical),
                            ])
                        ).line : "\(metric): warning from \(warning), critical from \(critical)\n")
            }
        }
    }
}
