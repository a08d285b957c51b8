import ArgumentParser
import Database
import DetectorCore
import Runtime
import WeirProtocol

/// `anomalies notify`: tells a command or a webhook of each anomaly once, and ends: for a timer. The services reach
/// nothing outside; this runs as whoever wants to be told.
struct NotifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notify",
        abstract: "Tell a command or a webhook of every anomaly once, and end; run it from a timer.")

    @OptionGroup var options: OperatorOptions

    @Option(help: "Remembers what was told; a file for each receiver.")
    var state: String

    @Option(
        help: "A command for /bin/sh: the anomaly as JSON on its standard input, WEIR_ANOMALY_… in its environment.")
    var exec: String?

    @Option(help: "An http or https address to post the JSON to (with curl), or @FILE that holds it.")
    var webhook: String?

    @Option(help: "warning: all of them; critical: only those.")
    var level = "warning"

    @Option(help: "Only of this site.")
    var site: String?

    @Option(help: "Anomalies that opened or ended since then; open ones always.")
    var since = "1h"

    @Flag(help: "Tell of their ends as well.")
    var ends = false

    @Option(help: "Seconds that each telling may take, 1 to 60.")
    var timeout = 10

    @Option(help: "Tellings at a time, 1 to 100; the rest has its turn next time.")
    var limit = 20

    func validate() throws {
        if (exec == nil) == (webhook == nil) { throw ValidationError("give either --exec or --webhook") }
        if !["warning", "critical"].contains(level) { throw ValidationError("--level is warning or critical") }
        if !(1...60).contains(timeout) { throw ValidationError("--timeout must be 1 to 60") }
        if !(1...100).contains(limit) { throw ValidationError("--limit must be 1 to 100") }
    }

    func run() async throws {
        try await OperatorOptions.reporting {
            let messenger = Messenger(receiver: try receiver(), timeout: timeout)
            let now = WallClock.milliseconds
            let from = try OperatorTime.milliseconds(since, now: now, isEnd: false)
            let file = try ToldFile(state)
            let connection = try await options.connection(try options.settings())
            let anomalies = try await Self.anomalies(from, level == "critical", site, over: connection)
            await connection.close()
            let waiting = try Self.tell(anomalies, by: messenger, file, ends: ends, limit: limit) { anomaly, event in
                FileHandleText.standardOutput(
                    options.json
                        ? anomaly.message(event) + "\n"
                        : OperatorText.safe("\(event.rawValue): \(anomaly.sentence)") + "\n")
            }
            if waiting > 0 { FileHandleText.standardError("\(waiting) more wait for the next time\n") }
        }
    }

    /// Tells what was not told, `limit` of them at most, and gives how many wait. Each is remembered as soon as it was
    /// told; with the first that cannot be delivered it stops, since the next would fare no better.
    static func tell(
        _ anomalies: [ToldAnomaly], by messenger: Messenger, _ file: ToldFile, ends: Bool, limit: Int,
        _ said: (ToldAnomaly, ToldAnomalies.Event) -> Void
    ) throws(Failure) -> Int {
        let owed = anomalies.compactMap { anomaly in
            file.told.event(
                of: anomaly.id, isCritical: anomaly.isCritical, isClosed: anomaly.isClosed, tellingEnds: ends
            ).map { (anomaly: anomaly, event: $0) }
        }
        for (place, next) in owed.prefix(limit).enumerated() {
            do throws(Messenger.Undelivered) {
                try messenger.deliver(next.anomaly.message(next.event), next.anomaly.environment(next.event))
            } catch {
                throw Failure(
                    .unavailable, "\(owed.count - place) not told: \(error.reason)",
                    hint: "what was not told is tried again next time")
            }
            file.told.remember(next.anomaly.id, isCritical: next.anomaly.isCritical, isClosed: next.anomaly.isClosed)
            try file.save()
            said(next.anomaly, next.event)
        }
        file.told.keep(Set(anomalies.map(\.id)))
        try file.save()
        return max(0, owed.count - limit)
    }

    private static func anomalies(
        _ since: Int64, _ isCritical: Bool, _ site: String?, over connection: isolated Connection
    ) throws -> [ToldAnomaly] {
        try ToldAnomaly.read(since: since, isCritical: isCritical, site: site, in: connection)
    }

    private func receiver() throws(Failure) -> Messenger.Receiver {
        if let exec { return .command(exec) }
        var text = webhook ?? ""
        if text.hasPrefix("@") {
            let path = String(text.dropFirst())
            do throws(FileText.ReadError) { text = try FileText.read(path) } catch {
                throw Failure(error.denied ? .noPermission : .configuration, "\(path): \(error.reason)")
            }
            text = String(text.prefix { !$0.isNewline })
        }
        guard let address = Messenger.address(text) else {
            throw Failure(.usage, "--webhook is no http or https address", hint: "as in https://chat.example/hooks/abc")
        }
        return .webhook(address)
    }
}

