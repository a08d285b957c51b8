/// Says where a visit came from: `utm_medium` decides first, then the lists of hosts, then whether there was a referrer
/// at all.
public struct ReferrerCatalogue: Sendable {
    /// The lists that come with the program.
    public static let builtIn = ReferrerCatalogue(
        hosts: String(decoding: PackageResources.hosts_txt, as: UTF8.self),
        spam: String(decoding: PackageResources.spam_txt, as: UTF8.self))

    private let hosts: ReferrerHosts
    private let spam: Set<Substring>

    /// Lists in the format that hosts.txt describes, and one spam host a line.
    init(hosts: String, spam: String) {
        self.hosts = ReferrerHosts(hosts)
        let lines = spam.utf8.split(separator: UInt8(ascii: "\n"))
        self.spam = Set(lines.lazy.filter { $0.first != UInt8(ascii: "#") }.map { Substring($0) })
    }

    /// The class of a visit.
    /// - Parameters:
    ///   - referrer: The Referer as sent.
    ///   - site: The site visited, lower case; a referrer of the same site is none.
    ///   - campaign: The landing URL's tags.
    public func classify(referrer: String?, site: String?, campaign: CampaignTags = CampaignTags()) -> ReferrerClass {
        var result = classify(referrer, site)
        if let source = Self.source(medium: campaign.medium) {
            if result.source != source, source == .organicSearch || source == .social {
                result.name = nil  // Of a host that is something else; the campaign's own word is better.
            }
            result.source = source
            result.name = result.name ?? campaign.source
        } else if result.source == .direct, let named = campaign.source.flatMap(hosts.named) {
            // Apps send no referrer but put their name into the link.
            result.source = named.source
            result.name = named.name
        }
        return result
    }

    private func classify(_ referrer: String?, _ site: String?) -> ReferrerClass {
        guard let url = referrer.flatMap({ ReferrerURL($0) }) else { return .direct }
        let isWeb = url.scheme.isEmpty || url.scheme == "http" || url.scheme == "https"
        guard isWeb || url.scheme.hasSuffix("-app") else { return .direct }
        if isWeb, let site, RequestIntake.isSame(url.host, site) { return .direct }
        let isSpam = isWeb && isSpam(url.host)
        guard let found = hosts.entry(for: url) else {
            return ReferrerClass(source: .referral, host: url.host, isSpam: isSpam)
        }
        let terms = found.source == .organicSearch ? SearchTerms.find(in: url, parameters: found.parameters) : nil
        return ReferrerClass(source: found.source, name: found.name, host: url.host, searchTerms: terms, isSpam: isSpam)
    }

    private func isSpam(_ host: String) -> Bool {
        var rest = Substring(host)
        while true {
            if spam.contains(rest) { return true }
            guard let dot = rest.utf8.firstIndex(of: UInt8(ascii: ".")) else { return false }
            rest = rest[rest.utf8.index(after: dot)...]
        }
    }

    /// What a campaign says of itself; nil for a medium that means none of the sources.
    private static func source(medium: String?) -> ReferrerSource? {
        guard let medium else { return nil }
        let word = String(medium.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 })
        switch word {
        case "cpc", "ppc", "cpm", "cpv", "cpa", "retargeting": return .paid
        case "email", "e-mail": return .email
        case "social", "social-media", "social-network", "sm": return .social
        case "organic", "organic-search": return .organicSearch
        case "referral", "affiliate": return .referral
        default: return word.hasPrefix("paid") ? .paid : nil
        }
    }
}
