/// What went wrong with PostgreSQL, and what can be done about it.
public struct DatabaseError: Error, Hashable, Sendable {
    /// What the caller can do.
    public enum Kind: String, Sendable {
        /// The server is away, busy, full, read-only or took too long: the same call may succeed later.
        case transient
        /// A value does not fit its column or breaks a constraint: the same call will fail again.
        case data
        /// The role may not do this, or may not log in.
        case permission
        /// A table, column, function or database is not there: migrate, or use the version that fits the schema.
        case schema
        /// None of these: a mistake in a statement, or in the server.
        case other
    }

    /// A row with this key is there already.
    public static let uniqueViolation = "23505"
    /// A value that a check forbids, or a row that no partition takes.
    public static let checkViolation = "23514"
    /// There is no such table.
    public static let undefinedTable = "42P01"

    /// Five characters; a failure on our side of the connection uses the code the server would have: 08006 connection
    /// lost, 08001 cannot connect, 57014 took too long.
    public let sqlstate: String
    /// One line for people; never holds a password.
    public let message: String
    /// The server's second line, which may quote values.
    public let detail: String?
    /// The constraint that was broken, when one was.
    public let constraint: String?
    /// The database and role that were asked.
    public let target: String

    /// An error with its code.
    public init(
        sqlstate: String, message: String, detail: String? = nil, constraint: String? = nil, target: String = ""
    ) {
        self.sqlstate = sqlstate
        self.message = message
        self.detail = detail
        self.constraint = constraint
        self.target = target
    }

    /// What the caller can do, by the code.
    public var kind: Kind {
        switch sqlstate {
        case "25006", "57014", "55P03", "55006": return .transient
        case "42501": return .permission
        case "42P01", "42703", "42883", "42704", "3D000", "3F000": return .schema
        default: break
        }
        switch sqlstate.prefix(2) {
        case "08", "53", "40", "58": return .transient
        case "57": return sqlstate.hasPrefix("57P") ? .transient : .other
        case "22", "23", "54": return .data
        case "28": return .permission
        default: return .other
        }
    }

    /// Whether the statement was stopped, by its time-out or by `cancel()`.
    public var isCancelled: Bool { sqlstate == "57014" }

    /// Whether a row of analytics_events found no partition for its day: make it and repeat.
    public var isMissingPartition: Bool { sqlstate == "23514" && constraint == nil }
}

extension DatabaseError: CustomStringConvertible {
    /// One line with message, code and target; without the detail, which may quote what visitors sent.
    public var description: String {
        target.isEmpty ? "\(message) (\(sqlstate))" : "\(message) (\(sqlstate), \(target))"
    }
}
