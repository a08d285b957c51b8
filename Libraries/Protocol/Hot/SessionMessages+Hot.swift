extension SessionEvidence: HotMessage {
    /// `session.evaluate`.
    public static var hotType: HotType { .sessionEvaluate }

    private static let fields = FieldTable<CodingKeys>()

    /// Reads the body; absent fields are taken from the requests as `init(from:)` does.
    public init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        var sessionID: SessionID?
        var requests: [Request]?
        var (now, startedAt, lastActivityAt): (Timestamp?, Timestamp?, Timestamp?)
        var (requestCount, assetCount, errorCount, distinctPages): (Int?, Int?, Int?, Int?)
        var evidence = SessionEvidence(
            sessionID: SessionID.placeholder, startedAt: Timestamp(milliseconds: 0))
        var fields = FieldCursor(Self.fields)
        while let field = try fields.next(&scanner) {
            switch field {
            case .sessionID: sessionID = try SessionID(scanning: &scanner)
            case .site: evidence.site = try scanner.optionalString() ?? ""
            case .fingerprint: evidence.fingerprint = try scanner.optionalString() ?? ""
            case .ip: evidence.ip = try scanner.optionalString()
            case .ipPrefix: evidence.ipPrefix = try scanner.optionalString() ?? ""
            case .userAgent: evidence.userAgent = try scanner.optionalString() ?? ""
            case .acceptLanguage: evidence.acceptLanguage = try scanner.optionalString() ?? ""
            case .headers: evidence.headers = try scanner.optionalHeaders() ?? [:]
            case .now: now = try scanner.optionalTimestamp()
            case .startedAt: startedAt = try scanner.optionalTimestamp()
            case .lastActivityAt: lastActivityAt = try scanner.optionalTimestamp()
            case .sitePages: evidence.sitePages = try scanner.optionalCount() ?? 0
            case .fingerprintSessions24h: evidence.fingerprintSessions24h = try scanner.optionalCount() ?? 1
            case .prefixAgents24h: evidence.prefixAgents24h = try scanner.optionalCount() ?? 1
            case .requestCount: requestCount = try scanner.optionalCount()
            case .assetCount: assetCount = try scanner.optionalCount()
            case .errorCount: errorCount = try scanner.optionalCount()
            case .distinctPages: distinctPages = try scanner.optionalCount()
            case .engagementEvents: evidence.engagementEvents = try scanner.optionalCount() ?? 0
            case .trackerExpected: evidence.trackerExpected = try scanner.takeNull() ? false : try scanner.bool()
            case .requests: requests = try Self.requests(&scanner)
            case .isFirstQuestion: evidence.isFirstQuestion = try scanner.takeNull() ? false : try scanner.bool()
            case .requestsOmitted: evidence.requestsOmitted = try scanner.optionalCount() ?? 0
            }
        }
        guard let sessionID, let requests else { throw .unsupported }
        evidence.sessionID = sessionID
        evidence.requests = requests
        evidence.startedAt = startedAt ?? requests.first?.at ?? Timestamp(milliseconds: 0)
        evidence.lastActivityAt = lastActivityAt ?? requests.last?.at ?? evidence.startedAt
        evidence.now = now ?? evidence.lastActivityAt
        evidence.requestCount = requestCount ?? requests.count { $0.kind != .asset }
        evidence.assetCount = assetCount ?? requests.count { $0.kind == .asset }
        evidence.errorCount = errorCount ?? requests.count { $0.status >= 400 }
        evidence.distinctPages =
            distinctPages ?? Set(requests.lazy.filter { $0.kind == .document }.map(\.path)).count
        self = evidence
    }

    private static func requests(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) -> [Request] {
        var requests: [Request] = []
        requests.reserveCapacity(16)
        var more = try scanner.enterArray()
        while more {
            requests.append(try Request(scanning: &scanner))
            more = try scanner.nextElement()
        }
        return requests
    }

    /// Writes the body.
    public func write(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.text("session_id", sessionID)
            writer.text("site", site)
            writer.text("fingerprint", fingerprint)
            writer.optional("ip", ip)
            writer.text("ip_prefix", ipPrefix)
            writer.text("user_agent", userAgent)
            // What has a default is left out: evidence is by far the most of what services tell each other.
            if !acceptLanguage.isEmpty { writer.text("accept_language", acceptLanguage) }
            if !headers.isEmpty {
                writer.key("headers")
                writer.strings(headers)
            }
            writer.whole("now_ms", now.milliseconds)
            writer.whole("started_at_ms", startedAt.milliseconds)
            writer.whole("last_activity_at_ms", lastActivityAt.milliseconds)
            writer.whole("site_pages", sitePages)
            writer.whole("fingerprint_sessions_24h", fingerprintSessions24h)
            writer.whole("prefix_agents_24h", prefixAgents24h)
            writer.whole("request_count", requestCount)
            writer.whole("asset_count", assetCount)
            writer.whole("error_count", errorCount)
            writer.whole("distinct_pages", distinctPages)
            if engagementEvents != 0 { writer.whole("engagement_events", engagementEvents) }
            if trackerExpected {
                writer.key("tracker_expected")
                writer.bool(true)
            }
            writer.key("requests")
            writer.array { writer in for request in requests { request.write(into: &writer) } }
            if requestsOmitted != 0 { writer.whole("requests_omitted", requestsOmitted) }
            if isFirstQuestion {
                writer.key("first_question")
                writer.bool(true)
            }
        }
    }
}

extension SessionEvidence.Request {
    private static let fields = FieldTable<CodingKeys>()

