/// The fields of one message in protobuf's wire format, in their order. Knows no schema.
struct ProtobufReader {
    /// A field's value as it stands on the wire.
    enum Value {
        /// Integers, booleans and enumerations.
        case varint(UInt64)
        /// 64 bits, least significant byte first.
        case fixed64(UInt64)
        /// 32 bits, least significant byte first.
        case fixed32(UInt32)
        /// Text, bytes, or a message.
        case bytes(ArraySlice<UInt8>)
    }

    /// The bytes are no message.
    struct Malformed: Error {}

    private var rest: ArraySlice<UInt8>

    init(_ message: ArraySlice<UInt8>) { rest = message }

    /// The next field; nil at the end.
    mutating func next() throws(Malformed) -> (number: UInt64, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let tag = try varint()
        guard tag >> 3 > 0 else { throw Malformed() }
        switch tag & 7 {
        case 0: return (tag >> 3, .varint(try varint()))
        case 1: return (tag >> 3, .fixed64(try fixed(8)))
        case 2:
            let size = try varint()
            guard size <= UInt64(rest.count) else { throw Malformed() }
            return (tag >> 3, .bytes(take(Int(size))))
        case 5: return (tag >> 3, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        default: throw Malformed()
        }
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private mutating func fixed(_ size: Int) throws(Malformed) -> UInt64 {
        guard rest.count >= size else { throw Malformed() }
        return take(size).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Seven bits a byte, the least significant first; at most ten bytes.
    private mutating func varint() throws(Malformed) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { throw Malformed() }
            if shift == 63, byte > 1 { throw Malformed() }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
        }
        throw Malformed()
    }
}
