import ArgumentParser
import Glibc
import Runtime

/// The throttle's executable: the service, and the verb that needs neither database nor daemon.
@main
struct ThrottleExecutable: AsyncParsableCommand {
    static let release = Release.version

    static let configuration = CommandConfiguration(
        commandName: "throttle", abstract: "Slows what abuses the site.", version: "weir \(release)",
        subcommands: [ServeCommand.self, SimulateCommand.self, ReplayCommand.self], defaultSubcommand: ServeCommand.self
    )
}

/// How a verb ends: failures on standard error with the exit status that belongs to them.
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

    /// Prints the failure and gives what ArgumentParser ends the process with.
    static func report(_ failure: Failure) -> ExitCode {
        write("throttle: \(failure)\n", to: STDERR_FILENO)
        return ExitCode(failure.status.rawValue)
    }

    /// Writes all of `text`; false when nobody reads it any more.
    @discardableResult
    static func write(_ text: String, to descriptor: Int32) -> Bool { write(Array(text.utf8), to: descriptor) }

    /// Writes all of `bytes`; false when nobody reads them any more.
    @discardableResult
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                written += count
            }
            return true
        }
    }
}
