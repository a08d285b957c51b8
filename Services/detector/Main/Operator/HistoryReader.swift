import Database
import DetectorCore
import WeirProtocol

/// A stored session: the evidence made again from what is stored, and what it is called at present.
struct StoredSession: Sendable {
    var evidence: SessionEvidence
    var facts: Headline.Facts
    var call: Headline.Call
    /// Whether an operator decided; rules never change that.
    var isManual: Bool
    var ruleSet: String?
    /// The verdict that the call comes from.
    var verdictID: String?
}

/// Reads the history of a window as evidence, slice by slice of its time, so that neither memory nor the server's sorting
/// grows with the window.
struct HistoryReader: Sendable {
    /// Sessions handed over at once.
    static let batch = 2048
    /// Sessions of one slice, of ten requests each; fewer where they have more. All of them are in memory at once.
    static let sliceSize = 25_000
    /// Requests that a session counts for at least, and at most: more of it are never in memory.
    private static let (leastWeight, mostWeight) = (10, 2 * SessionEvidence.requestLimit)
    private static let patience = Duration.seconds(900)

    /// When each page of each site was first seen, in order, ms.
    private let pages: [String: [Int64]]
    /// Makes the keys that the server makes of sessions' ids such that nobody can foresee two to be the same.
    private let seed = Int64.random(in: .min ... .max)
    /// Sites that engagement was heard of in the window.
    private let tracked: Set<String>
    /// Sessions that started in these, ms since 1970; together they are the window, in order of time.
    let slices: [Range<Int64>]

    /// Looks at what all slices of the window `from..<to` (ms) have in common.
    init(from: Int64, to: Int64, sliceSize: Int = Self.sliceSize, in connection: isolated Connection) throws {
        let window: [Value] = [.timestamp(milliseconds: from), .timestamp(milliseconds: to)]
        var pages: [String: [Int64]] = [:]
        let seen = try connection.query(
            "select site, (extract(epoch from first_seen_at) * 1000)::bigint from content order by first_seen_at",
            timeout: Self.patience)
        for row in seen { pages[try row.get(0), default: []].append(try row.get(1)) }
        self.pages = pages
        tracked = Set(
            try connection.query(
                """
                select distinct site from engagement_events
                where day between ($1::timestamptz at time zone 'UTC')::date - 1
                    and ($2::timestamptz at time zone 'UTC')::date + 1
                """, window, timeout: Self.patience
            ).map { try $0.get(0, as: String.self) })
        let bounds = try connection.query(
            """
            select \(Self.ms("min(started_at)")) as bound from (
                select started_at, sum(least(greatest(request_count::bigint + asset_count, \(Self.leastWeight)),
                        \(Self.mostWeight))) over (order by started_at rows unbounded preceding) / $3::bigint as part
                from user_sessions where started_at >= $1 and started_at < $2) as weighed
            group by trunc(part) having trunc(part) > 0 order by bound
            """, window + [.int(Int64(sliceSize * Self.leastWeight))], timeout: Self.patience
        ).map { try $0.get(0, as: Int64.self) }.filter { $0 > from && $0 < to }
        slices = zip([from] + bounds, bounds + [to]).map { $0..<$1 }
    }

    /// Who was around whom, as far as the slices read so far say; for slices in order of time.
    struct Neighbourhood: Sendable {
        fileprivate var neighbours = Neighbours()
        /// Everybody is known who started before, ms; nil before the first slice.
        fileprivate var known: Int64?
    }

    /// Hands over every session of a slice, inside the connection's transaction. `around` is of the slice before.
    func forEachBatch(
        of slice: Range<Int64>, around: inout Neighbourhood, in connection: isolated Connection,
        _ body: (ArraySlice<StoredSession>) throws -> Void
    ) throws {
        // The planner prefers plans that give a cursor's first rows soon; here all of them are wanted.
        try connection.script("set local cursor_tuple_fraction = 1; set local work_mem = '64MB'")
        let window: [Value] = [.timestamp(milliseconds: slice.lowerBound), .timestamp(milliseconds: slice.upperBound)]
        let end: Int64? = try connection.query(
            """
            select \(Self.ms("max(last_activity_at)")) from user_sessions
            where started_at >= $1 and started_at < $2
            """, window, timeout: Self.patience
        ).single()
        guard let end else { return }
        let counts = try neighbours(of: slice, upTo: end, &around, connection)
        var sessions: [StoredSession] = []
        var keys: [Int64] = []
        try forEachRow(of: Self.sessions, window + [.int(seed)], in: connection) { row in
            guard var session = Self.session(row), let key = row.integer(23) else { return }
            if let counts = counts[Int(key)] {
                session.evidence.fingerprintSessions24h = counts.sessions
                session.evidence.prefixAgents24h = counts.agents
            }
            session.evidence.sitePages = Self.count(
                pages[session.evidence.site] ?? [], upTo: session.evidence.lastActivityAt.milliseconds)
            session.evidence.trackerExpected = tracked.contains(session.evidence.site)
            sessions.append(session)
            keys.append(key)
        }
        var requests = SliceRequests(keys: keys)
        // Where sessions of the slice go on for long after it, most requests of that time are of others.
        let isLong = end - slice.upperBound > slice.upperBound - slice.lowerBound
        try forEachRow(
            of: isLong ? Self.requests + Self.ofSlice : Self.requests,
            [window[0], .timestamp(milliseconds: end + 1), .int(seed)] + (isLong ? [window[1]] : []), in: connection
        ) { requests.add($0) }
        for start in stride(from: 0, to: sessions.count, by: Self.batch) {
            let places = start..<min(start + Self.batch, sessions.count)
            for place in places { requests.fill(&sessions[place], at: place) }
            try body(sessions[places])
            for place in places { sessions[place].evidence.requests = [] }
        }
    }

