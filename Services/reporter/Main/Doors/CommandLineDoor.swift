import Glibc
import ReporterCore
import Runtime
import WeirProtocol

/// `analytics …` on a command line: data to standard output, everything else to standard error, an exit code for
/// scripts.
enum CommandLineDoor {
    /// Does what the arguments say and ends the process.
    static func run(_ arguments: [String]) async -> Never {
        // An answer that nobody reads to its end is no crash.
        signal(SIGPIPE, SIG_DFL)
        var arguments = arguments
        do {
            let configuration = try takeConfiguration(&arguments)
            if arguments == ["--version"] {
                Terminal.write("weir \(Reporter.version)\n")
                exit(0)
            }
            if let words = OperatorVerbs.words(of: arguments) {
                try OperatorVerbs.handOver(words, configuration: configuration)
            }
            if try await OverrideCommand.run(arguments, configuration: configuration) { exit(0) }
            exit(try await run(arguments, configuration: configuration))
        } catch {
            report(error, asJSON: arguments.contains("--json"))
            exit(error.exitCode)
        }
    }

    private static func run(_ arguments: [String], configuration: String?) async throws(ReportError) -> Int32 {
        if OperatorCommand.claims(arguments) {
            return try await OperatorCommand.run(arguments, configuration: configuration)
        }
        switch try reader.read(arguments: arguments) {
        case .help(let words):
            Terminal.write(Catalogue.all.help(for: words))
            return 0
        case .completions(let shell):
            Terminal.write(Catalogue.all.completions(for: shell) ?? "")
            return 0
        case .manual:
            Terminal.write(Catalogue.all.manual(version: Reporter.version))
            return 0
        case .report(var request, let options):
            try ExportFile.check(options)
            let answers = try Answers(configuration: configuration)
            if request.report.isStreamed {
                let (output, question) = (try RowOutput(options), request)
                // Rows that scroll by need no sign that they come.
                let write = { @Sendable () async throws(ReportError) in
                    try await answers.export(question) { output.write($0) }
                }
                do {
                    if output.isTerminal { try await write() } else { try await WaitingSign.during(write) }
                } catch {
                    output.discard()
                    throw error
                }
                try output.close()
                if let population = request.population, population != .all {
                    Terminal.write("Only \(population.title); --class all exports everybody's.\n", to: STDERR_FILENO)
                }
                return 0
            }
            if isLive(request, options) { return try await LiveLoop(answers: answers, options: options).run(request) }
            request.countsRows = options.format == .table && options.exportPath == nil && options.htmlPath == nil
            let question = request
            let report = try await WaitingSign.during { () throws(ReportError) in try await answers.answer(question) }
            try show(report, options)
            return answers.exitCode(for: report)
        }
    }

    private static var reader: CommandReader {
        CommandReader(now: Timestamp(milliseconds: WallClock.milliseconds), zones: Zones.named)
    }

    private static func show(_ report: Report, _ options: OutputOptions) throws(ReportError) {
        if let path = options.htmlPath {
            try ExportFile.write(PageDocument.text(of: report), to: path, mayReplace: options.mayReplace)
            Terminal.write("Wrote \(path).\n", to: STDERR_FILENO)
        }
        if let path = options.exportPath {
            try ExportFile.write(report.csv, to: path, mayReplace: options.mayReplace)
            Terminal.write("Wrote \(path).\n", to: STDERR_FILENO)
        }
        if options.format == .table, options.exportPath != nil || options.htmlPath != nil { return }
        switch options.format {
        case .json: Terminal.writeData(report.json.indentedText)
        case .csv: Terminal.writeData(report.csv)
        case .table: Terminal.page(report.table(on: Terminal.shape(isColorless: options.isColorless)))
        }
        if options.format == .csv, let hint = report.hint {
            Terminal.write(TerminalText.stripped(hint) + "\n", to: STDERR_FILENO)
        }
    }

    private static func isLive(_ request: ReportRequest, _ options: OutputOptions) -> Bool {
        request.report.isLive && request.window.endsNow && options.format == .table && options.exportPath == nil
            && !options.isSingleShot && Terminal.isInteractive && Terminal.variable("TERM") != "dumb"
    }

    /// Takes `--config FILE` out of the arguments: where the database is, no part of a question.
    private static func takeConfiguration(_ arguments: inout [String]) throws(ReportError) -> String? {
        guard let index = arguments.firstIndex(where: { $0 == "--config" || $0.hasPrefix("--config=") }) else {
            return nil
        }
        let word = arguments.remove(at: index)
        if word.hasPrefix("--config=") { return String(word.dropFirst("--config=".count)) }
        guard index < arguments.count else {
            throw ReportError(.missingValue, "--config needs a file.", hint: "As in --config /etc/weir/weir.yaml.")
        }
        return arguments.remove(at: index)
    }

    /// The sentence goes to standard error; a program that asked for JSON gets its object as well. That the database is
    /// away fits a line, as logs and monitors want it.
    private static func report(_ error: ReportError, asJSON: Bool) {
        if asJSON { Terminal.write(error.json.indentedText) }
        let hint = error.hint.map { (error.code == .unavailable ? " " : "\n  ") + $0 } ?? ""
        Terminal.write("analytics: \(TerminalText.stripped(error.message))\(hint)\n", to: STDERR_FILENO)
    }
}
