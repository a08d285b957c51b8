import Database
import DetectorCore
import Dispatch
import Synchronization
import WeirProtocol

/// One pass over a window's history under two sets of rules.
struct Reclassification: Sendable {
    let standing: Judge
    let wanted: Judge
    let limit: Int
    let isApplied: Bool
    let detail: JSONObject

    struct Changed: Sendable {
        var sessionID: String
        var from: VerdictClass
        var to: VerdictClass
        var score: Int
        var userAgent: String
        var signals: [String]
    }

    struct Outcome: Sendable {
        var before = Headline()
        var after = Headline()
        var sessions = 0
        var manual = 0
        var changed = 0
        /// `human → declared_bot` and how often.
        var moves: [String: Int] = [:]
        var examples: [Changed] = []
        var ruleSet = ""
        var run: Int64?
        var applied: Int?
    }

    /// Judges every session of the window. A session that an operator flagged, or that these very rules judged, stays.
    ///
    /// Evidence made again differs in small things from what the detector saw. So a session that the standing rules
    /// judged changes only where the two sets of rules differ on the same evidence.
    func run(from: Int64, to: Int64, over connection: Connection) async throws -> Outcome {
        try await connection.transaction { connection in
            var outcome = Outcome()
            outcome.ruleSet = wanted.rules.name
            if isApplied {
                outcome.run = try HistoryStore.begin("reclassify", detail: detail, in: connection)
                try HistoryStore.stage(in: connection)
            }
            try HistoryReader(from: from, to: to).forEachBatch(in: connection) { sessions in
                let verdicts = judged(sessions)
                var rows = CopyWriter(capacity: 1 << 16)
                for (session, verdict) in zip(sessions, verdicts) {
                    if let verdict, isApplied { HistoryStore.append(verdict, seen: session.ruleSet, to: &rows) }
                    note(session, verdict, &outcome)
                }
                if isApplied { try HistoryStore.copy(rows.bytes, in: connection) }
            }
            if let run = outcome.run {
                outcome.applied = try HistoryStore.applyStaged(run, in: connection)
            }
            return outcome
        }
    }

    private func note(_ session: StoredSession, _ verdict: SessionVerdict?, _ outcome: inout Outcome) {
        outcome.sessions += 1
        if session.isManual { outcome.manual += 1 }
        outcome.before.add(session.facts, session.call)
        guard let verdict else { return outcome.after.add(session.facts, session.call) }
        outcome.after.add(session.facts, verdict.call)
        outcome.changed += 1
        let move = "\(session.call.verdictClass.rawValue) -> \(verdict.verdictClass.rawValue)"
        outcome.moves[move, default: 0] += 1
        guard outcome.examples.count < limit else { return }
        outcome.examples.append(
            Changed(
                sessionID: verdict.sessionID.text, from: session.call.verdictClass, to: verdict.verdictClass,
                score: verdict.score, userAgent: session.evidence.userAgent, signals: verdict.signals.map(\.name)))
    }

    /// The new verdict of each session that changes. Judging is the dear part and needs nobody, so every core takes its
    /// share.
    private func judged(_ sessions: [StoredSession]) -> [SessionVerdict?] {
        let parts = 8
        let found = Mutex([[SessionVerdict?]](repeating: [], count: parts))
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            let range = (sessions.count * part / parts)..<(sessions.count * (part + 1) / parts)
            let verdicts = sessions[range].map(verdict)
            found.withLock { $0[part] = verdicts }
        }
        return found.withLock { $0.flatMap(\.self) }
    }

    private func verdict(_ session: StoredSession) -> SessionVerdict? {
        if session.isManual || session.ruleSet == wanted.rules.name { return nil }
        // What was known of a claim when it was judged; the published ranges, where nothing was.
        let claim: ClaimCheck? =
            switch session.call.verdictClass {
            case .verifiedBot: .verified
            case .falseClaim: .failed
            default: nil
            }
        let verdict = wanted.verdict(on: session.evidence, claim: claim)
        if verdict.call == session.call { return nil }
        if session.ruleSet == standing.rules.name,
            standing.verdict(on: session.evidence, claim: claim).call == verdict.call
        {
            return nil
        }
        return verdict
    }
}

