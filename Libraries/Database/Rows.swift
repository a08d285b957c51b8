import CLibPQ

/// The answer to a query: rows to walk over or to index.
public struct Rows: RandomAccessCollection, Sendable {
    let result: QueryResult

    /// 0.
    public var startIndex: Int { 0 }
    /// How many rows there are.
    public var endIndex: Int { Int(PQntuples(result.pointer)) }

    /// One row.
    public subscript(position: Int) -> Row {
        precondition(indices.contains(position), "row \(position) of \(count)")
        return Row(result: result, index: Int32(position))
    }

    /// The columns' names, in order.
    public var columns: [String] {
        (0..<PQnfields(result.pointer)).map { String(cString: PQfname(result.pointer, $0)) }
    }

    /// How many rows an insert, update, delete or copy touched; the number of rows for a select.
    public var affected: Int { result.affected }

    /// False for a COMMIT that the server turned into a rollback.
    var isCommit: Bool { String(cString: PQcmdStatus(result.pointer)) == "COMMIT" }

    /// The first column of the only row: `select count(*)…`. Throws 22000 when there is no row.
    public func single<T: ColumnValue>(_ type: T.Type = T.self) throws(DatabaseError) -> T {
        guard let first else {
            throw DatabaseError(sqlstate: "22000", message: "the query returned no row where one was expected")
        }
        return try first.get(0)
    }
}

/// One row of an answer. Cells are read by name or position and come in the type asked for; ask for an optional where
/// null may stand.
public struct Row: Sendable {
    let result: QueryResult
    let index: Int32

    /// The cell under `column` as `T`. Throws 42703 when there is no such column, 22000 when it does not read as `T`.
    public func get<T: ColumnValue>(_ column: String, as type: T.Type = T.self) throws(DatabaseError) -> T {
        let number = PQfnumber(result.pointer, "\"\(column)\"")
        guard number >= 0 else {
            throw DatabaseError(sqlstate: "42703", message: "the answer has no column \(column)")
        }
        return try get(Int(number))
    }

    /// The cell at `position`, from 0.
    public func get<T: ColumnValue>(_ position: Int, as type: T.Type = T.self) throws(DatabaseError) -> T {
        let cell = cell(position)
        guard let value = T(cell: cell) else {
            let name = String(cString: PQfname(result.pointer, Int32(position)))
            let found = cell.map { "'\(String(decoding: $0.prefix(40), as: UTF8.self))'" } ?? "null"
            throw DatabaseError(sqlstate: "22000", message: "column \(name) is \(found), which is no \(T.self)")
        }
        return value
    }

    /// The text at `position`, from 0; nil for null. Cheaper than `get`, which is a generic call into another module:
    /// for walks over millions of rows.
    public func text(_ position: Int) -> String? { cell(position).map { String(decoding: $0, as: UTF8.self) } }

    /// The whole number at `position`, from 0; nil for null and for what is none. Cheaper than `get`.
    public func integer(_ position: Int) -> Int64? { cell(position).flatMap { Int64(decimal: $0) } }

    /// Whether the cell at `position`, from 0, holds just this UTF-8; makes no string of it.
    public func isText(_ position: Int, _ text: [UInt8]) -> Bool {
        guard let cell = cell(position), cell.count == text.count else { return false }
        return cell.elementsEqual(text)
    }

    private func cell(_ position: Int) -> UnsafeBufferPointer<UInt8>? {
        precondition(position >= 0 && position < PQnfields(result.pointer), "column \(position)")
        let column = Int32(position)
        guard PQgetisnull(result.pointer, index, column) == 0, let start = PQgetvalue(result.pointer, index, column)
        else { return nil }
        let count = Int(PQgetlength(result.pointer, index, column))
        return UnsafeBufferPointer(start: UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self), count: count)
    }

    /// A timestamptz, timestamp or date under `column` in milliseconds since 1970 UTC; nil for null.
    public func milliseconds(_ column: String) throws(DatabaseError) -> Int64? {
        try get(column, as: Moment?.self)?.milliseconds
    }
}

