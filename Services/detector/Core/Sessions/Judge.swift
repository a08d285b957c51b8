import WeirProtocol

/// Passes the verdict on a session: what it is called, what it looks for, how it behaves, in that order.
///
/// The same evidence and the same rules give the same verdict, signal by signal. It remembers nothing.
public final class Judge: Sendable {
    /// The rules that it judges by.
    public let rules: RuleSet
    /// By what it knows crawlers from those that only use their names.
    public let crawlers: CrawlerList

    /// A judge by `rules`, who knows `crawlers`.
    public init(rules: RuleSet = .standard, crawlers: CrawlerList = .builtIn) {
        self.rules = rules
        self.crawlers = crawlers
    }

    /// The verdict on `evidence`. With a `claim`, that is what is known of the session's claim to be a crawler; else the
    /// published ranges say.
    public func verdict(on evidence: SessionEvidence, claim: ClaimCheck? = nil) -> SessionVerdict {
        verdict(on: evidence, measuring: SessionMeasures(evidence), claim: claim)
    }

    /// The verdict on `evidence` whose `measures` are taken already.
    /// - Parameter recalling: asked what a look-up gave for a claim that the published ranges do not confirm; nil for
    ///   nothing.
    public func verdict(
        on evidence: SessionEvidence, measuring measures: SessionMeasures, claim: ClaimCheck? = nil,
        recalling: (CrawlerClaim) -> ClaimCheck? = { _ in nil }
    ) -> SessionVerdict {
        let agent = agent(of: evidence, measures)
        let claim = agent.isBot ? claim ?? check(agent, evidence, recalling) : .unchecked
        var signals: [Signal] = []
        let isBot = judgeAgent(agent, evidence, claim, &signals)
        let isScanner = judgeRequests(agent, evidence, measures, &signals)
        let score = BehaviourScore(rules: rules, evidence: evidence, measures: measures, agent: agent)
        signals.append(contentsOf: score.signals)
        let isBehavioral = score.total >= rules.limit
        return SessionVerdict(
            verdictID: evidence.verdictID(rules: rules, claim: claim.result), sessionID: evidence.sessionID,
            verdictClass: Self.verdictClass(
                isBot: isBot, isScanner: isScanner, isBehavioral: isBehavioral, claim: claim.result,
                isUndecided: isUndecided(evidence, measures, score.total)),
            score: score.total, isBot: isBot, isScanner: isScanner, isBehavioralBot: isBehavioral, signals: signals,
            ruleSet: rules.name, judgedCount: evidence.requestCount + evidence.assetCount + evidence.engagementEvents,
            at: evidence.now, botName: agent.name, botCategory: agent.category?.rawValue)
    }

    /// A range that confirms the claim needs no other word; else a look-up's word counts more than an address's absence
    /// from the ranges.
    private func check(
        _ agent: AgentClass, _ evidence: SessionEvidence, _ recalling: (CrawlerClaim) -> ClaimCheck?
    ) -> ClaimCheck {
        guard let address = evidence.ip.flatMap({ IPAddress($0) }), let claim = crawlers.claim(of: agent, from: address)
        else { return .unchecked }
        let published = crawlers.check(claim, at: evidence.lastActivityAt)
        if published.result == .verified || !crawlers.canBeLookedUp(claim) { return published }
        return recalling(claim) ?? published
    }

    /// What the user agent says. Some logs record none at all, so a missing one speaks only against a session that
    /// shows no other trace of a browser either.
    private func agent(of evidence: SessionEvidence, _ measures: SessionMeasures) -> AgentClass {
        var agent = rules.agents.classify(evidence.userAgent)
        if agent.reason == .empty, evidence.assetCount + evidence.engagementEvents + measures.background > 0 {
            agent.isBot = false
            agent.name = nil
            agent.category = nil
        }
        return agent
    }

    private static func verdictClass(
        isBot: Bool, isScanner: Bool, isBehavioral: Bool, claim: ClaimCheck.Result, isUndecided: Bool
    ) -> VerdictClass {
        if claim == .verified { return .verifiedBot }
        if isScanner { return .scanner }
        if claim == .failed { return .falseClaim }
        if isBot { return .declaredBot }
        if isBehavioral { return .behavioralBot }
        return isUndecided ? .undecided : .human
    }

    /// Too little seen, or too much of it odd, to call it a person; counted with people until more is known. Static
    /// files without a page are no visit: icons are fetched by link previews, pictures are shown by other people's sites.
    private func isUndecided(_ evidence: SessionEvidence, _ measures: SessionMeasures, _ score: Int) -> Bool {
        if evidence.engagementEvents > 0 { return false }
        if score >= rules.undecidedScore { return true }
        if measures.pageRequests == 0 { return true }
        return measures.pageRequests < rules.undecidedPageRequests && evidence.assetCount == 0
    }

