import DetectorCore
import Testing
import WeirProtocol

/// The rules on real traffic. Sessions are cut here, not by the collector's importer; shares are of requests.
@Suite("Real logs", .enabled(if: SharedData.isThere, SharedData.skipped)) struct RealLogTests {
    let judge = Judge()

    private func isAutomated(_ evidence: SessionEvidence) -> Bool {
        let verdict = judge.verdict(on: evidence)
        return verdict.isBot || verdict.isScanner || verdict.isBehavioralBot
    }

    /// A browser by its agent, that loaded static files, and never asked for anything that only probes ask for.
    private func isPerson(_ evidence: SessionEvidence) -> Bool {
        !judge.rules.agents.classify(evidence.userAgent).isBot && evidence.assetCount > 0
            && !evidence.requests.contains {
                judge.rules.requests.probe(method: $0.method, target: $0.path, status: $0.status) != nil
            }
    }

    private func share(_ sessions: [SessionEvidence]) -> Double {
        let all = sessions.reduce(0) { $0 + $1.requestCount + $1.assetCount }
        let automated = sessions.filter(isAutomated).reduce(0) { $0 + $1.requestCount + $1.assetCount }
        return Double(automated) / Double(max(1, all))
    }

    @Test("attackers behind browsers' agents: at least 90 % of requests are not human")
    func attackers() async throws {
        let log = LogSessions(try await SharedData.text("logs/attackers-3k.log.gz"))
        #expect(log.sessions.count == 766)
        #expect(share(log.sessions) >= 0.9)
    }

    @Test("people of a mixed log: at most 3 % are called automated, and still so when all static files are missing")
    func people() async throws {
        let text = try await SharedData.text("logs/elastic-10k.log.gz")
        let people = LogSessions(text).sessions.filter(isPerson)
        #expect(people.count > 500)
        #expect(share(people) <= 0.03)
        let clients = Set(people.map { ($0.ip ?? "") + " " + $0.userAgent })
        let bare = LogSessions(text, keepingAssets: false).sessions.filter {
            clients.contains(($0.ip ?? "") + " " + $0.userAgent)
        }
        #expect(bare.count > 300)
        #expect(share(bare) <= 0.03)
    }
}
