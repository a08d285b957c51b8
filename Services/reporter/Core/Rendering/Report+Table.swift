import WeirProtocol

/// Where a table is drawn.
public struct TerminalShape: Hashable, Sendable {
    /// Columns of the terminal; nil when the output is no terminal and nothing has to fit.
    public var width: Int?
    /// Whether colours may be used.
    public var hasColors: Bool

    /// A place of that width.
    public init(width: Int?, hasColors: Bool) { (self.width, self.hasColors) = (width, hasColors) }
}

extension Report {
    /// The report for people. Its layout may change; programs read JSON or CSV.
    public func table(on shape: TerminalShape) -> String {
        // Text that programs read as it is.
        if request.report.id == "metrics", let text = data["text"]?.stringValue { return text }
        let ink = Ink(isOn: shape.hasColors)
        var blocks: [String] = [heading(ink)]
        for section in request.report.sections {
            switch section {
            case .facts(let title, let facts):
                let lines = factLines(facts, shape: shape, ink: ink)
                guard !lines.isEmpty else { continue }
                blocks.append((title.map { ink.bold($0) + "\n" } ?? "") + lines)
            case .rows(let rows):
                let elements = value(at: rows.path)?.arrayValue ?? []
                if elements.isEmpty, !rows.isMain { continue }
                let title = rows.title.map { ink.bold($0) + "\n" } ?? ""
                blocks.append(
                    title + (elements.isEmpty ? "Nothing to show.\n" : draw(rows, elements, shape: shape, ink: ink)))
            }
        }
        if let hint { blocks.append(ink.faint(TerminalText.stripped(hint)) + "\n") }
        return blocks.joined(separator: "\n")
    }

    /// The day of the report's zone that the window lies in; nil where it is of several.
    var day: String? {
        func day(_ moment: Timestamp) -> Substring { request.zone.wall(at: moment).iso8601.prefix(10) }
        return day(from) == day(to - 1) ? String(day(from)) : nil
    }

    private func heading(_ ink: Ink) -> String {
        var parts: [String] = []
        if request.report.flags.contains(.since) {
            let format = CellFormat.instant
            parts.append(
                "\(format.text(.string(from.iso8601), zone: request.zone).dropLast(3)) to "
                    + "\(format.text(.string(to.iso8601), zone: request.zone).dropLast(3)) \(request.zone.name)")
        }
        if let previous {
            let begin = CellFormat.instant.text(.string(previous.from.iso8601), zone: request.zone).dropLast(3)
            parts.append("change from the time before, from \(begin)")
        }
        if let population = request.population { parts.append(population.title) }
        for filter in Filter.allCases {
            if let value = request.filters[filter] {
                parts.append("\(filter.rawValue)=\(TerminalText.stripped(value))")
            }
        }
        let details = parts.isEmpty ? "" : "  " + ink.faint(parts.joined(separator: " · "))
        return ink.bold(request.report.title) + details + "\n"
    }

    private func factLines(_ facts: [Fact], shape: TerminalShape, ink: Ink) -> String {
        // The period is in the heading already.
        let shown = facts.filter { $0.path != "period" }
        let titleWidth = shown.map { TerminalText.width($0.title) }.max() ?? 0
        let cells = shown.map { $0.format.text(value(at: $0.path), zone: request.zone) }
        let numbers = zip(shown, cells).filter { $0.0.format.isNumeric }.map { TerminalText.width($0.1) }
        let numberWidth = numbers.max() ?? 0
        let room = shape.width.map { max(8, $0 - titleWidth - 2) } ?? 200
        return zip(shown, cells).map { fact, cell in
            var text = fact.format.isNumeric ? TerminalText.padded(cell, to: numberWidth, right: true) : cell
            if let change = change(of: fact) { text += "  " + NumberText.change(change) }
            return "\(ink.faint(TerminalText.padded(fact.title, to: titleWidth, right: false)))  "
                + "\(TerminalText.clipped(text, to: room))\n"
        }.joined()
    }

    private func draw(_ rows: RowsSection, _ elements: [JSONValue], shape: TerminalShape, ink: Ink) -> String {
        let columns = rows.columns.filter { $0.isShown(for: elements) }
        var grid = TextGrid(
            columns: columns.map { $0.inGrid(titled: $0.title) },
            rows: elements.map { element in columns.map { $0.format.text(element[$0.key], zone: request.zone) } },
            day: day)
        if let changes = changes(of: rows) {
            // Beside what it is the change of.
            let place = (columns.firstIndex { $0.key == changes.of.key } ?? columns.count - 1) + 1
            grid.columns.insert(TextGrid.Column(title: "change", isRight: true), at: place)
            for (index, change) in changes.percent.enumerated() {
                grid.rows[index].insert(change.map(NumberText.change) ?? TextGrid.nothing, at: place)
            }
        }
        if let bar = rows.bar { grid.bars = elements.map { $0[bar]?.doubleValue ?? 0 } }
        return grid.drawn(width: shape.width, ink: ink) + more(rows, than: elements.count, ink)
    }

    private func more(_ rows: RowsSection, than shown: Int, _ ink: Ink) -> String {
        guard let total = totals[rows.path], total > shown else { return "" }
        let all =
            total > Flag.largestLimit
            ? "over \(NumberText.grouped(Int64(Flag.largestLimit)))" : NumberText.grouped(Int64(total))
        return ink.faint("\(NumberText.grouped(Int64(shown))) of \(all); --limit N shows more.") + "\n"
    }
}

extension Column {
    /// As a column of a terminal's table.
    func inGrid(titled title: String) -> TextGrid.Column {
        TextGrid.Column(
            title: title, isRight: format.isNumeric, isWhole: isWhole || format == .instant,
            isInstant: format == .instant)
    }
}

/// Colours and weights, or none.
struct Ink {
    let isOn: Bool

    func bold(_ text: String) -> String { wrapped(text, "1") }
    func faint(_ text: String) -> String { wrapped(text, "2") }
    func bar(_ text: String) -> String { wrapped(text, "36") }

    private func wrapped(_ text: String, _ code: String) -> String {
        isOn && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
