extension VerdictReport: HotMessage {
    /// `verdict.report`.
    public static var hotType: HotType { .verdictReport }

    private static let fields = FieldTable<CodingKeys>()

    /// Reads the body.
    public init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        var (verdictID, site, fingerprint, ip): (String?, String?, String?, String?)
        var sessionID: SessionID?
        var verdictClass: VerdictClass?
        var (score, requestCount): (Int?, Int?)
        var (requestsPerMinute, errorRate): (Double?, Double?)
        var at: Timestamp?
        var fields = FieldCursor(Self.fields)
        while let field = try fields.next(&scanner) {
            switch field {
            case .verdictID: verdictID = try scanner.string()
            case .sessionID: sessionID = try SessionID(scanning: &scanner)
            case .site: site = try scanner.string()
            case .fingerprint: fingerprint = try scanner.string()
            case .ip: ip = try scanner.string()
            case .verdictClass: verdictClass = try VerdictClass(scanning: &scanner)
            case .score: score = try scanner.int()
            case .requestsPerMinute: requestsPerMinute = try scanner.double()
            case .errorRate: errorRate = try scanner.double()
            case .requestCount: requestCount = try scanner.int()
            case .at: at = try Timestamp(scanning: &scanner)
            }
        }
        guard let verdictID, let sessionID, let site, let fingerprint, let ip, let verdictClass, let score,
            let requestsPerMinute, let errorRate, let requestCount, let at
        else { throw .unsupported }
        self.init(
            verdictID: verdictID, sessionID: sessionID, site: site, fingerprint: fingerprint, ip: ip,
            verdictClass: verdictClass, score: score, requestsPerMinute: requestsPerMinute, errorRate: errorRate,
            requestCount: requestCount, at: at)
        guard rangeProblem == nil else { throw .unsupported }
    }

    /// Writes the body.
    public func write(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.text("verdict_id", verdictID)
            writer.text("session_id", sessionID)
            writer.text("site", site)
            writer.text("fingerprint", fingerprint)
            writer.text("ip", ip)
            writer.text("class", verdictClass.rawValue)
            writer.whole("score", score)
            writer.key("requests_per_minute")
            writer.number(requestsPerMinute)
            writer.key("error_rate")
            writer.number(errorRate)
            writer.whole("request_count", requestCount)
            writer.whole("at", at.milliseconds)
        }
    }
}

extension VerdictClass {
    private static let words = FieldTable<VerdictClass>()

    init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        guard let found = Self.words.find(try scanner.plainString(), after: -1) else { throw .malformed }
        self = found.key
    }
}
