import CollectorCore
import Database
import Glibc
import Logging
import Runtime
import Synchronization
import WeirProtocol

/// Commits batches: all of a batch or none of it, and every event once however often it is offered.
///
/// A batch that the database refuses for its data is halved until the record at fault is alone; that one becomes a dead
/// letter, with the reason, and the rest is stored.
struct Drain: Sendable {
    /// What became of a batch.
    struct Outcome: Sendable, Equatable {
        /// Events that were new.
        var stored = 0
        /// Events that were there already.
        var duplicates = 0
        /// Events that the database refuses.
        var dead = 0
        /// What became of the datagrams among them.
        var datagrams = Datagrams()

        static func + (left: Outcome, right: Outcome) -> Outcome {
            Outcome(
                stored: left.stored + right.stored, duplicates: left.duplicates + right.duplicates,
                dead: left.dead + right.dead, datagrams: left.datagrams + right.datagrams)
        }
    }

    /// What became of a batch's datagrams; part of its outcome.
    struct Datagrams: Sendable, Equatable {
        var stored = 0
        var duplicates = 0
        var dead = 0
        /// Duplicates of what another way had brought. The rest were offered again after a crash: the ledger has them.
        var known = 0

        static func + (left: Datagrams, right: Datagrams) -> Datagrams {
            Datagrams(
                stored: left.stored + right.stored, duplicates: left.duplicates + right.duplicates,
                dead: left.dead + right.dead, known: left.known + right.known)
        }
    }

    /// What the caller thinks of a batch's records; costs time when wrong, never correctness.
    enum Expectation: Sendable {
        /// That none of them is stored: they go to their table directly, and the long way only when that fails.
        case news
        /// That some of them are.
        case repeats
    }

    /// When a batch that is committed survives a crash of the database's server or host.
    enum Durability: Sendable {
        /// At once.
        case now
        /// With the next commit that does so at once, or earlier; until then a crash may undo it, and whoever offered it
        /// has to offer it again. It waits for no disk.
        case withNext
    }

    let connection: Connection
    let source: String
    let idleSeconds: Int64
    let deadLetters: DeadLetters
    let logger: Logger
    private let partitions = EventPartitions()

    init(connection: Connection, source: String, idleSeconds: Int64, deadLetters: DeadLetters, logger: Logger) {
        (self.connection, self.source, self.idleSeconds) = (connection, source, idleSeconds)
        (self.deadLetters, self.logger) = (deadLetters, logger)
    }

    /// Commits a batch.
    /// - Throws: `DatabaseError`; nothing of what was being stored is there then, and the same batch may be offered
    ///   again.
    /// - Parameters:
    ///   - earlier: What an earlier attempt amounted to of which nobody knows whether it was committed, or is still. Where
    ///     it was, nothing is stored, nor entered into the ledger once more.
    ///   - offering: Told what the transaction holds just before it is committed, for a caller who must know what an
    ///     attempt amounted to whose commit was never confirmed.
    func commit(
        _ batch: DrainBatch, expecting: Expectation = .repeats, durable durability: Durability = .now,
        after earlier: Outcome = Outcome(), offering: (Outcome) -> Void = { _ in }
    ) async throws -> Outcome {
        let days = Set(batch.records.lazy.filter { $0.kind != .engagement }.map(\.day))
        try await partitions.make(for: days, over: connection)
        do {
            do {
                return try await store(
                    batch, expecting: expecting, durable: durability, after: earlier, offering: offering)
            } catch let error as DatabaseError where error.sqlstate == DatabaseError.checkViolation {
                // Also of a row whose partition retention has dropped since it was looked for.
                partitions.forget()
                try await partitions.make(for: days, over: connection)
                return try await store(
                    batch, expecting: expecting, durable: durability, after: earlier, offering: offering)
            }
        } catch let error as DatabaseError where error.kind == .data {
            return try await commitHalves(of: batch, error)
        }
    }

