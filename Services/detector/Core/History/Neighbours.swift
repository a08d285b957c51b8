/// How many sessions, and how many different agents, a session had around it in the 24 hours before its last activity.
///
/// Made for a whole history at once: one walk over each network's sessions in order of time.
public struct Neighbours: Sendable {
    /// What evidence says of the neighbourhood.
    public struct Counts: Hashable, Sendable {
        /// Sessions of the same fingerprint and network, this one included.
        public var sessions: Int
        /// Distinct fingerprints of the network, this one's included.
        public var agents: Int
    }

    private struct Entry: Sendable {
        var key: Int
        var network: Int32
        var fingerprint: Int32
        var started: Int64
        var ended: Int64
    }

    private static let day: Int64 = 86_400_000

    private var entries: [Entry] = []
    private var networks: [String: Int32] = [:]
    private var fingerprints: [String: Int32] = [:]

    /// Nobody yet.
    public init() {}

    /// Adds a session that started and was last active at these times, in ms. `key` finds it again.
    public mutating func add(key: Int, network: String, fingerprint: String, started: Int64, ended: Int64) {
        entries.append(
            Entry(
                key: key, network: Self.number(network, &networks),
                fingerprint: Self.number(fingerprint, &fingerprints),
                started: started, ended: ended))
    }

    private static func number(_ text: String, _ known: inout [String: Int32]) -> Int32 {
        if let number = known[text] { return number }
        let number = Int32(known.count)
        known[text] = number
        return number
    }

    /// The counts of every session, by key.
    public consuming func counted() -> [Int: Counts] {
        var found: [Int: Counts] = [:]
        found.reserveCapacity(entries.count)
        entries.sort { ($0.network, $0.started) < ($1.network, $1.started) }
        var first = 0
        while first < entries.count {
            var last = first
            while last < entries.count, entries[last].network == entries[first].network { last += 1 }
            Self.count(entries[first..<last], into: &found)
            first = last
        }
        return found
    }

    /// One network: as questions come in order of their end, both ends of the 24 hours only move forwards.
    private static func count(_ group: ArraySlice<Entry>, into found: inout [Int: Counts]) {
        let questions = group.indices.sorted { (group[$0].ended, $0) < (group[$1].ended, $1) }
        var inside: [Int32: Int] = [:]
        var (low, high) = (group.startIndex, group.startIndex)
        for question in questions {
            let asked = group[question]
            while high < group.endIndex, group[high].started <= asked.ended {
                inside[group[high].fingerprint, default: 0] += 1
                high += 1
            }
            while low < high, group[low].started <= asked.ended - day {
                let left = inside[group[low].fingerprint]! - 1
                inside[group[low].fingerprint] = left == 0 ? nil : left
                low += 1
            }
            found[asked.key] = Counts(
                sessions: max(1, inside[asked.fingerprint] ?? 0), agents: max(1, inside.count))
        }
    }
}
