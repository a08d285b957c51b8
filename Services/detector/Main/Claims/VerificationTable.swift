import Database
import DetectorCore
import WeirProtocol

/// The SQL of looked-up claims.
enum VerificationTable {
    /// How long a look-up is kept after its time, for reports.
    private static let kept = "7 days"

    /// One look-up and its claim.
    struct Row: Sendable {
        var claim: CrawlerClaim
        var finding: ReverseLookup.Finding
        var checkedAt: Timestamp
        var expiresAt: Timestamp
        /// Sessions that were judged without it.
        var sessions: [String] = []
    }

    /// Look-ups that still hold at `moment`, the newest first, at most `limit`.
    static func load(limit: Int, at moment: Timestamp, over connection: isolated Connection) throws -> [Row] {
        try connection.query(
            """
            select host(ip_address), claim, result, hostname, (extract(epoch from checked_at) * 1000)::bigint,
                (extract(epoch from expires_at) * 1000)::bigint
            from crawler_verifications where method = 'reverse_dns' and expires_at > $1
            order by checked_at desc limit $2
            """, [.timestamp(milliseconds: moment.milliseconds), .int(limit)]
        ).compactMap { row in
            guard let address = IPAddress(try row.get(0, as: String.self)),
                let result = ReverseLookup.Finding.Result(rawValue: try row.get(2))
            else { return nil }
            return Row(
                claim: CrawlerClaim(name: try row.get(1), address: address),
                finding: ReverseLookup.Finding(result: result, host: try row.get(3, as: String?.self), ttl: 0),
                checkedAt: Timestamp(milliseconds: try row.get(4)), expiresAt: Timestamp(milliseconds: try row.get(5)))
        }
    }

    /// Stores a look-up. Sessions that another detector's look-up of the same claim left are kept for the hour in which
    /// the collector asks for them.
    static func store(_ row: Row, over connection: isolated Connection) throws {
        try connection.execute(
            """
            insert into crawler_verifications as held (ip_address, claim, result, method, hostname, checked_at,
                expires_at, sessions)
            values ($1, $2, $3, 'reverse_dns', $4, $5, $6, $7)
            on conflict (ip_address, claim) do update set result = excluded.result, method = excluded.method,
                hostname = excluded.hostname, checked_at = excluded.checked_at, expires_at = excluded.expires_at,
                sessions = case when held.checked_at > excluded.checked_at - interval '1 hour'
                    then (excluded.sessions || held.sessions)[1:\(ClaimDesk.sessionLimit)] else excluded.sessions end
            """,
            [
                .text(row.claim.address.description), .text(row.claim.name), .text(row.finding.result.rawValue),
                .text(row.finding.host), .timestamp(milliseconds: row.checkedAt.milliseconds),
                .timestamp(milliseconds: row.expiresAt.milliseconds), .texts(row.sessions),
            ])
    }

    /// Removes what has been out of date for a week.
    static func forget(at moment: Timestamp, over connection: isolated Connection) throws {
        try connection.execute(
            """
            delete from crawler_verifications
            where checked_at < $1::timestamptz - interval '\(kept)' and expires_at < $1::timestamptz - interval '\(kept)'
            """, [.timestamp(milliseconds: moment.milliseconds)])
    }
}
