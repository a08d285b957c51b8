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
    private let claims: ClaimDesk?
    private let logger: Logger
    private let evaluations = Atomic<Int>(0)
    private let durations = LatencyHistogram()
    private let startedAt = WallClock.monotonicMilliseconds

    /// - Parameter claims: looks up who crawlers are; nil where nobody can be asked.
    init(
        bench: JudgeBench, store: VerdictStore, reports: ReportLine, watch: AnomalyWatch, claims: ClaimDesk? = nil,
        logger: Logger
    ) {
        self.bench = bench
        self.store = store
        self.reports = reports
        self.watch = watch
        self.claims = claims
        self.logger = logger
        claims?.onFinding { [weak self] in self?.evaluate($0) { _ in } }
    }

    func table() -> MessageTable {
        var table = MessageTable(service: "detector")
        table.hotPath = { line, _, makeResponder in
            switch HotType(peeking: line) {
            case .sessionEvaluate:
                guard let asked = HotEnvelope<SessionEvidence>(line: line) else { return .declined }
                let responder = makeResponder()
                self.evaluate(asked.message) { responder.send(Self.reply(to: asked.id, asked.trace, $0)) }
            case .sessionsEvaluate:
                guard let asked = HotEnvelope<EvidenceList>(line: line),
                    asked.message.sessions.count <= EvidenceList.limit
                else { return .declined }
                let responder = makeResponder()
                self.evaluate(asked.message) { responder.send(Self.reply(to: asked.id, asked.trace, $0)) }
            default: return .declined
            }
            return .deferred
        }
        table.on(.sessionEvaluate) { envelope, _ throws(WireError) in
            let evidence = try envelope.decode(SessionEvidence.self)
            let outcome = await withCheckedContinuation { continuation in
                self.evaluate(evidence) { continuation.resume(returning: $0) }
            }
            return MessageTable.Reply(.sessionVerdict, try outcome.get())
        }
        table.on(.sessionsEvaluate) { envelope, _ throws(WireError) in
            let evidence = try envelope.decode(EvidenceList.self)
            guard evidence.sessions.count <= EvidenceList.limit else {
                throw WireError(.badBody, "sessions has more than \(EvidenceList.limit)")
            }
            let outcome = await withCheckedContinuation { continuation in
                self.evaluate(evidence) { continuation.resume(returning: $0) }
            }
            return MessageTable.Reply(.sessionsVerdicts, try outcome.get())
        }
        table.onImmediately(.userAgentClassify) { envelope, _ throws(WireError) in
            guard let agent = envelope.body["user_agent"]?.stringValue else {
                throw WireError(.badBody, "user_agent is missing or not a text")
            }
            let found = self.bench.judge.rules.agents.classify(agent)
            return MessageTable.Reply(.userAgentClass, JSONValue.object(AgentAnswer.object(found, agent)))
        }
        table.onImmediately(.rulesGet) { _, _ throws(WireError) in
            MessageTable.Reply(.rules, self.bench.judge.rules.described)
        }
        table.onImmediately(.statusGet) { _, _ throws(WireError) in MessageTable.Reply(.status, self.status()) }
        return table
    }

    /// Judges one session; `finish` is called once, when the verdict is stored or is not going to be.
    func evaluate(
        _ evidence: SessionEvidence, _ finish: @escaping @Sendable (Result<SessionVerdict, WireError>) -> Void
    ) {
        let finding = judge(evidence)
        store.add([finding]) { refused in finish(refused[0].map { .failure($0) } ?? .success(finding.verdict)) }
    }

    /// Judges many; those whose verdict could not be stored are left out of the answer.
    func evaluate(
        _ evidence: EvidenceList, _ finish: @escaping @Sendable (Result<VerdictList, WireError>) -> Void
    ) {
        let findings = evidence.sessions.map { judge($0) }
        guard !findings.isEmpty else { return finish(.success(VerdictList(verdicts: []))) }
        let verdicts = findings.map(\.verdict)
        store.add(findings) { refused in
            if refused.count == verdicts.count, let error = refused[0] { return finish(.failure(error)) }
            let stored = verdicts.indices.lazy.filter { refused[$0] == nil }
            finish(.success(VerdictList(verdicts: refused.isEmpty ? verdicts : stored.map { verdicts[$0] })))
        }
    }

    private func judge(_ evidence: SessionEvidence) -> StandingShare.Finding {
        let start = ContinuousClock.now
        defer { durations.note(start.duration(to: .now)) }
        let measures = SessionMeasures(evidence)
        let now = WallClock.milliseconds
        let verdict = bench.judge.verdict(on: evidence, measuring: measures) {
            claims?.consult($0, for: evidence, now: now)
        }
        evaluations.wrappingAdd(1, ordering: .relaxed)
        if now - evidence.lastActivityAt.milliseconds <= Self.reportAge { reports.send(verdict, evidence, at: now) }
        return StandingShare.Finding(verdict: verdict, evidence: evidence, velocity: measures.busiestMinute)
    }

    private static func reply(
        to id: String?, _ trace: String?, _ outcome: Result<some HotMessage, WireError>
    ) -> [UInt8] {
        guard let id else { return [] }
        switch outcome {
        case .failure(let error): return Envelope(.error, re: id, trace: trace, body: JSONValue(encoding: error)).line
        case .success(let message):
            var bytes: [UInt8] = []
            bytes.reserveCapacity(1024)
            HotEnvelope(re: id, trace: trace, message).append(to: &bytes)
            return bytes
        }
    }

    private func status() -> ServiceStatus {
        let stored = store.counters
        let claims = claims?.counters ?? ClaimDesk.Counters()
        return ServiceStatus(
            service: "detector", version: Release.version, uptimeMs: WallClock.monotonicMilliseconds - startedAt,
            state: stored.isAway ? "database_unavailable" : "ok",
            counters: durations.figures("evaluation_seconds").merging([
                "evaluations_total": Double(evaluations.load(ordering: .relaxed)),
                "verdicts_stored_total": Double(stored.stored), "verdicts_unstored_total": Double(stored.rejected),
                "verdicts_deferred_total": Double(stored.deferred),
                "store_queue": Double(stored.queued), "reports_sent_total": Double(reports.sentCount),
                "reports_kept": Double(reports.keptCount),
                "anomaly_watch": watch.counters.isWatching ? 1 : 0,
                "anomaly_minutes_total": Double(watch.counters.minutes),
                "crawler_lookups_total": Double(claims.lookups),
                "crawler_lookups_verified_total": Double(claims.verified),
                "crawler_lookups_false_total": Double(claims.falseClaims),
                "crawler_lookups_unknown_total": Double(claims.unknown),
                "crawler_lookups_refused_total": Double(claims.refused),
                "crawler_lookups_waiting": Double(claims.waiting),
            ]) { $1 })
    }
}
