import WeirProtocol

extension Persona {
    /// One session of a person of this kind.
    func visitOfPerson(_ kind: PersonaFile.Kind, _ random: inout SeededRandom) -> PersonaVisit {
        var site = PersonaSite.any(&random)
        if self == .administrator || self == .prefetchingApp || self == .pollingApp { site.pages = max(site.pages, 12) }
        var visit = PersonaVisit(site, &random)
        visit.sessionsOfKind = random.whole(kind["sessions_24h"])
        visit.agentsOfNetwork = random.whole(kind["network_agents"])
        var reader = Reader(
            // A site's tracker is blocked by some, and some send no referrer.
            isTracked: site.hasTracker && !random.chance(random.even(kind["blocks_tracker"])),
            sendsReferrer: !random.chance(random.even(kind["hides_referrer"])),
            firstAssets: random.whole(kind["first_assets"]), laterAssets: kind["later_assets"],
            median: random.even(kind["pause_s"]), spread: random.even(kind["spread"]))
        let pages = random.whole(kind["documents"])
        switch self {
        case .tabHoarder:
            // Opens a page, then a handful of links in tabs at once, and reads those for long.
            var left = pages
            while left > 0 {
                reader.read(&visit, &random)
                left -= 1
                for _ in 0..<min(left, random.whole(kind["tabs"])) {
                    visit.wait(random.even(0.4...2.5))
                    reader.read(&visit, &random, pausing: false)
                    left -= 1
                }
                visit.wait(random.humanTime(median: random.even(kind["tab_pause_s"]), spread: 0.8))
            }
        case .prefetchingApp:
            for _ in 0..<pages {
                reader.read(&visit, &random, pausing: false)
                for _ in 0..<random.whole(kind["prefetched"]) {
                    visit.wait(random.even(0.001...0.08))
                    visit.background("\(site.page(random.whole(1...9999)))?_rsc=\(random.whole(1...99_999))")
                }
                reader.pause(&visit, &random)
            }
        case .pollingApp:
            for _ in 0..<pages {
                reader.read(&visit, &random, pausing: false)
                let every = random.even(kind["poll_s"])
                var left = random.humanTime(median: reader.median, spread: reader.spread)
                while left > 0 {
                    visit.wait(min(left, every))
                    visit.background("/api/updates?since=\(visit.clock)")
                    left -= every
                }
            }
        case .galleryBrowser:
            let album = random.whole(1...90)
            let first = random.whole(1...40)
            reader.read(&visit, &random)
            for picture in 0..<pages {
                // Nobody looks at every picture for as long, and some are skipped.
                if random.chance(0.25) { continue }
                reader.read(&visit, &random, path: "/album/\(album)/photo-\(picture * 37 % 61 + first)")
            }
        case .administrator:
            visit.document("/admin", referrer: nil)
            visit.assets(reader.firstAssets, &random)
            for _ in 0..<pages {
                reader.pause(&visit, &random)
                let item = random.whole(1...300)
                visit.document("/admin/items/\(item)/edit", referrer: site.host)
                visit.assets(random.whole(0...4), &random)
                if random.chance(0.5) {
                    visit.wait(random.humanTime(median: 45, spread: 0.7) + 6)
                    visit.document("/admin/items/\(item)", method: "POST", status: 302, referrer: site.host)
                    visit.document("/admin/items", referrer: site.host)
                }
            }
        default:
            for _ in 0..<pages { reader.read(&visit, &random) }
        }
        return visit
    }
}

/// Somebody at a browser who follows links.
private struct Reader {
    var isTracked: Bool
    var sendsReferrer: Bool
    var firstAssets: Int
    var laterAssets: ClosedRange<Double>
    /// The median time on a page, in seconds.
    var median: Double
    var spread: Double
    private var hasBegun = false
    private var known: [Int] = []

    init(
        isTracked: Bool, sendsReferrer: Bool, firstAssets: Int, laterAssets: ClosedRange<Double>, median: Double,
        spread: Double
    ) {
        self.isTracked = isTracked
        self.sendsReferrer = sendsReferrer
        self.firstAssets = firstAssets
        self.laterAssets = laterAssets
        self.median = median
        self.spread = spread
    }

    mutating func read(
        _ visit: inout PersonaVisit, _ random: inout SeededRandom, path: String? = nil, pausing: Bool = true
    ) {
        // People go back to pages that they have seen.
        var number = random.whole(0...Double(visit.site.pages - 1))
        if known.count > 2, random.chance(0.2) { number = known[random.whole(0...Double(known.count - 1))] }
        known.append(number)
        let outside = ["www.google.com", "www.bing.com", nil, nil, "news.example"]
        visit.document(
            path ?? visit.site.page(number), status: random.chance(0.01) ? 404 : 200,
            referrer: !hasBegun ? outside[random.whole(0...4)] : sendsReferrer ? visit.site.host : nil)
        visit.assets(hasBegun ? random.whole(laterAssets) : firstAssets, &random)
        hasBegun = true
        if isTracked, random.chance(0.9) { visit.engagementEvents += 1 }
        if pausing { pause(&visit, &random) }
    }

    func pause(_ visit: inout PersonaVisit, _ random: inout SeededRandom) {
        // A session ends after half an hour of silence.
        visit.wait(min(1700, 0.7 + random.humanTime(median: median, spread: spread)))
    }
}
