/// One message on the wire: a JSON object on a line of its own.
///
/// A request has an `id` that its one reply repeats in `re`; an event has none and is not answered.
public struct Envelope: Hashable, Sendable {
    /// The protocol version that this library speaks.
    public static let version = 1
    /// The longest line, newline included.
    public static let lineLimit = 64 * 1024
    /// The deepest nesting of arrays and objects, the envelope's own object being 1.
    public static let depthLimit = 16
    /// The longest `id`, `re` and `trace`, in bytes.
    public static let idLimit = 128

    /// The longest `type`, in bytes.
    public static let typeLimit = 64

    /// What the message is, as in `throttle.check`.
    public var type: MessageType
    /// Names a request, so that the reply can say which it answers.
    public var id: String?
    /// The `id` of the request that this answers.
    public var re: String?
    /// W3C traceparent, copied on.
    public var trace: String?
    /// The message's own fields.
    public var body: JSONValue

    /// A message.
    public init(_ type: MessageType, id: String? = nil, re: String? = nil, trace: String? = nil, body: JSONValue) {
        self.type = type
        self.id = id
        self.re = re
        self.trace = trace
        self.body = body
    }

    /// Reads one line (without its newline).
    /// - Throws: `WireError` with `bad_json`, `bad_envelope` or `unsupported_version`.
    public init(line: some Sequence<UInt8>) throws(WireError) {
        let value: JSONValue
        do { value = try JSONValue(parsing: line, depthLimit: Self.depthLimit) } catch {
            throw WireError(.badJSON, error.description)
        }
        try self.init(value)
    }

    /// Reads an envelope that is already parsed.
    public init(_ value: JSONValue) throws(WireError) {
        guard case .object(let fields) = value else { throw WireError(.badJSON, "the line is not a JSON object") }
        if let version = fields["v"], version != .integer(Int64(Self.version)) {
            guard case .integer(let number) = version else { throw WireError(.badEnvelope, "v is not an integer") }
            throw WireError(.unsupportedVersion, "version \(number) is not spoken here; 1 is")
        }
        guard case .string(let type)? = fields["type"], !type.isEmpty else {
            throw WireError(.badEnvelope, "type is missing or not a string")
        }
        guard type.utf8.count <= Self.typeLimit else {
            throw WireError(.badEnvelope, "type is over \(Self.typeLimit) bytes")
        }
        self.type = MessageType(type)
        id = try Self.label("id", in: fields)
        re = try Self.label("re", in: fields)
        trace = try Self.label("trace", in: fields)
        body = fields["body"] ?? .object(JSONObject())
        guard case .object = body else { throw WireError(.badEnvelope, "body is not an object") }
    }

    /// The line, newline included.
    public var line: [UInt8] {
        var fields = JSONObject()
        fields["v"] = .integer(Int64(Self.version))
        fields["type"] = .string(type.name)
        if let id { fields["id"] = .string(id) }
        if let re { fields["re"] = .string(re) }
        if let trace { fields["trace"] = .string(trace) }
        fields["body"] = body
        var bytes = JSONValue.object(fields).serialized()
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private static func label(_ name: String, in fields: JSONObject) throws(WireError) -> String? {
        switch fields[name] {
        case nil, .null?: return nil
        case .string(let text)? where text.utf8.count <= idLimit: return text
        case .string?: throw WireError(.badEnvelope, "\(name) is over \(idLimit) bytes")
        default: throw WireError(.badEnvelope, "\(name) is not a string")
        }
    }
}

/// A message type's name, as in `throttle.check`. Unknown names are kept, so that they can be refused by name.
public struct MessageType: Hashable, Sendable, CustomStringConvertible {
    /// The name on the wire.
    public let name: String

    /// A type by name.
    public init(_ name: String) { self.name = name }

    /// The name on the wire.
    public var description: String { name }

    // Every word of the wire, once. PROTOCOL.md says who sends what to whom.
    /// The optional first line each way.
    public static let hello = MessageType("hello")
    /// The reply to a request that was not carried out.
    public static let error = MessageType("error")
    /// How are you?
    public static let statusGet = MessageType("status.get")
    /// The reply to `status.get`.
    public static let status = MessageType("status")
    /// May this request go through?
    public static let throttleCheck = MessageType("throttle.check")
    /// The reply to `throttle.check`.
    public static let throttleDecision = MessageType("throttle.decision")
    /// What would `throttle.check` say, charging nothing?
    public static let throttlePeek = MessageType("throttle.peek")
    /// The reply to `throttle.peek`.
    public static let throttleState = MessageType("throttle.state")
    /// Set or lift a level by hand.
    public static let throttleOverride = MessageType("throttle.override")
    /// What stands behind a reference?
    public static let throttleWhy = MessageType("throttle.why")
    /// The reply to `throttle.why`.
    public static let throttleHistory = MessageType("throttle.history")
    /// Which policies are in force?
    public static let policiesGet = MessageType("policies.get")
    /// The reply to `policies.get`.
    public static let policies = MessageType("policies")
    /// The reply to a request that has nothing to tell but success.
    public static let done = MessageType("done")
    /// A detector tells the throttle of a verdict; an event.
    public static let verdictReport = MessageType("verdict.report")
    /// A gateway has answered a request.
    public static let requestRecord = MessageType("request.record")
    /// The reply to `request.record`.
    public static let requestRecorded = MessageType("request.recorded")
    /// Use of an agent, a tool or a model.
    public static let usageRecord = MessageType("usage.record")
    /// An event of the application itself.
    public static let eventRecord = MessageType("event.record")
    /// The reply to `usage.record` and `event.record`.
    public static let recorded = MessageType("recorded")
    /// Judge this session.
    public static let sessionEvaluate = MessageType("session.evaluate")
    /// The reply to `session.evaluate`.
    public static let sessionVerdict = MessageType("session.verdict")
    /// Judge these sessions.
    public static let sessionsEvaluate = MessageType("sessions.evaluate")
    /// The reply to `sessions.evaluate`.
    public static let sessionsVerdicts = MessageType("sessions.verdicts")
    /// What does this user agent declare?
    public static let userAgentClassify = MessageType("user_agent.classify")
    /// The reply to `user_agent.classify`.
    public static let userAgentClass = MessageType("user_agent.class")
    /// Which rules do you judge by?
    public static let rulesGet = MessageType("rules.get")
    /// The reply to `rules.get`.
    public static let rules = MessageType("rules")
}

extension Envelope {
    /// The body as the message it should be.
    /// - Throws: `WireError` with `bad_body`, naming the field.
    public func decode<Message: Decodable>(_ message: Message.Type) throws(WireError) -> Message {
        try body.decoded(as: message)
    }

    /// A reply to this request with a message for a body; nil for an event, which has no reply.
    public func reply(_ type: MessageType, _ message: some Encodable) -> Envelope? {
        guard let id else { return nil }
        return Envelope(type, re: id, trace: trace, body: JSONValue(encoding: message))
    }

    /// The `error` reply to this request; nil for an event.
    public func reply(_ error: WireError) -> Envelope? { reply(.error, error) }
}
