import WeirProtocol

/// How the numbers of an answer differ from those of the window before it.
extension Report {
    /// The change of a single value in percent; nil without a comparison, from nothing, or for what is no number.
    func change(of fact: Fact) -> Double? {
        guard let previous, fact.format.isComparable else { return nil }
        return Self.change(value(at: fact.path), from: Self.value(at: fact.path, of: previous.data))
    }

    /// The changes of a section's rows in percent, one a row; nil when there is nothing to compare. A trend's rows are
    /// paired by their place, others by their names.
    func changes(of rows: RowsSection) -> [Double?]? {
        guard let previous, let measured = rows.columns.first(where: { $0.format.isComparable }) else { return nil }
        let now = value(at: rows.path)?.arrayValue ?? []
        let before = Self.value(at: rows.path, of: previous.data)?.arrayValue ?? []
        if rows.columns.contains(where: { $0.key == "start" }) {
            return now.indices.map { index in
                index < before.count
                    ? Self.change(now[index][measured.key], from: before[index][measured.key]) : nil
            }
        }
        let names = rows.columns.filter { $0.format == .text }.map(\.key)
        func name(_ row: JSONValue) -> [String] { names.map { row[$0]?.text ?? "" } }
        let known = Dictionary(before.map { (name($0), $0) }) { first, _ in first }
        return now.map { row in Self.change(row[measured.key], from: known[name(row)]?[measured.key]) }
    }

    private static func change(_ now: JSONValue?, from before: JSONValue?) -> Double? {
        guard let now = now?.doubleValue, let before = before?.doubleValue, before != 0 else { return nil }
        return (now - before) * 100 / before.magnitude
    }
}

extension CellFormat {
    /// Whether it is an amount, of which a change in percent says something.
    var isComparable: Bool {
        switch self {
        case .count, .decimal, .milliseconds, .seconds, .microdollars: true
        case .text, .percent, .change, .instant, .yesNo: false
        }
    }
}
