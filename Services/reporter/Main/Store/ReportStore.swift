import Database
import ReporterCore
import WeirProtocol

/// Answers reports out of PostgreSQL: one snapshot a report, read only, every value bound.
struct ReportStore: Sendable {
    private let pool: Pool
    /// Asks whether the database is there, however busy the others are.
    private let probe: Pool
    /// How long all statements of one answer may take together.
    private let patience: Duration

    /// A store that reads `url` as the role weir_reporter, unless the URL names another.
    init(url: String, connections: Int, timeout: Duration) throws(ReportError) {
        patience = timeout
        do {
            let target = try ConnectionTarget(
                url, defaultUser: "weir_reporter", applicationName: "weir-reporter", connectSeconds: 2)
            pool = Pool(target, size: connections, statementTimeout: timeout)
            probe = Pool(target, size: 1, statementTimeout: .milliseconds(500), waitLimit: .milliseconds(300))
        } catch {
            throw ReportError(.configuration, error.message)
        }
    }

    /// One row of an export: its JSON as the server wrote it.
    struct Row: Sendable {
        let json: String
        let columns: [String]
        /// The header's line comes with the first.
        let isFirst: Bool
    }

    /// Reads an export through a cursor; memory holds one batch. An empty one has no row, but its header.
    func export(_ request: ReportRequest, _ take: @escaping @Sendable (Row) -> Bool) async throws(ReportError) {
        do {
            try await pool.transaction(.readOnlySnapshot) { connection in
                try SchemaVersion.check(in: connection)
                var from = request.window.from
                if from == nil { from = try Self.dataRange(in: connection)?.first ?? request.window.to - 1 }
                let question = try Question(request, from: min(from!, request.window.to - 1), to: request.window.to)
                guard let rows = ReportQuery.exported(question) else {
                    throw ReportError(.internal, "\(request.report.id) has no query")
                }
                let (text, values) = rows.statement
                let columns = request.report.mainRows?.columns.map(\.key) ?? []
                var isGoingOn = take(Row(json: "", columns: columns, isFirst: true))
                guard isGoingOn else { return }
                try connection.forEachBatch(
                    "select row_to_json(answer)::text from (\(text)) as answer", values
                ) { batch in
                    for row in batch where isGoingOn {
                        isGoingOn = take(Row(json: try row.get(0, as: String.self), columns: columns, isFirst: false))
                    }
                    return isGoingOn
                }
            }
        } catch {
            throw Self.reportError(error)
        }
    }

    /// Answers one report. A connection that turns out to be lost is made anew once: reading twice does no harm.
    func answer(_ request: ReportRequest) async throws(ReportError) -> Report {
        let end = ContinuousClock.now + patience
        do {
            do {
                return try await attempt(request, until: end)
            } catch let error as DatabaseError where error.sqlstate == "08006" || error.sqlstate.hasPrefix("57P") {
                return try await attempt(request, until: end)
            }
        } catch {
            throw Self.reportError(error)
        }
    }

    private static func reportError(_ error: any Error) -> ReportError {
        switch error {
        case let error as ReportError: error
        case let error as DatabaseError: ReportError(error)
        case let error as SchemaVersion.Mismatch:
            ReportError(
                .configuration, "\(error.description.prefix(1).uppercased())\(error.description.dropFirst()).",
                hint: "\(error.hint.prefix(1).uppercased())\(error.hint.dropFirst()).")
        default: ReportError(.internal, "\(error)")
        }
    }

    /// Whether the database answers.
    func isReachable() async -> Bool { (try? await probe.query("select 1")) != nil }

