/// A request's target, decoded as a careless server might decode it, so that a probe cannot hide behind encodings.
///
/// Percent-escapes are undone twice, overlong UTF-8 dots and slashes and backslashes become what they stand for,
/// repeated slashes become one, and letters are lower-cased.
struct RequestTarget {
    /// The path, without query and fragment; starts with `/` unless the target was not a path.
    var path: [UInt8]
    /// The query without its question mark, `+` as a space.
    var query: [UInt8]
    /// Whether a NUL byte was hidden in it.
    var hasNUL = false
    /// Whether two passes of decoding changed it: an escape inside an escape.
    var isDoublyEncoded = false

    /// The most bytes looked at; what lies beyond is ignored.
    static let limit = 8192

    /// Takes `path`, `path?query`, or an absolute URL.
    init(_ text: String) {
        var bytes = Array(text.utf8.prefix(Self.limit))
        if bytes.count > 7, bytes[0] | 0x20 == UInt8(ascii: "h"), let host = Self.afterScheme(bytes) {
            let slash = bytes[host...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? bytes.count
            bytes.removeSubrange(..<slash)
            if bytes.first != UInt8(ascii: "/") { bytes.insert(UInt8(ascii: "/"), at: 0) }
        }
        let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
        path = Array(bytes[..<mark])
        query = mark < bytes.count ? Array(bytes[(mark + 1)...]) : []
        for index in query.indices where query[index] == UInt8(ascii: "+") { query[index] = UInt8(ascii: " ") }
        if let fragment = path.firstIndex(of: UInt8(ascii: "#")) { path.removeSubrange(fragment...) }
        let once = Self.decoded(&path)
        let twice = once && Self.decoded(&path)
        let queryOnce = Self.decoded(&query)
        if queryOnce { _ = Self.decoded(&query) }
        isDoublyEncoded = twice
        hasNUL = path.contains(0) || query.contains(0)
        Self.normalize(&path)
        for index in query.indices where query[index] >= 0x41 && query[index] <= 0x5A { query[index] |= 0x20 }
    }

    private static func afterScheme(_ bytes: [UInt8]) -> Int? {
        for scheme in ["http://", "https://"] {
            let wanted = Array(scheme.utf8)
            if bytes.count >= wanted.count, zip(bytes, wanted).allSatisfy({ $0 | 0x20 == $1 | 0x20 }) {
                return wanted.count
            }
        }
        return nil
    }

    /// Undoes one layer of escapes; whether there was any.
    private static func decoded(_ bytes: inout [UInt8]) -> Bool {
        guard bytes.contains(UInt8(ascii: "%")) else { return false }
        var write = 0
        var read = 0
        var changed = false
        while read < bytes.count {
            if bytes[read] == UInt8(ascii: "%"), read + 2 < bytes.count, let high = hex(bytes[read + 1]),
                let low = hex(bytes[read + 2])
            {
                bytes[write] = high << 4 | low
                read += 3
                changed = true
            } else {
                bytes[write] = bytes[read]
                read += 1
            }
            write += 1
        }
        bytes.removeSubrange(write...)
        return changed
    }

    private static func normalize(_ bytes: inout [UInt8]) {
        var write = 0
        var read = 0
        while read < bytes.count {
            var byte = bytes[read]
            if byte == 0xC0, read + 1 < bytes.count, bytes[read + 1] == 0xAE || bytes[read + 1] == 0xAF {
                byte = bytes[read + 1] == 0xAE ? UInt8(ascii: ".") : UInt8(ascii: "/")
                read += 1
            }
            if byte == UInt8(ascii: "\\") { byte = UInt8(ascii: "/") }
            if byte >= 0x41, byte <= 0x5A { byte |= 0x20 }
            read += 1
            if byte == UInt8(ascii: "/"), write > 0, bytes[write - 1] == byte { continue }
            bytes[write] = byte
            write += 1
        }
        bytes.removeSubrange(write...)
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
