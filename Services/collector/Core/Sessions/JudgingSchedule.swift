import HeapModule
import WeirProtocol

/// When live sessions are to be judged: at once after the first request, then after any new one, but never twice within
/// `pause`.
public struct JudgingSchedule: Sendable {
    /// Milliseconds between two questions about a session.
    public static let pause: Int64 = 500
    /// Sessions waiting at once; what comes on top is judged from the database later.
    public static let limit = 100_000

    private struct Entry: Comparable, Sendable {
        let due: Timestamp
        let id: SessionID

        static func < (left: Entry, right: Entry) -> Bool { (left.due, left.id) < (right.due, right.id) }
    }

    // A detector that was away leaves tens of thousands waiting, of which few are taken at a time.
    private var queue = Heap<Entry>()
    private var waiting: Set<SessionID> = []

    /// An empty schedule.
    public init() {}

    /// Sessions that wait.
    public var count: Int { queue.count }

    /// Something was added to a session that was last asked about at `askedAt`, which lies ahead of `now` when the clock
    /// was set back since.
    public mutating func changed(_ id: SessionID, askedAt: Timestamp?, now: Timestamp) {
        guard waiting.count < Self.limit, waiting.insert(id).inserted else { return }
        let due = askedAt.map { min(max(now, $0 + Self.pause), now + Self.pause) } ?? now
        queue.insert(Entry(due: due, id: id))
    }

    /// Takes up to `limit` sessions whose time has come, the longest waiting first.
    public mutating func take(_ limit: Int, now: Timestamp) -> [SessionID] {
        var taken: [SessionID] = []
        while taken.count < limit, let first = queue.min, first.due <= now { taken.append(queue.removeMin().id) }
        // Nothing waits for longer than the pause; what seems to was put down before the clock was set back.
        while taken.count < limit, let last = queue.max, last.due > now + Self.pause {
            taken.append(queue.removeMax().id)
        }
        for id in taken { waiting.remove(id) }
        return taken
    }
}
