/// Aligned columns that fit a width: texts are shortened first, the widest most; when that is not enough, columns are
/// left out from the right and said so.
struct TextGrid {
    struct Column {
        var title: String
        var isRight: Bool
    }

    var columns: [Column]
    var rows: [[String]]
    /// One value a row, drawn as a bar behind the last column.
    var bars: [Double]?
    /// Whether nothing is said of columns that are left out.
    var isSilent = false

    private static let gap = 2
    private static let narrowest = 8
    private static let widestUnbounded = 200
    private static let barWidth = 4...40

    func drawn(width: Int?, ink: Ink) -> String {
        var widths = columns.indices.map { index in
            max(TerminalText.width(columns[index].title), rows.map { TerminalText.width($0[index]) }.max() ?? 0)
        }
        var shown = columns.count
        if let width {
            shrink(&widths, shown: &shown, to: width)
        } else {
            widths = widths.map { min($0, Self.widestUnbounded) }
        }
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
        if shown < columns.count, !isSilent {
            let left = columns[shown...].map(\.title).joined(separator: ", ")
            text += ink.faint("The terminal is too narrow for: \(left). See --json or --csv.") + "\n"
        }
        return text
    }

    private func shrink(_ widths: inout [Int], shown: inout Int, to width: Int) {
        while total(widths, shown) > width {
            let candidates = (0..<shown).filter { !columns[$0].isRight && widths[$0] > Self.narrowest }
            if let widest = candidates.max(by: { widths[$0] < widths[$1] }) {
                let next = candidates.filter { $0 != widest }.map { widths[$0] }.max() ?? 0
                let surplus = total(widths, shown) - width
                widths[widest] = max(Self.narrowest, widths[widest] - surplus, min(next, widths[widest] - 1))
            } else if shown > 1 {
                shown -= 1
            } else {
                widths[0] = max(1, width)
                return
            }
        }
    }

    private func total(_ widths: [Int], _ shown: Int) -> Int {
        widths[..<shown].reduce(0, +) + Self.gap * (shown - 1)
    }

    private func line(_ cells: [String], _ widths: [Int], _ shown: Int) -> String {
        var text = ""
        for index in 0..<shown {
            if index > 0 { text += String(repeating: " ", count: Self.gap) }
            let cell = TerminalText.clipped(cells[index], to: widths[index])
            let isLast = index == shown - 1 && bars == nil
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
