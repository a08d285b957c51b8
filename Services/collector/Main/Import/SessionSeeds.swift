import CollectorCore
import Database
import WeirProtocol

/// Restores into an import's book the sessions that the database already has around the log's clock, so that a log
/// imported in pieces, or again, continues its sessions.
///
/// Asked day by day as the log's clock moves on, and never where the database has nothing further on.
final class SessionSeeds {
    private let connection: Connection
    private let idle: Int64
    private var knowsPages = false

    /// How far back a session may have begun that a request continues.
    private static let reach: Int64 = 2 * 86_400_000
    private static let window: Int64 = 86_400_000

    init(connection: Connection, idle: Int64) {
        self.connection = connection
        self.idle = idle
    }

    /// Restores what a request at `moment` and the day after it may continue.
    /// - Returns: until when nothing more needs to be asked.
    func restore(into reader: LogReader, at moment: Timestamp) async throws -> Timestamp {
        let from = moment - Self.reach
        let first = try await connection.query(
            "select min(started_at) as at from user_sessions where started_at >= $1",
            [.timestamp(milliseconds: from.milliseconds)])
        guard let earliest = try first.first?.milliseconds("at") else { return Timestamp(milliseconds: .max) }
        if !knowsPages {
            knowsPages = true
            reader.restore(pages: try await pages())
        }
        if earliest - idle > (moment + Self.window).milliseconds {
            return Timestamp(milliseconds: earliest - idle - Self.window)
        }
        let until = moment + Self.window
        let rows = try await connection.query(
            """
            select session_id, site, fingerprint_hash, host(ip_address) as ip, started_at, last_activity_at
            from user_sessions where started_at >= $1 and started_at < $2
            order by started_at, session_id
            """, [.timestamp(milliseconds: from.milliseconds), .timestamp(milliseconds: (until + idle).milliseconds)])
        var sessions: [SessionBook.Stored] = []
        for row in rows {
            if let session = try SessionBook.Stored(row: row) { sessions.append(session) }
        }
        reader.restore(sessions)
        return until
    }

    private func pages() async throws -> [(site: String, path: String, firstSeen: Timestamp)] {
        try await connection.query("select site, path, first_seen_at from content order by first_seen_at limit 100000")
            .compactMap { row in
                guard let at = try row.milliseconds("first_seen_at") else { return nil }
                return (try row.get("site"), try row.get("path"), Timestamp(milliseconds: at))
            }
    }
}
