import Database
import ThrottleCore
import WeirProtocol

/// What is held against a key, on the calendar, as the database keeps it.
struct StoredLevel: Sendable {
    let key: ClientKey
    let memory: Standing.Memory
}

/// A person's word as the database keeps it.
struct StoredOverride: Sendable {
    let id: String
    let override: Override
}

/// The throttle's three tables. The only SQL of the service.
struct ThrottleStore: Sendable {
    /// A stored level that has expired stays this long where the machine has not been restarted since: the calendar may
    /// have been set forward by an hour or two, and then it has not.
    private static let doubt: Int64 = 7_200_000

    /// How long a statement may take before the database is taken for away: it may hang as well as refuse.
    static let patience = Duration.seconds(5)

    private let connection: Connection
    private let boot: String

    /// `boot` names the run of the machine that monotonic readings belong to.
    init(_ connection: Connection, boot: String = MachineRun.current) {
        self.connection = connection
        self.boot = boot
    }

    /// One word of a person, for the audit.
    struct AuditedOverride: Sendable {
        let word: ThrottleOverride
        let key: ClientKey
        let by: String
        let at: Timestamp
    }

    /// Stores a batch in one transaction; repeating it changes nothing.
    func store(
        _ changes: Throttle.Changes, _ words: [AuditedOverride], now: Moment
    ) async throws {
        let levels = JSONValue.array(changes.standings.map { row($0.key, $0.memory, changes.rules, now) }).text
        let denials = JSONValue.array(changes.denials.map { row($0, now) }).text
        try await connection.transaction { connection in
            if !changes.standings.isEmpty {
                try connection.execute(Self.upsertLevels, [.text(levels)])
                try connection.execute(Self.deleteExpired, expired(now))
            }
            if !changes.denials.isEmpty { try connection.execute(Self.insertDenials, [.text(denials)]) }
            for word in words { try Self.store(word, connection) }
        }
    }

    /// The levels that time has not lowered to normal. Rows that time has seen off go. As long as the machine runs, that
    /// time is its monotonic clock's, whatever the calendar was set to meanwhile.
    func levels(now: Moment, rules: LevelRules = LevelRules()) async throws -> [StoredLevel] {
        try await connection.transaction { connection in
            try connection.execute(Self.deleteExpired, expired(now))
            let rows = try connection.query(
                """
                select key, level, cause, block_count, state::text as state from throttle_levels
                order by level desc, expires_at desc limit 200000
                """, timeout: .seconds(30))
            var levels: [StoredLevel] = []
            for row in rows {
                if let level = try level(row, rules, now) { levels.append(level) }
            }
            return levels
        }
    }

    /// The overrides that nobody has taken back, oldest first; also those that have ended of late, since the calendar may
    /// have been set forward.
    func overrides(now: Moment) async throws -> [StoredOverride] {
        let rows = try await connection.query(
            """
            select override_id::text as id, key, action, reason, expires_at from throttle_overrides
            where revoked_at is null and (expires_at is null or expires_at > $1)
            order by created_at, override_id limit 20000
            """, [.timestamp(milliseconds: now.wall.milliseconds - Self.doubt)])
        var overrides: [StoredOverride] = []
        for row in rows {
            guard let key = ClientKey(try row.get("key")), let action = Override.Action(rawValue: try row.get("action"))
            else { continue }
            let until = try row.milliseconds("expires_at").map { now.monotonic(of: Timestamp(milliseconds: $0)) }
            overrides.append(
                StoredOverride(
                    id: try row.get("id"), override: Override(action, key, until: until, reason: try row.get("reason")))
            )
        }
        return overrides
    }

    /// The first denial under a reference, when it was stored.
    func history(_ reference: String) async throws -> ThrottleHistory? {
        let rows = try await connection.query(
            """
            select reference, at, key, policy, level, path, shadow, cause::text as cause
            from throttle_decisions where reference = lower($1)
            """, [.text(reference)], timeout: .seconds(3))
        guard let row = rows.first else { return nil }
        let text: String = try row.get("cause")
        let cause = (try? JSONValue(parsing: Array(text.utf8))) ?? .null
        return ThrottleHistory(
            reference: try row.get("reference"), at: Timestamp(milliseconds: try row.milliseconds("at") ?? 0),
            key: try row.get("key"), reason: cause["reason"]?.stringValue ?? Denial.Reason.quota.rawValue,
            policy: try row.get("policy"), limitKey: cause["limit_key"]?.stringValue,
            limit: cause["limit"]?.integerValue ?? 0,
            level: ThrottleLevel(rawValue: try row.get("level")) ?? .normal,
            verdictClass: cause["class"]?.stringValue.flatMap(VerdictClass.init(rawValue:)),
            cost: cause["cost"]?.integerValue ?? 1, path: try row.get("path", as: String?.self) ?? "/",
            note: cause["note"]?.stringValue, shadow: try row.get("shadow"), count: nil,
            retryAt: cause["retry_at_ms"]?.integerValue.map { Timestamp(milliseconds: $0) }, changes: [])
    }

