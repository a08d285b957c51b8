/// How records stand in a spool segment: length, checksum, payload. A record that a crash tore is recognised and ends
/// what can be read.
public enum SpoolFraming {
    /// Bytes before each payload: its length and its CRC-32C, both little-endian.
    public static let headerSize = 8
    /// The largest payload.
    public static let payloadLimit = 1 << 20

    /// Appends a framed record to `buffer`.
    public static func append(_ payload: [UInt8], to buffer: inout [UInt8]) {
        precondition(payload.count <= payloadLimit, "a spool record is bounded by the line limit of the wire")
        withUnsafeBytes(of: UInt32(payload.count).littleEndian) { buffer.append(contentsOf: $0) }
        withUnsafeBytes(of: payload.withUnsafeBytes(checksum).littleEndian) { buffer.append(contentsOf: $0) }
        buffer.append(contentsOf: payload)
    }

    /// What a stretch of a segment holds.
    public struct Scan: Sendable, Equatable {
        /// Where each payload stands.
        public var payloads: [Range<Int>] = []
        /// Bytes up to the end of the last whole record.
        public var length = 0
        /// Whether bytes follow that can never become a record: torn or damaged. An unfinished record at the end is
        /// not damage while the segment is still being written.
        public var isDamaged = false
    }

    /// Finds the whole records at the start of `bytes`, at most `limit` of them.
    public static func scan(_ bytes: UnsafeRawBufferPointer, limit: Int = .max) -> Scan {
        var found = Scan()
        while found.payloads.count < limit, bytes.count - found.length >= headerSize {
            let size = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: found.length, as: UInt32.self)))
            let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: found.length + 4, as: UInt32.self))
            // No record is empty; zeros are what a power cut leaves of a file's end.
            guard 0 < size, size <= payloadLimit else {
                found.isDamaged = true
                return found
            }
            let start = found.length + headerSize
            guard bytes.count - start >= size else { return found }
            guard checksum(UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])) == sum else {
                found.isDamaged = true
                return found
            }
            found.payloads.append(start..<start + size)
            found.length = start + size
        }
        return found
    }

    /// Where a whole record begins, at `start` or later; nil when none does. How reading goes on behind damaged bytes.
    public static func nextRecord(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var place = start
        while bytes.count - place > headerSize {
            let size = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
            if 0 < size, size <= payloadLimit, size <= bytes.count - place - headerSize {
                let payload = UnsafeRawBufferPointer(rebasing: bytes[(place + headerSize)...].prefix(size))
                let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self))
                if checksum(payload) == sum { return place }
            }
            place += 1
        }
        return nil
    }

    /// Finds the whole records of `bytes`, at most `limit` of them, also behind damaged bytes. What is unfinished at the end
    /// is damaged when nothing follows it in the segment.
    public static func salvage(_ bytes: UnsafeRawBufferPointer, isEnd: Bool, limit: Int = .max) -> Scan {
        var found = Scan()
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[found.length...])
            let part = scan(rest, limit: limit - found.payloads.count)
            for payload in part.payloads {
                found.payloads.append(payload.lowerBound + found.length..<payload.upperBound + found.length)
            }
            found.length += part.length
            guard found.length < bytes.count, found.payloads.count < limit, part.isDamaged || isEnd else {
                return found
            }
            found.isDamaged = true
            guard let next = nextRecord(in: bytes, from: found.length + 1) else { return found }
            found.length = next
        }
    }

    /// How a segment ends that nobody writes to any more.
    public enum End: Sendable, Equatable {
        /// With a whole record.
        case whole
        /// With the beginning of a record that was not written to its end, and so never acknowledged, at that place.
        case torn(Int)
        /// With anything else, or with damaged bytes before its end.
        case damaged
    }

    /// How the segment of these bytes ends.
    public static func end(of bytes: UnsafeRawBufferPointer) -> End {
        let found = scan(bytes)
        if found.length == bytes.count { return .whole }
        // What only looks unfinished, because its length is damaged, has records behind it.
        return found.isDamaged || nextRecord(in: bytes, from: found.length + 1) != nil ? .damaged : .torn(found.length)
    }

    /// CRC-32C (Castagnoli), which finds every torn page and flipped bit that matters here. Eight bytes at a time: it is
    /// worked out for every byte that is acknowledged, and byte by byte it took a third of that.
    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { (tables: UnsafeBufferPointer<UInt32>) -> UInt32 in
            var crc = ~UInt32(0)
            var index = 0
            while bytes.count - index >= 8 {
                let word =
                    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ UInt64(crc)
                crc = 0
                // The first of the eight bytes has seven more to go through, the last none.
                for place in 0..<8 {
                    let byte = Int(truncatingIfNeeded: word >> UInt64(8 * place)) & 0xFF
                    crc ^= tables[256 * (7 - place) + byte]
                }
                index += 8
            }
            while index < bytes.count {
                let byte = Int(UInt8(truncatingIfNeeded: crc) ^ bytes[index])
                crc = tables[byte] ^ (crc >> 8)
                index += 1
            }
            return ~crc
        }
    }

    /// What each value of a byte does to a checksum, and after it the same with one to seven zero bytes behind.
    private static let tables: [UInt32] = {
        let first: [UInt32] = (0..<256).map { index in
            (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
        }
        var tables = first
        for index in 256..<2048 {
            let before = tables[index - 256]
            tables.append(first[Int(before & 0xFF)] ^ (before >> 8))
        }
        return tables
    }()
}
