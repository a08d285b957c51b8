import ArgumentParser
import Glibc
import Logging
import Runtime

/// The collector: takes requests in, puts them into sessions, and stores them exactly once.
@main
struct CollectorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collector",
        abstract: "Takes in requests, engagement and usage, puts them into sessions, and stores them exactly once.",
        version: Release.version,
        subcommands: [Serve.self, Import.self, ClassifyCommand.self],
        defaultSubcommand: Serve.self)
}

/// Options that every verb which needs the configuration has.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .customLong("config"), help: ArgumentHelp("The configuration file.", valueName: "file"))
    var file: String?

    /// The effective settings; ends the process with a clear list when they are wrong.
    func load() -> Settings {
        do throws(Failure) {
            return try Settings.load(path: file, environment: environment())
        } catch { error.exit(program: "collector") }
    }
}

func environment() -> [String: String] {
    var values: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
        let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if pair.count == 2 { values[String(pair[0])] = String(pair[1]) }
        entry += 1
    }
    return values
}

func makeLogger(_ settings: Settings) -> Logger {
    var logger = Logger(label: "collector", factory: { StreamLogHandler.standardError(label: $0) })
    logger.logLevel = Logger.Level(rawValue: settings[.logLevel]) ?? .info
    return logger
}
