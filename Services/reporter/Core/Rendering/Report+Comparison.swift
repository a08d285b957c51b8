import WeirProtocol

/// How the numbers of an answer differ from those of the window before it.
extension Report {
    /// Sets the fields that were found for the window before beside the report's own. Of the rows it keeps as many as
    /// the report may show, and all that one of the report's is compared with.
    public mutating func compare(with earlier: JSONObject, from: Timestamp) {
        var earlier = earlier
        for section in request.report.sections {
            switch section {
            case .facts(_, let facts):
                for fact in facts where fact.isOfNow { earlier.remove(fact.path.split(separator: ".")[...]) }
            case .rows(let rows):
                guard !rows.isTrend, let found = earlier[rows.path]?.arrayValue else { continue }
                let shown = Set((value(at: rows.path)?.arrayValue ?? []).map(rows.name))
                let kept = found.enumerated().filter { $0 < request.limit || shown.contains(rows.name(of: $1)) }
                earlier[rows.path] = .array(kept.map(\.element))
            }
        }
        previous = Previous(from: from, data: earlier)
    }

    /// The change of a single value in percent; nil without a comparison, from nothing, or for what has none.
    func change(of fact: Fact) -> Double? {
        guard let previous, fact.isComparable else { return nil }
        return Self.change(value(at: fact.path), from: Self.value(at: fact.path, of: previous.data))
    }

    /// The changes of a section's rows in percent, one a row, and the column that they are of; nil when there is nothing
    /// to compare. A trend's rows are paired by their place, others by their names.
    func changes(of rows: RowsSection) -> (of: Column, percent: [Double?])? {
        guard let previous, let measured = rows.measured else { return nil }
        let now = value(at: rows.path)?.arrayValue ?? []
        let before = Self.value(at: rows.path, of: previous.data)?.arrayValue ?? []
        if rows.isTrend {
            let changes = now.indices.map { index in
                index < before.count
                    ? Self.change(now[index][measured.key], from: before[index][measured.key]) : nil
            }
            return (measured, changes)
        }
        let known = Dictionary(before.map { (rows.name(of: $0), $0) }) { first, _ in first }
        return (
            measured, now.map { Self.change($0[measured.key], from: known[rows.name(of: $0)]?[measured.key]) }
        )
    }

    private static func change(_ now: JSONValue?, from before: JSONValue?) -> Double? {
        guard let now = now?.doubleValue, let before = before?.doubleValue, before != 0 else { return nil }
        return (now - before) * 100 / before.magnitude
    }
}

extension JSONObject {
    fileprivate mutating func remove(_ path: ArraySlice<Substring>) {
        guard let first = path.first.map(String.init) else { return }
        if path.count == 1 {
            self[first] = nil
        } else if case .object(var inner)? = self[first] {
            inner.remove(path.dropFirst())
            self[first] = .object(inner)
        }
    }
}

extension CellFormat {
    /// Whether it is an amount, of which a change in percent says something.
    var isComparable: Bool {
        switch self {
        case .count, .decimal, .milliseconds, .seconds, .microdollars: true
        case .text, .ordinal, .percent, .change, .instant, .yesNo: false
        }
    }
}
