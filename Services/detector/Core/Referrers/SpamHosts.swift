/// Hosts that forged referrers advertise. A session that comes from one is a bot, whatever it calls itself.
public struct SpamHosts: Sendable {
    /// The hosts, in lower case.
    public private(set) var hosts: Set<String>

    /// The hosts of this release.
    public static let builtIn = SpamHosts(parsing: list)

    /// How many.
    public var count: Int { hosts.count }

    /// Reads host names separated by white space.
    init(parsing text: String) {
        hosts = Set(text.split { $0 == " " || $0 == "\n" }.map(String.init))
    }

    /// The listed host that `host` is, or is a part of; nil when there is none. `host` is in lower case.
    public func match(_ host: String) -> String? {
        if hosts.contains(host) { return host }
        var rest = Substring(host)
        while let dot = rest.utf8.firstIndex(of: UInt8(ascii: ".")) {
            rest = rest[rest.utf8.index(after: dot)...]
            if !rest.utf8.contains(UInt8(ascii: ".")) { return nil }
            let candidate = String(rest)
            if hosts.contains(candidate) { return candidate }
        }
        return nil
    }

    mutating func insert(_ host: String) { hosts.insert(host.lowercased()) }

    mutating func remove(_ host: String) { hosts.remove(host.lowercased()) }

    static func isHost(_ text: String) -> Bool {
        text.utf8.count <= 253 && text.utf8.contains(UInt8(ascii: "."))
            && text.utf8.allSatisfy {
                PatternAutomaton.isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
            }
    }

    /// Over the hosts in order.
    var contentHash: UInt64 {
        var hash = StableHash()
        for host in hosts.sorted() { hash.combine(host) }
        return hash.word
    }
}
