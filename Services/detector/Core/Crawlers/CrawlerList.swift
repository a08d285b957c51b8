import WeirProtocol

/// How well-known crawlers can be told from those that only use their names: the addresses that their operators publish,
/// and the domains that their host names are in. Data with a date, in lines:
///
/// ```
/// date 2026-11-22
/// crawler Example Search
/// claims examplebot examplebot-image
/// domains crawl.example.com
/// ranges 192.0.2.0/24 2001:db8:1::/48
/// complete
/// ```
///
/// `claims` are tokens of the bot catalogue; `complete` says that the operator uses no other address. Words of one kind
/// may go on over several lines; empty lines and lines that start with `#` are skipped.
public struct CrawlerList: Sendable {
    /// How long before and after its date a complete list may convict, in ms: operators change their ranges every few
    /// weeks, and an old list must not call their crawlers impostors.
    public static let convictingAge: Int64 = 30 * 86_400_000
    /// The most ranges in a list.
    public static let rangeLimit = 200_000

    /// One operator's crawlers.
    public struct Crawler: Sendable {
        /// The operator or its service, for people.
        public var name: String
        /// Tokens of the catalogue that claim to be it.
        public var claims: [String]
        /// Domains that its host names are in, lower case; empty where it has none.
        public var domains: [String]
        /// Where it comes from.
        public var ranges: AddressRanges
        /// Whether it comes from nowhere else.
        public var isComplete: Bool
    }

    /// A list that cannot be used.
    public struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        /// 1-based; 0 for the list as a whole.
        public var line: Int
        /// What is wrong.
        public var reason: String
        /// Line and reason.
        public var description: String { line == 0 ? reason : "line \(line): \(reason)" }
    }

    /// The day that the list is of.
    public let date: Timestamp.Day
    /// In the order of the list.
    public let crawlers: [Crawler]
    private let byName: [String: Int]

    /// A list that knows nobody: every claim stays unchecked.
    public static let none = CrawlerList(date: Timestamp.Day(number: 0), crawlers: [], byName: [:])

    /// Reads a list whose claims have to be tokens of `catalogue`.
    public init(parsing text: some StringProtocol, catalogue: BotCatalogue = .builtIn) throws(Malformed) {
        var reader = Reader(
            names: Dictionary(
                catalogue.entries.lazy.map { ($0.token, $0.name) }, uniquingKeysWith: { first, _ in first }))
        var number = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            number += 1
            do { try reader.read(line) } catch { throw Malformed(line: number, reason: error.reason) }
        }
        try reader.finishCrawler()
        guard let date = reader.date else {
            throw Malformed(line: 0, reason: "the list has no date; start it with: date YYYY-MM-DD")
        }
        self.init(date: date, crawlers: reader.crawlers, byName: reader.placeOfName)
    }

    private init(date: Timestamp.Day, crawlers: [Crawler], byName: [String: Int]) {
        self.date = date
        self.crawlers = crawlers
        self.byName = byName
    }

    /// Whose crawler a bot of this name in the catalogue claims to be.
    public func crawler(called name: String) -> Crawler? { byName[name].map { crawlers[$0] } }

    /// The claim that `agent` makes from `address`; nil where it claims nothing that can be checked.
    public func claim(of agent: AgentClass, from address: IPAddress) -> CrawlerClaim? {
        guard agent.reason == .catalogue, let name = agent.name, byName[name] != nil else { return nil }
        return CrawlerClaim(name: name, address: address)
    }

    /// Whether the crawler has host names by which a claim can be told.
    public func canBeLookedUp(_ claim: CrawlerClaim) -> Bool { crawler(called: claim.name)?.domains.isEmpty == false }

    /// What the ranges alone say of a claim that was made at `moment`.
    public func check(_ claim: CrawlerClaim, at moment: Timestamp) -> ClaimCheck {
        guard let crawler = crawler(called: claim.name) else { return .unchecked }
        if let range = crawler.ranges.range(of: claim.address) {
            return ClaimCheck(.verified, observed: range.description, authority: authority(on: crawler))
        }
        let age = moment - date.start
        guard crawler.isComplete, age >= -Self.convictingAge, age <= Self.convictingAge else { return .unchecked }
        return ClaimCheck(.failed, observed: "another address", authority: authority(on: crawler))
    }

    private func authority(on crawler: Crawler) -> String { "\(crawler.name), ranges of \(date.description)" }
}

