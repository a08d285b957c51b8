/// Cuts a byte stream into lines, and refuses a line over the limit before it has grown to it.
///
/// A value without effects: bytes go in, lines come out. After `tooLong` it takes nothing more, since what follows is the
/// rest of a refused line and not a message; the connection is to be closed.
public struct LineFramer: Sendable {
    /// What a stretch of bytes amounts to.
    public enum Failure: Error, Hashable, Sendable {
        /// A line exceeded the limit.
        case tooLong
    }

    private var pending: [UInt8] = []
    private let limit: Int
    private var hasFailed = false

    /// A framer whose lines, newline included, have at most `limit` bytes.
    public init(limit: Int = Envelope.lineLimit) { self.limit = limit }

    /// Bytes of an unfinished line.
    public var pendingCount: Int { pending.count }

    /// Takes `bytes` and hands each complete line, without `\n` and one `\r` before it, to `body`. Empty lines are
    /// skipped.
    /// - Throws: `Failure.tooLong` at the first line over the limit and ever after; lines before it have been delivered.
    public mutating func feed(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(Failure) {
        guard !hasFailed else { throw .tooLong }
        var start = 0
        while start < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
            guard let length = Self.first(UInt8(ascii: "\n"), in: rest) else {
                guard pending.count + rest.count < limit else {
                    throw fail()
                }
                pending.append(contentsOf: rest)
                return
            }
            guard pending.count + length < limit else {
                throw fail()
            }
            let line = UnsafeRawBufferPointer(rebasing: rest[..<length])
            if pending.isEmpty {
                Self.deliver(line, body)
            } else {
                pending.append(contentsOf: line)
                pending.withUnsafeBytes { Self.deliver($0, body) }
                pending.removeAll(keepingCapacity: pending.capacity <= 8192)
            }
            start += length + 1
        }
    }

    /// Where a byte is found first.
    public static func first(_ wanted: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while bytes.count - index >= 8 {
            let found = ByteStride(bytes, at: index).equal(wanted)
            if found != 0 { return index + ByteStride.first(found) }
            index += 8
        }
        while index < bytes.count {
            if bytes[index] == wanted { return index }
            index += 1
        }
        return nil
    }

    private mutating func fail() -> Failure {
        hasFailed = true
        pending = []
        return .tooLong
    }

    private static func deliver(_ line: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        let trimmed =
            line.last == UInt8(ascii: "\r") ? UnsafeRawBufferPointer(rebasing: line[..<(line.count - 1)]) : line
        if !trimmed.isEmpty { body(trimmed) }
    }
}
