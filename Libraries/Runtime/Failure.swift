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