/// The list under way, line by line.
private struct Reader {
    struct Problem: Error { var reason: String }

    let names: [String: String]
    private(set) var placeOfName: [String: Int] = [:]
    var date: Timestamp.Day?
    var crawlers: [CrawlerList.Crawler] = []
    private var open: CrawlerList.Crawler?
    private var prefixes: [NetworkPrefix] = []
    private var rangeCount = 0

    init(names: [String: String]) { self.names = names }

    mutating func read(_ line: some StringProtocol) throws(Problem) {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
        guard let keyword = words.first, !keyword.hasPrefix("#") else { return }
        let values = words.dropFirst().map { String($0) }
        switch keyword {
        case "date":
            guard date == nil else { throw Problem(reason: "a second date") }
            guard values.count == 1, let day = Timestamp.Day(listed: values[0]) else {
                throw Problem(reason: "date must be YYYY-MM-DD")
            }
            date = day
        case "crawler":
            do { try finishCrawler() } catch { throw Problem(reason: error.reason) }
            guard !values.isEmpty else { throw Problem(reason: "crawler needs a name") }
            open = CrawlerList.Crawler(
                name: values.joined(separator: " "), claims: [], domains: [], ranges: AddressRanges([]),
                isComplete: false)
        case "claims", "domains", "ranges", "complete":
            guard open != nil else { throw Problem(reason: "\(keyword) before the first crawler") }
            for value in values { try take(value, String(keyword)) }
            if keyword == "complete" {
                guard values.isEmpty else { throw Problem(reason: "complete stands alone") }
                open?.isComplete = true
            }
        default:
            throw Problem(
                reason: "\(keyword.prefix(40)) is none of date, crawler, claims, domains, ranges, complete")
        }
    }

    private mutating func take(_ value: String, _ keyword: String) throws(Problem) {
        switch keyword {
        case "claims":
            guard let name = names[value] else {
                throw Problem(reason: "\(value.prefix(60)) is no token of the bot catalogue")
            }
            guard placeOfName.updateValue(crawlers.count, forKey: name) ?? crawlers.count == crawlers.count else {
                throw Problem(reason: "\(name) belongs to two crawlers")
            }
            open?.claims.append(value)
        case "domains":
            guard let name = DNSName(value), name.labels.count >= 2 else {
                throw Problem(reason: "\(value.prefix(60)) is no domain of two labels or more")
            }
            open?.domains.append(name.text)
        case "ranges":
            guard let prefix = NetworkPrefix(value), prefix.length >= 8 else {
                throw Problem(reason: "\(value.prefix(60)) is no range of /8 or longer")
            }
            rangeCount += 1
            guard rangeCount <= CrawlerList.rangeLimit else {
                throw Problem(reason: "more than \(CrawlerList.rangeLimit) ranges")
            }
            prefixes.append(prefix)
        default: break
        }
    }

    mutating func finishCrawler() throws(CrawlerList.Malformed) {
        guard var crawler = open else { return }
        open = nil
        crawler.ranges = AddressRanges(prefixes)
        prefixes = []
        func refuse(_ reason: String) -> CrawlerList.Malformed {
            CrawlerList.Malformed(line: 0, reason: "crawler \(crawler.name) \(reason)")
        }
        if crawler.claims.isEmpty { throw refuse("has no claims") }
        if crawler.ranges.count == 0, crawler.domains.isEmpty { throw refuse("has neither domains nor ranges") }
        if crawler.ranges.count == 0, crawler.isComplete { throw refuse("is complete without ranges") }
        crawlers.append(crawler)
    }
}

extension Timestamp.Day {
    /// `YYYY-MM-DD`, a day that exists.
    fileprivate init?(listed text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], let year = UInt16(parts[0]), let month = UInt8(parts[1]),
            let day = UInt8(parts[2])
        else { return nil }
        self.init(year: Int64(year), month: Int64(month), day: Int64(day))
        if description != text { return nil }
    }
}