    /// What the database says of itself, for a check-up.
    func condition() async throws(ReportError) -> CheckUp.Database {
        do {
            return try await pool.transaction(.readOnlySnapshot) { connection in
                try SchemaVersion.check(in: connection)
                let row = try connection.query(
                    """
                    select current_user::text as role, (extract(epoch from clock_timestamp()) * 1000)::bigint as now,
                        array_to_string(array(select name from unnest(array['weir_collector', 'weir_detector',
                                'weir_throttle', 'weir_reporter', 'weir_operator']) as listed (name)
                            where not exists (select from pg_roles where rolname = name)), ' ') as missing_roles,
                        (select coalesce(sum(accepted - stored - duplicates - dead), 0) from ingest_ledger)::bigint
                            as missing_records,
                        (select count(*) from user_sessions
                            where needs_evaluation and updated_at < now() - interval '10 minutes') as overdue,
                        (select count(*) from anomalies where closed_at is null and level = 'critical') as anomalies
                    """
                ).first!
                return CheckUp.Database(
                    role: try row.get("role"), now: try row.get("now"),
                    missingRoles: try row.get("missing_roles", as: String.self).split(separator: " ").map(String.init),
                    missingRecords: try row.get("missing_records"), overdueVerdicts: try row.get("overdue"),
                    openAnomalies: try row.get("anomalies"))
            }
        } catch {
            throw Self.reportError(error)
        }
    }

    /// The role that reads, and what it may do with each table and view.
    func privileges() async throws(ReportError) -> JSONObject {
        do {
            return try await pool.transaction(.readOnlySnapshot) { connection in
                var data =
                    try Self.rows(
                        "select current_user::text as role, current_database()::text as database", in: connection
                    ).first ?? JSONObject()
                data["objects"] = .array(
                    try Self.rows(
                        """
                        select c.relname::text as object, concat_ws(', ',
                            case when has_any_column_privilege(c.oid, 'select') then 'select' end,
                            case when has_any_column_privilege(c.oid, 'insert') then 'insert' end,
                            case when has_any_column_privilege(c.oid, 'update') then 'update' end,
                            case when has_table_privilege(c.oid, 'delete') then 'delete' end) as privileges
                        from pg_class as c
                        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
                            and not c.relispartition
                        order by 1
                        """, in: connection
                    ).map(JSONValue.object))
                return data
            }
        } catch {
            throw Self.reportError(error)
        }
    }

    private func attempt(_ request: ReportRequest, until end: ContinuousClock.Instant) async throws -> Report {
        let left = max(.zero, ContinuousClock.now.duration(to: end))
        return try await pool.transaction(.readOnlySnapshot, within: left) { connection in
            try SchemaVersion.check(in: connection)
            // Compiling a plan over ninety partitions takes longer than running it; hashes of a month's visitors fit.
            try connection.script("set local jit = off; set local work_mem = '64MB'")
            return try Self.answer(request, in: connection)
        }
    }

    private static func answer(_ request: ReportRequest, in connection: isolated Connection) throws -> Report {
        guard let query = ReportQuery.all[request.report.id] else {
            throw ReportError(.internal, "\(request.report.id) has no query")
        }
        var (from, to) = (request.window.from, request.window.to)
        if from == nil {
            let range = try dataRange(in: connection)
            from = min(range?.first ?? to - request.report.defaultSpan, to - 1)
            if request.report.isWithinTraffic {
                if request.window.endsNow, let last = range?.last { to = min(to, last + 1) }
            } else {
                let first = try connection.query("select min(opened_at) as first from anomalies").first
                from = min(from!, try first?.milliseconds("first").map { Timestamp(milliseconds: $0) } ?? from!)
            }
        }
        let question = try Question(
            request, from: from!, to: to, hours: try SessionHours(from: from!, to: to, in: connection))
        var data = JSONObject()
        for part in query.parts(question) { try run(part, question, into: &data, in: connection) }
        var report = Report(request: request, from: question.from, to: question.to, data: data)
        if request.countsRows { report.totals = try totals(of: report, to: question, by: query, in: connection) }
        if request.compares { try compare(&report, with: question, by: query, in: connection) }
        if report.isEmpty {
            try EmptyAnswer(question: question, range: try dataRange(in: connection)).explain(&report, in: connection)
        } else if report.lacksPlaces {
            report.hint =
                "No session here has a country: collector.geoip names no file of places, or one that does not know these "
                + "addresses (docs/configure.md)."
        } else if report.request.report.words[0] == "costs" {
            try noteUnpriced(in: &report, of: question, in: connection)
        }
        return report
    }

