import CLibPQ

/// Which database to connect to and as whom: a libpq URL or key=value text, completed from PGHOST, PGDATABASE and the
/// like where it says nothing.
public struct ConnectionTarget: Hashable, Sendable {
    /// Host, database and role, for messages; never the password.
    public let description: String
    /// The longest time to connect, in whole seconds of at least 2.
    public let connectSeconds: Int
    let parameters: [String: String]

    /// Reads `text` (empty: all from the environment). `defaultUser` is the role when `text` names none, before PGUSER:
    /// a service keeps its own role whatever shell it is started from. Throws 08001 for text that is neither form.
    public init(
        _ text: String, defaultUser: String? = nil, applicationName: String, connectSeconds: Int = 5
    ) throws(DatabaseError) {
        var problem: UnsafeMutablePointer<CChar>?
        guard let parsed = PQconninfoParse(text, &problem) else {
            let reason = problem.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(problem)
            // The reason quotes the text, and the text may hold a password.
            let safe = text.contains("@") || text.contains("password") ? "" : ": \(reason.trimmed)"
            throw DatabaseError(
                sqlstate: "08001",
                message:
                    "database.url is not a PostgreSQL URL (postgresql://role@host/database) or key=value text\(safe)")
        }
        var parameters = Self.values(of: parsed)
        PQconninfoFree(parsed)
        if parameters["user"] == nil, let defaultUser { parameters["user"] = defaultUser }
        if parameters["application_name"] == nil { parameters["application_name"] = applicationName }
        parameters["client_encoding"] = "UTF8"
        self.connectSeconds = parameters["connect_timeout"].flatMap { Int($0) } ?? max(2, connectSeconds)
        parameters["connect_timeout"] = String(self.connectSeconds)
        self.parameters = parameters

        var effective: [String: String] = [:]
        if let defaults = PQconndefaults() {
            effective = Self.values(of: defaults)
            PQconninfoFree(defaults)
        }
        effective.merge(parameters) { $1 }
        let user = effective["user"] ?? "?"
        let database = effective["dbname"] ?? user
        let host = effective["host"] ?? effective["hostaddr"] ?? "/var/run/postgresql"
        let port = effective["port"] ?? "5432"
        let place = host.hasPrefix("/") ? "socket \(host)/.s.PGSQL.\(port)" : "\(host):\(port)"
        description = "database \(database) at \(place) as \(user)"
    }

    private static func values(of options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val, value.pointee != 0 {
                values[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        return values
    }
}

extension String {
    /// Without the line end that libpq puts behind its messages, and with what follows on further lines joined.
    var trimmed: String {
        split(separator: "\n").lazy.map { line in
            line.drop { $0 == " " || $0 == "\t" }
        }.joined(separator: " ")
    }
}