/// A type that a cell can be read as.
public protocol ColumnValue {
    /// Reads the text form; the cell is nil for null. Returns nil when it does not read.
    init?(cell: UnsafeBufferPointer<UInt8>?)
}

extension String: ColumnValue {
    /// Any cell's text.
    public init?(cell: UnsafeBufferPointer<UInt8>?) {
        guard let cell else { return nil }
        self = String(decoding: cell, as: UTF8.self)
    }
}

extension ColumnValue where Self: FixedWidthInteger {
    /// A whole number that fits.
    public init?(cell: UnsafeBufferPointer<UInt8>?) {
        guard let cell, let whole = Int64(decimal: cell) else { return nil }
        self.init(exactly: whole)
    }
}

extension Int64 {
    /// The number that these digits, after a minus perhaps, spell.
    fileprivate init?(decimal cell: UnsafeBufferPointer<UInt8>) {
        let isNegative = cell.first == UInt8(ascii: "-")
        var (value, isTooLarge): (Int64, Bool) = (0, cell.count == (isNegative ? 1 : 0))
        for byte in cell.dropFirst(isNegative ? 1 : 0) {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            let (tens, isOver) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (sum, isOverToo) = tens.addingReportingOverflow(isNegative ? -digit : digit)
            value = sum
            isTooLarge = isTooLarge || isOver || isOverToo
        }
        guard !isTooLarge else { return nil }
        self = value
    }
}

extension Int: ColumnValue {}
extension Int64: ColumnValue {}
extension Int32: ColumnValue {}

extension Double: ColumnValue {
    /// A number of any numeric type.
    public init?(cell: UnsafeBufferPointer<UInt8>?) {
        guard let text = String(cell: cell) else { return nil }
        self.init(text)
    }
}

extension Bool: ColumnValue {
    /// `t` or `f`.
    public init?(cell: UnsafeBufferPointer<UInt8>?) {
        guard let cell, cell.count == 1 else { return nil }
        switch cell[0] {
        case UInt8(ascii: "t"): self = true
        case UInt8(ascii: "f"): self = false
        default: return nil
        }
    }
}

extension Array: ColumnValue where Element == UInt8 {
    /// A bytea in its hexadecimal form.
    public init?(cell: UnsafeBufferPointer<UInt8>?) {
        guard let cell, cell.count >= 2, cell.count % 2 == 0, cell[0] == UInt8(ascii: "\\"),
            cell[1] == UInt8(ascii: "x")
        else { return nil }
        self = []
        reserveCapacity(cell.count / 2 - 1)
        for index in stride(from: 2, to: cell.count, by: 2) {
            guard let high = Hexadecimal.value(cell[index]), let low = Hexadecimal.value(cell[index + 1])
            else { return nil }
            append(high << 4 | low)
        }
    }
}

extension Optional: ColumnValue where Wrapped: ColumnValue {
    /// Nil for null, otherwise what the wrapped type reads.
    public init?(cell: UnsafeBufferPointer<UInt8>?) {
        guard cell != nil else {
            self = .none
            return
        }
        guard let wrapped = Wrapped(cell: cell) else { return nil }
        self = .some(wrapped)
    }
}

private struct Moment: ColumnValue {
    let milliseconds: Int64

    init?(cell: UnsafeBufferPointer<UInt8>?) {
        guard let cell, let milliseconds = CalendarText.milliseconds(cell) else { return nil }
        self.milliseconds = milliseconds
    }
}

/// A result of libpq, freed with its last reader. It is never changed after it was received, so it may be read anywhere.
final class QueryResult: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    var status: ExecStatusType { PQresultStatus(pointer) }

    var affected: Int { Int(String(cString: PQcmdTuples(pointer))) ?? Int(PQntuples(pointer)) }

    func field(_ code: Int32) -> String? { PQresultErrorField(pointer, code).map { String(cString: $0) } }
}
