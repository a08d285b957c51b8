import ThrottleCore

/// What is stored in one transaction: what people said, in their order, and what the throttle has changed.
struct StoredBatch: Sendable {
    var words: ArraySlice<ThrottleStore.AuditedOverride>
    var changes: Throttle.Changes

    var isEmpty: Bool { words.isEmpty && changes.isEmpty }

    /// How many rows it makes.
    var count: Int { words.count + changes.standings.count + changes.denials.count }

    /// Its first half and its second; nil for a single row.
    var halves: (StoredBatch, StoredBatch)? {
        guard count > 1 else { return nil }
        var (first, second) = (self, self)
        var room = count / 2
        first.words = words.prefix(room)
        second.words = words.dropFirst(room)
        room -= first.words.count
        first.changes.standings = Array(changes.standings.prefix(room))
        second.changes.standings = Array(changes.standings.dropFirst(room))
        room -= first.changes.standings.count
        first.changes.denials = Array(changes.denials.prefix(room))
        second.changes.denials = Array(changes.denials.dropFirst(room))
        return (first, second)
    }
}