    private func forEachRow(
        of query: String, _ values: [Value], in connection: isolated Connection, _ body: (Row) -> Void
    ) throws {
        try connection.execute("declare history_rows no scroll cursor for \(query)", values)
        while true {
            let rows = try connection.query("fetch 10000 from history_rows", timeout: Self.patience)
            if rows.isEmpty { break }
            for row in rows { body(row) }
        }
        try connection.script("close history_rows")
    }

    /// Reads who started since the slice before, and as long after this one as its last session lasted.
    private func neighbours(
        of slice: Range<Int64>, upTo end: Int64, _ around: inout Neighbourhood, _ connection: isolated Connection
    ) throws -> [Int: Neighbours.Counts] {
        around.neighbours.forget(before: slice.lowerBound)
        let known = around.known ?? slice.lowerBound - Neighbours.day
        if known <= end {
            try forEachRow(
                of: """
                    select hashtextextended(session_id, $3), coalesce(network_prefix, ''),
                        coalesce(fingerprint_hash, ''), \(Self.ms("started_at")), \(Self.ms("last_activity_at"))
                    from user_sessions where started_at >= $1 and started_at < $2
                    """,
                [.timestamp(milliseconds: known), .timestamp(milliseconds: end + 1), .int(seed)], in: connection
            ) { row in
                around.neighbours.add(
                    key: Int(row.integer(0) ?? 0), network: row.text(1) ?? "", fingerprint: row.text(2) ?? "",
                    started: row.integer(3) ?? 0, ended: row.integer(4) ?? 0)
            }
            around.known = end + 1
        }
        return around.neighbours.counted(startedIn: slice)
    }

    private static func count(_ moments: [Int64], upTo end: Int64) -> Int {
        var (low, high) = (0, moments.count)
        while low < high {
            let middle = (low + high) / 2
            if moments[middle] <= end { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Of a timestamptz, in whole ms since 1970, as the bounds of slices are. A double holds µs exactly, and needs no
    /// arithmetic of numerics.
    private static func ms(_ column: String) -> String {
        "floor(round(date_part('epoch', \(column)) * 1000000) / 1000)::bigint"
    }

    private static let sessions = """
        select session_id, site, fingerprint_hash, host(ip_address), network_prefix, user_agent, preferred_locale,
            \(ms("started_at")), \(ms("last_activity_at")),
            request_count, asset_count, error_count, beacon_count, is_bot, is_scanner, is_behavioral_bot,
            verdict_class, flags_source = 'manual', rule_set, user_id, converted_at is not null,
            coalesce(referrer_source, 'direct'), verdict_id, hashtextextended(session_id, $3)
        from user_sessions where started_at >= $1 and started_at < $2
        order by session_id collate "C"
        """

    private static let requests = """
        select \(SliceRequests.columns) from analytics_events
        where kind is not null and "timestamp" >= $1 and "timestamp" < $2
            and day between ($1::timestamptz at time zone 'UTC')::date - 1
                and ($2::timestamptz at time zone 'UTC')::date + 1
        """

    private static let ofSlice =
        " and session_id in (select session_id from user_sessions where started_at >= $1 and started_at < $4)"

    private static func session(_ row: Row) -> StoredSession? {
        func number(_ position: Int) -> Int { Int(row.integer(position) ?? 0) }
        func flag(_ position: Int) -> Bool { row.text(position) == "t" }
        guard let id = SessionID(row.text(0) ?? "") else { return nil }
        var evidence = SessionEvidence(
            sessionID: id, site: row.text(1) ?? "", fingerprint: row.text(2) ?? "", ip: row.text(3),
            ipPrefix: row.text(4) ?? "", userAgent: row.text(5) ?? "", acceptLanguage: row.text(6) ?? "",
            startedAt: Timestamp(milliseconds: row.integer(7) ?? 0))
        evidence.lastActivityAt = Timestamp(milliseconds: row.integer(8) ?? 0)
        evidence.now = evidence.lastActivityAt
        evidence.requestCount = number(9)
        evidence.assetCount = number(10)
        evidence.errorCount = number(11)
        evidence.engagementEvents = number(12)
        let call = Headline.Call(
            isBot: flag(13), isScanner: flag(14), isBehavioralBot: flag(15),
            verdictClass: VerdictClass(rawValue: row.text(16) ?? "") ?? .undecided)
        return StoredSession(
            evidence: evidence,
            facts: Headline.Facts(
                fingerprint: evidence.fingerprint.isEmpty ? nil : evidence.fingerprint, user: row.text(19),
                requests: evidence.requestCount, pageViews: 0, engagementEvents: evidence.engagementEvents,
                isConverted: flag(20), source: row.text(21) ?? "direct"),
            call: call, isManual: flag(17), ruleSet: row.text(18), verdictID: row.text(22))
    }
}
