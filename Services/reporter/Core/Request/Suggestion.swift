/// The known word that was probably meant, by Damerau-Levenshtein distance; nil when nothing is near.
///
/// Near is at most a third of the word's length, at least one edit. A word that begins another counts as near it.
func suggestion(for word: String, among known: [String]) -> String? {
    let typed = Array(word.lowercased().prefix(64).utf8)
    guard !typed.isEmpty else { return nil }
    var best: (distance: Int, word: String)?
    for candidate in known {
        let target = Array(candidate.utf8)
        var distance = editDistance(typed, target)
        if typed.count >= 3, target.starts(with: typed) { distance = min(distance, 1) }
        guard distance <= max(1, max(typed.count, target.count) / 3) else { continue }
        if best == nil || distance < best!.distance { best = (distance, candidate) }
    }
    return best?.word
}

/// Insertions, deletions, replacements and swaps of neighbours, each costing one.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, byte) in left.enumerated() {
        var current = [row + 1]
        for (column, other) in right.enumerated() {
            var cost = min(last[column] + (byte == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            current.append(cost)
        }
        (beforeLast, last) = (last, current)
    }
    return last[right.count]
}
