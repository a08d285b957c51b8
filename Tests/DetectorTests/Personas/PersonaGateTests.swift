import DetectorCore
import Testing
import WeirProtocol

/// What the rules have to be good for, on visitors that they were not set against: see `PersonaFile`.
@Suite("Personas") struct PersonaGateTests {
    static let visitors: [Persona: [SessionEvidence]] = {
        guard let file = try? PersonaFile("gate.json") else { return [:] }
        return file.everybody()
    }()

    /// Enough of each kind to notice a mistake.
    static let some: [Persona: [SessionEvidence]] = visitors.mapValues { Array($0.prefix(15)) }

    private func rules(_ change: (inout RuleSet) -> Void) -> Judge {
        var rules = RuleSet.standard
        change(&rules)
        return Judge(rules: rules)
    }

    @Test("behaviour alone tells programs from people, kind by kind")
    func gate() {
        let report = PersonaReport(Self.visitors, Judge())
        #expect(report.complaints.isEmpty, "\(report.table)")
        #expect(report.count([.person]).sessions == 3 * 200 + 8 * 60)
        #expect(report.count([.tool, .impostor]).sessions == 14 * 40)
        #expect(report.count([.person]).flagged == 0, "\(report.table)")
        #expect(report.precision >= 0.99)
        #expect(report.share([.impostor]) >= 0.9, "\(report.table)")
        #expect(report.share([.impostor, .tool]) >= 0.75, "\(report.table)")
    }

    /// A gate that lets everything through would be passed as well.
    @Test(
        "a wrong weight does not pass",
        arguments: [
            ("multiple_fingerprint_sessions convicts", .multipleFingerprintSessions, 60),
            ("no_engagement weighs nothing", .noEngagement, 0),
            ("assets_never_fetched convicts", .assetsNeverFetched, 60),
            ("assets_never_fetched weighs nothing", .assetsNeverFetched, 0),
            ("silent_crowd weighs nothing", .silentCrowd, 0), ("fast_form weighs nothing", .fastForm, 0),
        ] as [(String, SignalName, Int)])
    func plantedWeight(what: String, signal: SignalName, points: Int) {
        let report = PersonaReport(Self.some, rules { $0[signal].points = points })
        #expect(!report.complaints.isEmpty, "\(what), and nobody complains")
    }

    @Test("nor does a limit that is too low or too high", arguments: [15, 90])
    func plantedLimit(limit: Int) {
        let report = PersonaReport(Self.some, rules { $0.limit = limit })
        #expect(!report.complaints.isEmpty)
    }
}
