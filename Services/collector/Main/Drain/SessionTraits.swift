import CollectorCore
import Runtime
import Synchronization
import WeirProtocol

/// What follows from a session's first request: who visits with what from where, and what led here. Answers are
/// remembered, since a session's row is written many times and most agents are common ones.
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

    /// Distinct agents, addresses and referrers remembered per generation.
    private static let memory = 8192

    private final class Answers: Sendable {
        let devices = Mutex(Remembered<String, DeviceClass>(capacity: memory))
        let places = Mutex(Remembered<IPAddress, Place>(capacity: memory))
        let origins = Mutex(Remembered<OriginKey, Origin>(capacity: memory))
        let database: Mutex<GeoDatabase?>
        let reader: Mutex<AgentReader>

        init(_ database: GeoDatabase?, _ reader: AgentReader) {
            self.database = Mutex(database)
            self.reader = Mutex(reader)
        }
    }

    private struct OriginKey: Hashable {
        var referrer: String?
        var site: String
        var campaign: CampaignTags
    }

    private let answers: Answers
    private let geoPath: String
    private let agentsPath: String

    /// - Throws: `Failure` when a geographic database or a file of user agents is configured and not usable.
    init(_ settings: Settings) throws(Failure) {
        geoPath = settings[.geoDatabase]
        agentsPath = settings[.agentsFile]
        answers = Answers(try Self.open(geoPath), try AgentReader(path: agentsPath))
    }

    /// Reads the file of user agents anew.
    /// - Throws: `Failure` when it is not usable; the one read before stays in use.
    func reloadAgents() throws(Failure) {
        let fresh = try AgentReader(path: agentsPath)
        answers.reader.withLock { $0 = fresh }
        answers.devices.withLock { $0 = Remembered(capacity: Self.memory) }
    }

    /// Opens the geographic database anew.
    /// - Throws: `Failure` when it is not usable; the one opened before stays in use.
    func reloadPlaces() throws(Failure) {
        let fresh = try Self.open(geoPath)
        answers.database.withLock { $0 = fresh }
        answers.places.withLock { $0 = Remembered(capacity: Self.memory) }
    }

    /// Device and place; the place is empty without a database and for private addresses.
    func visitor(_ entry: IntakeRequest) -> Visitor {
        var visitor = Visitor()
        let language = entry.acceptLanguage.prefix { $0 != "," && $0 != ";" }.filter { $0 != " " }
        visitor.locale = language.isEmpty ? nil : String(language)
        if !entry.userAgent.isEmpty {
            // Which reader answers is settled under the lock, so that a reload leaves no answer of the one before.
            let device = answers.devices.withLock { known in
                known.value(for: entry.userAgent) {
                    answers.reader.withLock { $0 }.device(of: entry.userAgent)
                }
            }
            visitor.deviceType = device.deviceType.rawValue
            (visitor.browser, visitor.browserVersion) = (device.browser, device.browserVersion)
            (visitor.os, visitor.osVersion) = (device.os, device.osVersion)
        }
        guard !entry.address.isPrivate, let database = answers.database.withLock({ $0 }) else { return visitor }
        let place = answers.places.withLock { known in
            // A damaged record is like a missing one; the file as a whole was found readable.
            known.value(for: entry.address) { (try? database.place(of: entry.address)) ?? Place() }
        }
        (visitor.country, visitor.region, visitor.city) = (place.country, place.region, place.city)
        return visitor
    }

    /// The channel, and what was searched for.
    func origin(_ entry: IntakeRequest) -> Origin {
        let key = OriginKey(referrer: entry.referrer, site: entry.site, campaign: entry.campaign)
        return answers.origins.withLock { known in
            known.value(for: key) {
                let found = ReferrerCatalogue.builtIn.classify(
                    referrer: entry.referrer, site: entry.site, campaign: entry.campaign)
                return Origin(source: found.source.rawValue, searchTerms: found.searchTerms)
            }
        }
    }

    private static func open(_ path: String) throws(Failure) -> GeoDatabase? {
        guard !path.isEmpty else { return nil }
        do throws(GeoDatabaseError) { return try GeoDatabase(path: path) } catch {
            throw Failure(
                .configuration, error.description, hint: "set collector.geoip to a readable .mmdb file, or to nothing")
        }
    }
}

/// Answers to questions asked before: those of the last `capacity` to twice as many distinct questions.
struct Remembered<Question: Hashable & Sendable, Answer: Sendable>: Sendable {
    private let capacity: Int
    private var newer: [Question: Answer] = [:]
    private var older: [Question: Answer] = [:]

    init(capacity: Int) { self.capacity = capacity }

    /// The answer given before, or else `find`'s.
    mutating func value(for question: Question, _ find: () -> Answer) -> Answer {
        if let known = newer[question] { return known }
        let answer = older[question] ?? find()
        if newer.count >= capacity {
            older = newer
            newer = [:]
        }
        newer[question] = answer
        return answer
    }
}
