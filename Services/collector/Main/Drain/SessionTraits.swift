import CollectorCore
import Runtime
import Synchronization
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

    private let devices = DeviceCache()

    init(_ settings: Settings) throws(Failure) {}

    func visitor(_ entry: IntakeRequest) -> Visitor {
        let locale = entry.acceptLanguage.prefix { $0 != "," && $0 != ";" }
        let device = devices[entry.userAgent]
        return Visitor(
            locale: locale.isEmpty ? nil : String(locale), deviceType: device?.deviceType.rawValue,
            browser: device?.browser, browserVersion: device?.browserVersion, os: device?.os,
            osVersion: device?.osVersion)
    }

    func origin(_ entry: IntakeRequest) -> Origin {
        let found = ReferrerCatalogue.builtIn.classify(
            referrer: entry.referrer, site: entry.site, campaign: entry.campaign)
        return Origin(source: found.source.rawValue, searchTerms: found.searchTerms)
    }
}

/// Devices by user agent: a site's visitors share a few thousand, and a session's row is made again with each request.
private final class DeviceCache: Sendable {
    private struct Generations {
        var newer: [String: DeviceClass] = [:]
        var older: [String: DeviceClass] = [:]
    }

    private static let size = 4096
    private let known = Mutex(Generations())

    /// Nil for an empty user agent, of which nothing is known.
    subscript(userAgent: String) -> DeviceClass? {
        guard !userAgent.isEmpty else { return nil }
        return known.withLock { known in
            if let device = known.newer[userAgent] { return device }
            let device = known.older[userAgent] ?? DeviceClass(userAgent: userAgent)
            if known.newer.count >= Self.size {
                known.older = known.newer
                known.newer = [:]
            }
            known.newer[userAgent] = device
            return device
        }
    }
}
