import Testing
import WeirProtocol

@Suite("Evidence fits a line")
struct EvidenceFittingTests {
    static func evidence(requests: Int, pathLength: Int) -> SessionEvidence {
        var evidence = SessionEvidence(
            sessionID: SessionID("sess_a")!, userAgent: "Mozilla/5.0", startedAt: Timestamp(milliseconds: 0))
        evidence.requestsOmitted = 5
        evidence.requests = (0..<requests).map {
            let path = "/\($0)?" + String(repeating: "\u{1}", count: pathLength)
            return .init(at: Timestamp(milliseconds: Int64($0)), method: "GET", path: path, status: 200, kind: .api)
        }
        return evidence
    }

    static func lineLength(_ evidence: SessionEvidence) -> Int {
        var line: [UInt8] = []
        let label = String(repeating: "i", count: Envelope.idLimit)
        HotEnvelope(id: label, trace: label, evidence).append(to: &line)
        return line.count
    }

    @Test("What fits stays as it is", arguments: [(0, 0), (1, 10), (400, 2)])
    func untouched(requests: Int, pathLength: Int) {
        var evidence = Self.evidence(requests: requests, pathLength: pathLength)
        let before = evidence
        evidence.fit()
        #expect(evidence == before)
    }

    @Test("The oldest are left out and counted", arguments: [(400, 100), (400, 1000), (20, 4000), (1, 20_000)])
    func cut(requests: Int, pathLength: Int) {
        var evidence = Self.evidence(requests: requests, pathLength: pathLength)
        let all = evidence.requests
        evidence.fit()
        #expect(Self.lineLength(evidence) <= Envelope.lineLimit)
        #expect(evidence.requests == Array(all.suffix(evidence.requests.count)))
        #expect(evidence.requestsOmitted == 5 + all.count - evidence.requests.count)
        // One more would not have fitted, so nothing is left out in vain.
        #expect(Self.lineLength(evidence) + pathLength * 6 + 600 > Envelope.lineLimit)
    }
}
