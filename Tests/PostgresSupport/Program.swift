import CPlatform
import Foundation

/// Programs that tests run. Not Foundation's Process: that takes a program for running as long as anything it started
/// keeps a descriptor of its own open, and a server does.
public enum Program {
    /// How a program ended, and all that it said.
    public struct Ending: Sendable {
        /// The exit status, or 128 and the signal's number.
        public let status: Int32
        /// Standard output.
        public let output: Data
        /// Standard error.
        public let errors: String
    }

    /// Runs a program to its end and returns its standard output; throws `CommandFailure` when its status is not 0. The
    /// environment is this process's without PG…, with `environment` on top.
    @discardableResult
    public static func run(
        _ program: URL, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> String {
        let ending = try await end(of: program, arguments, environment: environment)
        let text = String(decoding: ending.output, as: UTF8.self)
        guard ending.status == 0 else {
            let command = ([program.lastPathComponent] + arguments).joined(separator: " ")
            throw CommandFailure(command: command, status: ending.status, output: text + ending.errors)
        }
        return text
    }

    /// Runs a program to its end, however it ends, with `input` on its standard input.
    public static func end(
        of program: URL, _ arguments: [String], environment: [String: String] = [:], input: Data = Data()
    ) async throws -> Ending {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weir-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["input", "output", "errors"].map { folder.appendingPathComponent($0) }
        try input.write(to: files[0])
        let variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PG") }
            .merging(environment) { $1 }
        let status = try await wait(for: try spawn([program.path] + arguments, variables, files.map(\.path)))
        return Ending(
            status: status, output: try Data(contentsOf: files[1]),
            errors: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
    }

    /// Has a process that is to be started close every descriptor from `limit` on: a server would hold other tests'
    /// pipes open for as long as it runs.
    public static func keepDescriptors(below limit: Int32, _ actions: inout posix_spawn_file_actions_t) {
        weir_spawn_close_from(&actions, limit)
    }

    /// Starts a program with files as its standard input, output and error.
    private static func spawn(_ words: [String], _ variables: [String: String], _ files: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, files[0], O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, files[1], O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, files[2], O_WRONLY | O_CREAT, 0o600)
        keepDescriptors(below: 3, &actions)
        let arguments = words.map { strdup($0) } + [nil]
        let environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (arguments + environment).forEach { free($0) } }
        var process = pid_t()
        let failure = posix_spawn(&process, words[0], &actions, nil, arguments, environment)
        guard failure == 0 else {
            throw CommandFailure(command: words[0], status: -1, output: String(cString: strerror(failure)))
        }
        return process
    }

    /// The exit status, or 128 and the signal's number.
    private static func wait(for process: pid_t) async throws -> Int32 {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(process, &status, 0) < 0, errno == EINTR {}
                continuation.resume(returning: status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F)
            }
        }
    }
}

/// A program that ended with a status other than 0.
public struct CommandFailure: Error, CustomStringConvertible {
    /// The program's name and arguments.
    public let command: String
    /// Its exit status; 128 and more for a signal, -1 when it could not be started.
    public let status: Int32
    /// Standard output, then standard error.
    public let output: String

    /// What ran, how it ended, what it said.
    public var description: String { "\(command): status \(status): \(output)" }
}
