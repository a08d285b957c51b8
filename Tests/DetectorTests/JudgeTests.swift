import DetectorCore
import Testing
import WeirProtocol

@Suite("Verdicts") struct JudgeTests {
    static let start = Timestamp(milliseconds: 1_763_700_000_000)  // 2025-11-21
    let judge = Judge()

    /// A session of a current browser whose documents arrive at the given seconds.
    static func session(
        at seconds: [Double], paths: [String] = [],
        agent: String = UserAgentTests.chrome,
        assets: Int = 5, change: (inout SessionEvidence) -> Void = { _ in }
    ) -> SessionEvidence {
        var evidence = SessionEvidence(sessionID: SessionID("sess_test")!, userAgent: agent, startedAt: start)
        evidence.requests = seconds.enumerated().map { index, second in
            SessionEvidence.Request(
                at: start + Int64(second * 1000), method: "GET",
                path: index < paths.count ? paths[index] : "/p\((index * 7919) % 1000)", status: 200, kind: .document)
        }
        evidence.requestCount = seconds.count
        evidence.distinctPages = Set(evidence.requests.map(\.path)).count
        evidence.assetCount = assets
        evidence.lastActivityAt = evidence.requests.last?.at ?? start
        evidence.now = evidence.lastActivityAt
        change(&evidence)
        return evidence
    }

    func points(_ name: SignalName, _ evidence: SessionEvidence) -> Int? {
        judge.verdict(on: evidence).signals.first { $0.name == name.rawValue }?.points
    }

    /// Gaps that no rule takes for a clock's.
    static func uneven(_ count: Int, gap: Double) -> [Double] {
        var at = 0.0
        return (0..<count).map { index in
            defer { at += gap * (index % 3 == 0 ? 0.4 : index % 3 == 1 ? 1.0 : 1.6) }
            return at
        }
    }

    @Test("more than 50 page requests; polling does not count")
    func highRequestCount() {
        #expect(points(.highRequestCount, Self.session(at: Self.uneven(50, gap: 30))) == nil)
        #expect(points(.highRequestCount, Self.session(at: Self.uneven(51, gap: 30))) == 30)
        let polling = Self.session(at: Self.uneven(200, gap: 2)) { evidence in
            for index in evidence.requests.indices.dropFirst(3) { evidence.requests[index].kind = .background }
            evidence.distinctPages = 3
        }
        #expect(judge.verdict(on: polling).score == 0)
        #expect(judge.verdict(on: polling).verdictClass == .human)
    }

    @Test("more than 60 % of the pages, of a site with at least 20")
    func highPageCoverage() {
        func coverage(_ pages: Int, of site: Int) -> Int? {
            points(.highPageCoverage, Self.session(at: Self.uneven(pages, gap: 30)) { $0.sitePages = site })
        }
        #expect(coverage(13, of: 20) == 25)
        #expect(coverage(12, of: 20) == nil)
        #expect(coverage(4, of: 5) == nil)
    }