    // MARK: Rows

    private func row(
        _ key: ClientKey, _ memory: Standing.Memory, _ rules: LevelRules, _ now: Moment
    ) -> JSONValue {
        let wall = { (monotonic: Int64) in JSONValue.integer(now.wall(of: monotonic).milliseconds) }
        var state = JSONObject()
        state["clean_since_ms"] = wall(memory.cleanSince)
        state["boot"] = .string(boot)
        state["boot_at_ms"] = .integer(now.wall(of: 0).milliseconds)
        if let until = memory.blockedUntil { state["blocked_until_ms"] = wall(until) }
        if let end = memory.lastBlockEnd { state["last_block_end_ms"] = wall(end) }
        if let found = memory.verdictClass { state["class"] = .string(found.rawValue) }
        if let judged = memory.judged { state["judged_ms"] = .integer(judged.milliseconds) }
        var causes = JSONObject()
        for (cause, at) in memory.causes { causes[cause.rawValue] = wall(at) }
        state["causes"] = .object(causes)
        state["kept_until_ms"] = wall(memory.forgotten(rules))
        return [
            "key": .string("\(key)"), "kind": .string(Self.kind(key)), "level": .integer(Int64(memory.level.rawValue)),
            "cause": .string(memory.cause?.rawValue ?? ""), "since_ms": wall(memory.since),
            "raised_ms": wall(memory.raisedAt), "expires_ms": wall(memory.normalAgain(rules)),
            "blocks": .integer(Int64(Int32(clamping: memory.blocks))), "state": .object(state),
        ]
    }

    private func row(_ denial: Denial, _ now: Moment) -> JSONValue {
        var cause = JSONObject()
        cause["reason"] = .string(denial.reason.rawValue)
        if let key = denial.limitKey { cause["limit_key"] = .string(key.rawValue) }
        cause["limit"] = .integer(denial.limit)
        cause["cost"] = .integer(denial.cost)
        if let found = denial.verdictClass { cause["class"] = .string(found.rawValue) }
        if let note = denial.note { cause["note"] = .string(note) }
        if let retry = denial.retryAt { cause["retry_at_ms"] = .integer(now.wall(of: retry).milliseconds) }
        var row = JSONObject()
        row["reference"] = .string(denial.reference)
        row["at_ms"] = .integer(denial.at.milliseconds)
        row["key"] = .string("\(denial.key)")
        row["path"] = .string(denial.path)
        row["policy"] = .string(denial.policy)
        row["level"] = .integer(Int64(denial.level.rawValue))
        row["shadow"] = .bool(denial.shadow)
        if let retry = denial.retryAt {
            let wait = (max(0, now.wall(of: retry) - denial.at) + 999) / 1000
            row["retry_after"] = .integer(min(max(1, wait), Int64(Int32.max)))
        }
        row["cause"] = .object(cause)
        switch denial.key {
        case .prefix(let prefix): row["ip"] = .string("\(prefix.address)")
        case .pair(let prefix, let companion):
            row["ip"] = .string("\(prefix.address)")
            row[companion.text.hasPrefix("sess_") ? "session_id" : "fingerprint"] = .string(companion.text)
        case .session, .fingerprint, .user: break
        }
        return .object(row)
    }

