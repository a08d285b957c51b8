/// The origins whose pages may post: the site's own, and those that are configured.
public struct PageOrigins: Sendable {
    private let configured: Set<String>
    private let hosts: Set<String>

    /// - Parameters:
    ///   - origins: as in `https://app.example.org`.
    ///   - hosts: the site's own host names, whatever their scheme.
    public init(origins: [String] = [], hosts: [String] = []) {
        configured = Set(origins.map { $0.lowercased() })
        self.hosts = Set(hosts.compactMap { SiteNames.normalized($0) })
    }

    /// Whether a page may post.
    public enum Standing: Hashable, Sendable {
        /// No page of another origin is involved.
        case own
        /// A configured origin, which the answer must name.
        case allowed(String)
        case refused
    }

    /// - Parameters:
    ///   - origin: the Origin header; nil when there is none.
    ///   - host: the Host header.
    public func standing(origin: String?, host: String?) -> Standing {
        guard let origin else { return .own }
        if configured.contains(origin.lowercased()) { return .allowed(origin) }
        guard let page = Self.host(of: origin) else { return .refused }
        if hosts.contains(page) { return .allowed(origin) }
        return host.flatMap { SiteNames.normalized($0) } == page ? .own : .refused
    }

    /// The host of an origin, lower case and without port.
    public static func host(of origin: String) -> String? {
        for scheme in ["https://", "http://"] where origin.lowercased().hasPrefix(scheme) {
            return SiteNames.normalized(origin.dropFirst(scheme.count))
        }
        return nil
    }
}
