import Foundation
import Synchronization

/// A program of this package, run to its end as a person or a script would run it.
struct Product {
    /// Everything that came out of a run.
    struct Outcome {
        /// The exit status; a signal that ended it is 128 + its number, as a shell says it.
        var status: Int32
        var output: String
        var errors: String

        /// The last line of standard output, which is where summaries stand.
        var lastLine: String {
            output.split(separator: "\n").last.map(String.init) ?? ""
        }
    }

    /// The products of the build that these tests belong to.
    static let directory = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    /// collector, detector, throttle, reporter or traffic.
    var name: String
    var environment: [String: String] = [:]
    /// A user to run as instead of the one that runs the tests, for permission tests; only root can.
    var user: String?

    /// What executes the program instead of the tests themselves, as in `unshare -n`.
    var wrapper: [String] = []

    /// A listening socket that the program is handed over as a service manager does, under the name `wire`.
    var socket: FileHandle?

    /// Where the program lies, when it is not where it was built.
    var location: String?

    /// Where the program lies.
    var path: String { location ?? Self.directory.appendingPathComponent(name).path }

    /// What to execute, with the change of user in front when there is one.
    func command(_ arguments: [String]) -> [String] {
        if socket != nil { return ["/bin/sh", "-c", Self.handOver, "sh"] + wrapper + [path] + arguments }
        guard let user else { return wrapper + [path] + arguments }
        return ["/usr/bin/setpriv", "--reuid=\(user)", "--regid=nogroup", "--clear-groups", "--", path] + arguments
    }

    /// Standard input is the only descriptor that a program of Foundation's inherits.
    private static let handOver = """
        exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=wire; exec "$@"
        """

    /// The environment of the tests without anything of PostgreSQL or Weir, and with `environment`.
    var effectiveEnvironment: [String: String] {
        ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("PG") && !$0.key.hasPrefix("WEIR_") && $0.key != "NOTIFY_SOCKET" }
            .merging(environment) { $1 }
    }

    /// Runs it and waits for its end, at most `limit`; whatever is still running then is killed, and says so.
    func run(_ arguments: [String], input: Data? = nil, limit: Duration = .seconds(60)) async throws -> Outcome {
        let process = try launch(arguments, input: input)
        let ended = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                _ = await process.end
                return true
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            let first = await group.next() ?? false
            if !first { process.signal(SIGKILL) }
            return first
        }
        let status = await process.end
        var errors = process.errors
        if !ended { errors += "\nkilled after \(limit)" }
        return Outcome(status: status, output: process.output, errors: errors)
    }

    /// Starts it and comes back at once.
    func launch(_ arguments: [String], input: Data? = nil) throws -> RunningProduct {
        try RunningProduct(
            command: command(arguments), environment: effectiveEnvironment, input: input, standardInput: socket)
    }
}

/// A process of ours: what it writes, and how it ends.
final class RunningProduct: Sendable {
    private let files: URL
    private let ending: Task<Int32, Never>
    private let ended: Ended
    /// Its process id.
    let process: Int32

    init(command: [String], environment: [String: String], input: Data?, standardInput: FileHandle? = nil) throws {
        let files = FileManager.default.temporaryDirectory
            .appendingPathComponent("weir-program-\(UUID().uuidString)")
        self.files = files
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        func handle(_ name: String) throws -> FileHandle {
            let file = files.appendingPathComponent(name)
            _ = FileManager.default.createFile(atPath: file.path, contents: nil)
            return try FileHandle(forWritingTo: file)
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.environment = environment
        process.standardOutput = try handle("output")
        process.standardError = try handle("errors")
        if let input {
            let file = files.appendingPathComponent("input")
            try input.write(to: file)
            process.standardInput = try FileHandle(forReadingFrom: file)
        } else {
            process.standardInput = standardInput ?? FileHandle.nullDevice
        }
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        let ended = Ended()
        self.ended = ended
        process.terminationHandler = { process in
            let status = process.terminationStatus
            ended.flag.store(true, ordering: .releasing)
            continuation.yield(process.terminationReason == .uncaughtSignal ? 128 + status : status)
            continuation.finish()
        }
        try process.run()
        self.process = process.processIdentifier
        ending = Task { await stream.first { _ in true } ?? -1 }
    }

    deinit { try? FileManager.default.removeItem(at: files) }

    /// The exit status, once it has ended; 128 + the signal's number when a signal ended it.
    var end: Int32 {
        get async { await ending.value }
    }

    /// Whether it has ended.
    var hasEnded: Bool { ended.flag.load(ordering: .acquiring) }

    /// What it has written to standard output so far.
    var output: String { text("output") }

    /// What it has written to standard error so far.
    var errors: String { text("errors") }

    /// Sends a signal.
    func signal(_ number: Int32) { _ = kill(process, number) }

    private func text(_ name: String) -> String {
        let data = try? Data(contentsOf: files.appendingPathComponent(name))
        return String(decoding: data ?? Data(), as: UTF8.self)
    }
}

private final class Ended: Sendable {
    let flag = Atomic(false)
}
