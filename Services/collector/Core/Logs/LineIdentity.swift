import Crypto
import WeirProtocol

/// Gives each line of a log the event id that it gets in every import of that log.
///
/// The id's time is the line's. Its other bits come from the gateway's own request id where the line has one, so that
/// the same request by datagram and by file is one event; otherwise from SHA-256 over site, line and the line's ordinal
/// among equal lines. Equal lines carry the same second and so stand close together: ordinals are remembered for the
/// last `capacity` to twice `capacity` distinct lines, then forgotten. One value belongs to one log; two logs read in
/// one run must not share it, or an overlap between them would be counted twice.
public struct LineIdentity: Sendable {
    private let site: [UInt8]
    private let capacity: Int
    private var current: [UInt64: UInt32] = [:]
    private var previous: [UInt64: UInt32] = [:]

    /// - Parameters:
    ///   - site: The site that the log belongs to, so that two sites may have equal lines.
    ///   - capacity: Distinct lines per generation; two generations take about 40 bytes a line.
    public init(site: String, capacity: Int = 1 << 17) {
        self.site = Array(site.utf8) + [0]
        self.capacity = max(1, capacity)
    }

    /// The id of `entry`, which was read from `line` (its bytes without the newline). Must be asked once for each
    /// accepted line, in the log's order.
    public mutating func id(of entry: LogEntry, line: UnsafeRawBufferPointer) -> EventID {
        if let requestID = entry.requestID {
            return EventID(at: entry.loggedAt, entropy: Self.entropy(requestID: requestID))
        }
        let end = line.last == 0x0D ? line.count - 1 : line.count
        var hash = SHA256()
        site.withUnsafeBytes { hash.update(bufferPointer: $0) }
        hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: line[..<end]))
        var words = Self.words(hash.finalize())
        let ordinal = countUp(words.0)
        if ordinal > 1 {
            var again = SHA256()
            withUnsafeBytes(of: (words.0, words.1, UInt64(ordinal).littleEndian)) { again.update(bufferPointer: $0) }
            words = Self.words(again.finalize())
        }
        return EventID(at: entry.loggedAt, entropy: words)
    }

    /// 32 hexadecimal digits (a UUID's hyphens aside) are random bits already; any other text is hashed.
    static func entropy(requestID: String) -> (UInt64, UInt64) {
        var words: (UInt64, UInt64) = (0, 0)
        var count = 0
        for byte in requestID.utf8 where byte != UInt8(ascii: "-") {
            guard count < 32, let digit = LogLineCursor.hex(byte) else {
                count = 0
                break
            }
            if count < 16 { words.0 = words.0 << 4 | UInt64(digit) } else { words.1 = words.1 << 4 | UInt64(digit) }
            count += 1
        }
        return count == 32 ? words : Self.words(SHA256.hash(data: Array(requestID.utf8)))
    }

    private mutating func countUp(_ key: UInt64) -> UInt32 {
        if let seen = current[key] {
            current[key] = seen + 1
            return seen + 1
        }
        let ordinal = (previous[key] ?? 0) + 1
        if current.count >= capacity {
            previous = current
            current = [:]
            current.reserveCapacity(capacity)
        }
        current[key] = ordinal
        return ordinal
    }

    private static func words(_ digest: SHA256.Digest) -> (UInt64, UInt64) {
        digest.withUnsafeBytes { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }
}
