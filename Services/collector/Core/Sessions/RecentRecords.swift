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
