import DetectorCore
import Testing
import WeirProtocol

@Suite("Crawler lists") struct CrawlerListTests {
    static let text = """
        # an example
        date 2026-03-01
        crawler Search of Examples
        claims googlebot googlebot-image
        domains crawl.example.com example.net
        ranges 192.0.2.0/25 192.0.2.64/28
        ranges 2001:db8:1::/48
        complete

        crawler Reader
        claims bingbot
        domains reader.example
        """

    static func list(_ text: String = text) throws -> CrawlerList { try CrawlerList(parsing: text) }

    static func session(
        _ ip: String?, agent: String = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        on day: Timestamp.Day = Timestamp.Day(year: 2026, month: 3, day: 10)
    ) -> SessionEvidence {
        JudgeTests.session(at: [0, 9], agent: agent) { evidence in
            evidence.ip = ip
            evidence.lastActivityAt = day.start
        }
    }

    @Test(
        "a range holds its first address, its last, and nothing beside them",
        arguments: [
            ("192.0.1.255", nil), ("192.0.2.0", "192.0.2.0/25"), ("192.0.2.70", "192.0.2.0/25"),
            ("192.0.2.127", "192.0.2.0/25"), ("192.0.2.128", nil), ("2001:db8:0:ffff:ffff::", nil),
            ("2001:db8:1::", "2001:db8:1::/48"), ("2001:db8:1:ffff:ffff:ffff:ffff:ffff", "2001:db8:1::/48"),
            ("2001:db8:2::", nil), ("::ffff:192.0.2.1", "192.0.2.0/25"), ("0.0.0.0", nil), ("255.255.255.255", nil),
        ] as [(String, String?)])
    func ranges(_ address: String, _ range: String?) throws {
        let ranges = try #require(try Self.list().crawler(called: "Googlebot")).ranges
        #expect(ranges.range(of: try #require(IPAddress(address)))?.description == range)
        #expect(ranges.count == 2, "the smaller range lies in the other")
    }

