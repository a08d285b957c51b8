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

    /// One mistake each, and the words by which somebody finds it.
    @Test(
        "each kind of mistake is told where it is",
        arguments: [
            (["undecided": 3], "undecided: must be a mapping with page_requests and score"),
            (["undecided": ["page_requests": -1]], "undecided.page_requests: must be a number from 0.0 to 1000.0"),
            (["undecided": ["score": "high"]], "undecided.score: must be a number from 0.0 to 1000.0"),
            (["undecided": ["pages": 2]], "undecided.pages: no such rule; there are page_requests, score"),
            (["signals": []], "signals: must be a mapping from signal names"),
            (
                ["signals": ["regular_timing": 15]],
                "signals.regular_timing: must be a mapping with points and threshold"
            ),
            (["scanner": 1], "scanner: must be a mapping"),
            (["scanner": ["speed": 1]], "scanner.speed: no such rule"),
            (["outdated_browsers": "old"], "outdated_browsers: must be a list of {browser, from, below}"),
            (
                ["outdated_browsers": [["browser": "chrome", "from": "2023-13-01", "below": 90]]],
                "outdated_browsers[0].from: must be a date, YYYY-MM-DD"
            ),
            (["spam_hosts": ["a.example"]], "spam_hosts: must be a mapping with add and remove"),
            (["spam_hosts": ["ban": ["a.example"]]], "spam_hosts.ban: must be add or remove with a list of hosts"),
            (["spam_hosts": ["add": [7]]], "spam_hosts.add[0]: must be a host name"),
            (["agents": "bots"], "agents: must be a list of {token, name, operator, category, since}"),
            (["agents": [["token": "", "name": "X", "category": "seo"]]], "agents[0]: "),
        ] as [(JSONValue, String)])
    func oneMistake(file: JSONValue, words: String) {
        do {
            _ = try RuleSet(overriding: file)
            Issue.record("a wrong file was taken")
        } catch {
            #expect(error.problems.count == 1 && error.description.hasPrefix(words), "\(error)")
        }
    }

    @Test("a file that is no mapping is none")
    func noMapping() {
        do {
            _ = try RuleSet(overriding: ["version"])
            Issue.record("a list was taken")
        } catch {
            #expect(error.description == "the rule file is not a mapping; start it with a version")
        }
    }

    @Test("rules are told as a file would say them, and such a file makes the same rules")
    func described() throws {
        let file: JSONValue = [
            "version": "2027.02", "limit": 70, "undecided": ["page_requests": 3, "score": 25],
            "signals": ["regular_timing": ["points": 12, "threshold": 0.25, "min_gaps": 9]],
            "scanner": ["velocity_per_minute": 45],
            "outdated_browsers": [["browser": "firefox", "from": "2024-02-29", "below": 115]],
            "spam_hosts": ["add": ["spam.example"]],
        ]
        let rules = try RuleSet(overriding: file)
        let told = rules.described
        #expect(told["version"]?.stringValue == "2027.02" && told["limit"]?.integerValue == 70)
        #expect(told["undecided"] == ["page_requests": 3, "score": 25])
        #expect(told["signals"]?["regular_timing"]?["points"]?.integerValue == 12)
        #expect(told["signals"]?["regular_timing"]?["threshold"]?.doubleValue == 0.25)
        #expect(told["signals"]?["regular_timing"]?["min_gaps"]?.doubleValue == 9)
        #expect(told["scanner"]?["velocity_per_minute"]?.doubleValue == 45)
        #expect(told["outdated_browsers"] == [["browser": "firefox", "from": "2024-02-29", "below": 115]])
        let hosts = try #require(RuleSet.standard.described["lists"]?["spam_hosts"]?.integerValue)
        #expect(told["lists"]?["spam_hosts"]?.integerValue == hosts + 1)
        guard case .object(var parts) = told else { return }
        #expect(parts["rule_set"]?.stringValue == rules.name)
        (parts["rule_set"], parts["lists"]) = (nil, nil)
        parts["spam_hosts"] = ["add": ["spam.example"]]
        let again = try RuleSet(overriding: .object(parts))
        #expect(again.name == rules.name && again.described == told)
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
