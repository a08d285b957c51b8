import ArgumentParser
import Glibc
import Runtime

/// The detector's executable: the service, and the verbs that need neither database nor daemon.
@main
struct Detector: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detector", abstract: "Tells people from bots, and says why.",
        version: Release.version,
        subcommands: [
            ServeCommand.self, ClassifyCommand.self, JudgeCommand.self, AnomaliesCommand.self,
        ])

    // An operator's verbs have a root of their own, since their help has to name `analytics`.
    static func main() async {
        let words = CommandLine.arguments.dropFirst()
        if words.first == "operator" {
            await OperatorCommand.main(Array(words.dropFirst()))
        } else {
            await main(nil)
        }
    }

    @Flag(help: "Check the configuration and the rules, and print every problem.")
    var check = false

    @Flag(name: .customLong("print-config"), help: "Print the effective configuration.")
    var printConfig = false

    @Option(help: "The configuration file.")
    var config: String?

    func run() async throws {
        guard check || printConfig else { throw CleanExit.helpRequest(self) }
        try Outcome.reporting {
            let settings = try Settings.load(path: config, environment: Outcome.environment)
            _ = try RuleFile.load(settings[.detectorRules])
            _ = try CrawlerFile.load(settings)
            if printConfig { print(settings.effective) }
        }
    }
}

/// How a verb ends: failures on stderr with the exit status that belongs to them.
enum Outcome {
    /// The process's environment.
    static var environment: [String: String] {
        var found: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { found[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        return found
    }

    /// Runs `body`; a `Failure` ends the process with its message and status.
    static func reporting(_ body: () throws -> Void) throws {
        do { try body() } catch let failure as Failure { throw report(failure) }
    }

    /// Prints the failure and gives what ArgumentParser ends the process with.
    static func report(_ failure: Failure) -> ExitCode {
        fputs("detector: \(failure)\n", stderrStream)
        return ExitCode(failure.status.rawValue)
    }

    private static var stderrStream: UnsafeMutablePointer<FILE> { fdopen(2, "w") }
}
