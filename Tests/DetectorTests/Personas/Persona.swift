import Foundation
import WeirProtocol

/// A kind of visitor, and what a detector should make of it.
enum Persona: String, CaseIterable {
    // People.
    case eagerReader = "eager_reader"
    case natOffice = "nat_office"
    case prefetchingApp = "prefetching_app"
    case pollingApp = "polling_app"
    case screenReader = "screen_reader"
    case mobileReader = "mobile_reader"
    case shopper
    case tabHoarder = "tab_hoarder"
    case returningReader = "returning_reader"
    case galleryBrowser = "gallery_browser"
    case administrator
    // Honest programs that, with their agent blanked, only behaviour could tell.
    case feedReader = "feed_reader"
    case monitor
    case apiClient = "api_client"
    // Programs that pose as people.
    case headlessWithTracker = "headless_with_tracker"
    case distributedScraper = "distributed_scraper"
    case agentRotator = "agent_rotator"
    case fastScraper = "fast_scraper"
    case impatientClient = "impatient_client"
    case scanner
    case priceBot = "price_bot"
    case formSpammer = "form_spammer"
    case sequentialCopier = "sequential_copier"
    case linkChecker = "link_checker"
    case credentialStuffer = "credential_stuffer"

    /// What a kind is to a detector.
    enum Nature: String {
        case person
        /// Automatic and harmless: its agent says so, and here the agent is blanked.
        case tool
        case impostor
    }

    var nature: Nature {
        switch self {
        case .eagerReader, .natOffice, .prefetchingApp, .pollingApp, .screenReader, .mobileReader, .shopper,
            .tabHoarder, .returningReader, .galleryBrowser, .administrator:
            .person
        case .feedReader, .monitor, .apiClient: .tool
        default: .impostor
        }
    }
}

/// How the visitors of a kind are spread: ranges by name, from a file under Tests/Fixtures/personas.
///
/// Rules are set against `development.json`; `gate.json` has other seeds and other ranges, and is what a change must
/// pass. Whoever changes one of them leaves the rules alone in that commit.
struct PersonaFile {
    struct Kind {
        var seed: UInt64
        var ranges: [String: ClosedRange<Double>]

        /// The range called `name`; a file that lacks one is a mistake of ours.
        subscript(_ name: String) -> ClosedRange<Double> {
            guard let range = ranges[name] else { preconditionFailure("the persona file has no \(name)") }
            return range
        }
    }

    /// Sessions of the kinds of people of whom nobody at all may be called a bot.
    var required: Int
    /// Sessions of each other kind of people.
    var people: Int
    /// Sessions of each kind of program.
    var programs: Int
    var kinds: [Persona: Kind]

    init(_ name: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/personas")
        let file = try JSONValue(parsing: try Data(contentsOf: folder.appending(path: name)))
        required = Int(file["required"]?.integerValue ?? 0)
        people = Int(file["people"]?.integerValue ?? 0)
        programs = Int(file["programs"]?.integerValue ?? 0)
        kinds = [:]
        let seed = UInt64(file["seed"]?.integerValue ?? 0)
        for (place, persona) in Persona.allCases.enumerated() {
            guard case .object(let fields)? = file[persona.rawValue] else {
                preconditionFailure("\(name) lacks \(persona.rawValue)")
            }
            var kind = Kind(seed: seed &* 1_000_003 &+ UInt64(place), ranges: [:])
            for (key, value) in fields.fields {
                let limits = value.arrayValue?.compactMap(\.doubleValue) ?? []
                precondition(limits.count == 2 && limits[0] <= limits[1], "\(persona.rawValue).\(key) is no range")
                kind.ranges[key] = limits[0]...limits[1]
            }
            kinds[persona] = kind
        }
    }

    /// Evidence of every session of `persona`, all under the same user agent.
    func evidence(of persona: Persona, agent: String) -> [SessionEvidence] {
        let kind = kinds[persona]!
        var random = SeededRandom(seed: kind.seed)
        return (0..<(persona.isSacred ? required : persona.isPerson ? people : programs)).map { number in
            let visit =
                persona.isPerson
                ? persona.visitOfPerson(kind, &random) : persona.visitOfProgram(kind, &random)
            return visit.evidence("\(persona.rawValue)_\(number)", agent: agent)
        }
    }
}

extension Persona {
    var isPerson: Bool { nature == .person }

    /// Whether not a single one may be called automated.
    var isSacred: Bool { self == .eagerReader || self == .natOffice || self == .prefetchingApp }
}