    init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        var at: Timestamp?
        var (method, path): (String?, String?)
        var status: Int?
        var kind: RequestKind?
        var referrerHost: String?
        var fields = FieldCursor(Self.fields)
        while let field = try fields.next(&scanner) {
            switch field {
            case .at: at = try Timestamp(scanning: &scanner)
            case .method: method = try scanner.optionalString()
            case .path: path = try scanner.string()
            case .status: status = try scanner.takeNull() ? nil : try scanner.int()
            case .kind: kind = try scanner.takeNull() ? nil : try RequestKind(scanning: &scanner)
            case .referrerHost: referrerHost = try scanner.optionalString()
            }
        }
        guard let at, let path else { throw .unsupported }
        self.init(
            at: at, method: method ?? "GET", path: path, status: status ?? 200, kind: kind ?? .document,
            referrerHost: referrerHost)
    }

    func write(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.whole("at_ms", at.milliseconds)
            if method != "GET" { writer.text("method", method) }
            writer.text("path", path)
            if status != 200 { writer.whole("status", status) }
            if kind != .document { writer.text("kind", kind.rawValue) }
            writer.optional("referrer_host", referrerHost)
        }
    }
}

extension RequestKind {
    init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        let word = try scanner.plainString()
        switch word.count {
        case 3 where word.elementsEqual("api".utf8): self = .api
        case 5 where word.elementsEqual("asset".utf8): self = .asset
        case 8 where word.elementsEqual("document".utf8): self = .document
        case 10 where word.elementsEqual("background".utf8): self = .background
        default: throw .malformed
        }
    }
}

extension SessionVerdict: HotMessage {
    /// `session.verdict`.
    public static var hotType: HotType { .sessionVerdict }

    private static let fields = FieldTable<CodingKeys>()

    /// Reads the body.
    public init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        var (verdictID, ruleSet, botName, botCategory): (String?, String?, String?, String?)
        var sessionID: SessionID?
        var verdictClass: VerdictClass?
        var (score, judgedCount): (Int?, Int?)
        var (isBot, isScanner, isBehavioralBot): (Bool?, Bool?, Bool?)
        var signals: [Signal]?
        var at: Timestamp?
        var fields = FieldCursor(Self.fields)
        while let field = try fields.next(&scanner) {
            switch field {
            case .verdictID: verdictID = try scanner.string()
            case .sessionID: sessionID = try SessionID(scanning: &scanner)
            case .verdictClass: verdictClass = try VerdictClass(scanning: &scanner)
            case .score: score = try scanner.int()
            case .isBot: isBot = try scanner.bool()
            case .isScanner: isScanner = try scanner.bool()
            case .isBehavioralBot: isBehavioralBot = try scanner.bool()
            case .signals: signals = try Self.signals(&scanner)
            case .ruleSet: ruleSet = try scanner.string()
            case .judgedCount: judgedCount = try scanner.int()
            case .at: at = try Timestamp(scanning: &scanner)
            case .botName: botName = try scanner.optionalString()
            case .botCategory: botCategory = try scanner.optionalString()
            }
        }
        guard let verdictID, let sessionID, let verdictClass, let score, let isBot, let isScanner,
            let isBehavioralBot, let signals, let ruleSet, let judgedCount, let at
        else { throw .unsupported }
        self.init(
            verdictID: verdictID, sessionID: sessionID, verdictClass: verdictClass, score: score, isBot: isBot,
            isScanner: isScanner, isBehavioralBot: isBehavioralBot, signals: signals, ruleSet: ruleSet,
            judgedCount: judgedCount, at: at, botName: botName, botCategory: botCategory)
    }

    private static func signals(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) -> [Signal] {
        var signals: [Signal] = []
        var more = try scanner.enterArray()
        while more {
            signals.append(try Signal(scanning: &scanner))
            more = try scanner.nextElement()
        }
        return signals
    }

    /// Writes the body.
    public func write(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.text("verdict_id", verdictID)
            writer.text("session_id", sessionID)
            writer.text("class", verdictClass.rawValue)
            writer.whole("score", score)
            writer.key("is_bot")
            writer.bool(isBot)
            writer.key("is_scanner")
            writer.bool(isScanner)
            writer.key("is_behavioral_bot")
            writer.bool(isBehavioralBot)
            writer.key("signals")
            writer.array { writer in for signal in signals { signal.write(into: &writer) } }
            writer.text("rule_set", ruleSet)
            writer.whole("judged_count", judgedCount)
            writer.whole("at_ms", at.milliseconds)
            writer.optional("bot_name", botName)
            writer.optional("bot_category", botCategory)
        }
    }
}

extension Signal {
    private enum Field: String, CaseIterable { case name, points, observed, threshold }
    private static let fields = FieldTable<Field>()

    init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        var name: String?
        var points: Int?
        var (observed, threshold): (SignalValue?, SignalValue?)
        var fields = FieldCursor(Self.fields)
        while let field = try fields.next(&scanner) {
            switch field {
            case .name: name = try scanner.string()
            case .points: points = try scanner.int()
            case .observed: observed = try SignalValue(scanning: &scanner)
            case .threshold: threshold = try SignalValue(scanning: &scanner)
            }
        }
        guard let name, let points, let observed, let threshold else { throw .unsupported }
        self.init(name: name, points: points, observed: observed, threshold: threshold)
    }

    func write(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.text("name", name)
            writer.whole("points", points)
            writer.key("observed")
            observed.write(into: &writer)
            writer.key("threshold")
            threshold.write(into: &writer)
        }
    }
}

extension SignalValue {
    init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        self = scanner.startsString() ? .text(try scanner.string()) : .number(try scanner.double())
    }

    func write(into writer: inout JSONWriter) {
        switch self {
        case .number(let value) where value.isFinite: writer.number(value)
        case .number(let value): writer.string(value.description)
        case .text(let value): writer.string(value)
        }
    }
}
