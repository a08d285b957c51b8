import Glibc

/// Where a DNS resolver listens: `127.0.0.1`, `192.0.2.53:5353`, `::1` or `[::1]:53`. Port 53 when none is given.
public struct ResolverAddress: Hashable, Sendable {
    /// An IPv4 or IPv6 address, without brackets.
    public let host: String
    /// 1...65535.
    public let port: Int

    /// Reads an address with or without a port; nil for anything else, names of hosts included.
    public init?(_ text: String) {
        var host = Substring(text)
        var port = Substring("53")
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            if !rest.isEmpty { port = rest.dropFirst() }
        } else if let colon = text.firstIndex(of: ":"), text.lastIndex(of: ":") == colon {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard let number = UInt16(port), number > 0 else { return nil }
        let family = host.contains(":") ? AF_INET6 : AF_INET
        var bytes = in6_addr()
        guard inet_pton(family, String(host), &bytes) == 1 else { return nil }
        self.host = String(host)
        self.port = Int(number)
    }
}
