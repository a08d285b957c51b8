import WeirProtocol

/// Why a report was not made: the object under `error` in every answer, and what the exit code follows from.
public struct ReportError: Error, Hashable, Sendable {
    /// A stable word for programs.
    public enum Code: String, Sendable, CaseIterable {
        /// No command of that name.
        case unknownCommand = "unknown_command"
        /// The command lacks the flag.
        case unknownFlag = "unknown_flag"
        /// A flag or argument that must be given is not.
        case missingValue = "missing_value"
        /// A value that its flag does not take.
        case badValue = "bad_value"
        /// A file that holds nothing usable.
        case badInput = "bad_input"
        /// A time that cannot be read.
        case badTime = "bad_time"
        /// The window ends before it begins.
        case emptyWindow = "empty_window"
        /// The window holds more buckets than an answer may have.
        case tooManyBuckets = "too_many_buckets"
        /// The words do not form a command.
        case badCommand = "bad_command"
        /// The file to write is there already.
        case fileExists = "file_exists"
        /// The file must not be written.
        case fileUnwritable = "file_unwritable"
        /// The file's name cannot be one: a folder on the way is missing, or it is a folder itself.
        case badFileName = "bad_file_name"
        /// The disk or the limit of file sizes leaves no room.
        case storageFull = "storage_full"
        /// What was asked about does not exist in the window.
        case notFound = "not_found"
        /// The database or a socket is away.
        case unavailable
        /// The question took longer than it may.
        case timedOut = "timed_out"
        /// The database role may not read what the report needs.
        case noPermission = "no_permission"
        /// The verb changes something, which this socket never does.
        case forbidden
        /// The settings or the database's schema do not fit this program.
        case configuration
        /// A defect of ours.
        case `internal`
    }

    /// The stable word.
    public var code: Code
    /// One sentence: what is wrong.
    public var message: String
    /// One sentence: what to do next.
    public var hint: String?

    /// An error with a word, a sentence, and what to do next.
    public init(_ code: Code, _ message: String, hint: String? = nil) {
        (self.code, self.message, self.hint) = (code, message, hint)
    }

    /// The process's exit status: 1, 3, 4, 5, 64, 70 or 78.
    public var exitCode: Int32 {
        switch code {
        case .unknownCommand, .unknownFlag, .missingValue, .badValue, .badTime, .emptyWindow, .tooManyBuckets,
            .badCommand, .fileExists, .badFileName:
            64
        case .notFound: 1
        case .badInput: 4
        case .unavailable, .timedOut, .storageFull: 3
        case .noPermission, .forbidden, .fileUnwritable: 5
        case .configuration: 78
        case .internal: 70
        }
    }

    /// The status of an HTTP answer that carries this error.
    public var httpStatus: Int {
        switch code {
        case .unknownCommand, .notFound: 404
        case .forbidden: 403
        case .unavailable, .noPermission, .configuration: 503
        case .timedOut: 504
        case .internal, .fileUnwritable, .badFileName, .storageFull: 500
        default: 400
        }
    }

    /// `{"error":{"code","message","hint"}}`.
    public var json: JSONValue {
        var fields = JSONObject()
        fields["code"] = .string(code.rawValue)
        fields["message"] = .string(message)
        fields["hint"] = hint.map(JSONValue.string) ?? .null
        return ["error": .object(fields)]
    }
}
