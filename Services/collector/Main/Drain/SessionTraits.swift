import CollectorCore
import Runtime
import WeirProtocol

/// What follows from a session's first request: who visits with what from where, and what led here.
struct SessionTraits: Sendable {
    /// Device and place.
    struct Visitor: Sendable {
        var locale: String?
        var deviceType: String?
        var browser: String?
        var browserVersion: String?
        var os: String?
        var osVersion: String?
        var country: String?
        var region: String?
        var city: String?
    }

    /// Where the visitor came from.
    struct Origin: Sendable {
        var source: String?
        var searchTerms: String?
    }

    init(_ settings: Settings) throws(Failure) {}

    func visitor(_ entry: IntakeRequest) -> Visitor {
        let locale = entry.acceptLanguage.prefix { $0 != "," && $0 != ";" }
        return Visitor(locale: locale.isEmpty ? nil : String(locale))
    }

    func origin(_ entry: IntakeRequest) -> Origin {
        let found = ReferrerCatalogue.builtIn.classify(
            referrer: entry.referrer, site: entry.site, campaign: entry.campaign)
        return Origin(source: found.source.rawValue, searchTerms: found.searchTerms)
    }
}
