import Database
import ThrottleCore
import WeirProtocol

/// The requests that the collector has stored, in the order in which they came, a batch at a time.
struct RecordedRequests {
    private static let batch: Int64 = 10_000

    private let connection: Connection
    private let until: Timestamp
    private var after: (at: Value, id: Value)

    /// Those from `since` on, before `until`.
    init(_ connection: Connection, since: Timestamp, until: Timestamp) {
        self.connection = connection
        self.until = until
        after = (.timestamp(milliseconds: since.milliseconds), .text("00000000-0000-0000-0000-000000000000"))
    }

    /// The next of them; none at the end.
    mutating func next() async throws -> [Replay.Request] {
        let rows = try await connection.query(
            """
            select e."timestamp"::text as position, e.event_id::text as id,
                (extract(epoch from e."timestamp") * 1000)::bigint as at_ms, host(e.ip_address) as ip, e.method, e.path,
                e.user_id, s.fingerprint_hash, s.session_id,
                not (s.is_bot or s.is_scanner or s.is_behavioral_bot) as is_human
            from analytics_events as e join user_sessions as s on s.session_id = e.session_id
            where e.kind is not null and (e."timestamp", e.event_id) > ($1::timestamptz, $2::uuid)
                and e."timestamp" < $3 and e.ip_address is not null
            order by e."timestamp", e.event_id limit $4
            """,
            [after.at, after.id, .timestamp(milliseconds: until.milliseconds), .int(Self.batch)],
            timeout: .seconds(600))
        var requests: [Replay.Request] = []
        for row in rows {
            after = (.text(try row.get("position")), .text(try row.get("id")))
            let check = ThrottleCheck(
                ip: try row.get("ip"), method: try row.get("method", as: String?.self),
                path: try row.get("path", as: String?.self), user: try row.get("user_id", as: String?.self))
            requests.append(
                Replay.Request(
                    at: Timestamp(milliseconds: try row.get("at_ms")), check: check,
                    fingerprint: try row.get("fingerprint_hash", as: String?.self) ?? "",
                    session: try row.get("session_id"), isHuman: try row.get("is_human")))
        }
        return requests
    }
}