    /// A request that nobody knows a price of counts as nothing, which looks like free.
    private static func noteUnpriced(
        in report: inout Report, of question: Question, in connection: isolated Connection
    ) throws {
        let sql: SQL = """
            select count(*) as count from ai_requests
            where cost_source = 'unknown' and \(question.inWindow("created_at")) and \(question.usageForTasks)
            """
        guard let count = try rows(sql, in: connection).first?["count"]?.integerValue, count > 0 else { return }
        report.hint =
            "\(count) requests here have no price and count as $0.00: analytics prices load FILE gives them one."
    }

    /// The rows of each section that is as long as the limit, counted without it.
    private static func totals(
        of report: Report, to question: Question, by query: ReportQuery, in connection: isolated Connection
    ) throws -> [String: Int] {
        var request = question.request
        request.limit = Flag.largestLimit + 1
        let unlimited = try Question(request, from: question.from, to: question.to, hours: question.hours)
        var totals: [String: Int] = [:]
        for part in query.parts(unlimited) {
            let (name, sql): (String, SQL)
            switch part {
            case .rows(let section, let rows), .totalled(let section, let rows, _): (name, sql) = (section, rows)
            default: continue
            }
            guard report.data[name]?.arrayValue?.count == question.request.limit else { continue }
            let counted = try rows("select count(*) as total from (\(sql)) as rows", in: connection).first
            totals[name] = counted?["total"]?.integerValue.map(Int.init)
        }
        return totals
    }

    private static func compare(
        _ report: inout Report, with question: Question, by query: ReportQuery, in connection: isolated Connection
    ) throws {
        var request = question.request
        // A row that is shown now may have been among the last then.
        request.limit = Flag.largestLimit
        let from = question.from - (question.to - question.from)
        request.window = TimeWindow(from: from, to: question.from)
        let earlier = try Question(
            request, from: from, to: question.from,
            hours: try SessionHours(from: from, to: question.from, in: connection))
        var data = JSONObject()
        for part in query.parts(earlier) {
            // What was not there before is no reason to say nothing about now.
            if case .existing = part { continue }
            try run(part, earlier, into: &data, in: connection)
        }
        report.compare(with: data, from: earlier.from)
    }

    private static func run(
        _ part: ReportQuery.Part, _ question: Question, into data: inout JSONObject, in connection: isolated Connection
    ) throws {
        switch part {
        case .value(let name, let value): data[name] = value
        case .fields(let sql):
            for field in try rows(sql, in: connection).first?.fields ?? [] { data[field.name] = field.value }
        case .object(let name, let sql): data[name] = .object(try rows(sql, in: connection).first ?? JSONObject())
        case .rows(let name, let sql): data[name] = .array(try rows(sql, in: connection).map(JSONValue.object))
        case .totalled(let name, let sql, let totals):
            var found = try rows(sql, in: connection)
            for (total, ofNothing) in totals { data[total] = found.first.map { $0[total] ?? .null } ?? ofNothing }
            for index in found.indices { for (total, _) in totals { found[index][total] = nil } }
            data[name] = .array(found.map(JSONValue.object))
        case .existing(let sql, let message):
            guard let row = try rows(sql, in: connection).first else {
                let report = question.request.report
                let mayBeOlder = question.request.window.from != nil && report.flags.contains { $0.name == "since" }
                let help = report.argument.map { "Give \($0.help)." } ?? ""
                throw ReportError(
                    .notFound, message,
                    hint: mayBeOlder ? "The window may be too short (--since all), or the name misspelt. \(help)" : help
                )
            }
            for field in row.fields { data[field.name] = field.value }
        case .trend(let sql, let zero):
            var found: [Int64: JSONObject] = [:]
            for row in try rows(sql, in: connection) { found[row["bucket"]?.integerValue ?? 0] = row }
            data["points"] = .array(
                question.buckets.enumerated().map { index, bucket in
                    var point = JSONObject()
                    point["timestamp"] = .string(bucket.label)
                    point["start"] = .string(Question.dated(bucket.start).iso8601)
                    let row = found[Int64(index + 1)]
                    for name in zero { point[name] = row?[name] ?? 0 }
                    return .object(point)
                })
        }
    }

