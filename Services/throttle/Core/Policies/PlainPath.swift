import WeirProtocol

/// A path as servers understand it, however it is spelled: `/%61dmin`, `//admin` and `/x/../admin` are `/admin`.
enum PlainPath {
    /// Hands the path over decoded once, with single slashes and without dot segments; as it lies where nothing needs doing,
    /// which is nearly always.
    @inline(__always)
    static func with<Result>(
        _ path: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        isPlain(path) ? body(path) : plain(path).withUnsafeBytes(body)
    }

    /// The path in its plain spelling.
    static func text(_ path: String) -> String {
        var path = path
        return path.withUTF8 { with(UnsafeRawBufferPointer($0)) { String(decoding: $0, as: UTF8.self) } }
    }

    @inline(__always)
    private static func isPlain(_ path: UnsafeRawBufferPointer) -> Bool {
        var previous: UInt8 = 0
        for byte in path {
            if byte == UInt8(ascii: "%") { return false }
            if previous == UInt8(ascii: "/"), byte == UInt8(ascii: "/") || byte == UInt8(ascii: ".") { return false }
            previous = byte
        }
        return true
    }

    /// An encoded slash counts as one: many servers take it for that.
    private static func plain(_ path: UnsafeRawBufferPointer) -> [UInt8] {
        var segments: [ArraySlice<UInt8>] = []
        var isFolder = false
        for segment in decoded(path).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            isFolder = true
            switch segment.count {
            case 0: break
            case 1 where segment.first == UInt8(ascii: "."): break
            case 2 where segment.allSatisfy { $0 == UInt8(ascii: ".") }: _ = segments.popLast()
            default:
                segments.append(segment)
                isFolder = false
            }
        }
        var plain: [UInt8] = []
        plain.reserveCapacity(path.count + 1)
        for segment in segments {
            plain.append(UInt8(ascii: "/"))
            plain += segment
        }
        if isFolder { plain.append(UInt8(ascii: "/")) }
        return plain
    }

    private static func decoded(_ path: UnsafeRawBufferPointer) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(path.count)
        var place = 0
        while place < path.count {
            if path[place] == UInt8(ascii: "%"), place + 2 < path.count, let high = digit(path[place + 1]),
                let low = digit(path[place + 2])
            {
                decoded.append(high << 4 | low)
                place += 3
            } else {
                decoded.append(path[place])
                place += 1
            }
        }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