    @Test("every address of a space agrees with a search one by one")
    func rangesAgainstSearch() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<200 {
            let prefixes = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                NetworkPrefix(
                    address: .v4(0x0A00_0000 | UInt32.random(in: 0..<64, using: &random)),
                    length: Int.random(in: 26...32, using: &random))
            }
            let ranges = AddressRanges(prefixes)
            for low in 0..<70 as Range<UInt32> {
                let address = IPAddress.v4(0x0A00_0000 | low)
                #expect((ranges.range(of: address) != nil) == prefixes.contains { $0.contains(address) })
            }
        }
        let everything = AddressRanges([NetworkPrefix(address: .v6(0, 0), length: 0)])
        #expect(everything.range(of: .v6(.max, .max)) != nil && everything.range(of: .v4(1)) == nil)
    }

    @Test(
        "a claim is verified by a range, denied by a complete and fresh list, else left open",
        arguments: [
            ("192.0.2.1", 10, VerdictClass.verifiedBot), ("198.51.100.1", 10, .falseClaim),
            ("192.0.2.1", 900, .verifiedBot), ("198.51.100.1", 31, .falseClaim), ("198.51.100.1", 32, .declaredBot),
            ("198.51.100.1", -29, .falseClaim), ("198.51.100.1", -4000, .declaredBot), (nil, 10, .declaredBot),
            ("no address", 10, .declaredBot),
        ] as [(String?, Int64, VerdictClass)])
    func verdicts(_ ip: String?, _ day: Int64, _ expected: VerdictClass) throws {
        let judge = Judge(crawlers: try Self.list())
        let verdict = judge.verdict(
            on: Self.session(ip, on: Timestamp.Day(number: Timestamp.Day(year: 2026, month: 3, day: 0).number + day)))
        #expect(verdict.verdictClass == expected)
        #expect(verdict.isBot, "whoever it is, it is a program")
        let claims = verdict.signals.filter { $0.name.hasPrefix("claim_") }
        switch expected {
        case .verifiedBot:
            #expect(
                claims == [
                    Signal(
                        name: "claim_verified", points: 0, observed: .text("192.0.2.0/25"),
                        threshold: .text("Search of Examples, ranges of 2026-03-01"))
                ])
        case .falseClaim: #expect(claims.map(\.name) == ["claim_failed"])
        default: #expect(claims.isEmpty)
        }
    }

    @Test("a list that is not complete convicts nobody, and other agents claim nothing")
    func openClaims() throws {
        let judge = Judge(crawlers: try Self.list())
        for agent in ["Mozilla/5.0 (compatible; bingbot/2.0)", "AhrefsBot/7.0", UserAgentTests.chrome, ""] {
            let found = judge.verdict(on: Self.session("198.51.100.1", agent: agent)).verdictClass
            #expect([.declaredBot, .human].contains(found), "\(agent)")
        }
        let unknown = Judge(crawlers: .none).verdict(on: Self.session("192.0.2.1"))
        #expect(unknown.verdictClass == .declaredBot)
    }

    @Test(
        "a look-up's word counts more than an address's absence, and less than a range; another word, another verdict")
    func lookups() throws {
        let judge = Judge(crawlers: try Self.list())
        func verdict(_ ip: String, _ check: ClaimCheck?, agent: String? = nil) -> (SessionVerdict, asked: Int) {
            var asked = 0
            var session = Self.session(ip)
            if let agent { session.userAgent = agent }
            let verdict = judge.verdict(on: session, measuring: SessionMeasures(session)) { _ in
                asked += 1
                return check
            }
            return (verdict, asked)
        }
        let (known, _) = verdict("198.51.100.1", ClaimCheck(.verified, observed: "a.example.net"))
        let (open, _) = verdict("198.51.100.1", nil)
        #expect(known.verdictClass == .verifiedBot && open.verdictClass == .falseClaim)
        #expect(known.verdictID != open.verdictID)
        #expect(verdict("192.0.2.1", .failed).asked == 0)
        #expect(verdict("192.0.2.1", .failed).0.verdictClass == .verifiedBot)
        #expect(verdict("198.51.100.1", .failed, agent: UserAgentTests.chrome).asked == 0)
    }

    @Test(
        "a wrong list is refused with the line",
        arguments: [
            ("", "no date"), ("date 2026-02-30", "line 1: date must be"),
            ("date 2026-01-01\ndate 2026-01-01", "line 2"),
            ("claims googlebot", "line 1: claims before"), ("colour blue", "colour is none of"),
            ("crawler", "needs a name"), ("crawler A", "has no claims"), ("crawler A\nclaims nosuchtoken", "no token"),
            ("crawler A\nclaims googlebot", "neither domains nor ranges"),
            ("crawler A\nclaims googlebot\ndomains com", "no domain"),
            ("crawler A\nclaims googlebot\ndomains a..com", "no domain"),
            ("crawler A\nclaims googlebot\nranges 192.0.2.0/33", "no range"),
            ("crawler A\nclaims googlebot\nranges 0.0.0.0/0", "no range"),
            ("crawler A\nclaims googlebot\ndomains a.com\ncomplete", "complete without ranges"),
            ("crawler A\nclaims googlebot\nranges 192.0.2.0/24\ncomplete yes", "complete stands alone"),
            (
                "crawler A\nclaims googlebot\ndomains a.com\ncrawler B\nclaims googlebot\ndomains b.com",
                "line 5: Googlebot belongs to two crawlers"
            ),
        ])
    func malformed(_ text: String, _ reason: String) {
        let error = #expect(throws: CrawlerList.Malformed.self) { try CrawlerList(parsing: text) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test("the built-in list knows the big ones, and calls no range complete")
    func builtIn() throws {
        let list = CrawlerList.builtIn
        #expect(list.crawlers.count >= 15)
        #expect(list.crawlers.allSatisfy { !$0.isComplete })
        for (name, inside, outside) in [
            ("Googlebot", "66.249.66.1", "66.249.96.1"), ("Bingbot", "157.55.39.10", "157.55.40.1"),
            ("Googlebot", "2001:4860:4801:24::5", "2001:4860:4802::1"), ("Applebot", "17.241.219.9", "17.1.1.1"),
        ] {
            let crawler = try #require(list.crawler(called: name))
            #expect(crawler.ranges.range(of: try #require(IPAddress(inside))) != nil, "\(name) \(inside)")
            #expect(crawler.ranges.range(of: try #require(IPAddress(outside))) == nil, "\(name) \(outside)")
            #expect(!crawler.domains.isEmpty)
        }
    }

    @Test("what was learned is kept within bounds, and holds until it is looked up again")
    func memory() {
        var memory = ClaimMemory(limit: 100)
        let moment = Timestamp(milliseconds: 1_000_000)
        func claim(_ number: UInt32) -> CrawlerClaim { CrawlerClaim(name: "Googlebot", address: .v4(number)) }
        for number in 0..<1000 as Range<UInt32> { memory.keep(.verified, of: claim(number), until: moment + 10) }
        #expect(memory.count <= 100)
        #expect(memory.recall(claim(999), at: moment).check == .verified)
        #expect(memory.recall(claim(999), at: moment).isDue == false)
        #expect(memory.recall(claim(999), at: moment + 10).check == .verified)
        #expect(memory.recall(claim(999), at: moment + 10).isDue)
        #expect(memory.recall(claim(0), at: moment).check == nil && memory.recall(claim(0), at: moment).isDue)
        memory.keep(.unchecked, of: claim(999), until: moment + 10)
        #expect(memory.recall(claim(999), at: moment).check == nil)
        #expect(!memory.recall(claim(999), at: moment).isDue, "not asked again at once")
        let hour: Int64 = 3_600_000
        for (ttl, hours) in [(0, 1), (7200, 2), (10_000_000, 24)] as [(UInt32, Int64)] {
            let finding = ReverseLookup.Finding(result: .verified, host: "a", ttl: ttl)
            #expect(ClaimMemory.expiry(of: finding, madeAt: moment) == moment + hours * hour)
        }
    }
}
