import Glibc

/// How every executable and verb of Weir ends; the numbers are a contract with scripts and monitors.
public enum ExitStatus: Int32, Sendable {
    /// Done.
    case ok = 0
    /// A check found something, or what was asked for does not exist.
    case finding = 1
    /// The database or a socket is away.
    case unavailable = 3
    /// Nothing in the input could be used.
    case unusableInput = 4
    /// The operating system or the database refuses permission.
    case noPermission = 5
    /// Wrong arguments.
    case usage = 64
    /// A setting is wrong, or the schema does not fit the binary.
    case configuration = 78
    /// Stopped by a signal from the terminal.
    case interrupted = 130
}

/// Why a command cannot go on: one sentence for people, one that says what to do, and the exit status.
public struct Failure: Error, Sendable, CustomStringConvertible {
    /// How the process ends.
    public var status: ExitStatus
    /// What is wrong.
    public var message: String
    /// What to do about it.
    public var hint: String?

    /// A failure.
    public init(_ status: ExitStatus, _ message: String, hint: String? = nil) {
        self.status = status
        self.message = message
        self.hint = hint
    }

    /// The message, and the hint on a line of its own.
    public var description: String { hint.map { "\(message)\n  \($0)" } ?? message }
}

extension Failure {
    /// Says what is wrong on standard error, under the program's name, and ends the process.
    public func exit(program: String) -> Never {
        FileHandleText.standardError("\(program): \(description)\n")
        Glibc.exit(status.rawValue)
    }
}

/// Text to the standard streams without buffering surprises.
public enum FileHandleText {
    /// Writes to standard error; what cannot be written is lost.
    public static func standardError(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Writes to standard output. Where it cannot take all, as on a full disk, says so and ends the process.
    /// - Returns: false when the reader has gone away.
    @discardableResult
    public static func standardOutput(_ text: String) -> Bool {
        if write(text, to: STDOUT_FILENO) { return true }
        let problem = errno
        if problem != EPIPE { cannotWriteStandardOutput(problem) }
        return false
    }

    /// Says why standard output cannot take what was written, and ends the process.
    public static func cannotWriteStandardOutput(_ problem: Int32) -> Never {
        let program = CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? "weir"
        Failure(.noPermission, "cannot write all of the output: \(String(cString: strerror(problem)))")
            .exit(program: program)
    }

    @discardableResult
    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }
}