    /// The answer's rows, each with its columns as fields.
    static func rows(_ sql: SQL, in connection: isolated Connection) throws -> [JSONObject] {
        let (text, values) = sql.statement
        // The server writes each row as JSON: its types become ours without a table of type numbers.
        let answer = try connection.query("select row_to_json(answer)::text from (\(text)) as answer", values)
        return try answer.map { row in
            let line = try row.get(0, as: String.self)
            guard case .object(let object) = try JSONValue(parsing: line.utf8) else {
                throw ReportError(.internal, "a row is no object")
            }
            return object
        }
    }

    /// When what is stored begins and ends; nil for an empty database. Every bound is the end of an index.
    private static func dataRange(in connection: isolated Connection) throws -> (first: Timestamp, last: Timestamp)? {
        let row = try connection.query(
            """
            select
                least((select min(started_at) from user_sessions), (select min(created_at) from ai_requests),
                    (select min(started_at) from agent_tasks), (select min(created_at) from tool_executions),
                    (select min(created_at) from conversations), (select min(created_at) from task_messages)) as first,
                greatest((select max(last_activity_at) from user_sessions
                        where started_at >= (select max(started_at) from user_sessions) - interval '1 day'),
                    (select max(created_at) from ai_requests), (select max(started_at) from agent_tasks),
                    (select max(created_at) from tool_executions), (select max(created_at) from conversations),
                    (select max(created_at) from task_messages)) as last
            """
        ).first
        guard let first = try row?.milliseconds("first"), let last = try row?.milliseconds("last") else { return nil }
        return (Timestamp(milliseconds: first), Timestamp(milliseconds: last))
    }
}

extension ReportError {
    /// A database's error as the report's.
    init(_ error: DatabaseError) {
        let message = error.message.split(separator: "\n").first.map(String.init) ?? error.message
        switch error.kind {
        case _ where error.isCancelled:
            self.init(
                .timedOut, "The question took too long.", hint: "Ask for a shorter window or a coarser --group-by.")
        case .transient where error.sqlstate == "53300":
            self.init(.unavailable, "No connection is free: \(message).", hint: "Ask again in a moment.")
        case .transient:
            self.init(
                .unavailable, "PostgreSQL is away: \(message) (\(error.target)).",
                hint: "Start it, or set database.url; in a checkout, scripts/stack start starts the one under var/.")
        case .permission where error.sqlstate == "42501":
            self.init(
                .noPermission, "\(message.prefix(1).uppercased())\(message.dropFirst()) (\(error.target)).",
                hint: "Grant it: schema/migrate applies schema/grants.sql, which gives every service role select.")
        case .permission:
            self.init(
                .noPermission, "PostgreSQL refuses the login: \(message) (\(error.target)).",
                hint: "schema/migrate makes the role weir_reporter; pg_hba.conf and pg_ident.conf say who may use it. "
                    + "database.url may name another role.")
        case .schema where error.sqlstate == "3D000":
            self.init(
                .configuration, "\(message.prefix(1).uppercased())\(message.dropFirst()) (\(error.target)).",
                hint: "Set database.url to one that there is, or make it: createdb, then schema/migrate.")
        case .schema:
            self.init(
                .configuration, "The database does not have the schema of this release: \(message) (\(error.target)).",
                hint: "Run schema/migrate.")
        case .data: self.init(.badValue, "The database refuses a value: \(message).")
        case .other: self.init(.internal, "PostgreSQL says: \(error.description)")
        }
    }
}
