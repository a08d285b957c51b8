/// What people's browsers call themselves.
private let browsers = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/152.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/152.0.0.0 Safari/537.36"
        + " Edg/152.0.0.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:154.0) Gecko/20100101 Firefox/154.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1"
        + " Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/151.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148"
        + " Safari/604.1",
]

private let languages = [
    "en-GB,en;q=0.9", "en-US,en;q=0.5", "de-DE,de;q=0.9,en;q=0.7", "fr-FR,fr;q=0.8,en;q=0.5", "nl-NL,nl;q=0.9,en;q=0.8",
    "pl-PL,pl;q=0.9", "es-ES,es;q=0.9,en;q=0.6", "ja-JP,ja;q=0.9,en;q=0.8",
]

/// How a person comes to the site: the Referer and the query of the first page.
private struct Arrival {
    var referrer: String?
    var query: String?

    static let direct = Arrival()
    static let others = [
        Arrival(referrer: "https://www.google.com/"), Arrival(referrer: "https://www.google.com/"),
        Arrival(referrer: "https://www.bing.com/search?q=river+weir"), Arrival(referrer: "https://duckduckgo.com/"),
        Arrival(referrer: "https://www.reddit.com/r/rivers/comments/1/"), Arrival(referrer: "https://mastodon.social/"),
        Arrival(referrer: "https://chatgpt.com/", query: "utm_source=chatgpt.com"),
        Arrival(referrer: "https://millers.example/links"), Arrival(referrer: "https://canal-society.example/news/12"),
        Arrival(query: "utm_source=newsletter&utm_medium=email&utm_campaign=autumn"),
        Arrival(
            referrer: "https://www.google.com/",
            query: "utm_source=google&utm_medium=cpc&utm_campaign=spring_sale&gclid=made-up"),
        Arrival(referrer: "https://t.co/", query: "utm_source=twitter&utm_medium=social&utm_campaign=product_launch"),
    ]
}

extension PlannedVisit {
    /// Somebody who reads one to six pages with pauses between them, in a browser that fetches what the pages need.
    static func person(_ number: Int, _ random: inout SeededGenerator) -> PlannedVisit {
        var visit = PlannedVisit(
            name: "person-" + padded(number), persona: .person, ip: homeAddress(number, &random),
            userAgent: random.pick(browsers), acceptLanguage: random.pick(languages), keepsCookies: true, requests: [])
        let arrival = random.chance(40) ? .direct : random.pick(Arrival.others)
        var page = random.chance(35) ? "/" : random.pick(Site.articles + Site.products)
        var clock = random.number(0...35_000)
        let pages = random.pick([1, 1, 2, 2, 3, 3, 4, 5, 6])
        let polls = random.chance(20)
        for visited in 0..<pages {
            let isFirst = visited == 0
            let previous = visit.requests.last { $0.contentType == Self.html }
            visit.load(
                page, at: clock, query: isFirst ? arrival.query : nil,
                referrer: isFirst ? arrival.referrer : previous.map { address(of: $0.path) }, isFirst: isFirst, &random)
            let pause = random.number(3000...12_000)
            if polls { visit.poll(page, from: clock + 1500, until: clock + pause) }
            clock += pause
            guard clock < TrafficPlan.length - 1500 else { break }
            page = random.pick((Site.menu + Site.articles + Site.products).filter { $0 != page })
        }
        visit.requests.sort { $0.at < $1.at }
        return visit
    }

    /// A navigation and the files that it brings along; a file that every page shares is fetched once.
    private mutating func load(
        _ page: String, at moment: Int, query: String?, referrer: String?, isFirst: Bool,
        _ random: inout SeededGenerator
    ) {
        requests.append(
            PlannedRequest(
                at: moment, path: page, query: query, duration: Double(random.number(12...180)),
                bytes: Int64(random.number(6000...40_000)), contentType: Self.html, referrer: referrer,
                headers: [
                    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                    "sec-fetch-dest": "document", "sec-fetch-mode": "navigate",
                ]))
        var fetched = moment + random.number(80...300)
        for file in (isFirst ? Site.sharedAssets : []) + [Site.picture(of: page)] {
            let (type, destination) = fileType(file)
            requests.append(
                PlannedRequest(
                    at: fetched, path: file, duration: Double(random.number(1...9)),
                    bytes: Int64(random.number(900...90_000)), contentType: type, referrer: Self.address(of: page),
                    headers: ["accept": "*/*", "sec-fetch-dest": destination, "sec-fetch-mode": "no-cors"]))
            fetched += random.number(3...60)
        }
    }

    /// What an open page asks for every two seconds by itself: regular, but nobody's doing.
    private mutating func poll(_ page: String, from start: Int, until end: Int) {
        for moment in stride(from: start, to: min(end, TrafficPlan.length), by: 2000) {
            requests.append(
                PlannedRequest(
                    at: moment, path: Site.background, duration: 4, bytes: 60, contentType: "application/json",
                    referrer: Self.address(of: page),
                    headers: ["accept": "application/json", "sec-fetch-dest": "empty", "sec-fetch-mode": "cors"]))
        }
    }

    private func fileType(_ file: String) -> (contentType: String, destination: String) {
        switch file.split(separator: ".").last {
        case "css": ("text/css", "style")
        case "js": ("text/javascript", "script")
        case "woff2": ("font/woff2", "font")
        case "svg": ("image/svg+xml", "image")
        case "webp": ("image/webp", "image")
        default: ("image/x-icon", "image")
        }
    }

    /// An address that no other person of the plan has, mostly in a neighbourhood of its own.
    private static func homeAddress(_ number: Int, _ random: inout SeededGenerator) -> String {
        if random.chance(25) { return "2001:db8:\(String(number, radix: 16)):\(random.number(1...9))::1" }
        return "198.\(18 + number / 250).\(number % 250 + 1).\(random.number(2...250))"
    }

    static let html = "text/html; charset=utf-8"

    /// The full address of a page, as a Referer has it.
    static func address(of page: String) -> String { "https://\(Site.host)\(page)" }

    static func padded(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
}
