import WeirProtocol

/// Rows in COPY's text form as a statement's parameter: a JSON array of objects, every value a string or null.
///
/// For the few rows of a batch that change what is stored. A transaction that touches a temporary table has all of the
/// connection's emptied when it commits, which takes longer than a hundred rows do this way.
enum StagedRows {
    /// - Parameters:
    ///   - rows: what a `CopyWriter` wrote, row after row.
    ///   - columns: a name for each field.
    static func json(_ rows: [UInt8], _ columns: [String]) -> String {
        var writer = JSONWriter(capacity: rows.count * 2)
        var rest = rows[...]
        writer.array { writer in
            while !rest.isEmpty {
                writer.object { writer in
                    for column in columns { writer.field(column, optional: nextField(&rest)) }
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// Takes a field and what ends it; nil for null.
    private static func nextField(_ rest: inout ArraySlice<UInt8>) -> String? {
        var text: [UInt8] = []
        var isNull = false
        while let byte = rest.popFirst(), byte != UInt8(ascii: "\t"), byte != UInt8(ascii: "\n") {
            guard byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() else {
                text.append(byte)
                continue
            }
            switch escaped {
            case UInt8(ascii: "N"): isNull = true
            case UInt8(ascii: "t"): text.append(UInt8(ascii: "\t"))
            case UInt8(ascii: "n"): text.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "r"): text.append(UInt8(ascii: "\r"))
            default: text.append(escaped)
            }
        }
        return isNull ? nil : String(decoding: text, as: UTF8.self)
    }
}
