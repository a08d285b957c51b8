import WeirProtocol

/// Messages of the sizes that gateways and sessions have.
enum Samples {
    static let agent =
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
    static let start = Timestamp(milliseconds: 1_763_755_840_000)
    static let event = EventID(at: start, entropy: (0xABC, 0x1234_5678_9ABC_DEF0))
    static let session = SessionID(first: event)
    static let fingerprint = "fp_0123456789abcdef0123456789abcdef"

    static let check = ThrottleCheck(
        ip: "198.51.100.7", fingerprint: fingerprint, userAgent: agent, acceptLanguage: "en-GB,en;q=0.9",
        path: "/shoes/red?page=2")

    static let decision = ThrottleDecision(allow: true, level: .normal, limit: 100, remaining: 87, reset: 2600)

    static let record: RequestRecord = {
        var record = RequestRecord(
            eventID: event, at: start, method: "GET", path: "/shoes/red", status: 200, ip: "198.51.100.7")
        record.site = "shop.example"
        record.query = "utm_source=newsletter&utm_medium=email"
        record.durationMs = 12.75
        record.bytes = 18_220
        record.userAgent = agent
        record.acceptLanguage = "en-GB,en;q=0.9"
        record.referrer = "https://search.example/?q=red+shoes"
        record.contentType = "text/html; charset=utf-8"
        record.headers = ["sec-fetch-dest": "document", "sec-fetch-mode": "navigate"]
        record.level = .normal
        return record
    }()

    /// About two kilobytes: a session of a dozen requests.
    static let evidence: SessionEvidence = {
        var evidence = SessionEvidence(
            sessionID: session, site: "shop.example", fingerprint: fingerprint, ip: "198.51.100.7",
            ipPrefix: "198.51.100.0/24", userAgent: agent, acceptLanguage: "en-GB,en;q=0.9", startedAt: start)
        evidence.headers = ["sec-fetch-site": "none"]
        evidence.sitePages = 120
        for index in 0..<11 {
            let isPage = index % 3 == 0
            evidence.requests.append(
                SessionEvidence.Request(
                    at: start + Int64(index) * 1700, method: "GET",
                    path: isPage ? "/shoes/red?page=\(index)" : "/assets/app-\(index).js", status: 200,
                    kind: isPage ? .document : .asset, referrerHost: isPage ? nil : "shop.example"))
        }
        evidence.lastActivityAt = start + 17_000
        evidence.now = start + 17_500
        evidence.requestCount = 4
        evidence.assetCount = 7
        evidence.distinctPages = 4
        return evidence
    }()

    static let verdict = SessionVerdict(
        verdictID: "v-0123456789abcdef", sessionID: session, verdictClass: .behavioralBot, score: 65, isBot: false,
        isScanner: false, isBehavioralBot: true,
        signals: [
            Signal(name: "high_request_count", points: 30, observed: .number(120), threshold: .number(50)),
            Signal(name: "regular_timing", points: 15, observed: .number(0.031), threshold: .number(0.1)),
            Signal(name: "outdated_browser", points: 20, observed: .text("Chrome 42"), threshold: .text("Chrome 90")),
        ], ruleSet: "2026.11-1a2b3c4d", judgedCount: 120, at: start)
}
