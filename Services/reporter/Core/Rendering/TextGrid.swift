/// Aligned columns that fit a width: times of one day lose the day and columns without any value go first, then texts are
/// shortened, the widest most; when that is not enough, columns are left out from the right. What is left out is said.
struct TextGrid {
    struct Column {
        var title: String
        var isRight: Bool
        /// Whether a part of it says nothing, as of an id or a time.
        var isWhole = false
        /// Whether its cells are a day, a space and a time of day.
        var isInstant = false
    }

    var columns: [Column]
    var rows: [[String]]
    /// The day that all the rows are of, when there is one and the heading tells it: `2026-11-21`.
    var day: String?
    /// One value a row, drawn as a bar behind the last column.
    var bars: [Double]?
    /// Whether nothing is said of columns that are left out.
    var isSilent = false

    private static let gap = 2
    /// What stands where there is no value.
    static let nothing = "–"
    private static let narrowest = 8
    private static let widestUnbounded = 200
    private static let barWidth = 4...40

    func drawn(width: Int?, ink: Ink) -> String {
        guard let width, total(natural, columns.indices.map { $0 }) > width else {
            return drawn(natural.map { min($0, Self.widestUnbounded) }, columns.indices.map { $0 }, width, ink)
        }
        let short = withoutDays
        var widths = short.natural
        var shown = columns.indices.map { $0 }
        short.shrink(&widths, &shown, to: width)
        return short.drawn(widths, shown, width, ink)
    }

    /// What each column would take.
    private var natural: [Int] {
        columns.indices.map { index in
            max(TerminalText.width(columns[index].title), rows.map { TerminalText.width($0[index]) }.max() ?? 0)
        }
    }

    /// With the time alone in columns whose times are all of `day`.
    private var withoutDays: TextGrid {
        guard let day else { return self }
        var short = self
        for index in columns.indices where columns[index].isInstant {
            guard rows.allSatisfy({ $0[index] == Self.nothing || $0[index].hasPrefix(day + " ") }) else { continue }
            for row in rows.indices where rows[row][index] != Self.nothing {
                short.rows[row][index].removeFirst(day.count + 1)
            }
        }
        return short
    }

    private func drawn(_ widths: [Int], _ shown: [Int], _ width: Int?, _ ink: Ink) -> String {
        let barRoom = bars == nil ? 0 : min(Self.barWidth.upperBound, (width ?? 100) - total(widths, shown) - Self.gap)
        let hasBars = barRoom >= Self.barWidth.lowerBound
        let largest = bars?.max() ?? 0

        var text = ink.faint(line(columns.map(\.title), widths, shown)) + "\n"
        for (index, row) in rows.enumerated() {
            text += line(row, widths, shown)
            if hasBars, let value = bars?[index], value > 0, largest > 0 {
                text += String(repeating: " ", count: Self.gap) + ink.bar(Self.bar(value / largest, barRoom))
            }
            text += "\n"
        }
        if shown.count < columns.count, !isSilent {
            let left = columns.indices.filter { !shown.contains($0) }.map { columns[$0].title }.joined(separator: ", ")
            text += ink.faint("The terminal is too narrow for: \(left). See --json or --csv.") + "\n"
        }
        return text
    }

    private func shrink(_ widths: inout [Int], _ shown: inout [Int], to width: Int) {
        for index in columns.indices.reversed()
        where total(widths, shown) > width && shown.count > 1 && rows.allSatisfy({ $0[index] == Self.nothing }) {
            shown.removeAll { $0 == index }
        }
        while total(widths, shown) > width {
            let candidates = shown.filter {
                !columns[$0].isRight && !columns[$0].isWhole && widths[$0] > Self.narrowest
            }
            if let widest = candidates.max(by: { widths[$0] < widths[$1] }) {
                let next = candidates.filter { $0 != widest }.map { widths[$0] }.max() ?? 0
                let surplus = total(widths, shown) - width
                widths[widest] = max(Self.narrowest, widths[widest] - surplus, min(next, widths[widest] - 1))
            } else if shown.count > 1 {
                shown.removeLast()
            } else {
                widths[shown[0]] = max(1, width)
                return
            }
        }
    }

    private func total(_ widths: [Int], _ shown: [Int]) -> Int {
        shown.map { widths[$0] }.reduce(0, +) + Self.gap * (shown.count - 1)
    }

    private func line(_ cells: [String], _ widths: [Int], _ shown: [Int]) -> String {
        var text = ""
        for index in shown {
            if index != shown.first { text += String(repeating: " ", count: Self.gap) }
            let cell = TerminalText.clipped(cells[index], to: widths[index])
            let isLast = index == shown.last && bars == nil
            text +=
                isLast && !columns[index].isRight
                ? cell : TerminalText.padded(cell, to: widths[index], right: columns[index].isRight)
        }
        return text
    }

    /// A bar of `share` (0...1) of `room` columns, in eighths.
    static func bar(_ share: Double, _ room: Int) -> String {
        let eighths = max(1, Int((share * Double(room) * 8).rounded()))
        let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
        return String(repeating: "█", count: eighths / 8) + partial
    }
}
