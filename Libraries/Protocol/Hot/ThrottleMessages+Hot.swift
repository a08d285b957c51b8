extension ThrottleCheck: HotMessage {
    /// `throttle.check`.
    public static var hotType: HotType { .throttleCheck }

    private static let fields = FieldTable<CodingKeys>()

    /// Reads the body.
    public init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        var address: String?
        var check = ThrottleCheck(ip: "")
        var fields = FieldCursor(Self.fields)
        while let field = try fields.next(&scanner) {
            switch field {
            case .ip: address = try scanner.string()
            case .session: check.session = try scanner.optionalString()
            case .fingerprint: check.fingerprint = try scanner.optionalString()
            case .userAgent: check.userAgent = try scanner.optionalString()
            case .acceptLanguage: check.acceptLanguage = try scanner.optionalString()
            case .method: check.method = try scanner.optionalString()
            case .path: check.path = try scanner.optionalString()
            case .user: check.user = try scanner.optionalString()
            case .cost: check.cost = try scanner.takeNull() ? nil : try scanner.int()
            case .policy: check.policy = try scanner.optionalString()
            }
        }
        guard let address, check.rangeProblem == nil else { throw .unsupported }
        check.ip = address
        self = check
    }

    /// Writes the body.
    public func write(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("ip")
            writer.string(ip)
            writer.optional("session", session)
            writer.optional("fingerprint", fingerprint)
            writer.optional("user_agent", userAgent)
            writer.optional("accept_language", acceptLanguage)
            writer.optional("method", method)
            writer.optional("path", path)
            writer.optional("user", user)
            if let cost {
                writer.key("cost")
                writer.integer(cost)
            }
            writer.optional("policy", policy)
        }
    }
}

extension ThrottleDecision: HotMessage {
    /// `throttle.decision`.
    public static var hotType: HotType { .throttleDecision }

    private static let fields = FieldTable<CodingKeys>()

    /// Reads the body.
    public init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        var (allow, shadow): (Bool?, Bool?)
        var level: ThrottleLevel?
        var (limit, remaining, retryAfter): (Int?, Int?, Int?)
        var reset: Int64?
        var (reference, policy): (String?, String?)
        var fields = FieldCursor(Self.fields)
        while let field = try fields.next(&scanner) {
            switch field {
            case .allow: allow = try scanner.bool()
            case .level: level = try ThrottleLevel(scanning: &scanner)
            case .limit: limit = try scanner.int()
            case .remaining: remaining = try scanner.int()
            case .reset: reset = try scanner.int64()
            case .retryAfter: retryAfter = try scanner.takeNull() ? nil : try scanner.int()
            case .reference: reference = try scanner.optionalString()
            case .shadow: shadow = try scanner.bool()
            case .policy: policy = try scanner.string()
            }
        }
        guard let allow, let level, let limit, let remaining, let reset, let shadow, let policy else {
            throw .unsupported
        }
        self.init(
            allow: allow, level: level, limit: limit, remaining: remaining, reset: reset, retryAfter: retryAfter,
            reference: reference, shadow: shadow, policy: policy)
    }

    /// Writes the body.
    public func write(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("allow")
            writer.bool(allow)
            writer.key("level")
            writer.string(level.name)
            writer.key("limit")
            writer.integer(limit)
            writer.key("remaining")
            writer.integer(remaining)
            writer.key("reset_ms")
            writer.integer(reset)
            if let retryAfter {
                writer.key("retry_after")
                writer.integer(retryAfter)
            }
            writer.optional("reference", reference)
            writer.key("shadow")
            writer.bool(shadow)
            writer.key("policy")
            writer.string(policy)
        }
    }
}

extension ThrottleLevel {
    init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        let word = try scanner.plainString()
        switch word.first {
        case UInt8(ascii: "n") where word.elementsEqual("normal".utf8): self = .normal
        case UInt8(ascii: "w") where word.elementsEqual("warning".utf8): self = .warning
        case UInt8(ascii: "s") where word.elementsEqual("severe".utf8): self = .severe
        case UInt8(ascii: "b") where word.elementsEqual("blocked".utf8): self = .blocked
        default: throw .malformed
        }
    }
}
