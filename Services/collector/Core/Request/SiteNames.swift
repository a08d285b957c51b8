import WeirProtocol

/// The sites that requests may belong to. A Host header is the client's word: with configured hosts, anything else
/// counts for the first of them, so that nobody can invent sites.
public struct SiteNames: Sendable {
    /// The site of a request that names none of one's own.
    public let fallback: String
    private let known: Set<String>

    /// - Parameter hosts: One's own host names, the first being the default. Without any, every well-formed host is a
    ///   site of its own and `localhost` is the default.
    public init(hosts: [String] = []) {
        let names = hosts.compactMap { Self.normalized($0) }
        fallback = names.first ?? "localhost"
        known = Set(names)
    }

    /// The site for a Host header. With configured hosts, `www.` in front does not make another site.
    public func site(host: String?) -> String {
        guard let host, let name = Self.normalized(host) else { return fallback }
        if known.isEmpty || known.contains(name) { return name }
        let sibling = name.hasPrefix("www.") ? String(name.dropFirst(4)) : "www." + name
        return known.contains(sibling) ? sibling : fallback
    }

    /// Lower case, without port, brackets and closing dot; nil unless it is 1...253 bytes of letters, digits, `.`,
    /// `-`, `_`, or an IPv6 address.
    public static func normalized(_ host: some StringProtocol) -> String? {
        guard host.utf8.count <= 320 else { return nil }
        if host.hasPrefix("[") {
            let inner = host.dropFirst().prefix { $0 != "]" }
            return IPAddress(inner).map(\.description)
        }
        var bytes: [UInt8] = []
        var colons = 0
        for byte in host.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): if colons == 0 { bytes.append(byte | 0x20) }
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                if colons == 0 { bytes.append(byte) }
            case UInt8(ascii: ":"): colons += 1
            default: return nil
            }
        }
        if colons > 1 { return IPAddress(host).map(\.description) }
        while bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        guard (1...253).contains(bytes.count), bytes.first != UInt8(ascii: ".") else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