    private func judgeAgent(
        _ agent: AgentClass, _ evidence: SessionEvidence, _ claim: ClaimCheck, _ signals: inout [Signal]
    ) -> Bool {
        var isBot = agent.isBot
        if agent.isBot {
            signals.append(
                Signal(
                    name: agent.isScanner ? "scanner_agent" : "user_agent", points: 0, observed: .text(agent.token),
                    threshold: .text(agent.reason.rawValue)))
            if claim.result != .unchecked {
                signals.append(
                    Signal(
                        name: claim.result == .verified ? "claim_verified" : "claim_failed", points: 0,
                        observed: .text(claim.observed), threshold: .text(claim.authority)))
            }
        }
        var last = ""
        for request in evidence.requests {
            guard let host = request.referrerHost, host != last else { continue }
            last = host
            if let spam = rules.spamHosts.match(host), spam != evidence.site {
                signals.append(
                    Signal(name: "spam_referrer", points: 0, observed: .text(host), threshold: .text(spam)))
                isBot = true
                break
            }
        }
        return isBot
    }

    private func judgeRequests(
        _ agent: AgentClass, _ evidence: SessionEvidence, _ measures: SessionMeasures, _ signals: inout [Signal]
    ) -> Bool {
        var isScanner = agent.isScanner
        var certain: RequestClassifier.Probe?
        var uncertain: [String] = []
        var firstUncertain: RequestClassifier.Probe?
        var scripts = ServedScripts()
        var missingCount = 0
        var hasPresent = false
        for (place, request) in evidence.requests.enumerated() {
            if request.kind != .asset {
                if (400...499).contains(request.status) { missingCount += 1 } else { hasPresent = true }
            }
            guard let probe = rules.requests.probe(method: request.method, target: request.path, status: request.status)
            else { continue }
            if probe.family.isCertain {
                if certain == nil { certain = probe }
            } else if uncertain.count < 16, !uncertain.contains(request.path),
                probe.family != .script || !scripts.wereSeen(upTo: place, in: evidence.requests)
            {
                uncertain.append(request.path)
                if firstUncertain == nil { firstUncertain = probe }
            }
        }
        if let certain {
            signals.append(
                Signal(
                    name: "probe", points: 0, observed: .text(certain.evidence),
                    threshold: .text(certain.family.rawValue)))
            isScanner = true
        }
        if let firstUncertain, !Self.isService(agent) {
            let readsPages = hasPresent || evidence.assetCount > 0 || evidence.engagementEvents > 0
            let needed = readsPages ? Int(rules.scanner.uncertainProbes) : 1
            if uncertain.count >= needed {
                signals.append(
                    Signal(
                        name: "probe", points: 0, observed: .text(firstUncertain.evidence),
                        threshold: .text(firstUncertain.family.rawValue)))
                isScanner = true
            }
        }
        if let signal = velocity(evidence) {
            signals.append(signal)
            isScanner = true
        }
        if !Self.isService(agent), Double(missingCount) >= rules.scanner.missingPaths,
            let signal = missingPaths(evidence)
        {
            signals.append(signal)
            isScanner = true
        }
        return isScanner
    }

    /// The site does not have most of the distinct paths that were asked for.
    private func missingPaths(_ evidence: SessionEvidence) -> Signal? {
        var missing: Set<Substring> = []
        var present: Set<Substring> = []
        for request in evidence.requests where request.kind != .asset {
            let path = request.pathWithoutQuery
            if (400...499).contains(request.status) { missing.insert(path) } else { present.insert(path) }
        }
        guard Double(missing.count) >= rules.scanner.missingPaths,
            Double(missing.count) > rules.scanner.missingShare * Double(missing.union(present).count)
        else { return nil }
        return Signal(
            name: "missing_paths", points: 0, observed: .number(Double(missing.count)),
            threshold: .number(rules.scanner.missingPaths))
    }

    /// Whether the site has served a script by some point of the session; looked up only where a session asks for one.
    private struct ServedScripts {
        private var next = 0
        private var found = false

        mutating func wereSeen(upTo place: Int, in requests: [SessionEvidence.Request]) -> Bool {
            while !found, next <= place {
                let request = requests[next]
                next += 1
                guard request.kind != .asset, request.status < 400 else { continue }
                let path = String(request.pathWithoutQuery)
                found = RequestKind.pathExtension(path).map { ProbePatterns.scripts.contains($0) } ?? false
            }
            return found
        }
    }

    /// Crawlers follow other people's dead links, so paths that are missing say nothing of them.
    private static func isService(_ agent: AgentClass) -> Bool {
        guard agent.isBot, agent.reason == .catalogue, let category = agent.category else { return false }
        switch category {
        case .httpLibrary, .headless, .scanner, .other: return false
        default: return true
        }
    }

    private func velocity(_ evidence: SessionEvidence) -> Signal? {
        let requests = Double(evidence.requestCount + evidence.assetCount)
        let seconds = Double(evidence.lastActivityAt - evidence.startedAt) / 1000
        guard requests >= rules.scanner.velocityMinRequests, seconds >= rules.scanner.velocityMinSeconds,
            Double(evidence.errorCount) > rules.scanner.velocityErrorShare * requests
        else { return nil }
        let perMinute = requests / seconds * 60
        guard perMinute > rules.scanner.velocityPerMinute else { return nil }
        return Signal(
            name: "scanner_velocity", points: 0, observed: .number(rounded(perMinute)),
            threshold: .number(rules.scanner.velocityPerMinute))
    }
}

/// Three decimals are enough for a reader, and the same everywhere.
func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
