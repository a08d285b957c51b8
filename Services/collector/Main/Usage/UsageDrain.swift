import CollectorCore
import Database
import Logging
import WeirProtocol

/// Commits usage records and application events: all of a batch or none of it, and each once however often it is
/// offered. A record that the database refuses for its data becomes a dead letter.
struct UsageDrain: Sendable {
    let connection: Connection
    let deadLetters: DeadLetters
    let logger: Logger

    /// The name of its entries in the ledger.
    static let source = "usage"
    /// How long a session may owe its first request, in seconds.
    private static let owedFor: Int64 = 86_400
    /// Requests that are priced afterwards in one transaction.
    private static let repriced: Int64 = 5000

    /// Commits records, and notes refusals in the ledger.
    /// - Throws: `DatabaseError`; nothing of what was being stored is there then, and the same records may be offered
    ///   again.
    func commit(_ records: [SpooledUsage], refused: [String: Int] = [:]) async throws -> Drain.Outcome {
        guard !records.isEmpty || !refused.isEmpty else { return Drain.Outcome() }
        do { return try await store(records, refused: refused) } catch let error as DatabaseError
            where error.kind == .data
        {
            if records.isEmpty { throw error }
            let outcome = try await commitHalves(of: records, error)
            if !refused.isEmpty { _ = try await store([], refused: refused) }
            return outcome
        }
    }

    private func commitHalves(of records: [SpooledUsage], _ reason: DatabaseError) async throws -> Drain.Outcome {
        guard records.count > 1 else {
            guard deadLetters.write(usage: records[0].payload, reason: reason.description) else {
                throw DatabaseError(sqlstate: "58030", message: "a dead letter cannot be written", target: "")
            }
            try await connection.transaction { connection in
                try enterLedger(Drain.Outcome(dead: 1), [:], connection)
            }
            return Drain.Outcome(dead: 1)
        }
        var outcome = Drain.Outcome()
        for part in [records[..<(records.count / 2)], records[(records.count / 2)...]] {
            do {
                outcome = outcome + (try await store(Array(part), refused: [:]))
            } catch let error as DatabaseError where error.kind == .data {
                outcome = outcome + (try await commitHalves(of: Array(part), error))
            }
        }
        return outcome
    }

    private func store(_ records: [SpooledUsage], refused: [String: Int]) async throws -> Drain.Outcome {
        var staged = UsageRows()
        for record in records { staged.append(record) }
        let rows = staged
        if !rows.days.isEmpty { try await EventPartitions.ensure(rows.days, over: connection) }
        return try await connection.transaction { connection in
            var outcome = Drain.Outcome()
            if !records.isEmpty { try connection.script(UsageStaging.prepare) }
            if rows.usage.rowCount > 0 {
                _ = try connection.copyIn(UsageStaging.copyUsage, rows.usage.bytes)
                _ = try connection.execute(UsageStaging.noteBefore)
                outcome.stored += try merge(rows.rounds, connection)
                _ = try connection.execute(UsageStaging.price)
                _ = try connection.execute(UsageStaging.raiseTotals)
            }
            if rows.events.rowCount > 0 {
                _ = try connection.copyIn(UsageStaging.copyEvents, rows.events.bytes)
                outcome.stored += try connection.query(UsageStaging.events).single(Int.self)
                try Followups.run(over: ["stage_app_event"], days: rows.days, connection)
            }
            outcome.duplicates = records.count - outcome.stored
            try enterLedger(outcome, refused, connection)
            return outcome
        }
    }

    /// Gives sessions what they are owed, and notes where ended ones have stopped in a funnel.
    func settle() async throws {
        _ = try await connection.execute(UsageStaging.settle, [.int(Self.owedFor)])
        _ = try await connection.execute(FunnelSteps.noteDropped)
    }

    /// Prices requests whose model had no price when they came.
    /// - Returns: whether more may be waiting.
    func reprice() async throws -> Bool {
        try await connection.transaction { connection in
            try connection.script(UsageStaging.prepare)
            let staged = try connection.execute(UsageStaging.stageUnpriced, [.int(Self.repriced)])
            guard staged > 0 else { return false }
            _ = try connection.execute(UsageStaging.noteBefore)
            _ = try connection.execute(UsageStaging.price)
            _ = try connection.execute(UsageStaging.raiseTotals)
            return staged == Self.repriced
        }
    }
}

/// Merges round by round; returns how many things were new.
private func merge(_ rounds: [Set<UsageRecord.Kind>], _ connection: isolated Connection) throws -> Int {
    var fresh = 0
    func count(_ rows: Rows) throws {
        for row in rows where try row.get("is_new", as: Bool.self) { fresh += 1 }
    }
    try count(try connection.query(UsageStaging.conversations))
    for (round, kinds) in rounds.enumerated() {
        for (kind, statement) in [
            (UsageRecord.Kind.task, UsageStaging.tasks), (.message, UsageStaging.messages),
            (.aiRequest, UsageStaging.aiRequests), (.tool, UsageStaging.tools),
        ] where kinds.contains(kind) {
            try count(try connection.query(statement, [.int(round)]))
        }
    }
    return fresh
}

private func enterLedger(
    _ outcome: Drain.Outcome, _ refused: [String: Int], _ connection: isolated Connection
) throws {
    var reasons = JSONObject()
    for (reason, count) in refused.sorted(by: { $0.key < $1.key }) { reasons[reason] = .integer(Int64(count)) }
    _ = try connection.execute(
        Staging.ledger,
        [
            .text(UsageDrain.source), .int(outcome.stored + outcome.duplicates + outcome.dead), .int(outcome.stored),
            .int(outcome.duplicates), .int(outcome.dead), .int(refused.values.reduce(0, +)),
            .text(JSONValue.object(reasons).text),
        ])
}
