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
}

/// Reads the history of a window as evidence, in one walk over its sessions and one over its requests, both in order of
/// the session's id, so that memory does not grow with the window.
struct HistoryReader {
    /// Sessions handed over at once.
    static let batch = 4096
    private static let patience = Duration.seconds(900)

    /// Milliseconds since 1970; sessions that started in `from..<to`.
    let from: Int64
    let to: Int64

    /// Declares both walks inside the connection's transaction and hands over every session of the window.
    func forEachBatch(
        in connection: isolated Connection, _ body: ([StoredSession]) throws -> Void
    ) throws {
        // The planner prefers plans that give a cursor's first rows soon; here all of them are wanted.
        try connection.script("set local cursor_tuple_fraction = 1; set local work_mem = '128MB'")
        let window: [Value] = [.timestamp(milliseconds: from), .timestamp(milliseconds: to)]
        let around = try neighbours(connection)
        let pages = try sitePages(connection)
        let tracked = Set(
            try connection.query(
                """
                select distinct site from engagement_events
                where day between ($1::timestamptz at time zone 'UTC')::date - 1
                    and ($2::timestamptz at time zone 'UTC')::date + 1
                """, window, timeout: Self.patience
            ).map { try $0.get(0, as: String.self) })
        try connection.execute("declare history_sessions no scroll cursor for \(Self.sessions)", window)
        let end: Int64 =
            try connection.query(
                """
                select coalesce((extract(epoch from max(last_activity_at)) * 1000)::bigint, 0) from user_sessions
                where started_at >= $1 and started_at < $2
                """, window, timeout: Self.patience
            ).single()
        try connection.execute(
            "declare history_requests no scroll cursor for \(Self.requests)",
            [.timestamp(milliseconds: from), .timestamp(milliseconds: max(end, from))])
        var requests = RequestWalk()
        while true {
            let rows = try connection.query("fetch \(Self.batch) from history_sessions", timeout: Self.patience)
            if rows.isEmpty { break }
            var sessions: [StoredSession] = []
            sessions.reserveCapacity(rows.count)
            for row in rows {
                guard var session = try Self.session(row) else { continue }
                try requests.fill(&session.evidence, in: connection)
                session.facts.pageViews = requests.documents
                session.evidence.distinctPages = requests.distinctDocuments
                let id = session.evidence.sessionID.text
                if let counts = around[id.hashValue] {
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

    private func neighbours(_ connection: isolated Connection) throws -> [Int: Neighbours.Counts] {
        var neighbours = Neighbours()
        try connection.execute(
            """
            declare history_neighbours no scroll cursor for
            select session_id, coalesce(network_prefix, ''), coalesce(fingerprint_hash, ''),
                (extract(epoch from started_at) * 1000)::bigint, (extract(epoch from last_activity_at) * 1000)::bigint
            from user_sessions where started_at >= $1::timestamptz - interval '2 days' and started_at < $2
            """, [.timestamp(milliseconds: from), .timestamp(milliseconds: to)])
        while true {
            let rows = try connection.query("fetch 20000 from history_neighbours", timeout: Self.patience)
            if rows.isEmpty { break }
            for row in rows {
                neighbours.add(
                    key: try row.get(0, as: String.self).hashValue, network: try row.get(1),
                    fingerprint: try row.get(2),
                    started: try row.get(3), ended: try row.get(4))
            }
        }
        try connection.script("close history_neighbours")
        return neighbours.counted()
    }

    /// When each page of each site was first seen, in order.
    private func sitePages(_ connection: isolated Connection) throws -> [String: [Int64]] {
        var pages: [String: [Int64]] = [:]
        let rows = try connection.query(
            "select site, (extract(epoch from first_seen_at) * 1000)::bigint from content order by first_seen_at",
            timeout: Self.patience)
        for row in rows { pages[try row.get(0), default: []].append(try row.get(1)) }
        return pages
    }

    private static func count(_ moments: [Int64], upTo end: Int64) -> Int {
        var (low, high) = (0, moments.count)
        while low < high {
            let middle = (low + high) / 2
            if moments[middle] <= end { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static let sessions = """
        select session_id, site, fingerprint_hash, host(ip_address), network_prefix, user_agent, preferred_locale,
            (extract(epoch from started_at) * 1000)::bigint, (extract(epoch from last_activity_at) * 1000)::bigint,
            request_count, asset_count, error_count, beacon_count, is_bot, is_scanner, is_behavioral_bot,
            verdict_class, flags_source = 'manual', rule_set, user_id, converted_at is not null,
            coalesce(referrer_source, 'direct')
        from user_sessions where started_at >= $1 and started_at < $2
        order by session_id collate "C"
        """

    private static let requests = """
        select session_id, (extract(epoch from "timestamp") * 1000)::bigint, method,
            case when query is null then path else path || '?' || query end, status, kind, referrer_host,
            case when kind in ('document', 'api') then event_data ->> 'headers' end
        from analytics_events
        where kind is not null and "timestamp" >= $1 and "timestamp" <= $2
            and day between ($1::timestamptz at time zone 'UTC')::date - 1
                and ($2::timestamptz at time zone 'UTC')::date + 1
        order by session_id collate "C", "timestamp", event_id
        """

    private static func session(_ row: Row) throws -> StoredSession? {
        guard let id = SessionID(try row.get(0)) else { return nil }
        var evidence = SessionEvidence(
            sessionID: id, site: try row.get(1), fingerprint: try row.get(2, as: String?.self) ?? "",
            ip: try row.get(3, as: String?.self), ipPrefix: try row.get(4, as: String?.self) ?? "",
            userAgent: try row.get(5, as: String?.self) ?? "", acceptLanguage: try row.get(6, as: String?.self) ?? "",
            startedAt: Timestamp(milliseconds: try row.get(7)))
        evidence.lastActivityAt = Timestamp(milliseconds: try row.get(8))
        evidence.now = evidence.lastActivityAt
        evidence.requestCount = try row.get(9)
        evidence.assetCount = try row.get(10)
        evidence.errorCount = try row.get(11)
        evidence.engagementEvents = try row.get(12)
        let call = Headline.Call(
            isBot: try row.get(13), isScanner: try row.get(14), isBehavioralBot: try row.get(15),
            verdictClass: VerdictClass(rawValue: try row.get(16)) ?? .undecided)
        return StoredSession(
            evidence: evidence,
            facts: Headline.Facts(
                fingerprint: evidence.fingerprint.isEmpty ? nil : evidence.fingerprint,
                user: try row.get(19, as: String?.self), requests: evidence.requestCount, pageViews: 0,
                engagementEvents: evidence.engagementEvents, isConverted: try row.get(20), source: try row.get(21)),
            call: call, isManual: try row.get(17), ruleSet: try row.get(18, as: String?.self))
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
        var seen: Set<String> = []
        var requests: [SessionEvidence.Request] = []
        documents = 0
        while let row = try current(connection) {
            guard let id = try row.get(0, as: String?.self) else {
                position += 1
                continue
            }
            if id > wanted { break }
            position += 1
            guard id == wanted else { continue }
            let path = try row.get(3, as: String?.self) ?? "/"
            let kind = RequestKind(rawValue: try row.get(5, as: String?.self) ?? "") ?? .api
            if kind == .document {
                documents += 1
                seen.insert(String(path.prefix { $0 != "?" }))
            }
            requests.append(
                .init(
                    at: Timestamp(milliseconds: try row.get(1)), method: try row.get(2, as: String?.self) ?? "GET",
                    path: Self.clamped(path), status: try row.get(4, as: Int?.self) ?? 0, kind: kind,
                    referrerHost: try row.get(6, as: String?.self)))
            if requests.count >= 2 * SessionEvidence.requestLimit {
                requests.removeFirst(requests.count - SessionEvidence.requestLimit)
            }
            if evidence.headers.isEmpty, let headers = try row.get(7, as: String?.self),
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
