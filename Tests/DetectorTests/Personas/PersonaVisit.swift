import WeirProtocol

/// A site that personas visit.
struct PersonaSite {
    var host: String
    /// Pages that the site is known to have.
    var pages: Int
    /// Whether it runs the tracker.
    var hasTracker: Bool

    /// Sites as they are: from a handful of pages to thousands, two in three with a tracker.
    static func any(_ random: inout SeededRandom, pages: ClosedRange<Double> = 6...3000) -> PersonaSite {
        // Small sites are as frequent as large ones, so the exponent is even, not the size.
        let size = pages.lowerBound * powered(pages.upperBound / pages.lowerBound, random.even(0...1))
        return PersonaSite(
            host: "site-\(random.whole(1...9999)).example", pages: Int(size), hasTracker: random.chance(0.67))
    }

    private static func powered(_ base: Double, _ exponent: Double) -> Double {
        // Twenty halvings are exact enough for the size of a site.
        var (result, factor, rest) = (1.0, base, exponent)
        for _ in 0..<20 {
            factor = factor.squareRoot()
            rest *= 2
            if rest >= 1 {
                result *= factor
                rest -= 1
            }
        }
        return result
    }

    /// The path of a page by its number, in no order that sorting would find.
    func page(_ number: Int) -> String {
        let place = abs(number) % pages
        if place == 0 { return "/" }
        let words = ["guide", "news", "about", "how", "item", "story", "notes", "team", "work", "view"]
        let mixed = (place &* 2_654_435_761) & 0xFFFF
        return "/\(words[place % words.count])/\(words[mixed % words.count])-\(String(mixed, radix: 36))-\(place)"
    }
}

/// Writes down one session as it happens, on a clock of its own, and gives the evidence that a collector would.
struct PersonaVisit {
    let site: PersonaSite
    /// Milliseconds since 1970.
    var clock: Int64
    private(set) var requests: [SessionEvidence.Request] = []
    var engagementEvents = 0
    var sessionsOfKind = 1
    var agentsOfNetwork = 1
    var headers: [String: String] = [:]
    var acceptLanguage = "en-US,en;q=0.9"
    private var seen: Set<String> = []

    init(_ site: PersonaSite, _ random: inout SeededRandom) {
        self.site = site
        // Some time within three months of 2026.
        clock = 1_780_000_000_000 + Int64(random.whole(0...7_776_000)) * 1000
    }

    mutating func wait(_ seconds: Double) { clock += Int64(max(0.001, seconds) * 1000) }

    /// A navigation.
    mutating func document(
        _ path: String, method: String = "GET", status: Int = 200, referrer: String? = nil
    ) {
        note(path, method, status, .document, referrer)
        seen.insert(path)
    }

    /// A call that no page caused.
    mutating func call(_ path: String, method: String = "GET", status: Int = 200) {
        note(path, method, status, .api, nil)
    }

    /// What a page causes: a poll, a beacon, a prefetch.
    mutating func background(_ path: String, status: Int = 200) { note(path, "GET", status, .background, site.host) }

    /// Static files of the page just loaded, within the next second.
    mutating func assets(_ count: Int, _ random: inout SeededRandom) {
        let kinds = ["css", "js", "png", "woff2", "svg", "jpg"]
        let start = clock
        for index in 0..<count {
            clock += Int64(random.whole(2...90))
            note(
                "/static/\(kinds[index % kinds.count])/\(random.whole(1...400)).\(kinds[index % kinds.count])", "GET",
                random.chance(0.05) ? 304 : 200, .asset, site.host)
        }
        clock = max(start, clock)
    }

    private mutating func note(_ path: String, _ method: String, _ status: Int, _ kind: RequestKind, _ from: String?) {
        requests.append(
            .init(
                at: Timestamp(milliseconds: clock), method: method, path: path, status: status, kind: kind,
                referrerHost: from))
    }

    /// What the detector is asked about, with `agent` as the user agent.
    func evidence(_ name: String, agent: String) -> SessionEvidence {
        let ordered = requests.sorted { $0.at < $1.at }
        var evidence = SessionEvidence(
            sessionID: SessionID("sess_\(name)")!, site: site.host, fingerprint: "fp_persona", ip: "192.0.2.7",
            ipPrefix: "192.0.2.0/24", userAgent: agent, acceptLanguage: acceptLanguage,
            startedAt: ordered.first?.at ?? Timestamp(milliseconds: clock))
        evidence.headers = headers
        evidence.lastActivityAt = ordered.last?.at ?? evidence.startedAt
        evidence.now = evidence.lastActivityAt
        evidence.sitePages = site.pages
        evidence.fingerprintSessions24h = sessionsOfKind
        evidence.prefixAgents24h = agentsOfNetwork
        evidence.requestCount = ordered.count { $0.kind != .asset }
        evidence.assetCount = ordered.count { $0.kind == .asset }
        evidence.errorCount = ordered.count { $0.status >= 400 }
        evidence.distinctPages = seen.count
        evidence.engagementEvents = engagementEvents
        evidence.trackerExpected = site.hasTracker
        evidence.requestsOmitted = max(0, ordered.count - SessionEvidence.requestLimit)
        evidence.requests = Array(ordered.suffix(SessionEvidence.requestLimit))
        return evidence
    }
}
