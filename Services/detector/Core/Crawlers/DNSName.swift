/// A domain name as labels in lower case. A label of a message may hold any byte, even a dot; what is not a letter, a
/// digit, `-` or `_` is read as `?`, so that no label can pass for two.
public struct DNSName: Hashable, Sendable, CustomStringConvertible {
    /// From the host to the root, without the root.
    public let labels: [String]

    /// Labels of a message.
    init(labels: [String]) { self.labels = labels }

    /// Reads `host.example.org`, with or without the dot at its end; nil for what is no host name: an empty or long
    /// label, more than 253 bytes, other characters than letters, digits, `-` and `_`.
    public init?(_ text: some StringProtocol) {
        var parts = text.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count > 1, parts.last?.isEmpty == true { parts.removeLast() }
        var labels: [String] = []
        var length = 0
        for part in parts {
            let count = part.utf8.count
            length += count + 1
            guard (1...63).contains(count), length <= 254 else { return nil }
            let bytes = part.utf8.map(Self.folded)
            guard !bytes.contains(UInt8(ascii: "?")) else { return nil }
            labels.append(String(decoding: bytes, as: UTF8.self))
        }
        self.labels = labels
    }

    /// Lower case, and `?` for what belongs in no host name.
    static func folded(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            byte
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        default: UInt8(ascii: "?")
        }
    }

    /// Whether it is in `domain` or is it.
    public func isIn(_ domain: DNSName) -> Bool {
        labels.count >= domain.labels.count && Array(labels.suffix(domain.labels.count)) == domain.labels
    }

    /// Without the dot at the end; `.` for the root.
    public var text: String { labels.isEmpty ? "." : labels.joined(separator: ".") }

    /// As `text`.
    public var description: String { text }
}
