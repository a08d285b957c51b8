import PostgresSupport
import Testing
import WeirProtocol

/// A detector asked again about what it has answered.
@Suite(.timeLimit(.minutes(1))) struct RepeatedQuestionTests {
    private func evidence(_ number: Int) throws -> SessionEvidence {
        var evidence = SessionEvidence(
            sessionID: try #require(SessionID("sess_\(number)")), site: "shop.example", fingerprint: "fp_\(number)",
            ip: "198.51.100.\(number)", ipPrefix: "198.51.100.0/24", userAgent: "curl/8.5.0", acceptLanguage: "",
            startedAt: Timestamp(milliseconds: 1_763_755_840_000))
        evidence.lastActivityAt = evidence.startedAt
        evidence.now = evidence.startedAt
        evidence.requestCount = 1
        return evidence
    }

    @Test func theSameQuestionHasTheSameAnswerAndIsStoredOnce() async throws {
        let stack = try await Stack()
        try await stack.start([.detector(1)])
        let first = try await stack.ask("detector-1.sock", .sessionEvaluate, evidence(1)).decode(SessionVerdict.self)
        let second = try await stack.ask("detector-1.sock", .sessionEvaluate, evidence(1)).decode(SessionVerdict.self)
        #expect(first == second)
        #expect(try await stack.count("select count(*) from session_verdicts") == 1)
        #expect(try await stack.count("select total_session_count from fingerprint_reputation") == 1)
        // What is old does not keep out what is new beside it.
        let list = EvidenceList(sessions: [try evidence(1), try evidence(2), try evidence(3)])
        let answers = try await stack.ask("detector-1.sock", .sessionsEvaluate, list).decode(VerdictList.self)
        #expect(answers.verdicts.map(\.sessionID.text) == ["sess_1", "sess_2", "sess_3"])
        #expect(answers.verdicts.first == first)
        #expect(try await stack.count("select count(*) from session_verdicts") == 3)
        await stack.stopAll()
    }
}
