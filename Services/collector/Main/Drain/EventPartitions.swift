import Database
import Synchronization
import WeirProtocol

/// The days that analytics_events has room for, as this process saw them last: to ask for each batch would cost the server
/// as much as some of its rows.
final class EventPartitions: Sendable {
    private let known = Mutex<[Range<Int64>]>([])

    /// Makes the partitions of these days where they may be missing.
    func make(for days: Set<Int64>, over connection: Connection) async throws {
        guard !days.isEmpty, !hold(days) else { return }
        try await Self.ensure(days, over: connection)
        let rows = try await connection.query(Self.held)
        var ranges: [Range<Int64>] = []
        for row in rows {
            let (first, after): (Int64, Int64) = (try row.get("first"), try row.get("after"))
            if first < after { ranges.append(first..<after) }
        }
        let found = ranges
        known.withLock { $0 = found }
    }

    /// The same without remembering anything, in a short transaction of its own, since making one takes locks.
    static func ensure(_ days: Set<Int64>, over connection: Connection) async throws {
        // A log may span many years; each call makes a few and lets go of its locks.
        let wanted = Value.texts(days.sorted().map { Timestamp.Day(number: $0).description })
        _ = try await connection.query("select ensure_event_partitions($1::date[])", [wanted])
    }

    /// Forgets what was seen: somebody has dropped one meanwhile.
    func forget() { known.withLock { $0 = [] } }

    private func hold(_ days: Set<Int64>) -> Bool {
        known.withLock { known in days.allSatisfy { day in known.contains { $0.contains(day) } } }
    }

    private static let held = """
        select from_day - date '1970-01-01' as first, to_day - date '1970-01-01' as after from event_partitions()
        """
}
