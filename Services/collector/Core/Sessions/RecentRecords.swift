import WeirProtocol

/// The identities of the latest records and where they went, so that a repeat gets the same answer and counts once.
///
/// Two generations, the older forgotten when the newer is full: between `capacity` and twice as many are known. What is
/// older than that is still stored once; only its session's evidence may count it again.
struct RecentRecords: Sendable {
    private let capacity: Int
    private var newer: [EventID: SessionID] = [:]
    private var older: [EventID: SessionID] = [:]

    init(capacity: Int = 50_000) { self.capacity = capacity }

    subscript(id: EventID) -> SessionID? { newer[id] ?? older[id] }

    mutating func note(_ id: EventID, _ session: SessionID) {
        if newer.count >= capacity {
            older = newer
            newer = [:]
        }
        newer[id] = session
    }

    mutating func forget(_ id: EventID) {
        newer[id] = nil
        older[id] = nil
    }
}

/// When live sessions are to be judged: at once after the first request, then after any new one, but never twice within
/// `pause`.
public struct JudgingSchedule: Sendable {
    /// Milliseconds between two questions about a session.
    public static let pause: Int64 = 500
    /// Sessions waiting at once; what comes on top is judged from the database later.
    public static let limit = 100_000

    private var due: [SessionID: Timestamp] = [:]

    /// An empty schedule.
    public init() {}

    /// Sessions that wait.
    public var count: Int { due.count }

    /// Something was added to a session that was last asked about at `askedAt`, which lies ahead of `now` when the clock
    /// was set back since.
    public mutating func changed(_ id: SessionID, askedAt: Timestamp?, now: Timestamp) {
        guard due[id] == nil, due.count < Self.limit else { return }
        due[id] = askedAt.map { min(max(now, $0 + Self.pause), now + Self.pause) } ?? now
    }

    /// Takes up to `limit` sessions whose time has come, the longest waiting first.
    public mutating func take(_ limit: Int, now: Timestamp) -> [SessionID] {
        guard limit > 0 else { return [] }
        // Nothing waits for longer than the pause; what seems to was put down before the clock was set back.
        let ready = due.filter { $0.value <= now || $0.value > now + Self.pause }
            .sorted { ($0.value, $0.key) < ($1.value, $1.key) }.prefix(limit)
        for (id, _) in ready { due[id] = nil }
        return ready.map(\.key)
    }
}