    private func level(_ row: Row, _ rules: LevelRules, _ now: Moment) throws(DatabaseError) -> StoredLevel? {
        let text: String = try row.get("state")
        guard let key = ClientKey(try row.get("key")), let level = ThrottleLevel(rawValue: try row.get("level")),
            let state = try? JSONValue(parsing: Array(text.utf8)), let clean = state["clean_since_ms"]?.integerValue
        else { return nil }
        // How the two clocks stood to each other when this was stored.
        var then = now
        if state["boot"]?.stringValue == boot, let start = state["boot_at_ms"]?.integerValue {
            then = Moment(monotonic: 0, wall: Timestamp(milliseconds: start))
        }
        let monotonic = { (value: JSONValue?) in
            value?.integerValue.map { then.monotonic(of: Timestamp(milliseconds: $0)) }
        }
        var causes: [Cause: Int64] = [:]
        for cause in Cause.allCases { causes[cause] = monotonic(state["causes"]?[cause.rawValue]) }
        let memory = Standing.Memory(
            level: level, verdictClass: state["class"]?.stringValue.flatMap(VerdictClass.init(rawValue:)),
            cleanSince: then.monotonic(of: Timestamp(milliseconds: clean)),
            blockedUntil: monotonic(state["blocked_until_ms"]), lastBlockEnd: monotonic(state["last_block_end_ms"]),
            blocks: try row.get("block_count"), cause: Cause(rawValue: try row.get("cause")), causes: causes,
            judged: state["judged_ms"]?.integerValue.map { Timestamp(milliseconds: $0) })
        return memory.forgotten(rules) > now.monotonic ? StoredLevel(key: key, memory: memory) : nil
    }

    private func expired(_ now: Moment) -> [Value] {
        [
            .timestamp(milliseconds: now.wall.milliseconds),
            .timestamp(milliseconds: now.wall.milliseconds - Self.doubt), .text(boot),
        ]
    }

    private static func kind(_ key: ClientKey) -> String {
        switch key {
        case .prefix: "prefix"
        case .pair: "pair"
        case .session: "session"
        case .fingerprint: "fingerprint"
        case .user: "user"
        }
    }

    // MARK: Statements

    private static let deleteExpired = """
        with kept as (
            select key, coalesce(to_timestamp((state->>'kept_until_ms')::bigint / 1000.0), expires_at) as until
            from throttle_levels where expires_at <= $1
        )
        delete from throttle_levels as t using kept where t.key = kept.key and kept.until <= $1
            and (kept.until <= $2 or t.level = 0 or t.state->>'boot' is distinct from $3::text)
        """

    private static let upsertLevels = """
        insert into throttle_levels (key, kind, level, cause, since, raised_at, expires_at, block_count, state)
        select key, kind, level, cause, to_timestamp(since_ms / 1000.0), to_timestamp(raised_ms / 1000.0),
            to_timestamp(expires_ms / 1000.0), blocks, state
        from jsonb_to_recordset($1::jsonb) as row (key text, kind text, level smallint, cause text, since_ms bigint,
            raised_ms bigint, expires_ms bigint, blocks integer, state jsonb)
        order by key
        on conflict (key) do update set level = excluded.level, cause = excluded.cause, since = excluded.since,
            raised_at = excluded.raised_at, expires_at = excluded.expires_at, block_count = excluded.block_count,
            state = excluded.state, updated_at = now()
        """

    private static let insertDenials = """
        insert into throttle_decisions (reference, at, key, ip_address, session_id, fingerprint_hash, path, policy,
            level, allowed, shadow, retry_after_seconds, cause)
        select reference, to_timestamp(at_ms / 1000.0), key, ip::inet, session_id, fingerprint, path, policy, level,
            shadow, shadow, retry_after, cause
        from jsonb_to_recordset($1::jsonb) as row (reference text, at_ms bigint, key text, ip text, session_id text,
            fingerprint text, path text, policy text, level smallint, shadow boolean, retry_after integer, cause jsonb)
        on conflict (reference) do nothing
        """

    private static func store(_ audited: AuditedOverride, _ connection: isolated Connection) throws {
        let at = Value.timestamp(milliseconds: audited.at.milliseconds)
        let key = Value.text("\(audited.key)")
        try connection.execute(
            """
            update throttle_overrides set revoked_at = $2, revoked_by = $3, revoked_reason = $4
            where key = $1 and revoked_at is null
            """, [key, at, .text(audited.by), .text(audited.word.reason)])
        guard audited.word.action != .clear else { return }
        try connection.execute(
            """
            insert into throttle_overrides (key, action, reason, created_by, created_at, expires_at)
            values ($1, $2, $3, $4, $5, $6)
            """,
            [
                key, .text(audited.word.action.rawValue), .text(audited.word.reason), .text(audited.by), at,
                .timestamp(milliseconds: audited.word.seconds.map { audited.at.milliseconds + $0 * 1000 }),
            ])
    }
}
