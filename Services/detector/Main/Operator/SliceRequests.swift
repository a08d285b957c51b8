import Database
import DetectorCore
import WeirProtocol

/// The requests of a slice's sessions, dealt out to them as they come from the server in whatever order: to sort them
/// here, a few at a time, costs a fraction of having the server sort all of them.
struct SliceRequests {
    /// The columns of a row: the session's key, µs since 1970, the event's id, method, target, status, kind, the
    /// referrer's host, and the headers of a page request.
    static let columns = """
        hashtextextended(session_id, $3), round(date_part('epoch', "timestamp") * 1000000)::bigint, event_id, method,
        case when query is null then path else path || '?' || query end, status, kind, referrer_host,
        case when kind in ('document', 'api') then event_data ->> 'headers' end
        """

    /// In order of time, and of the ids where times are equal.
    fileprivate struct Moment: Comparable {
        var at: Int64
        var high: UInt64
        var low: UInt64

        static func < (left: Self, right: Self) -> Bool {
            (left.at, left.high, left.low) < (right.at, right.high, right.low)
        }
    }

    fileprivate struct Kept {
        var moment: Moment
        /// Of a document, its path's hash.
        var page: Int?
        var request: SessionEvidence.Request
    }

    fileprivate struct Visit {
        var kept: [Kept] = []
        var documents = 0
        /// The documents among older requests that were dropped.
        var droppedPages: Set<Int> = []
        var headers: (moment: Moment, text: String)?
    }

    private let places: [Int64: Int]
    private var visits: [Visit]
    private var pages: Set<Int> = []

    /// None yet, for sessions of these keys.
    init(keys: [Int64]) {
        places = Dictionary(keys.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        visits = Array(repeating: Visit(), count: keys.count)
    }

    /// Gives a request to its session; one of another slice's is passed over.
    mutating func add(_ row: Row) {
        guard let key = row.integer(0), let place = places[key] else { return }
        let at = row.integer(1) ?? 0
        let id = Self.words(of: row.text(2) ?? "")
        let moment = Moment(at: at, high: id.high, low: id.low)
        let path = row.text(4) ?? "/"
        let kind = RequestKind(rawValue: row.text(6) ?? "") ?? .api
        let page = kind == .document ? path.withoutQuery.hashValue : nil
        let headers = row.text(8)
        let request = SessionEvidence.Request(
            at: Timestamp(milliseconds: at / 1000), method: row.text(3) ?? "GET",
            path: SessionEvidence.Request.clamped(path), status: Int(row.integer(5) ?? 0), kind: kind,
            referrerHost: row.text(7))
        visits[place].add(Kept(moment: moment, page: page, request: request), headers)
    }

    /// Gives a session its newest requests, its headers, and how many were left out.
    mutating func fill(_ session: inout StoredSession, at place: Int) {
        var visit = Visit()
        swap(&visit, &visits[place])
        visit.order()
        pages.removeAll(keepingCapacity: true)
        for kept in visit.kept { if let page = kept.page { pages.insert(page) } }
        session.facts.pageViews = visit.documents
        session.evidence.distinctPages =
            visit.droppedPages.isEmpty ? pages.count : pages.union(visit.droppedPages).count
        session.evidence.requests = visit.kept.suffix(SessionEvidence.requestLimit).map(\.request)
        session.evidence.requestsOmitted = max(
            0, session.evidence.requestCount + session.evidence.assetCount - session.evidence.requests.count)
        if let headers = visit.headers?.text, case .object(let object)? = try? JSONValue(parsing: headers.utf8) {
            for field in object.fields { session.evidence.headers[field.name] = field.value.stringValue }
        }
    }

    /// The 128 bits of a UUID's text.
    private static func words(of id: String) -> (high: UInt64, low: UInt64) {
        var (high, low) = (UInt64(0), UInt64(0))
        for byte in id.utf8 where byte != UInt8(ascii: "-") {
            let digit = byte <= UInt8(ascii: "9") ? byte &- UInt8(ascii: "0") : (byte | 0x20) &- UInt8(ascii: "a") &+ 10
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(digit)
        }
        return (high, low)
    }
}

extension SliceRequests.Visit {
    /// Drops the oldest where there are twice as many as evidence holds.
    fileprivate mutating func add(_ request: SliceRequests.Kept, _ headers: String?) {
        if request.page != nil { documents += 1 }
        if let headers, headers != "{}", self.headers.map({ request.moment < $0.moment }) ?? true {
            self.headers = (request.moment, headers)
        }
        kept.append(request)
        guard kept.count >= 2 * SessionEvidence.requestLimit else { return }
        order()
        let excess = kept.count - SessionEvidence.requestLimit
        for old in kept[..<excess] { if let page = old.page { droppedPages.insert(page) } }
        kept.removeFirst(excess)
    }

    /// They mostly come in order already.
    fileprivate mutating func order() {
        for place in kept.indices.dropFirst() where kept[place].moment < kept[place - 1].moment {
            kept.sort { $0.moment < $1.moment }
            return
        }
    }
}
