/// Who makes requests, and so what the detector should say of them.
enum Persona: String, CaseIterable, Sendable {
    /// Reads pages in a browser. Must count as human.
    case person
    /// Says in its user agent that it is a robot. Must count as a declared bot.
    case crawler
    /// Fetches the feed now and then, and says what it is.
    case feedReader = "feed_reader"
    /// Tries paths that no page links to. Must count as a scanner.
    case scanner
    /// Wears a browser's user agent and takes every page in order. Must count as a behavioural bot.
    case scraper
    /// Asks for one page again and again, faster than the throttle allows.
    case impatient
}

/// One request that a visitor will make, as the gateway would see and answer it.
struct PlannedRequest: Hashable, Sendable {
    /// Milliseconds after the beginning of the minute that the plan covers, 0..<60,000.
    var at: Int
    var method = "GET"
    /// The path without the query.
    var path: String
    var query: String?
    /// The site's answer, unless the throttle refuses.
    var status = 200
    /// How long the site takes to answer, in milliseconds.
    var duration: Double = 10
    /// Bytes of the answer's body.
    var bytes: Int64 = 1000
    var contentType: String?
    var referrer: String?
    /// Names lower-cased.
    var headers: [String: String] = [:]
}

/// One client and all that it does within the minute, in order.
struct PlannedVisit: Hashable, Sendable {
    /// Unique within the plan: `person-07`.
    var name: String
    var persona: Persona
    /// From the ranges reserved for benchmarks and documentation (198.18.0.0/15, 2001:db8::/32).
    var ip: String
    var userAgent: String
    var acceptLanguage: String?
    /// Whether it sends back the cookie that it was given, as a browser does.
    var keepsCookies: Bool
    /// By time.
    var requests: [PlannedRequest]
}
