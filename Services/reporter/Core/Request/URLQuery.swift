/// Paths and queries of URLs as forms and people write them.
public enum URLQuery {
    /// The names and values, `%XX` and `+` read. In `since` and `until` a `+` after a time stays, as in
    /// `2026-11-21T08:00:00+01:00`, which is how it is mostly written by hand. What
    /// is no UTF-8 is replaced, so that it is like nothing that is stored.
    public static func decoded(_ query: String) -> [(name: String, value: String)] {
        var found: [(name: String, value: String)] = []
        for item in query.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = item.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = text(parts[0], plus: { _ in true })
            let isTime = ["since", "until", "from", "to"].contains(name)
            let value = text(parts.count > 1 ? parts[1] : Substring().utf8) { before in
                !isTime || !before.contains(UInt8(ascii: ":"))
            }
            found.append((name, value))
        }
        return found
    }

    /// The segments of a path, `%XX` read.
    public static func decoded(path: [String]) -> [String] {
        path.map { text(Substring($0).utf8, plus: { _ in false }) }
    }

    /// `plus` says of what has been read before a `+` whether that is a space.
    private static func text(_ bytes: Substring.UTF8View, plus: ([UInt8]) -> Bool) -> String {
        var read: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+"), plus(read) {
                read.append(0x20)
            } else if byte == UInt8(ascii: "%"), let high = rest.first.flatMap(digit),
                let low = rest.dropFirst().first.flatMap(digit)
            {
                read.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                read.append(byte)
            }
        }
        return String(decoding: read, as: UTF8.self)
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