    private func commitHalves(of batch: DrainBatch, _ reason: DatabaseError) async throws -> Outcome {
        guard batch.records.count > 1 else {
            guard let record = batch.records.first else {
                // No event, yet refused: verdicts or pages. They are made again from what is stored.
                logger.error("dropped verdicts or pages that the database refuses: \(reason)")
                return Outcome()
            }
            let (row, session) = batch.text(of: record)
            guard deadLetters.write(record.kind, row: row, session: session, reason: reason.description)
            else { throw DatabaseError(sqlstate: "58030", message: "a dead letter cannot be written", target: "") }
            var outcome = Outcome(dead: 1)
            outcome.datagrams.dead = batch.datagramCount
            try await enter(outcome)
            return outcome
        }
        let middle = batch.records.count / 2
        var outcome = Outcome()
        for range in [0..<middle, middle..<batch.records.count] {
            let part = batch.part(range)
            do {
                outcome = outcome + (try await store(part))
            } catch let error as DatabaseError where error.kind == .data {
                outcome = outcome + (try await commitHalves(of: part, error))
            }
        }
        if !batch.pages.isEmpty || !batch.refused.isEmpty || !batch.refusedDatagrams.isEmpty {
            var rest = DrainBatch()
            rest.pages = batch.pages
            rest.refused = batch.refused
            rest.refusedDatagrams = batch.refusedDatagrams
            _ = try await store(rest)
        }
        return outcome
    }

    private func store(
        _ batch: DrainBatch, expecting: Expectation = .repeats, durable durability: Durability = .now,
        after earlier: Outcome = Outcome(), offering: (Outcome) -> Void = { _ in }
    ) async throws -> Outcome {
        let (source, idleSeconds) = (source, idleSeconds)
        let offered = Mutex(earlier)
        defer { offering(offered.withLock { $0 }) }
        return try await connection.transaction { connection in
            try connection.script(ErasureLock.storing)
            if durability == .withNext { try connection.script("set local synchronous_commit = off") }
            var outcome = Outcome()
            // Funnels are advanced by what is staged; most sites have none.
            if expecting == .news, batch.isCounted, try !Followups.advanceFunnels(connection),
                try insert(batch, idleSeconds, connection)
            {
                outcome.stored = batch.records.count
            } else {
                outcome = try merge(batch, idleSeconds, connection)
            }
            if earlier.stored > 0, outcome.stored == 0 { return earlier }
            if !batch.pages.isEmpty { try see(batch.pages, connection) }
            try account(for: outcome, batch, source, connection)
            let reached = outcome
            offered.withLock { $0 = reached }
            return outcome
        }
    }

    private func enter(_ outcome: Outcome) async throws {
        let source = source
        try await connection.transaction { connection in
            try account(for: outcome, DrainBatch(), source, connection)
        }
    }

}

/// Stores a batch whose requests are all new, in half the time of `merge`.
/// - Returns: false when they are not, with nothing stored.
private func insert(_ batch: DrainBatch, _ idleSeconds: Int64, _ connection: isolated Connection) throws -> Bool {
    let rows = NewRows(batch, endedBefore: WallClock.milliseconds - idleSeconds * 1000)
    try connection.script("savepoint news")
    do {
        let events = batch.rows(of: .request)
        if events.rowCount > 0 { try connection.copyIn(Staging.insertEvents, events) }
        if rows.sessions.rowCount > 0 { try connection.copyIn(Staging.insertSessions, rows.sessions) }
    } catch let error where error.sqlstate == DatabaseError.uniqueViolation {
        try connection.script("rollback to savepoint news")
        return false
    }
    let verdicts = Value.text(StagedRows.json(rows.verdicts.bytes, Staging.verdictColumns))
    if rows.tallies.rowCount > 0 {
        try connection.execute(
            Staging.mergeTallies,
            [
                .int(idleSeconds), .text(StagedRows.json(rows.staged.bytes, Staging.sessionColumns)),
                .text(StagedRows.json(rows.tallies.bytes, Staging.addedColumns)), verdicts,
            ])
    }
    if rows.verdicts.rowCount > 0 { try connection.execute(Staging.mergeGivenVerdicts, [verdicts]) }
    return true
}

