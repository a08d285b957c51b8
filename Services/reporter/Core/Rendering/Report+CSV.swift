import WeirProtocol

/// RFC 4180: CRLF, quotes where needed and doubled inside, a header always. Numbers are bare, times RFC 3339, null is
/// empty. A text that a spreadsheet would take for a formula gets an apostrophe in front.
extension Report {
    /// The main rows of the report, or its facts as one row.
    public var csv: String {
        if let rows = request.report.mainRows {
            let changes = changes(of: rows)
            var text = CSVText.line(rows.columns.map(\.key) + (changes.map { ["\($0.of.key)_change_percent"] } ?? []))
            for (index, row) in (value(at: rows.path)?.arrayValue ?? []).enumerated() {
                var cells = rows.columns.map { CSVText.cell(row[$0.key]) }
                if let changes { cells.append(CSVText.cell(changes.percent[index].map(JSONValue.number))) }
                text += CSVText.line(cells)
            }
            return text
        }
        let facts = request.report.sections.flatMap { section -> [Fact] in
            if case .facts(_, let facts) = section { facts } else { [] }
        }
        var names = facts.map(\.csvName)
        var cells = facts.map { CSVText.cell(value(at: $0.path)) }
        for fact in facts where previous != nil && fact.isComparable {
            names.append("\(fact.csvName)_change_percent")
            cells.append(CSVText.cell(change(of: fact).map(JSONValue.number)))
        }
        return CSVText.line(names) + CSVText.line(cells)
    }
}

/// One record of CSV, for rows that are written as they come.
public enum CSVRecord {
    /// The record with its line end; texts are disarmed and quoted as in every CSV of ours.
    public static func text(of values: [JSONValue]) -> String { CSVText.line(values.map { CSVText.cell($0) }) }
}

enum CSVText {
    /// One record; the fields are ready.
    static func line(_ fields: [String]) -> String { fields.map(quoted).joined(separator: ",") + "\r\n" }

    /// One value as a field's text, not yet quoted.
    static func cell(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null?: ""
        case .string(let text)?: disarmed(text)
        case let other?: other.text
        }
    }

    private static func disarmed(_ text: String) -> String {
        // A spreadsheet skips spaces, control characters and what shows nothing in front before it looks for a formula.
        let first = text.unicodeScalars.first {
            $0.value > 0x20 && !$0.properties.isWhitespace && $0.properties.generalCategory != .format
        }
        let leading = text.unicodeScalars.first
        let isFormula: Bool =
            switch first?.value {
            case 0x3D, 0x2B, 0x2D, 0x40, 0xFF1D, 0xFF0B, 0xFF0D, 0xFF20: true  // = + - @ and their full-width forms
            default: leading.map { $0.value == 0x09 || $0.value == 0x0D || $0.value == 0x0A } ?? false
            }
        return isFormula ? "'" + text : text
    }

    private static func quoted(_ field: String) -> String {
        let needsQuotes = field.utf8.contains {
            $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n")
        }
        guard needsQuotes || field.utf8.first == 0x20 || field.utf8.last == 0x20 else { return field }
        // By bytes: a quote with a combining mark behind it is one character, and not the same as a quote.
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        for byte in field.utf8 {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
        return String(decoding: bytes, as: UTF8.self)
    }
}
