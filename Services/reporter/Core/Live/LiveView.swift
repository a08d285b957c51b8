import WeirProtocol

/// A report that shows itself again and again, full-screen: what its keys do, and what it looks like. It has no clock and
/// no terminal; who has them does what `press` answers.
public struct LiveView: Sendable {
    /// What to do after a key.
    public enum Action: Hashable, Sendable {
        case nothing
        /// The picture changed.
        case draw
        /// The question changed, or somebody wants the answer now.
        case ask
        case suspend
        /// The end, and the process's exit status.
        case quit(Int32)
    }

    /// The most rows that are asked for; the rest is counted but not shown.
    public static let rowLimit = 1000

    private let first: ReportRequest
    private let rows: RowsSection
    private let columns: [Column]
    private var report: Report?
    private var problem: String?
    private var population: Population
    /// The column that rows are sorted by; nil for the order of the answer.
    private var sortColumn: Int?
    private var isAscending = false
    private var needle = ""
    private var isTyping = false
    private var firstRow = 0
    /// Rows that fit the last picture.
    private var page = 10

    /// Whether the picture stands still.
    public private(set) var isPaused = false

    /// A view of a report that has rows; nil for another.
    public init?(of request: ReportRequest) {
        guard let rows = request.report.mainRows else { return nil }
        (first, self.rows) = (request, rows)
        columns = rows.columns.filter(\.isInTable)
        population = request.population ?? .all
    }

    /// The question as the keys have made it, asked at `now`.
    public func request(now: Timestamp) -> ReportRequest {
        var request = first
        request.window.from = first.window.from.map { $0 + (now - first.now) }
        request.window.to = now
        request.now = now
        request.population = population
        request.limit = max(first.limit, Self.rowLimit)
        return request
    }

    /// Takes an answer, unless the question has changed since or the view is paused.
    public mutating func show(_ answer: Report) {
        guard !isPaused || report == nil, answer.request.population == population else { return }
        (report, problem) = (answer, nil)
        firstRow = min(firstRow, max(0, visible.count - 1))
    }

    /// Shows what went wrong above the last answer.
    public mutating func show(_ error: ReportError) { problem = TerminalText.stripped(error.message) }

    /// What a key comes to.
    public mutating func press(_ key: LiveKey) -> Action {
        switch key {
        case .interrupt: return .quit(130)
        case .suspend: return .suspend
        case .redraw: return .draw
        default: break
        }
        if isTyping { return type(key) }
        switch key {
        case .up, .character("k"): return scroll(to: firstRow - 1)
        case .down, .character("j"): return scroll(to: firstRow + 1)
        case .pageUp, .character("b"): return scroll(to: firstRow - page)
        case .pageDown: return scroll(to: firstRow + page)
        case .home, .character("g"): return scroll(to: 0)
        case .end, .character("G"): return scroll(to: .max)
        case .character("q"), .escape: return .quit(0)
        case .character("p"), .character(" "):
            isPaused.toggle()
            return isPaused ? .draw : .ask
        case .character("s"):
            sortColumn = sortColumn.map { $0 + 1 < columns.count ? $0 + 1 : nil } ?? 0
            return .draw
        case .character("S"):
            sortColumn = sortColumn.map { $0 > 0 ? $0 - 1 : nil } ?? columns.count - 1
            return .draw
        case .character("r"):
            isAscending.toggle()
            return .draw
        case .character("f"):
            let all = Population.allCases
            population = all[(all.firstIndex(of: population)! + 1) % all.count]
            isPaused = false
            return .ask
        case .character("/"):
            isTyping = true
            return .draw
        case .enter: return .ask
        default: return .nothing
        }
    }

    private mutating func type(_ key: LiveKey) -> Action {
        switch key {
        case .character(let letter) where needle.count < 80: needle.append(letter)
        case .backspace: _ = needle.popLast()
        case .enter: isTyping = false
        case .escape: (isTyping, needle) = (false, "")
        default: return .nothing
        }
        firstRow = 0
        return .draw
    }

    private mutating func scroll(to row: Int) -> Action {
        let next = max(0, min(row, visible.count - page))
        guard next != firstRow else { return .nothing }
        firstRow = next
        return .draw
    }

