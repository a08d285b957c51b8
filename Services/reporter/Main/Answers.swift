import Logging
import NIOPosix
import ReporterCore
import Runtime
import WeirProtocol

/// Finds the answer to any request: in PostgreSQL, or at the services' sockets.
struct Answers: Sendable {
    private let store: ReportStore
    private let sockets: ServiceSockets
    private let throttle: ThrottleAnswers
    private let settings: Settings

    /// For one command: settings from the file or the environment, one connection.
    init(configuration: String?) throws(ReportError) {
        let settings: Settings
        do {
            settings = try Settings.load(path: configuration, environment: Environment.current)
        } catch {
            throw ReportError(
                error.status == .noPermission ? .noPermission : .configuration, error.message, hint: error.hint)
        }
        try self.init(settings, connections: 1, timeout: .seconds(60))
    }

    /// For a service or a command under these settings.
    init(_ settings: Settings, connections: Int, timeout: Duration) throws(ReportError) {
        store = try ReportStore(
            url: settings.databaseURL(role: "weir_reporter", reading: true), connections: connections, timeout: timeout)
        sockets = ServiceSockets(directory: settings[.runtimeDirectory])
        throttle = ThrottleAnswers(directory: settings[.runtimeDirectory])
        self.settings = settings
    }

    /// The answer.
    /// - Throws: `ReportError`.
    func answer(_ request: ReportRequest) async throws(ReportError) -> Report {
        switch request.report.id {
        case "status":
            var data = JSONObject()
            data["services"] = .array(await sockets.status())
            return Report(request: request, from: request.now, to: request.now, data: data)
        case "doctor":
            let results = await CheckUpReader(settings: settings, store: store, sockets: sockets).look().results
            var data = JSONObject()
            data["checks"] = .array(
                results.map {
                    [
                        "check": .string($0.check), "state": .string($0.level.rawValue), "found": .string($0.found),
                        "mend": .string($0.mend),
                    ]
                })
            return Report(request: request, from: request.now, to: request.now, data: data)
        case "metrics":
            let sources = await sockets.metrics()
            guard !sources.isEmpty else {
                throw ReportError(
                    .noPermission, "No service lets this user ask it.", hint: "Which and why: analytics whoami")
            }
            var data = JSONObject()
            data["text"] = .string(MetricsText.text(of: sources))
            data["metrics"] = .array(
                sources.flatMap { source in
                    (source.status?.counters ?? [:]).sorted { $0.key < $1.key }.map { name, value in
                        [
                            "service": .string(source.service),
                            "instance": source.instance.map(JSONValue.string) ?? .null,
                            "metric": .string(name), "value": .number(value),
                        ]
                    }
                })
            return Report(request: request, from: request.now, to: request.now, data: data)
        case "whoami":
            let data = await WhoAmI(store: store, sockets: sockets).data()
            return Report(request: request, from: request.now, to: request.now, data: data)
        case "report": return try await page(request)
        case "throttle.status":
            return Report(request: request, from: request.now, to: request.now, data: try await throttle.status())
        case "throttle.why": return try await decision(request)
        case "throttle.policies":
            return Report(request: request, from: request.now, to: request.now, data: try await throttle.policies())
        case "ingest.audit":
            var report = try await store.answer(request)
            balance(&report.data, spoolBytes: await sockets.spoolBytes())
            return report
        default: return try await store.answer(request)
        }
    }

    /// What is stored of a refusal, which is how it began, and how it went on, which only the throttle knows.
    private func decision(_ request: ReportRequest) async throws(ReportError) -> Report {
        let told = await throttle.history(of: request.argument ?? "")
        var report: Report
        do { report = try await store.answer(request) } catch {
            // A refusal is stored a second or two after it, and not while the database is away.
            guard let told, error.code == .notFound || error.code == .unavailable else { throw error }
            report = Report(request: request, from: request.now, to: request.now, data: told.stored)
        }
        for (name, value) in (told?.sequel ?? ThrottleSequel.unknown).fields { report.data[name] = value }
        return report
    }

    /// Every part of the page, one after the other, each a snapshot of its own.
    private func page(_ request: ReportRequest) async throws(ReportError) -> Report {
        let reader = CommandReader(now: request.now, zones: Zones.named)
        var parts: [JSONValue] = []
        // Everything that is stored has ends only once it has been looked at.
        var (from, to): (Timestamp?, Timestamp?)
        for part in PageFiles.parts {
            guard case .report(let alone, _) = try reader.read(path: part.path, query: part.query) else { continue }
            let report = try await answer(alone.asked(like: request))
            if request.window.from == nil, part.takes.contains("window"), report.request.report.isWithinTraffic {
                from = min(from ?? report.from, report.from)
                to = max(to ?? report.to, report.to)
            }
            var fields = JSONObject()
            fields["title"] = .string(report.request.report.title)
            fields["report"] = .string(report.request.report.id)
            fields["question"] = .string(part.question)
            fields["from"] = .string(report.from.iso8601)
            fields["answer"] = report.json
            parts.append(.object(fields))
        }
        var data = JSONObject()
        data["parts"] = .array(parts)
        return Report(
            request: request, from: from ?? request.window.from ?? request.window.to, to: to ?? request.window.to,
            data: data)
    }

    /// Hands every row of an export over, as a line of CSV fields or JSON, until `take` declines.
    func export(_ request: ReportRequest, _ take: @escaping @Sendable (ReportStore.Row) -> Bool)
        async throws(ReportError)
    {
        try await store.export(request, take)
    }

    /// Every service's own numbers.
    func metrics() async -> [MetricsText.Source] { await sockets.metrics() }

    /// Whether the database answers.
    func isReachable() async -> Bool { await store.isReachable() }

    /// 1 when a check found something, else 0.
    func exitCode(for report: Report) -> Int32 {
        switch report.request.report.id {
        case "whoami": report.data["problem"]?.stringValue == nil ? 0 : 1
        case "status": Self.exitCode(forStates: report.data["services"]?.arrayValue ?? [])
        case "metrics": report.data["metrics"]?.arrayValue?.isEmpty == false ? 0 : 1
        case "doctor":
            report.data["checks"]?.arrayValue?.contains { $0["state"] == "finding" } == true ? 1 : 0
        case "throttle.status": report.data["state"]?.stringValue == "ok" ? 0 : 1
        case "ingest.audit": report.data["balanced"]?.boolValue == true ? 0 : 1
        default: 0
        }
    }

    /// 0 when all services say that they are well, 5 when some only do not say it to this user, else 1.
    private static func exitCode(forStates services: [JSONValue]) -> Int32 {
        let states = services.map { $0["state"]?.stringValue }.filter { $0 != "ok" }
        if states.isEmpty { return services.isEmpty ? 1 : 0 }
        return states.allSatisfy { $0 == "refused" } ? ReportError(.noPermission, "").exitCode : 1
    }

    /// accepted = stored + duplicates + dead, of what has left the spool: the ledger is written with the rows.
    private func balance(_ data: inout JSONObject, spoolBytes: Int64?) {
        func count(_ name: String) -> Int64 { data[name]?.integerValue ?? 0 }
        let missing = count("accepted") - count("stored") - count("duplicates") - count("dead")
        data["spool_bytes"] = spoolBytes.map(JSONValue.integer) ?? .null
        data["missing"] = .integer(missing)
        data["balanced"] = .bool(missing == 0)
    }
}