extension SessionVerdict {
    /// What it calls the session.
    var call: Headline.Call {
        Headline.Call(
            isBot: isBot, isScanner: isScanner, isBehavioralBot: isBehavioralBot, verdictClass: verdictClass)
    }
}

extension Reclassification.Outcome {
    private var numbers: [(name: String, before: Int, after: Int)] {
        var after = Dictionary(uniqueKeysWithValues: self.after.rows.map { ($0.name, $0.number) })
        var rows = before.rows.map { row in (row.name, row.number, after.removeValue(forKey: row.name) ?? 0) }
        for (name, number) in after.sorted(by: { $0.key < $1.key }) { rows.append((name, 0, number)) }
        return rows
    }

    func json(since: Int64, until: Int64) -> JSONValue {
        func counts(_ pick: ((name: String, before: Int, after: Int)) -> Int) -> JSONValue {
            var object = JSONObject()
            for row in numbers { object[row.name] = .integer(Int64(pick(row))) }
            return .object(object)
        }
        var all = JSONObject()
        all["from"] = .string(Timestamp(milliseconds: since).iso8601)
        all["to"] = .string(Timestamp(milliseconds: until).iso8601)
        all["rule_set"] = .string(ruleSet)
        all["sessions"] = .integer(Int64(sessions))
        all["manual_sessions"] = .integer(Int64(manual))
        all["changed_sessions"] = .integer(Int64(changed))
        all["applied"] = .bool(applied != nil)
        all["run_id"] = run.map { .integer($0) } ?? .null
        all["applied_sessions"] = applied.map { .integer(Int64($0)) } ?? .null
        all["before"] = counts(\.before)
        all["after"] = counts(\.after)
        var transitions = JSONObject()
        for (move, count) in moves.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            transitions[move] = .integer(Int64(count))
        }
        all["transitions"] = .object(transitions)
        all["changes"] = .array(
            examples.map {
                [
                    "session_id": .string($0.sessionID), "from": .string($0.from.rawValue),
                    "to": .string($0.to.rawValue), "score": .integer(Int64($0.score)),
                    "user_agent": .string($0.userAgent), "signals": .array($0.signals.map(JSONValue.string)),
                ]
            })
        return .object(all)
    }

    var table: String {
        var lines = [
            "Rules \(ruleSet): \(changed) of \(sessions) sessions change; \(manual) were flagged by hand and stay."
        ]
        lines.append(OperatorText.row(["", "before", "after", "change"], [28, 12, 12, 12]))
        for row in numbers where row.before != 0 || row.after != 0 {
            let change = row.after - row.before
            lines.append(
                OperatorText.row(
                    [
                        row.name, "\(row.before)", "\(row.after)",
                        change == 0 ? "" : change > 0 ? "+\(change)" : "\(change)",
                    ],
                    [28, 12, 12, 12]))
        }
        for (move, count) in moves.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            lines.append("\(move): \(count)")
        }
        for example in examples {
            lines.append(
                "  \(example.sessionID)  \(example.from.rawValue) -> \(example.to.rawValue)  score \(example.score)  "
                    + "\(example.signals.joined(separator: " "))  \(OperatorText.safe(example.userAgent.prefix(60)))")
        }
        if changed > examples.count { lines.append("  and \(changed - examples.count) more (--limit N shows more)") }
        if let run, let applied {
            lines.append(
                "Changed \(applied) sessions as run \(run). To take it back: analytics bots reclassify --undo --run \(run)"
            )
            if applied < changed { lines.append("\(changed - applied) were judged or flagged meanwhile and stay.") }
        } else {
            lines.append("Nothing was changed; --apply changes it.")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
