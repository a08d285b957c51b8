/// COPY's binary form around its rows.
enum BinaryForm {
    /// The signature, no flags, and a header that goes no further.
    static let header = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + [UInt8](repeating: 0, count: 8)
    /// In place of a further row's count of fields.
    static let trailer: [UInt8] = [0xFF, 0xFF]
}

/// What a field of a row in binary form is, as far as reading it back needs to know.
public enum BinaryField: Sendable {
    /// Text of whatever length.
    case text
    /// A smallint, integer or bigint.
    case integer
    /// A real or double precision number.
    case number
    /// A boolean.
    case flag
    /// A timestamptz.
    case timestamp
    /// A date.
    case date
    /// A uuid.
    case uuid
    /// An inet.
    case inet
    /// A jsonb.
    case jsonb
}

extension CopyWriter {
    /// A row that another writer has ended in binary form, in this one's text form: for people, and for statements that
    /// take no other.
    /// - Parameter fields: what each of the row's fields is.
    public mutating func append(binaryRow row: ArraySlice<UInt8>, _ fields: [BinaryField]) {
        precondition(form == .text, "a row is read back as text")
        var rest = row.dropFirst(2)
        for field in fields {
            let length = Int32(truncatingIfNeeded: Self.word(rest.prefix(4)))
            rest = rest.dropFirst(4)
            guard length >= 0 else {
                appendNull()
                continue
            }
            append(rest.prefix(Int(length)), as: field)
            rest = rest.dropFirst(Int(length))
        }
        endRow()
    }

    private mutating func append(_ value: ArraySlice<UInt8>, as field: BinaryField) {
        let word = Self.word(value.suffix(8))
        switch field {
        case .text: value.withUnsafeBufferPointer { append(utf8: $0) }
        case .jsonb: value.dropFirst().withUnsafeBufferPointer { append(utf8: $0) }
        case .integer: append(Self.integer(word, of: value.count))
        // By its digits: those of the Double that it equals are more than were written.
        case .number where value.count == 4: append(Float(bitPattern: UInt32(truncatingIfNeeded: word)).description)
        case .number: append(Double(bitPattern: word))
        case .flag: append(word == 1)
        case .timestamp:
            append(timestampMilliseconds: BinaryCalendar.milliseconds(ofTimestamp: Int64(bitPattern: word)))
        case .date: append(dayOfMilliseconds: BinaryCalendar.milliseconds(ofDate: Int32(truncatingIfNeeded: word)))
        case .uuid: append(uuid: Self.word(value.prefix(8)), word)
        case .inet where value.count == 8: append(inet4: UInt32(truncatingIfNeeded: word))
        case .inet: append(inet6: Self.word(value.dropFirst(4).prefix(8)), word)
        }
    }

    private static func integer(_ word: UInt64, of width: Int) -> Int64 {
        switch width {
        case 2: Int64(Int16(truncatingIfNeeded: word))
        case 4: Int64(Int32(truncatingIfNeeded: word))
        default: Int64(bitPattern: word)
        }
    }

    /// Up to eight bytes, the first highest.
    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
}