    /// The rows that the filter lets through, in order, as cells.
    private var visible: [[String]] {
        guard let report else { return [] }
        let zone = report.request.zone
        var elements = report.value(at: rows.path)?.arrayValue ?? []
        if let sortColumn {
            let key = columns[sortColumn].key
            let sorted = elements.enumerated().sorted { left, right in
                switch Self.compare(left.element[key] ?? .null, right.element[key] ?? .null) {
                case 0: left.offset < right.offset
                case let order: isAscending ? order < 0 : order > 0
                }
            }
            elements = sorted.map(\.element)
        } else if isAscending {
            elements.reverse()
        }
        let cells = elements.map { element in columns.map { $0.format.text(element[$0.key], zone: zone) } }
        guard !needle.isEmpty else { return cells }
        let wanted = needle.lowercased()
        return cells.filter { row in row.contains { $0.lowercased().contains(wanted) } }
    }

    /// Below 0 when the left comes first. Numbers by size, texts by their letters; what is not known is the least.
    private static func compare(_ left: JSONValue, _ right: JSONValue) -> Int {
        if let left = left.doubleValue, let right = right.doubleValue {
            return left < right ? -1 : left > right ? 1 : 0
        }
        let (left, right) = (left.stringValue, right.stringValue)
        guard left != right else { return 0 }
        guard let left else { return -1 }
        guard let right else { return 1 }
        return left < right ? -1 : 1
    }

    /// The picture: at most `height` lines, none wider than the shape.
    public mutating func picture(on shape: TerminalShape, height: Int, refreshSeconds: Int) -> [String] {
        let width = shape.width ?? 80
        let ink = Ink(isOn: shape.hasColors)
        func line(_ text: String) -> String { TerminalText.clipped(text, to: width) }

        var lines = [ink.bold(line(heading(refreshSeconds)))]
        lines.append(line(problem.map { "! \($0)" } ?? facts))
        let all = visible
        page = max(1, height - 4)
        firstRow = max(0, min(firstRow, all.count - page))
        let shown = all.dropFirst(firstRow).prefix(page)
        let grid = TextGrid(
            columns: columns.enumerated().map { index, column in
                let mark = sortColumn == index ? (isAscending ? " ↑" : " ↓") : ""
                return column.inGrid(titled: column.title + mark)
            }, rows: Array(shown), day: report?.day, isSilent: true)
        if report != nil {
            lines += grid.drawn(width: width, ink: ink).split(separator: "\n", omittingEmptySubsequences: false)
                .prefix(shown.count + 1).map(String.init)
            if all.isEmpty { lines.append(needle.isEmpty ? "Nobody is here." : "Nothing contains this.") }
        }
        lines = Array(lines.prefix(max(1, height - 1)))
        while lines.count < height - 1 { lines.append("") }
        if height > 1 { lines.append(ink.faint(line(footer(shown: shown.count, of: all.count)))) }
        return lines
    }

    private func heading(_ refreshSeconds: Int) -> String {
        var parts = [first.report.title]
        if let report { parts.append(CellFormat.instant.text(.string(report.request.now.iso8601), zone: first.zone)) }
        parts.append(population.title)
        for filter in Filter.allCases {
            if let value = first.filters[filter] { parts.append("\(filter.rawValue)=\(TerminalText.stripped(value))") }
        }
        parts.append(isPaused ? "PAUSED" : "every \(refreshSeconds) s")
        return parts.joined(separator: " · ")
    }

    private var facts: String {
        guard let report else { return "Asking …" }
        var parts: [String] = []
        for case .facts(_, let facts) in first.report.sections {
            for fact in facts {
                parts.append("\(fact.title) \(fact.format.text(report.value(at: fact.path), zone: first.zone))")
            }
        }
        return parts.joined(separator: "  ")
    }

    private func footer(shown: Int, of count: Int) -> String {
        if isTyping { return "Only rows with: \(needle)_  (Enter keeps it, Esc takes it away)" }
        let range = count == 0 ? "" : "\(firstRow + 1)-\(firstRow + shown) of \(count)  "
        let filter = needle.isEmpty ? "/ find" : "/ \(needle)"
        return "\(range)q quit  p pause  s sort  r reverse  f class  \(filter)  ↑↓ scroll"
    }
}
