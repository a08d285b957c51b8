import WeirProtocol

/// Tier three: points for how a session behaves, whatever it calls itself.
struct BehaviourScore {
    private(set) var total = 0
    private(set) var signals: [Signal] = []

    init(
        rules: borrowing RuleSet, evidence: borrowing SessionEvidence, measures: borrowing SessionMeasures,
        agent: borrowing AgentClass
    ) {
        var fired: [Fired] = []
        for (place, signal) in SignalName.allCases.enumerated() {
            let rule = rules.rule(at: place)
            guard rule.points > 0 else { continue }
            if signal == .headerMismatch {
                if !agent.isBot, let mismatch = ClaimedBrowser.mismatch(evidence) {
                    signals.append(
                        Signal(
                            name: signal.rawValue, points: rule.points, observed: .text(mismatch),
                            threshold: .text("consistent headers")))
                    total += rule.points
                }
                continue
            }
            guard let found = Self.measure(signal, rule, rules, evidence, measures, agent) else { continue }
            // A browser that loads the page's files and sends nothing has a blocker: one person in four does.
            let isBlocked = signal == .noEngagement && evidence.assetCount > 0
            fired.append((signal, isBlocked ? 0 : rule.points, found.observed, found.threshold))
        }
        // Two measures of one thing: the dearer counts, the other is shown without points.
        for pair in [
            [SignalName.highRequestCount, .uniquePages], [.highPagesPerMinute, .requestVelocity],
            [.regularTiming, .evenPauses],
        ] {
            let places = fired.indices.filter { pair.contains(fired[$0].signal) }
            guard places.count == 2 else { continue }
            let cheaper = fired[places[0]].points < fired[places[1]].points ? places[0] : places[1]
            fired[cheaper].points = 0
        }
        if Self.leavesTraces(evidence, measures) {
            Self.spareEagerPeople(&fired, limit: rules.limit)
        }
        let mismatches = signals
        signals = fired.map { item in
            Signal(
                name: item.signal.rawValue, points: item.points, observed: .number(rounded(item.observed)),
                threshold: .number(rounded(item.threshold)))
        }
        signals.append(contentsOf: mismatches)
        for item in fired { total += item.points }
    }

    private typealias Fired = (signal: SignalName, points: Int, observed: Double, threshold: Double)

    /// Lets signals that are within a person's reach count, the dearest first, only as long as they alone stay below
    /// `limit`; the others are shown without points.
    private static func spareEagerPeople(_ fired: inout [Fired], limit: Int) {
        var places = fired.indices.filter { fired[$0].signal.isWithinReach }
        places.sort { (fired[$1].points, $0) < (fired[$0].points, $1) }
        var sum = 0
        // A rule file that lets one signal convict by itself means it.
        for place in places where fired[place].points < limit {
            if sum + fired[place].points < limit { sum += fired[place].points } else { fired[place].points = 0 }
        }
    }

    // One case a signal: what is observed and what it is held against, or nil where it does not fire.
    private static func measure(
        _ signal: SignalName, _ rule: SignalRule, _ rules: RuleSet, _ evidence: SessionEvidence,
        _ measures: SessionMeasures, _ agent: AgentClass
    ) -> (observed: Double, threshold: Double)? {
        func above(_ observed: Double) -> (Double, Double)? {
            observed > rule.threshold ? (observed, rule.threshold) : nil
        }
        switch signal {
        case .highRequestCount: return above(Double(measures.pageRequests))
        case .highPageCoverage:
            guard evidence.sitePages > 0, Double(evidence.sitePages) >= rule.minimum else { return nil }
            return above(Double(evidence.distinctPages) / Double(evidence.sitePages) * 100)
        case .sequentialNavigation:
            return Double(measures.orderedDocuments) >= rule.minimum ? above(measures.sortedShare) : nil
        case .multipleFingerprintSessions: return above(Double(evidence.fingerprintSessions24h))
        case .regularTiming:
            guard Double(measures.gapCount) >= rule.minimum, measures.gapMean > rule.guardValue,
                measures.gapVariation < rule.threshold
            else { return nil }
            return (measures.gapVariation, rule.threshold)
        case .evenPauses:
            // Somebody who flips through pictures may keep a pace for a while.
            let needed = leavesTraces(evidence, measures) ? rule.minimum * 3 : rule.minimum
            guard Double(measures.gapCount) >= needed, measures.gapMean > rule.guardValue,
                measures.longestGap < rule.threshold
            else { return nil }
            return (measures.longestGap, rule.threshold)
        case .highPagesPerMinute:
            guard Double(measures.span) >= rule.minimum * 1000, measures.span > 0 else { return nil }
            return above(Double(measures.pageRequests) * 60_000 / Double(measures.span))
        case .outdatedBrowser:
            guard let browser = ClaimedBrowser(evidence.userAgent),
                let limit = rules.outdatedLimit(browser.name, at: evidence.lastActivityAt), browser.major < limit
            else { return nil }
            return (Double(browser.major), Double(limit))
        case .requestVelocity: return above(Double(measures.busiestMinute))
        case .uniquePages: return above(Double(evidence.distinctPages))
        case .shortGaps:
            guard Double(measures.gapCount + 1) >= rule.minimum, measures.gapMean < rule.threshold else { return nil }
            return (measures.gapMean, rule.threshold)
        case .longSession: return above(Double(measures.span) / 3_600_000)
        default: return measureTraces(signal, rule, evidence, measures, agent)
        }
    }

    /// Whether anything shows a browser at work: files of the pages, requests that pages cause, engagement.
    private static func leavesTraces(_ evidence: SessionEvidence, _ measures: SessionMeasures) -> Bool {
        evidence.assetCount + measures.background + evidence.engagementEvents > 0
    }

    /// What browsers leave behind and programs do not, and the other way round.
    private static func measureTraces(
        _ signal: SignalName, _ rule: SignalRule, _ evidence: SessionEvidence, _ measures: SessionMeasures,
        _ agent: AgentClass
    ) -> (observed: Double, threshold: Double)? {
        let leavesNoTrace = !leavesTraces(evidence, measures)
        switch signal {
        case .assetsNeverFetched:
            guard leavesNoTrace, Double(measures.documents) > rule.threshold else { return nil }
            return (Double(measures.documents), rule.threshold)
        case .silentCrowd, .rotatingAgents:
            let observed = Double(
                signal == .silentCrowd ? evidence.fingerprintSessions24h : evidence.prefixAgents24h)
            guard leavesNoTrace, Double(measures.documents) >= rule.minimum, observed > rule.threshold else {
                return nil
            }
            return (observed, rule.threshold)
        case .fastForm, .instantForm:
            guard let fastest = measures.fastestForm, Double(fastest) < rule.threshold else { return nil }
            return (Double(fastest), rule.threshold)
        case .severalForms:
            guard leavesNoTrace, Double(measures.forms) > rule.threshold,
                Double(measures.submissions) >= rule.minimum * Double(measures.pageRequests)
            else { return nil }
            return (Double(measures.forms), rule.threshold)
        case .unvisitedReferrer: return measures.unvisitedReferrer == nil ? nil : (1, 0)
        case .formWithoutPage: return measures.beginsWithForm ? (1, 0) : nil
        case .robotsFetched: return measures.fetchedRobots ? (1, 0) : nil
        case .noEngagement:
            guard evidence.trackerExpected, evidence.engagementEvents == 0,
                Double(measures.documents) >= rule.minimum, Double(measures.span) >= rule.guardValue * 1000
            else { return nil }
            return (0, 1)
        default: return nil
        }
    }
}
