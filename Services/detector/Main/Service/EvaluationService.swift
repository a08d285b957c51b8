import DetectorCore
import Logging
import Runtime
import Synchronization
import Transport
import WeirProtocol

/// The judge in use, which a reload replaces.
final class JudgeBench: Sendable {
    private let current: Mutex<Judge>

    init(_ judge: Judge) { current = Mutex(judge) }

    var judge: Judge {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }
}

/// What the detector's socket answers. A verdict goes to the throttle first, then to the database, and is answered once
/// it is stored, so that an answer in the collector's hands is an answer that lasts.
final class EvaluationService: Sendable {
    /// Evidence older than this is history: it raises nobody's level, in ms.
    static let reportAge: Int64 = 15 * 60_000

    private let bench: JudgeBench
    private let store: VerdictStore
    private let reports: ReportLine
    private let watch: AnomalyWatch
    private let logger: Logger
    private let evaluations = Atomic<Int>(0)
    private let startedAt = WallClock.monotonicMilliseconds

    init(bench: JudgeBench, store: VerdictStore, reports: ReportLine, watch: AnomalyWatch, logger: Logger) {
        self.bench = bench
        self.store = store
        self.reports = reports
        self.watch = watch
        self.logger = logger
    }

    func table() -> MessageTable {
        var table = MessageTable(service: "detector")
        table.hotPath = { line, _, makeResponder in
            guard HotType(peeking: line) == .sessionEvaluate, let asked = HotEnvelope<SessionEvidence>(line: line)
            else {
                return .declined
            }
            let responder = makeResponder()
            self.evaluate(asked.message) { verdict, error in
                responder.send(Self.reply(to: asked.id, asked.trace, verdict, error))
            }
            return .deferred
        }
        table.on(.sessionEvaluate) { envelope, _ throws(WireError) in
            let evidence = try envelope.decode(SessionEvidence.self)
            let outcome: Result<SessionVerdict, WireError> = await withCheckedContinuation { continuation in
                self.evaluate(evidence) { verdict, error in
                    continuation.resume(returning: error.map { .failure($0) } ?? .success(verdict))
                }
            }
            return MessageTable.Reply(.sessionVerdict, try outcome.get())
        }
        table.onImmediately(.userAgentClassify) { envelope, _ throws(WireError) in
            guard let agent = envelope.body["user_agent"]?.stringValue else {
                throw WireError(.badBody, "user_agent is missing or not a text")
            }
            let found = self.bench.judge.rules.agents.classify(agent)
            var body = JSONObject()
            for (name, value) in AgentAnswer.fields(found, agent) { body[name] = value }
            return MessageTable.Reply(.userAgentClass, JSONValue.object(body))
        }
        table.onImmediately(.rulesGet) { _, _ throws(WireError) in
            MessageTable.Reply(.rules, self.bench.judge.rules.described)
        }
        table.onImmediately(.statusGet) { _, _ throws(WireError) in MessageTable.Reply(.status, self.status()) }
        return table
    }

    private func evaluate(
        _ evidence: SessionEvidence, _ finish: @escaping @Sendable (SessionVerdict, WireError?) -> Void
    ) {
        let verdict = bench.judge.verdict(on: evidence)
        evaluations.wrappingAdd(1, ordering: .relaxed)
        let now = WallClock.milliseconds
        if now - evidence.lastActivityAt.milliseconds <= Self.reportAge { reports.send(verdict, evidence, at: now) }
        store.add(verdict, evidence) { error in finish(verdict, error) }
    }

    private static func reply(to id: String?, _ trace: String?, _ verdict: SessionVerdict, _ error: WireError?)
        -> [UInt8]
    {
        guard let id else { return [] }
        if let error { return Envelope(.error, re: id, trace: trace, body: JSONValue(encoding: error)).line }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1024)
        HotEnvelope(re: id, trace: trace, verdict).append(to: &bytes)
        return bytes
    }

    private func status() -> ServiceStatus {
        let stored = store.counters
        return ServiceStatus(
            service: "detector", version: Release.version, uptimeMs: WallClock.monotonicMilliseconds - startedAt,
            state: stored.isAway ? "database_unavailable" : "ok",
            counters: [
                "evaluations_total": Double(evaluations.load(ordering: .relaxed)),
                "verdicts_stored_total": Double(stored.stored), "verdicts_unstored_total": Double(stored.failed),
                "store_queue": Double(stored.queued), "reports_sent_total": Double(reports.sentCount),
                "reports_kept": Double(reports.keptCount),
                "anomaly_watch": watch.counters.isWatching ? 1 : 0,
                "anomaly_minutes_total": Double(watch.counters.minutes),
            ])
    }
}
