import DetectorCore
import Testing
import WeirProtocol

@Suite("Rule sets") struct RuleSetTests {
    @Test("a file's mistakes are reported together")
    func allProblems() {
        let file: JSONValue = [
            "limit": 0, "nonsense": 1, "signals": ["regular_timing": ["points": 900, "bar": 2], "foo": ["points": 1]],
            "scanner": ["missing_share": 2], "outdated_browsers": [["browser": "lynx", "from": "soon", "below": -1]],
            "spam_hosts": ["add": ["not a host"]], "agents": [["token": "x", "name": "X", "category": "sea"]],
        ]
        do {
            _ = try RuleSet(overriding: file)
            Issue.record("a wrong file was taken")
        } catch {
            #expect(error.problems.count == 11, "\(error)")
        }
    }

    @Test("a file changes what it names and the set's own name")
    func override() throws {
        let rules = try RuleSet(overriding: [
            "version": "2027.01", "signals": ["high_request_count": ["points": 50, "threshold": 2]],
            "agents": [["token": "quuxbrowser", "name": "Quux", "category": "monitoring"]],
            "spam_hosts": ["add": ["spam.example"], "remove": ["semalt.com"]],
        ])
        #expect(rules.name.hasPrefix("2027.01-") && rules.name.utf8.count == 16)
        #expect(rules.name != RuleSet.standard.name)
        #expect(rules[.highRequestCount].points == 50)
        #expect(rules[.regularTiming] == RuleSet.standard[.regularTiming])
        #expect(rules.agents.classify("Mozilla/5.0 (X11) Gecko/2 QuuxBrowser/1").name == "Quux")
        #expect(rules.spamHosts.match("a.spam.example") == "spam.example")
        #expect(rules.spamHosts.match("semalt.com") == nil)
        #expect(Judge(rules: rules).verdict(on: JudgeTests.session(at: [0, 40, 90])).isBehavioralBot)
    }

    @Test("the rules of this release keep their name from run to run")
    func name() {
        #expect(RuleSet.standard.name.hasPrefix("2026.11-"))
        #expect(RuleSet().name == RuleSet.standard.name)
    }

    @Test("the seven signals and the four limits have the points and thresholds of the requirement")
    func requirement() {
        let expected: [(SignalName, Int, Double)] = [
            (.highRequestCount, 30, 50), (.highPageCoverage, 25, 60), (.sequentialNavigation, 20, 0.7),
            (.multipleFingerprintSessions, 20, 5), (.regularTiming, 15, 0.1), (.highPagesPerMinute, 15, 5),
            (.outdatedBrowser, 10, 0), (.requestVelocity, 30, 60), (.uniquePages, 15, 50), (.shortGaps, 30, 100),
            (.longSession, 10, 4),
        ]
        for (signal, points, threshold) in expected {
            #expect(RuleSet.standard[signal].points == points && RuleSet.standard[signal].threshold == threshold)
        }
        #expect(RuleSet.standard.limit == 50)
    }

    @Test("spam hosts match whole labels")
    func spamHosts() {
        #expect(SpamHosts.builtIn.match("semalt.com") == "semalt.com")
        #expect(SpamHosts.builtIn.match("www.semalt.com") == "semalt.com")
        #expect(SpamHosts.builtIn.match("notsemalt.com") == nil)
        #expect(SpamHosts.builtIn.match("com") == nil)
    }

    @Test("a standing falls with abuse and comes back with clean time")
    func reputation() {
        let evidence = JudgeTests.session(at: [0, 40])
        var verdict = Judge().verdict(on: evidence)
        #expect(ReputationChange(verdict, evidence).delta == 0)
        verdict.verdictClass = .scanner
        #expect(ReputationChange(verdict, evidence).delta == -20)
        #expect(ReputationChange.recovered(20, after: 3_600_000 * 5) == 25)
        #expect(ReputationChange.recovered(20, after: 3_600_000 * 500) == 50)
        #expect(ReputationChange.recovered(70, after: 3_600_000) == 70)
    }

    @Test("thresholds and trend")
    func anomalies() {
        let limit = AnomalyThreshold.standard["requests_per_minute"]!
        #expect([14.9, 15, 29.9, 30].map(limit.level) == [.normal, .warning, .warning, .critical])
        #expect(TrendTest.level(latest: 21, baseline: [10, 10, 10]) == .warning)
        #expect(TrendTest.level(latest: 31, baseline: [10, 10, 10]) == .critical)
        #expect(TrendTest.level(latest: 20, baseline: [10, 10, 10]) == .normal)
        #expect(TrendTest.level(latest: 99, baseline: [10, 10]) == .learning)
    }
}

@Suite("Time series") struct SeriesTests {
    @Test("a steady daily rhythm is usual, a spike in it is not, and nothing is said while learning")
    func rhythm() {
        var detector = SeriesDetector()
        var levels: [AnomalyLevel] = []
        for index in 0..<2000 {
            let phase = Double(index % 288) / 288
            let wave = 100 + 80 * (phase < 0.5 ? phase : 1 - phase) + Double((index * 7919) % 11)
            let value = index == 1700 ? wave * 5 : wave
            levels.append(detector.next(at: Int64(index) * 300_000, value).level)
        }
        #expect(levels[..<SeriesDetector.learning].allSatisfy { $0 == .learning })
        #expect(levels[1700] == .critical)
        #expect(levels[SeriesDetector.learning..<1700].count { $0 == .critical } <= 1)
    }

    @Test("a flat series does not alarm at its first ripple")
    func flat() {
        var detector = SeriesDetector()
        for index in 0..<500 { _ = detector.next(at: Int64(index) * 60_000, 1000) }
        #expect(detector.next(at: 500 * 60_000, 1002).level == .normal)
        #expect(detector.next(at: 501 * 60_000, 3000).level == .critical)
    }

    @Test("times with and without zone")
    func times() {
        #expect(SeriesTime.milliseconds("1970-01-02 00:00:01") == 86_401_000)
        #expect(SeriesTime.milliseconds("1970-01-01T02:00:00+01:00") == 3_600_000)
        #expect(SeriesTime.milliseconds("1970-01-01T00:00:00.000000Z") == 0)
        #expect(SeriesTime.milliseconds("soon") == nil)
    }
}
