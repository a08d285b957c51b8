import WeirProtocol

/// Who is believed to be the client behind proxies: the peer itself, unless the peer is trusted to name another.
public struct ClientAddressRule: Sendable {
    /// What happens to an address before anything is stored.
    public enum Anonymization: String, Sendable, CaseIterable {
        /// Kept.
        case none
        /// Cut to its /24 or /48.
        case truncate
    }

    /// Entries of X-Forwarded-For that are looked at; no honest chain is longer.
    static let hopLimit = 32

    private let trusted: [NetworkPrefix]
    private let anonymization: Anonymization

    /// - Parameter trusted: The networks of one's own proxies. A peer on a Unix socket is always trusted.
    public init(trusted: [NetworkPrefix] = [], anonymization: Anonymization = .none) {
        self.trusted = trusted
        self.anonymization = anonymization
    }

    /// The client's address, already anonymised; nil when neither the peer nor a trusted peer's word gives one.
    /// - Parameters:
    ///   - peer: An address, or `unix:` or nothing for a Unix socket.
    ///   - forwardedFor: X-Forwarded-For. It is walked from the right; the first address that is not a proxy of one's
    ///     own is the client. An entry that is no address ends the walk, since nothing left of it can be believed.
    public func client(peer: String, forwardedFor: String?) -> IPAddress? {
        guard let found = believed(peer, forwardedFor) else { return nil }
        switch anonymization {
        case .none: return found
        case .truncate: return found.neighbourhood.address
        }
    }

    private func believed(_ peer: String, _ forwardedFor: String?) -> IPAddress? {
        var address: IPAddress?
        if !peer.isEmpty, peer != "unix:" {
            guard let parsed = IPAddress(peer) else { return nil }
            guard isTrusted(parsed) else { return parsed }
            address = parsed
        }
        guard let forwardedFor else { return address }
        for entry in forwardedFor.split(separator: ",").reversed().prefix(Self.hopLimit) {
            guard let hop = Self.address(in: entry) else { break }
            address = hop
            if !isTrusted(hop) { break }
        }
        return address
    }

    private func isTrusted(_ address: IPAddress) -> Bool { trusted.contains { $0.contains(address) } }

    /// `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:443`.
    private static func address(in entry: Substring) -> IPAddress? {
        let text = entry.trimmedOfBlanks
        guard text.utf8.count <= 64 else { return nil }
        if text.hasPrefix("[") { return IPAddress(text.dropFirst().prefix { $0 != "]" }) }
        if let address = IPAddress(text) { return address }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 ? IPAddress(parts[0]) : nil
    }
}
