import ArgumentParser
import Database
import DetectorCore
import Runtime
import WeirProtocol

/// `bots reclassify`: what other rules would make of stored sessions; with `--apply` it becomes so, with `--undo` it is
/// taken back.
struct ReclassifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reclassify",
        abstract: "Judge stored sessions by other rules: shows what changes, changes it with --apply.")

    @OptionGroup var options: OperatorOptions

    @Option(help: "The rule file to judge by (default detector.rules).")
    var rules: String?

    @Option(help: "Sessions that began since then: 30d, 24h, a date, or all.")
    var since = "30d"

    @Option(help: "Sessions that began before then; a date includes its day.")
    var until = "now"

    @Flag(help: "Change the sessions, all or none.")
    var apply = false

    @Flag(help: "Take back the last reclassification, or the one that --run names.")
    var undo = false

    @Option(name: .customLong("run"), help: "The run to undo.")
    var runID: Int64?

    @Option(help: "Changed sessions to list.")
    var limit = 20

    func validate() throws {
        if undo, apply || rules != nil { throw ValidationError("--undo goes with --run only") }
        if runID != nil, !undo { throw ValidationError("--run goes with --undo") }
        if !(0...100_000).contains(limit) { throw ValidationError("--limit must be 0 to 100000") }
    }

    func run() async throws {
        try await OperatorOptions.reporting {
            let settings = try options.settings()
            if undo { return try await UndoAnswer.undo(runID, kinds: ["reclassify"], options, settings) }
            let now = WallClock.milliseconds
            let window = (
                from: try OperatorTime.milliseconds(since, now: now, isEnd: false),
                to: try OperatorTime.milliseconds(until, now: now, isEnd: true)
            )
            guard window.from < window.to else { throw Failure(.usage, "--since is not before --until") }
            let standing = try RuleFile.load(settings[.detectorRules])
            let wanted = try rules.map { path throws(Failure) in try RuleFile.load(path) } ?? standing
            let crawlers = try CrawlerFile.load(settings)
            let connection = try await options.connection(settings)
            let plan = Reclassification(
                standing: Judge(rules: standing, crawlers: crawlers), wanted: Judge(rules: wanted, crawlers: crawlers),
                limit: limit, isApplied: apply,
                detail: JSONObject([
                    "rules": .string(rules ?? settings[.detectorRules]), "since": .string(since),
                    "until": .string(until),
                ]))
            let outcome = try await plan.run(from: window.from, to: window.to, over: connection)
            await connection.close()
            FileHandleText.standardOutput(
                options.json ? outcome.json(since: window.from, until: window.to).line : outcome.table)
        }
    }
}

/// Text for an operator's terminal.
enum OperatorText {
    /// Cells padded to their widths, the first to the left, numbers to the right.
    static func row(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let padding = String(repeating: " ", count: max(0, widths[index] - cell.count))
            line += index == 0 ? cell + padding : padding + cell
        }
        return line
    }

    /// What visitors send may hold commands to a terminal.
    static func safe(_ text: some StringProtocol) -> String {
        String(text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? "?" : Character($0) })
    }
}
