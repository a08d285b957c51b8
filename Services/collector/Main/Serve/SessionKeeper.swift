import CollectorCore
import Database
import Logging
import Runtime
import ServiceLifecycle
import WeirProtocol

/// Restores live sessions and known pages after a start, and ends the sessions that have gone quiet.
struct SessionKeeper: Service {
    let door: RecordDoor
    let connection: Connection
    let idleSeconds: Int64
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var isRestored = false
            while !Task.isCancelled {
                if !isRestored { isRestored = (try? await restore()) != nil }
                _ = try? await connection.execute(Self.cleanUp, [.int(idleSeconds)])
                try? await Task.sleep(for: isRestored ? .seconds(60) : .seconds(2))
            }
        }
    }

    private func restore() async throws {
        let rows = try await connection.query(
            """
            select session_id, site, fingerprint_hash, host(ip_address) as ip, started_at, last_activity_at
            from user_sessions
            where ended_at is null and last_activity_at >= now() - make_interval(secs => $1) and source <> 'import'
            order by started_at desc limit 100000
            """, [.int(idleSeconds)])
        var sessions: [SessionBook.Stored] = []
        for row in rows {
            if let session = try SessionBook.Stored(row: row) { sessions.append(session) }
        }
        let pages = try await connection.query(
            "select site, path, first_seen_at from content order by first_seen_at desc limit 100000")
        var known: [(site: String, path: String, firstSeen: Timestamp)] = []
        for row in pages.reversed() {
            guard let at = try row.milliseconds("first_seen_at") else { continue }
            known.append((try row.get("site"), try row.get("path"), Timestamp(milliseconds: at)))
        }
        var trackers: [(site: String, heard: Timestamp)] = []
        for row in try await connection.query(Self.trackers) {
            guard let at = try row.milliseconds("heard_at") else { continue }
            trackers.append((try row.get("site"), Timestamp(milliseconds: at)))
        }
        let (restored, restoredPages, restoredTrackers) = (sessions, known, trackers)
        door.withIntake { intake in
            intake.book.restore(restored)
            intake.book.restore(pages: restoredPages)
            intake.book.restore(trackers: restoredTrackers)
        }
        logger.info("restored \(sessions.count) live sessions and \(known.count) pages")
    }

    private static let trackers = """
        select site, max(last_activity_at) as heard_at from user_sessions
        where beacon_count > 0 and started_at > now() - interval '1 day' group by site
        """

    private static let cleanUp = """
        update user_sessions set ended_at = last_activity_at,
            duration_seconds = extract(epoch from last_activity_at - started_at)::integer, updated_at = now()
        where ended_at is null and last_activity_at < now() - make_interval(secs => $1)
        """
}

extension SessionBook.Stored {
    /// A session out of a row of `session_id, site, fingerprint_hash, ip, started_at, last_activity_at`; nil when it
    /// lacks what a request could continue it by.
    init?(row: Row) throws {
        guard let id = SessionID(try row.get("session_id")),
            let address = IPAddress(try row.get("ip", as: String?.self) ?? ""),
            let startedAt = try row.milliseconds("started_at"),
            let lastActivityAt = try row.milliseconds("last_activity_at")
        else { return nil }
        self.init(
            id: id,
            key: SessionKey(
                site: try row.get("site"), fingerprint: try row.get("fingerprint_hash", as: String?.self) ?? "",
                address: address),
            startedAt: Timestamp(milliseconds: startedAt), lastActivityAt: Timestamp(milliseconds: lastActivityAt))
    }
}
