import ArgumentParser
import Database
import ReporterCore
import WeirProtocol

/// Whose data is meant.
struct SubjectChoice: ParsableArguments {
    @Option(help: "A visitor, by fingerprint_hash (fp_…).")
    var visitor: String?
    @Option(help: "Only sessions from this address or range: strangers with the same browser share a fingerprint.")
    var address: String?
    @Option(help: "A registered user, by user_id.")
    var user: String?

    /// The person's data.
    func data() throws(ReportError) -> PersonalData {
        switch (visitor, user) {
        case (let fingerprint?, nil):
            guard fingerprint.hasPrefix("fp_") else {
                throw ReportError(
                    .badValue, "A visitor's fingerprint begins with fp_.", hint: "sessions show prints it.")
            }
            if let address, NetworkPrefix(address) == nil, IPAddress(address) == nil {
                throw ReportError(.badValue, "\"\(address.prefix(60))\" is no address or range.")
            }
            return PersonalData(subject: .visitor(fingerprint: fingerprint, address: address))
        case (nil, let user?):
            guard address == nil, !user.isEmpty else {
                throw ReportError(.badValue, "--address goes with --visitor.", hint: "Leave it out with --user.")
            }
            return PersonalData(subject: .user(user))
        default: throw ReportError(.missingValue, "Whose data?", hint: "Give either --visitor FP or --user ID.")
        }
    }
}

/// `analytics privacy export`.
struct PrivacyExport: OperatorAction {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print all that is stored of one visitor or user.",
        discussion: "One JSON object a line, {\"table\":…,\"row\":{…}}, all of one moment.")
    @OptionGroup var subject: SubjectChoice

    var isJSON: Bool { false }

    func act(_ store: OperatorStore) async throws(ReportError) -> OperatorOutcome {
        let data = try subject.data()
        let count = try await store.change { connection in
            try data.prepare(connection)
            var buffer = ""
            let count = try data.export(connection) { table, row in
                buffer += "{\"table\":\"\(table)\",\"row\":\(row)}\n"
                guard buffer.utf8.count > 1 << 16 else { return }
                Terminal.write(buffer)
                buffer = ""
            }
            Terminal.write(buffer)
            return count
        }
        guard count > 0 else { throw ReportError(.notFound, "Nothing is stored of them.") }
        return OperatorOutcome(data: ["rows": .integer(Int64(count))], sentence: "")
    }
}

/// `analytics privacy erase`.
struct PrivacyErase: OperatorVerb {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Remove all that is stored of one visitor or user.",
        discussion: """
            Without --yes it only counts. Verdicts that are under way meanwhile are not kept. What the throttle holds against a key expires by itself within a day; spooled records and dead letters are \
            the collector's files; whoever comes back is counted anew.
            """)
    @OptionGroup var subject: SubjectChoice
    @ArgumentParser.Flag(help: "Do it; without this nothing is removed.")
    var yes = false
    @OptionGroup var output: OutputChoice

    func act(_ store: OperatorStore) async throws(ReportError) -> OperatorOutcome {
        let data = try subject.data()
        let isDone = yes
        let counts = try await store.change { connection in
            if isDone { try connection.script(ErasureLock.erasing) }
            try data.prepare(connection)
            if !isDone { try connection.script("savepoint counting") }
            let counts = try data.erase(connection)
            if !isDone { try connection.script("rollback to savepoint counting") }
            return counts.map { TableCount(table: $0.table, rows: $0.rows) }
        }
        return try TableCount.outcome(
            counts, isDone: isDone, done: "Erased", planned: "Would erase", nothing: "Nothing is stored of them.")
    }
}

/// Rows of a table that went, or would go.
struct TableCount: Sendable {
    var table: String
    var rows: Int

    static func outcome(
        _ counts: [TableCount], isDone: Bool, done: String, planned: String, nothing: String
    ) throws(ReportError) -> OperatorOutcome {
        let total = counts.reduce(0) { $0 + $1.rows }
        guard total > 0 else { throw ReportError(.notFound, nothing) }
        var tables = JSONObject()
        for count in counts { tables[count.table] = .integer(Int64(count.rows)) }
        let listed = counts.filter { $0.rows > 0 }.map { "\($0.rows) of \($0.table)" }.joined(separator: ", ")
        return OperatorOutcome(
            data: ["done": .bool(isDone), "rows": .integer(Int64(total)), "tables": .object(tables)],
            sentence: "\(isDone ? done : planned) \(listed)." + (isDone ? "" : " Nothing is changed without --yes."))
    }
}