/// An anomaly as it is told.
struct ToldAnomaly: Sendable {
    var id: String
    var isCritical: Bool
    var isClosed: Bool
    /// What the anomaly itself says, for people.
    var sentence: String
    /// Its fields, but for the event.
    private var fields: JSONObject

    /// The message: one line of JSON.
    func message(_ event: ToldAnomalies.Event) -> String {
        var all = JSONObject(["event": .string(event.rawValue), "text": .string(title(event))])
        for field in fields.fields { all[field.name] = field.value }
        return JSONValue.object(all).text
    }

    /// What a command finds in its environment.
    func environment(_ event: ToldAnomalies.Event) -> [String: String] {
        var found = ["WEIR_ANOMALY_EVENT": event.rawValue, "WEIR_ANOMALY_TEXT": OperatorText.safe(title(event))]
        for (name, field) in [
            ("ID", "anomaly_id"), ("LEVEL", "level"), ("METRIC", "metric_name"), ("SITE", "site"), ("KEY", "key"),
        ] {
            found["WEIR_ANOMALY_" + name] = OperatorText.safe(fields[field]?.stringValue ?? "")
        }
        return found
    }

    private func title(_ event: ToldAnomalies.Event) -> String {
        "\(event.rawValue): \(fields["level"]?.stringValue ?? "") \(fields["metric_name"]?.stringValue ?? "")"
            + " \(fields["site"]?.stringValue ?? ""): \(sentence)"
    }

    /// Those that are open, and those that opened or ended since then, oldest first.
    static func read(
        since: Int64, isCritical: Bool, site: String?, in connection: isolated Connection
    ) throws -> [ToldAnomaly] {
        try connection.query(
            """
            select anomaly_id::text, level, closed_at is not null, left(message, 1000), jsonb_build_object(
                'anomaly_id', anomaly_id, 'metric_name', metric_name, 'site', site, 'population', population,
                'key', left(key, 1000), 'level', level, 'value', value, 'threshold', threshold, 'baseline', baseline,
                'message', left(message, 1000), 'opened_at', opened_at, 'last_seen_at', last_seen_at,
                'closed_at', closed_at, 'explains', (
                    select coalesce(jsonb_agg(part), '[]') from (
                        select jsonb_build_object('dimension', left(part ->> 'dimension', 100), 'value',
                            left(part ->> 'value', 200), 'requests', part -> 'requests', 'usual', part -> 'usual') as part
                        from jsonb_array_elements(coalesce(evidence -> 'explains', '[]')) with ordinality
                            as listed (part, place)
                        order by place limit 10) as parts))::text
            from anomalies
            where (closed_at is null or closed_at >= $1 or opened_at >= $1)
                and (level = 'critical' or not $2) and ($3::text is null or site = $3)
            order by opened_at, anomaly_id limit 1000
            """, [.timestamp(milliseconds: since), .bool(isCritical), .text(site)]
        ).map { row in
            guard case .object(let fields)? = try? JSONValue(parsing: (row.text(4) ?? "").utf8) else {
                throw DatabaseError(sqlstate: "22000", message: "an anomaly is no object")
            }
            return ToldAnomaly(
                id: row.text(0) ?? "", isCritical: row.text(1) == "critical", isClosed: row.text(2) == "t",
                sentence: row.text(3) ?? "", fields: fields)
        }
    }
}
