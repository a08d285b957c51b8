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

/// Reads the history of a window as evidence, slice by slice of its time. In each slice the sessions and their requests
/// are walked side by side in order of the session's id, so that neither memory nor the server's sorting grows with the
/// window.
struct HistoryReader: Sendable {
    /// Sessions handed over at once.
    static let batch = 2048
    /// Sessions of one slice: what the server sorts at once, in memory.
    static let sliceSize = 25_000
    private static let patience = Duration.seconds(900)

    /// When each page of each site was first seen, in order, ms.
    private let pages: [String: [Int64]]
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
            select distinct (extract(epoch from started_at) * 1000)::bigint as bound from (
                select started_at, row_number() over (order by started_at) as place
                from user_sessions where started_at >= $1 and started_at < $2) as numbered
            where place % $3 = 0 order by bound
            """, window + [.int(Int64(sliceSize))], timeout: Self.patience
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
        _ body: ([StoredSession]) throws -> Void
    ) throws {
        // The planner prefers plans that give a cursor's first rows soon; here all of them are wanted.
        try connection.script("set local cursor_tuple_fraction = 1; set local work_mem = '64MB'")
        let window: [Value] = [.timestamp(milliseconds: slice.lowerBound), .timestamp(milliseconds: slice.upperBound)]
        let end: Int64? = try connection.query(
            """
            select (extract(epoch from max(last_activity_at)) * 1000)::bigint from user_sessions
            where started_at >= $1 and started_at < $2
            """, window, timeout: Self.patience
        ).single()
        guard let end else { return }
        let counts = try neighbours(of: slice, upTo: end, &around, connection)
        try connection.execute("declare history_sessions no scroll cursor for \(Self.sessions)", window)
        try connection.execute(
            "declare history_requests no scroll cursor for \(Self.requests)",
            window + [.timestamp(milliseconds: end + 1)])
        var requests = RequestWalk()
        while true {
            let rows = try connection.query("fetch \(Self.batch) from history_sessions", timeout: Self.patience)
            if rows.isEmpty { break }
            var sessions: [StoredSession] = []
            sessions.reserveCapacity(rows.count)
            for row in rows {
                guard var session = Self.session(row) else { continue }
                try requests.fill(&session.evidence, in: connection)
                session.facts.pageViews = requests.documents
                session.evidence.distinctPages = requests.distinctDocuments
                if let counts = counts[Optional(session.evidence.sessionID.text).hashValue] {
                    session.evidence.fingerprintSessions24h = counts.sessions
                    session.evidence.prefixAgents24h = counts.agents
                }
                session.evidence.sitePages = Self.count(
                    pages[session.evidence.site] ?? [], upTo: session.evidence.lastActivityAt.milliseconds)
                session.evidence.trackerExpected = tracked.contains(session.evidence.site)
                sessions.append(session)
            }
            try body(sessions)
        }
        try connection.script("close history_sessions; close history_requests")
    }

    /// Reads who started since the slice before, and as long after this one as its last session lasted.
    private func neighbours(
        of slice: Range<Int64>, upTo end: Int64, _ around: inout Neighbourhood, _ connection: isolated Connection
    ) throws -> [Int: Neighbours.Counts] {
        around.neighbours.forget(before: slice.lowerBound)
        let known = around.known ?? slice.lowerBound - Neighbours.day
        if known <= end {
            try connection.execute(
                """
                declare history_neighbours no scroll cursor for
                select session_id, coalesce(network_prefix, ''), coalesce(fingerprint_hash, ''),
                    \(Self.ms("started_at")), \(Self.ms("last_activity_at"))
                from user_sessions where started_at >= $1 and started_at < $2
                """, [.timestamp(milliseconds: known), .timestamp(milliseconds: end + 1)])
            while true {
                let rows = try connection.query("fetch 20000 from history_neighbours", timeout: Self.patience)
                if rows.isEmpty { break }
                for row in rows {
                    around.neighbours.add(
                        key: row.text(0).hashValue, network: row.text(1) ?? "", fingerprint: row.text(2) ?? "",
                        started: row.integer(3) ?? 0, ended: row.integer(4) ?? 0)
                }
            }
            try connection.script("close history_neighbours")
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

    /// Of a timestamptz, in ms since 1970. A double holds them exactly, and needs no arithmetic of numerics.
    private static func ms(_ column: String) -> String { "round(date_part('epoch', \(column)) * 1000)::bigint" }

    private static let sessions = """
        select session_id, site, fingerprint_hash, host(ip_address), network_prefix, user_agent, preferred_locale,
            \(ms("started_at")), \(ms("last_activity_at")),
            request_count, asset_count, error_count, beacon_count, is_bot, is_scanner, is_behavioral_bot,
            verdict_class, flags_source = 'manual', rule_set, user_id, converted_at is not null,
            coalesce(referrer_source, 'direct'), verdict_id
        from user_sessions where started_at >= $1 and started_at < $2
        order by session_id collate "C"
        """

    private static let requests = """
        select session_id, \(ms("\"timestamp\"")), method,
            case when query is null then path else path || '?' || query end, status, kind, referrer_host,
            case when kind in ('document', 'api') then event_data ->> 'headers' end
        from analytics_events
        where kind is not null and "timestamp" >= $1 and "timestamp" < $3
            and day between ($1::timestamptz at time zone 'UTC')::date - 1
                and ($3::timestamptz at time zone 'UTC')::date + 1
            and session_id in (select session_id from user_sessions where started_at >= $1 and started_at < $2)
        order by session_id collate "C", "timestamp", event_id
        """

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

/// The walk over requests, always at the first request of the next session or beyond.
private struct RequestWalk {
    private var rows: Rows?
    private var position = 0
    private var isAtEnd = false
    /// Documents of the session filled last.
    private(set) var documents = 0
    /// Distinct documents of the session filled last.
    private(set) var distinctDocuments = 0
    /// Their paths' hashes.
    private var seen: Set<Int> = []

    /// As long as the collector lets a request's target be in evidence.
    private static func clamped(_ path: String) -> String {
        guard path.utf8.count > 200 else { return path }
        var bytes = Array(path.utf8.prefix(200))
        while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
        if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func current(_ connection: isolated Connection) throws -> Row? {
        if let rows, position < rows.count { return rows[position] }
        if isAtEnd { return nil }
        let fetched = try connection.query("fetch 20000 from history_requests", timeout: .seconds(900))
        rows = fetched
        position = 0
        isAtEnd = fetched.isEmpty
        return fetched.first
    }

    /// Gives the session its newest requests, its headers, and how many were left out.
    mutating func fill(_ evidence: inout SessionEvidence, in connection: isolated Connection) throws {
        let wanted = evidence.sessionID.text
        let name = Array(wanted.utf8)
        seen.removeAll(keepingCapacity: true)
        var requests: [SessionEvidence.Request] = []
        documents = 0
        while let row = try current(connection) {
            guard row.isText(0, name) else {
                if let id = row.text(0), id > wanted { break }
                position += 1
                continue
            }
            position += 1
            let path = row.text(3) ?? "/"
            let kind = RequestKind(rawValue: row.text(5) ?? "") ?? .api
            if kind == .document {
                documents += 1
                seen.insert(path.withoutQuery.hashValue)
            }
            requests.append(
                .init(
                    at: Timestamp(milliseconds: row.integer(1) ?? 0), method: row.text(2) ?? "GET",
                    path: Self.clamped(path), status: Int(row.integer(4) ?? 0), kind: kind,
                    referrerHost: row.text(6)))
            if requests.count >= 2 * SessionEvidence.requestLimit {
                requests.removeFirst(requests.count - SessionEvidence.requestLimit)
            }
            if evidence.headers.isEmpty, let headers = row.text(7),
                case .object(let object)? = try? JSONValue(parsing: headers.utf8)
            {
                for field in object.fields { evidence.headers[field.name] = field.value.stringValue }
            }
        }
        if requests.count > SessionEvidence.requestLimit {
            requests.removeFirst(requests.count - SessionEvidence.requestLimit)
        }
        distinctDocuments = seen.count
        evidence.requests = requests
        evidence.requestsOmitted = max(0, evidence.requestCount + evidence.assetCount - requests.count)
    }
}
