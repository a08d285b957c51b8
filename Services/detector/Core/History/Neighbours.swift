/// How many sessions, and how many different agents, a session had around it in the 24 hours before its last activity.
///
/// Made for a whole history, walked in order of time: what lies too far back is forgotten, so that memory holds little
/// more than a day, and networks and fingerprints are kept as hashes of 64 bits.
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
        var network: UInt64
        var fingerprint: UInt64
        var started: Int64
        var ended: Int64
    }

    /// How far back a neighbourhood reaches, in ms.
    public static let day: Int64 = 86_400_000

    private var entries: [Entry] = []

    /// Nobody yet.
    public init() {}

    /// How many sessions are remembered.
    public var count: Int { entries.count }

    /// Adds a session that started and was last active at these times, in ms. `key` finds it again.
    public mutating func add(key: Int, network: String, fingerprint: String, started: Int64, ended: Int64) {
        entries.append(
            Entry(
                key: key, network: Self.hash(network), fingerprint: Self.hash(fingerprint), started: started,
                ended: ended))
    }

    private static func hash(_ text: String) -> UInt64 {
        var hash = StableHash()
        hash.combine(text)
        return hash.word
    }

    /// Forgets who is no neighbour of any session that begins at `moment` (ms) or later.
    public mutating func forget(before moment: Int64) {
        entries.removeAll { $0.started <= moment - Self.day }
    }

    /// The counts of every session that started in `range` (ms), by key.
    public mutating func counted(startedIn range: Range<Int64>) -> [Int: Counts] {
        var found: [Int: Counts] = [:]
        entries.sort { ($0.network, $0.started) < ($1.network, $1.started) }
        var first = 0
        while first < entries.count {
            var last = first
            while last < entries.count, entries[last].network == entries[first].network { last += 1 }
            Self.count(entries[first..<last], range, into: &found)
            first = last
        }
        return found
    }

    /// One network: as questions come in order of their end, both ends of the 24 hours only move forwards.
    private static func count(_ group: ArraySlice<Entry>, _ range: Range<Int64>, into found: inout [Int: Counts]) {
        let questions = group.indices.filter { range.contains(group[$0].started) }
            .sorted { (group[$0].ended, $0) < (group[$1].ended, $1) }
        guard !questions.isEmpty else { return }
        var inside: [UInt64: Int] = [:]
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
