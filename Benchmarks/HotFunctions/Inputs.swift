import CollectorCore
import DetectorCore
import ThrottleCore
import WeirProtocol

/// What the functions are run on: few of a kind, and of each kind the common and the odd. One thread alone uses it.
enum Inputs {
    static let start = Timestamp(milliseconds: 1_763_755_840_000)
    static let agents = [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 "
            + "Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "curl/8.5.0",
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
        "sqlmap/1.7.2#stable (https://sqlmap.org)",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Mobile Safari/537.36",
    ]
    static let targets = [
        "/shoes/red?page=2", "/", "/wp-login.php", "/assets/app-3f2a.js", "/.env", "/search?q=1%27%20or%201=1--",
        "/en/products/running/2026/blue-one?utm_source=newsletter&utm_medium=email",
    ]
    static let referrers = [
        "https://www.google.com/search?q=red+shoes", "https://shop.example/shoes", "android-app://com.example.reader/",
        "https://t.co/abc", "-", "http://news.ycombinator.com/item?id=1",
    ]

    static let logLines: [[UInt8]] = targets.indices.map { index in
        Array(
            """
            198.51.100.\(index + 7) - - [17/May/2015:10:05:\(10 + index) +0000] "GET \(targets[index]) HTTP/1.1" \
            \(index == 4 ? 404 : 200) \(1000 + 977 * index) "\(referrers[index % referrers.count])" "\(agents[index])"
            """.utf8)
    }

    static let records: [RequestRecord] = targets.indices.map { index in
        var record = RequestRecord(
            eventID: EventID(at: start + Int64(index), entropy: (0xABC, UInt64(index) &* 0x9E37_79B9_7F4A_7C15)),
            at: start + Int64(index) * 700, method: "GET", path: String(targets[index].prefix { $0 != "?" }),
            status: index == 4 ? 404 : 200, ip: "198.51.100.\(index + 7)")
        record.site = "shop.example"
        if let mark = targets[index].firstIndex(of: "?") {
            record.query = String(targets[index][mark...].dropFirst())
        }
        record.durationMs = 12.75
        record.bytes = 18_220
        record.userAgent = agents[index]
        record.acceptLanguage = "en-GB,en;q=0.9"
        record.referrer = referrers[index % referrers.count]
        record.contentType = "text/html; charset=utf-8"
        record.headers = ["sec-fetch-dest": "document", "sec-fetch-mode": "navigate"]
        return record
    }
    static let intake = RequestIntake(
        sites: SiteNames(hosts: ["shop.example"]), addresses: ClientAddressRule(trusted: []))
    static let requests = records.compactMap { try? intake.request($0) }
    static let payloads: [[UInt8]] = [300, 700, 1500].map { size in
        (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    }

    static let checks = agents.indices.map { index in
        ThrottleCheck(
            ip: "198.51.100.\(index + 7)", fingerprint: "fp_0123456789abcdef0123456789abcd0\(index)",
            userAgent: agents[index], acceptLanguage: "en-GB,en;q=0.9", path: targets[index])
    }
    static let decision = ThrottleDecision(allow: true, level: .normal, limit: 100, remaining: 87, reset: 2600)

    /// A visit of a dozen requests, a crawler's of forty, a scanner's of five.
    static let evidence: [SessionEvidence] = [(11, 0, 1700), (40, 2, 2000), (5, 5, 90)].map { count, agent, pause in
        var evidence = SessionEvidence(
            sessionID: SessionID(first: EventID(at: start, entropy: (0xABC, UInt64(count)))), site: "shop.example",
            fingerprint: "fp_0123456789abcdef0123456789abcdef", ip: "198.51.100.7", ipPrefix: "198.51.100.0/24",
            userAgent: agents[agent], acceptLanguage: "en-GB,en;q=0.9", startedAt: start)
        evidence.headers = ["sec-fetch-site": "none"]
        evidence.sitePages = 120
        for index in 0..<count {
            let isPage = agent != 0 || index % 3 == 0
            evidence.requests.append(
                SessionEvidence.Request(
                    at: start + Int64(index * pause), method: "GET",
                    path: isPage ? targets[index % targets.count] : "/assets/app-\(index).js",
                    status: agent == 5 ? 404 : 200,
                    kind: isPage ? .document : .asset, referrerHost: isPage ? nil : "shop.example"))
        }
        evidence.lastActivityAt = start + Int64(count * pause)
        evidence.now = evidence.lastActivityAt + 500
        evidence.requestCount = evidence.requests.count { $0.kind == .document }
        evidence.assetCount = count - evidence.requestCount
        evidence.distinctPages = min(evidence.requestCount, targets.count)
        return evidence
    }
    static let verdict = SessionVerdict(
        verdictID: "v-0123456789abcdef", sessionID: evidence[0].sessionID, verdictClass: .behavioralBot, score: 65,
        isBot: false, isScanner: false, isBehavioralBot: true,
        signals: [
            Signal(name: "high_request_count", points: 30, observed: .number(120), threshold: .number(50)),
            Signal(name: "outdated_browser", points: 20, observed: .text("Chrome 42"), threshold: .text("Chrome 90")),
        ], ruleSet: "2026.11-1a2b3c4d", judgedCount: 120, at: start)

    static let judge = Judge()
    nonisolated(unsafe) static var throttle = Throttle(seed: 1)
    nonisolated(unsafe) static var parser = LogLineParser(format: .combined)
    nonisolated(unsafe) static var identity = LineIdentity(site: "shop.example")
    nonisolated(unsafe) static var fingerprints = FingerprintMemory()
    nonisolated(unsafe) static var book = SessionBook()
    nonisolated(unsafe) static var spool: [UInt8] = []
    nonisolated(unsafe) static var output: [UInt8] = []
    nonisolated(unsafe) static var seconds: Int64 = 0
}
