import WeirProtocol

/// What one session does to the standing of its (fingerprint, network prefix).
///
/// The fingerprint alone is shared by everybody with that browser, and the network alone by everybody behind one
/// router, so neither is held to account by itself. The standing starts at 50, falls with abuse to 0 at worst, and
/// comes back with clean time.
public struct ReputationChange: Hashable, Sendable {
    /// The standing of a pair never seen before.
    public static let initialScore = 50
    /// Points regained per clean hour, up to `initialScore`.
    public static let recoveryPerHour = 1
    /// Below this a pair counts as high-risk.
    public static let highRiskScore = 30

    /// Points taken off, 0 or less; counted once a session.
    public var delta: Int
    /// Why; nil for a session without abuse.
    public var reason: String?

    /// What `verdict` on `evidence` costs. People and undecided sessions cost nothing, however many they are: behind one
    /// address sits a whole office with one browser.
    public init(_ verdict: borrowing SessionVerdict, _ evidence: borrowing SessionEvidence) {
        switch verdict.verdictClass {
        case .scanner: (delta, reason) = (-20, "scanner")
        case .falseClaim: (delta, reason) = (-20, "false_claim")
        case .behavioralBot:
            (delta, reason) = (-15, "behavioral_bot")
            if evidence.fingerprintSessions24h > 10 {
                (delta, reason) = (-20, "session_count_exceeded_10")
            } else if evidence.requestCount > 100 {
                (delta, reason) = (-15, "request_count_exceeded_100")
            }
        case .human, .undecided, .declaredBot, .verifiedBot: (delta, reason) = (0, nil)
        }
    }

    /// A score after `milliseconds` without abuse.
    public static func recovered(_ score: Int, after milliseconds: Int64) -> Int {
        guard score < initialScore, milliseconds > 0 else { return min(max(score, 0), 100) }
        let hours = Int(clamping: min(milliseconds / 3_600_000, 10_000))
        return min(initialScore, max(score, 0) + hours * recoveryPerHour)
    }
}