/// Stores what is new of a batch.
private func merge(
    _ batch: DrainBatch, _ idleSeconds: Int64, _ connection: isolated Connection
) throws -> Drain.Outcome {
    try connection.script(Staging.prepare)
    var outcome = Drain.Outcome()
    var placed = 0
    if !batch.verdicts.isEmpty {
        try connection.copyIn(Staging.copyVerdicts, VerdictRows.copyText(batch.verdicts.values))
    }
    if !batch.records.isEmpty {
        for kind in SpooledRecord.Kind.allCases where batch.rows(of: kind).rowCount > 0 {
            try connection.copyIn(Staging.copy(kind), batch.rows(of: kind))
        }
        try connection.copyIn(Staging.copySessions, batch.latestSessionRows)
        let merged = try connection.query(Staging.merge, [.int(idleSeconds)])
        outcome.stored = try merged[0].get("stored")
        placed = try merged[0].get("sessions")
        if batch.hasBeacons {
            try connection.execute(FollowedSessions.adopt, [.int(idleSeconds)])
            let beacons = try connection.query(Staging.mergeBeacons, [.int(idleSeconds)])
            outcome.stored += try beacons[0].get("stored")
            placed += try beacons[0].get("sessions")
        }
        outcome.duplicates = batch.records.count - outcome.stored
        if batch.datagramCount > 0 {
            outcome.datagrams.stored = try merged[0].get("datagrams")
            outcome.datagrams.duplicates = batch.datagramCount - outcome.datagrams.stored
            if outcome.datagrams.duplicates > 0 {
                outcome.datagrams.known = try connection.query(Staging.knownDatagrams).single()
            }
        }
        try Followups.run(over: batch.eventTables, days: Set(batch.records.lazy.map(\.day)), connection)
    }
    // A session that was placed has its verdict already.
    if !batch.verdicts.isEmpty,
        placed < batch.sessions.count || batch.hasVerdictsOfOthers || batch.hasBeacons
    {
        try connection.execute(Staging.mergeVerdicts)
    }
    return outcome
}

private func see(_ pages: [DrainBatch.Page], _ connection: isolated Connection) throws {
    _ = try connection.execute(
        Staging.seesPages,
        [
            .texts(pages.map { PageName.id(site: $0.site, path: $0.path) }), .texts(pages.map(\.site)),
            .texts(pages.map(\.path)), .texts(pages.map { PageName.slug(of: $0.path) }),
            .texts(pages.map { $0.firstSeen.iso8601 }),
        ])
}

private func account(
    for outcome: Drain.Outcome, _ batch: DrainBatch, _ source: String, _ connection: isolated Connection
) throws {
    let (all, datagrams) = (outcome, outcome.datagrams)
    try enter(
        source, stored: all.stored - datagrams.stored, duplicates: all.duplicates - datagrams.duplicates,
        dead: all.dead - datagrams.dead, refused: batch.refused, connection)
    try enter(
        Staging.datagramSource, stored: datagrams.stored, duplicates: datagrams.known, dead: datagrams.dead,
        refused: batch.refusedDatagrams, connection)
}

private func enter(
    _ source: String, stored: Int, duplicates: Int, dead: Int, refused: [String: Int],
    _ connection: isolated Connection
) throws {
    let total = stored + duplicates + dead
    guard total > 0 || !refused.isEmpty else { return }
    var reasons = JSONObject()
    for (reason, count) in refused.sorted(by: { $0.key < $1.key }) { reasons[reason] = .integer(Int64(count)) }
    _ = try connection.execute(
        Staging.ledger,
        [
            .text(source), .int(total), .int(stored), .int(duplicates), .int(dead),
            .int(refused.values.reduce(0, +)), .text(JSONValue.object(reasons).text),
        ])
}

/// Records that the database refuses, kept for an operator: one file a day, a JSON object a line.
final class DeadLetters: Sendable {
    private let directory: String

    init(directory: String) { self.directory = directory }

    /// Keeps a record; false when it cannot be written, in which case the record must stay where it is.
    func write(_ kind: SpooledRecord.Kind, row: some Collection<UInt8>, session: [UInt8], reason: String) -> Bool {
        keep(
            JSONObject([
                "reason": .string(reason), "columns": .string(Staging.copy(kind)),
                "event": .string(String(decoding: row, as: UTF8.self)),
                "session": .string(String(decoding: session, as: UTF8.self)),
            ]))
    }

    /// Keeps a usage record or an application event by its payload in the spool; false when it cannot be written.
    func write(usage payload: [UInt8], reason: String) -> Bool {
        keep(
            JSONObject([
                "reason": .string(reason), "usage": .string(String(decoding: payload.dropFirst(2), as: UTF8.self)),
            ]))
    }

    private func keep(_ fields: JSONObject) -> Bool {
        guard makeDirectories(directory) else { return false }
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        let descriptor = open(
            "\(directory)/\(now.day.description).ndjson", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var dated = JSONObject(["at": .string(now.iso8601)])
        for field in fields.fields { dated[field.name] = field.value }
        var line = JSONValue.object(dated).serialized()
        line.append(UInt8(ascii: "\n"))
        return Glibc.write(descriptor, line, line.count) == line.count && fdatasync(descriptor) == 0
    }
}