    @Test("five distinct documents in sorted or numeric order")
    func sequentialNavigation() {
        let times = Self.uneven(6, gap: 30)
        #expect(points(.sequentialNavigation, Self.session(at: times, paths: (7..<13).map { "/page/\($0)" })) == 20)
        #expect(
            points(.sequentialNavigation, Self.session(at: times, paths: Array(repeating: "/same", count: 6))) == nil)
        #expect(
            points(.sequentialNavigation, Self.session(at: Array(times.prefix(4)), paths: ["/0", "/1", "/2", "/3"]))
                == nil)
        let wandering = ["/m", "/z", "/a", "/q", "/b", "/k"]
        #expect(points(.sequentialNavigation, Self.session(at: times, paths: wandering)) == nil)
    }

    @Test("more than 5 sessions of one fingerprint in one network")
    func multipleFingerprintSessions() {
        for (sessions, expected) in [(5, nil), (6, 20)] as [(Int, Int?)] {
            let evidence = Self.session(at: [0, 40]) { $0.fingerprintSessions24h = sessions }
            #expect(points(.multipleFingerprintSessions, evidence) == expected)
        }
    }

    @Test("a clock's regularity, from five gaps of more than half a second on")
    func regularTiming() {
        func timing(_ count: Int, _ gap: Double) -> Int? {
            points(.regularTiming, Self.session(at: (0..<count).map { Double($0) * gap }))
        }
        #expect(timing(6, 10) == 15)
        #expect(timing(5, 10) == nil)
        #expect(timing(6, 0.4) == nil)
        #expect(points(.regularTiming, Self.session(at: Self.uneven(12, gap: 10))) == nil)
    }

    @Test("more than 5 pages a minute over at least a minute; two quick pages are not")
    func highPagesPerMinute() {
        #expect(points(.highPagesPerMinute, Self.session(at: Self.uneven(12, gap: 9))) == 15)
        #expect(points(.highPagesPerMinute, Self.session(at: [0, 10])) == nil)
        #expect(points(.highPagesPerMinute, Self.session(at: Self.uneven(10, gap: 30))) == nil)
    }

    @Test(
        "old browsers, measured at the request's time",
        arguments: [
            ("Chrome/89.0.4389.82", 2025, 10), ("Chrome/90.0.4430.85", 2025, nil), ("Firefox/87.0", 2025, 10),
            ("Firefox/88.0", 2025, nil), ("Chrome/41.0.2272.118", 2015, nil), ("Chrome/8.0", 2015, 10),
        ] as [(String, Int64, Int?)])
    func outdatedBrowser(product: String, year: Int64, expected: Int?) {
        let moment = Timestamp.Day(year: year, month: 6, day: 1).start
        let evidence = Self.session(
            at: [0, 40], agent: "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) \(product)"
        ) { $0.lastActivityAt = moment }
        #expect(points(.outdatedBrowser, evidence) == expected)
    }

    @Test("four limits: velocity, unique pages, gaps, length; one thing is not paid for twice")
    func fourLimits() {
        let fast = judge.verdict(
            on: Self.session(at: Self.uneven(130, gap: 0.9), paths: (0..<130).map { "/p\($0 % 7)" }))
        let names = Dictionary(uniqueKeysWithValues: fast.signals.map { ($0.name, $0.points) })
        #expect(names["request_velocity"] == 30)
        #expect(names["high_pages_per_minute"] == 0)
        #expect(names["high_request_count"] == 30)
        #expect(fast.isBehavioralBot && fast.verdictClass == .behavioralBot)

        // Of 400 requests in half a minute, the evidence may have room for the last 300 only.
        let cut = Self.session(at: (0..<400).map { Double($0) * 0.075 }) {
            $0.requests.removeFirst(100)
            $0.requestsOmitted = 100
        }
        #expect(SessionMeasures(cut).busiestMinute == 400)

        let wide = judge.verdict(on: Self.session(at: Self.uneven(51, gap: 60)))
        #expect(wide.signals.first { $0.name == "unique_pages" }?.points == 0)
        #expect(wide.signals.first { $0.name == "high_request_count" }?.points == 30)

        #expect(points(.shortGaps, Self.session(at: Self.uneven(10, gap: 0.09))) == 30)
        #expect(points(.shortGaps, Self.session(at: Self.uneven(9, gap: 0.09))) == nil)
        #expect(points(.longSession, Self.session(at: [0, 5000, 14_401])) == 10)
        #expect(points(.longSession, Self.session(at: [0, 5000, 14_400])) == nil)
    }

    @Test(
        "what eager people do convicts nobody whose browser loads the pages' files, however much of it comes together")
    func eagerPeople() {
        let times = Self.uneven(60, gap: 9)
        let reader = judge.verdict(
            on: Self.session(at: times) { evidence in
                evidence.sitePages = 70
                evidence.fingerprintSessions24h = 9
            })
        let points = Dictionary(uniqueKeysWithValues: reader.signals.map { ($0.name, $0.points) })
        #expect(
            points == [
                "high_request_count": 30, "high_page_coverage": 0, "multiple_fingerprint_sessions": 0,
                "high_pages_per_minute": 15, "unique_pages": 0,
            ])
        #expect(!reader.isBehavioralBot)
        let program = judge.verdict(on: Self.session(at: times, assets: 0) { $0.sitePages = 70 })
        #expect(program.isBehavioralBot)
    }

    @Test("nobody reads for long without one pause twice as long as usual")
    func evenPauses() {
        let steady = (0..<26).map { Double($0) * 8 + ($0.isMultiple(of: 2) ? 0 : 3) }
        #expect(points(.evenPauses, Self.session(at: steady, assets: 0)) == 15)
        #expect(points(.evenPauses, Self.session(at: Array(steady.dropLast()), assets: 0)) == nil)
        #expect(points(.evenPauses, Self.session(at: steady + [250], assets: 0)) == nil)
        // Whose browser loads files may flip through pictures three times as long.
        #expect(points(.evenPauses, Self.session(at: steady)) == nil)
        let long = (0..<76).map { Double($0) * 8 + ($0.isMultiple(of: 2) ? 0 : 3) }
        #expect(points(.evenPauses, Self.session(at: long)) == 15)
    }

    @Test(
        "many addresses with one behaviour, one network with many agents: only where nothing but documents is fetched")
    func crowds() {
        func points(_ signal: SignalName, assets: Int, sessions: Int = 1, agents: Int = 1, pages: Int = 3) -> Int? {
            self.points(
                signal,
                Self.session(at: Self.uneven(pages, gap: 60), assets: assets) { evidence in
                    evidence.fingerprintSessions24h = sessions
                    evidence.prefixAgents24h = agents
                })
        }
        #expect(points(.silentCrowd, assets: 0, sessions: 21) == 20)
        #expect(points(.silentCrowd, assets: 0, sessions: 20) == nil)
        #expect(points(.silentCrowd, assets: 1, sessions: 200) == nil)
        #expect(points(.silentCrowd, assets: 0, sessions: 200, pages: 2) == nil)
        #expect(points(.rotatingAgents, assets: 0, agents: 31) == 20)
        #expect(points(.rotatingAgents, assets: 0, agents: 30) == nil)
        #expect(points(.rotatingAgents, assets: 1, agents: 300) == nil)
    }

    @Test("a silent tracker weighs nothing where files were loaded: blockers are common")
    func blockedTracker() {
        func points(assets: Int) -> Int? {
            self.points(
                .noEngagement, Self.session(at: [0, 40, 90], assets: assets) { $0.trackerExpected = true })
        }
        #expect(points(assets: 0) == 20)
        #expect(points(assets: 6) == 0)
    }

    @Test("a browser that sends no language, where headers are recorded")
    func missingLanguage() {
        func points(language: String, headers: [String: String]) -> Int? {
            self.points(
                .headerMismatch,
                Self.session(at: [0, 40]) { evidence in
                    evidence.acceptLanguage = language
                    evidence.headers = headers
                })
        }
        #expect(points(language: "", headers: ["accept": "*/*"]) == 25)
        #expect(points(language: "de", headers: ["accept": "*/*"]) == nil)
        #expect(points(language: "", headers: [:]) == nil)
    }

    @Test("an eager reader on an old tablet is not a bot")
    func eagerReader() {
        let evidence = Self.session(
            at: Self.uneven(45, gap: 11),
            agent:
                "Mozilla/5.0 (Linux; Android 5.0; SM-T530) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/80.0 Safari/537.36",
            assets: 200)
        let verdict = judge.verdict(on: evidence)
        #expect(verdict.verdictClass == .human)
        #expect(verdict.score < 50)
    }

    @Test("forms filled in faster than people can, by a session that loads nothing else")
    func formSpam() {
        func session(gap: Int64, assets: Int) -> SessionEvidence {
            Self.session(at: [0], assets: assets) { evidence in
                evidence.requests = [
                    .init(
                        at: Self.start, method: "GET", path: "/join", status: 200, kind: .document,
                        referrerHost: "a.example"),
                    .init(
                        at: Self.start + gap, method: "POST", path: "/join", status: 302, kind: .document,
                        referrerHost: "a.example"),
                ]
                evidence.requestCount = 2
            }
        }
        #expect(judge.verdict(on: session(gap: 1000, assets: 0)).isBehavioralBot)
        #expect(!judge.verdict(on: session(gap: 25_000, assets: 0)).isBehavioralBot)
        #expect(!judge.verdict(on: session(gap: 4000, assets: 8)).isBehavioralBot)
    }

    @Test("one certain probe makes a scanner; an uncertain one needs company where pages are read")
    func scanner() {
        func session(_ requests: [(String, Int)], assets: Int = 3) -> SessionEvidence {
            Self.session(at: [0], assets: assets) { evidence in
                evidence.requests = requests.enumerated().map { index, request in
                    .init(
                        at: Self.start + Int64(index) * 20_000, method: "GET", path: request.0, status: request.1,
                        kind: .document)
                }
                evidence.requestCount = requests.count
            }
        }
        #expect(judge.verdict(on: session([("/.env", 404)])).verdictClass == .scanner)
        #expect(judge.verdict(on: session([("/", 200), ("/old.php", 404)])).verdictClass == .human)
        #expect(judge.verdict(on: session([("/", 200), ("/wp-login.php", 404), ("/xmlrpc.php", 404)])).isScanner)
        #expect(judge.verdict(on: session([("/wp-login.php", 404)], assets: 0)).isScanner)
        #expect(judge.verdict(on: session([("/admin", 200), ("/admin/users", 200)])).verdictClass == .human)
    }

    @Test("scanner velocity needs a minute, twenty requests and mostly errors")
    func scannerVelocity() {
        func flagged(_ requests: Int, _ errors: Int, _ seconds: Int64) -> Bool {
            let evidence = Self.session(at: [0], assets: 0) { evidence in
                evidence.requestCount = requests
                evidence.errorCount = errors
                evidence.lastActivityAt = Self.start + seconds * 1000
            }
            return judge.verdict(on: evidence).signals.contains { $0.name == "scanner_velocity" }
        }
        #expect(flagged(40, 21, 61))
        #expect(!flagged(40, 20, 61))
        #expect(!flagged(19, 19, 60))
        #expect(!flagged(40, 40, 59))
        #expect(!flagged(30, 30, 60))
    }

    @Test("who declares itself, or comes from a spam host, is a bot")
    func declared() {
        let google = judge.verdict(
            on: Self.session(at: [0, 9], agent: "Googlebot/2.1 (+http://www.google.com/bot.html)"))
        #expect(google.verdictClass == .declaredBot && google.isBot && !google.isScanner)
        #expect(google.botName == "Googlebot" && google.botCategory == "search")
        let spam = Self.session(at: [0]) { $0.requests[0].referrerHost = "www.semalt.com" }
        #expect(judge.verdict(on: spam).isBot)
        #expect(judge.verdict(on: spam).signals.map(\.name) == ["spam_referrer"])
    }

    @Test("a checked claim is verified or false")
    func claims() {
        let evidence = Self.session(at: [0, 9], agent: "Googlebot/2.1 (+http://www.google.com/bot.html)")
        #expect(judge.verdict(on: evidence, claim: .verified).verdictClass == .verifiedBot)
        #expect(judge.verdict(on: evidence, claim: .failed).verdictClass == .falseClaim)
        #expect(judge.verdict(on: Self.session(at: [0, 9]), claim: .failed).verdictClass == .human)
    }

    @Test("too little evidence is undecided, and says so")
    func undecided() {
        #expect(judge.verdict(on: Self.session(at: [0], assets: 0)).verdictClass == .undecided)
        #expect(judge.verdict(on: Self.session(at: [0], assets: 1)).verdictClass == .human)
        #expect(judge.verdict(on: Self.session(at: [0], assets: 0) { $0.engagementEvents = 1 }).verdictClass == .human)
        #expect(judge.verdict(on: Self.session(at: [0, 40], assets: 0)).verdictClass == .human)
    }

    @Test("static files without a page are no visit, unless something was heard of a page that came from elsewhere")
    func filesAlone() {
        let files = Self.session(at: [], assets: 12)
        #expect(judge.verdict(on: files).verdictClass == .undecided)
        #expect(!judge.verdict(on: files).isBot && !judge.verdict(on: files).isBehavioralBot)
        var cached = files
        cached.engagementEvents = 1
        #expect(judge.verdict(on: cached).verdictClass == .human)
        var omitted = files
        (omitted.requestCount, omitted.requestsOmitted) = (3, 3)
        #expect(judge.verdict(on: omitted).verdictClass == .human)
    }

    @Test("a missing agent speaks only against a session without other traces of a browser")
    func missingAgent() {
        #expect(judge.verdict(on: Self.session(at: [0, 40], agent: "", assets: 0)).verdictClass == .declaredBot)
        #expect(judge.verdict(on: Self.session(at: [0, 40], agent: "", assets: 4)).verdictClass == .human)
    }

    @Test(
        "the same evidence is the same verdict; its name changes with evidence and rules, not with the hour of asking")
    func verdictID() throws {
        let evidence = Self.session(at: [0, 40])
        var later = evidence
        later.now = evidence.now + 60_000
        var other = evidence
        other.requests[1].path = "/else"
        let first = judge.verdict(on: evidence)
        #expect(judge.verdict(on: later).verdictID == first.verdictID)
        #expect(judge.verdict(on: other).verdictID != first.verdictID)
        let rules = try RuleSet(overriding: ["limit": 60])
        #expect(Judge(rules: rules).verdict(on: evidence).verdictID != first.verdictID)
        #expect(first.judgedCount == 7)
        #expect(first.signals.reduce(0) { $0 + $1.points } == first.score)
    }
}
