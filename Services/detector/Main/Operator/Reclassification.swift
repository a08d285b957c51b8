import Database
import DetectorCore
import Glibc
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
        /// At most as many as are to be listed, and as many of those that keep their class and change a flag alone.
        var examples: [Changed] = []
        var sameClass: [Changed] = []
        var ruleSet = ""
        var run: Int64?
        var applied: Int?
    }

    /// Judges every session of the window. A session that an operator flagged, or that these very rules judged, stays.
    ///
    /// Evidence made again differs in small things from what the detector saw. So a session that the standing rules
    /// judged changes only where the two sets of rules differ on the same evidence.
    ///
    /// Each core takes a stretch of the window, over a connection of its own; all of them see the database as it was at
    /// one moment. What is to change waits beside, and is changed in one transaction at the end.
    func run(from: Int64, to: Int64, over connection: Connection) async throws -> Outcome {
        let keeper = Connection(connection.target, statementTimeout: connection.statementTimeout)
        try await keeper.script(TransactionMode.readOnlySnapshot.begin)
        let moment: String = try await keeper.query("select pg_export_snapshot()").single()
        let reader = try await Self.reader(from, to, over: keeper)
        if isApplied { try await Self.stage(over: connection) }
        var outcome = try await walk(reader, moment, over: connection)
        await keeper.close()
        outcome.ruleSet = wanted.rules.name
        if isApplied {
            (outcome.run, outcome.applied) = try await connection.transaction { [detail] connection in
                let run = try HistoryStore.begin("reclassify", detail: detail, in: connection)
                let changed = try HistoryStore.applyStaged(run, in: connection)
                return (changed == 0 ? nil : run, changed)
            }
        }
        return outcome
    }

    private static func reader(
        _ from: Int64, _ to: Int64, over connection: isolated Connection
    ) throws -> HistoryReader { try HistoryReader(from: from, to: to, in: connection) }

    private static func stage(over connection: isolated Connection) throws { try HistoryStore.stage(in: connection) }

    private static func copy(_ rows: [UInt8], over connection: isolated Connection) throws {
        try HistoryStore.copy(rows, in: connection)
    }

    private func walk(
        _ reader: HistoryReader, _ moment: String, over connection: Connection
    ) async throws -> Outcome {
        let slices = reader.slices
        let lanes = max(1, min(slices.count, 8, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        return try await withThrowingTaskGroup(of: (lane: Int, outcome: Outcome).self) { group in
            for lane in 0..<lanes {
                let part = slices[(slices.count * lane / lanes)..<(slices.count * (lane + 1) / lanes)]
                group.addTask { (lane, try await walk(part, reader, moment, over: connection)) }
            }
            var parts: [Outcome?] = Array(repeating: nil, count: lanes)
            for try await (lane, outcome) in group { parts[lane] = outcome }
            var whole = parts.compactMap(\.self).reduce(into: Outcome()) { $0.merge($1, limit: limit) }
            whole.examples += whole.sameClass.prefix(limit - whole.examples.count)
            return whole
        }
    }

    /// One core's part of the slices, one transaction each, so that what they change can be handed over in between.
    private func walk(
        _ slices: ArraySlice<Range<Int64>>, _ reader: HistoryReader, _ moment: String, over staging: Connection
    ) async throws -> Outcome {
        let connection = Connection(staging.target, statementTimeout: staging.statementTimeout)
        var outcome = Outcome()
        var around = HistoryReader.Neighbourhood()
        for slice in slices {
            let (part, rows, next) = try await connection.transaction(.readOnlySnapshot) { [around] connection in
                try connection.script("set transaction snapshot '\(moment)'")
                var (part, rows, around) = (Outcome(), CopyWriter(), around)
                try reader.forEachBatch(of: slice, around: &around, in: connection) { sessions in
                    for session in sessions {
                        let verdict = verdict(session)
                        if let verdict, isApplied { HistoryStore.append(verdict, seen: session.verdictID, to: &rows) }
                        note(session, verdict, &part)
                    }
                }
                return (part, rows.bytes, around)
            }
            around = next
            outcome.merge(part, limit: limit)
            try await Self.copy(rows, over: staging)
        }
        await connection.close()
        return outcome
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
        let list = session.call.verdictClass == verdict.verdictClass ? \Outcome.sameClass : \Outcome.examples
        guard outcome[keyPath: list].count < limit else { return }
        outcome[keyPath: list].append(
            Changed(
                sessionID: verdict.sessionID.text, from: session.call.verdictClass, to: verdict.verdictClass,
                score: verdict.score, userAgent: session.evidence.userAgent, signals: verdict.signals.map(\.name)))
    }

    /// The new verdict of a session that changes.
    private func verdict(_ session: StoredSession) -> SessionVerdict? {
        if session.isManual || session.ruleSet == wanted.rules.name { return nil }
        // What was known of a claim when it was judged; the published ranges, where nothing was.
        let claim: ClaimCheck? =
            switch session.call.verdictClass {
            case .verifiedBot: .verified
            case .falseClaim: .failed
            default: nil
            }
        let measures = SessionMeasures(session.evidence)
        let verdict = wanted.verdict(on: session.evidence, measuring: measures, claim: claim)
        if verdict.call == session.call { return nil }
        if session.ruleSet == standing.rules.name,
            standing.verdict(on: session.evidence, measuring: measures, claim: claim).call == verdict.call
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
    /// Adds what was found in another part of the window.
    fileprivate mutating func merge(_ other: Self, limit: Int) {
        before.merge(other.before)
        after.merge(other.after)
        sessions += other.sessions
        manual += other.manual
        changed += other.changed
        moves.merge(other.moves, uniquingKeysWith: +)
        examples += other.examples.prefix(limit - examples.count)
        sameClass += other.sameClass.prefix(limit - sameClass.count)
    }

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
        lines.append("A session may be declared, a scanner and behavioural at once.")
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
        } else if applied != nil {
            lines.append(
                changed == 0 ? "Nothing had to be changed." : "\(changed) were judged or flagged meanwhile and stay.")
        } else {
            lines.append("Nothing was changed; --apply changes it.")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
