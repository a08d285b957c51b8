/// Which setting somebody meant who misspelt its key. Says nothing rather than something far-fetched.
enum NearestKey {
    /// The key that takes the fewest changes, one of the same section first; nil when none is near.
    static func nearest(to key: String, among known: some Sequence<String>) -> String? {
        let asked = words(of: key)
        return known.compactMap { candidate -> (isElsewhere: Bool, changes: Int, key: String)? in
            let meant = words(of: candidate)
            let isElsewhere = asked.section != meant.section
            // A unit or kind left out is one mistake, not seven: spool.limit for spool.limit_bytes.
            let changes = candidate.hasPrefix(key + "_") ? 1 : changes(from: key, to: candidate)
            // A quarter of what tells it from the rest of its section.
            let limit = min(3, max(1, max(asked.rest.utf8.count, meant.rest.utf8.count) / 4))
            return changes <= limit ? (isElsewhere, changes, candidate) : nil
        }.min { ($0.isElsewhere ? 1 : 0, $0.changes, $0.key) < ($1.isElsewhere ? 1 : 0, $1.changes, $1.key) }?.key
    }

    private static func words(of key: String) -> (section: Substring, rest: Substring) {
        let section = key.prefix { $0 != "." }
        return (section, key.dropFirst(section.count + 1))
    }

    /// How many letters must be changed, put in, left out or swapped with the next.
    static func changes(from first: String, to second: String) -> Int {
        let (first, second) = (Array(first.utf8), Array(second.utf8))
        var before: [Int] = []
        var last = Array(0...second.count)
        for row in first.indices {
            var now = [row + 1]
            for column in second.indices {
                var least = min(
                    now[column] + 1, last[column + 1] + 1, last[column] + (first[row] == second[column] ? 0 : 1))
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    least = min(least, before[column - 1] + 1)
                }
                now.append(least)
            }
            (before, last) = (last, now)
        }
        return last[second.count]
    }
}
