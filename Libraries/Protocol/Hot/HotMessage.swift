/// A message of the hot path: read from the line and written to it without a tree in between.
///
/// Both ways agree with `Codable` through `JSONValue`; the tests and a fuzz target hold them together.
public protocol HotMessage: Codable, Sendable {
    /// The envelope's `type`.
    static var hotType: HotType { get }

    /// Reads the body, from its opening brace to its closing one.
    init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure)

    /// Writes the body as one object.
    func write(into writer: inout JSONWriter)
}

/// The types that have a fast reader and writer.
public enum HotType: String, CaseIterable, Sendable {
    case throttleCheck = "throttle.check"
    case throttleDecision = "throttle.decision"
    case verdictReport = "verdict.report"
    case requestRecord = "request.record"
    case requestRecorded = "request.recorded"
    case sessionEvaluate = "session.evaluate"
    case sessionVerdict = "session.verdict"
    case sessionsEvaluate = "sessions.evaluate"
    case sessionsVerdicts = "sessions.verdicts"

    /// The same word as the envelope's type.
    public var messageType: MessageType { MessageType(rawValue) }

    private static let table = FieldTable<HotType>()

    /// The type of a line, read no further than that; nil when it has no fast reader, stands behind the body, or the line
    /// is broken before it.
    public init?(peeking line: UnsafeRawBufferPointer) {
        var scanner = JSONScanner(line)
        guard let type = try? Self.peek(&scanner) else { return nil }
        self = type
    }

    private static func peek(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) -> HotType? {
        var fields = FieldCursor(EnvelopeField.table)
        while let field = try fields.next(&scanner) {
            switch field {
            case .type: return table.find(try scanner.plainString(), after: -1)?.key
            case .body: return nil
            case .v, .id, .re, .trace: try scanner.skip()
            }
        }
        return nil
    }
}

enum EnvelopeField: String, CaseIterable {
    case v, type, id, re, trace, body

    static let table = FieldTable<EnvelopeField>()
}

/// A line of the hot path, taken apart in one pass.
public struct HotEnvelope<Message: HotMessage>: Sendable {
    /// Names a request; nil for an event or a reply.
    public var id: String?
    /// The request that this answers.
    public var re: String?
    /// W3C traceparent, copied on.
    public var trace: String?
    /// The body.
    public var message: Message

    /// A message with its labels, each at most `Envelope.idLimit` bytes.
    public init(id: String? = nil, re: String? = nil, trace: String? = nil, _ message: Message) {
        self.id = id
        self.re = re
        self.trace = trace
        self.message = message
    }

    /// Reads a line, without its newline, that should hold a `Message`.
    ///
    /// Nil means that the slow path (`Envelope(line:)`) must read it: it may be another type, an error to be answered, or
    /// merely unusual.
    public init?(line: UnsafeRawBufferPointer) {
        guard let read = try? Self.read(line) else { return nil }
        self = read
    }

    private static func read(_ line: UnsafeRawBufferPointer) throws(JSONScanner.Failure) -> HotEnvelope {
        var scanner = JSONScanner(line)
        var fields = FieldCursor(EnvelopeField.table)
        var (id, re, trace): (String?, String?, String?)
        var message: Message?
        var isType = false
        while let field = try fields.next(&scanner) {
            switch field {
            case .v:
                guard case .integer(Int64(Envelope.version)) = try scanner.number() else { throw .unsupported }
            case .type:
                guard HotType(bytes: try scanner.plainString()) == Message.hotType else { throw .unsupported }
                isType = true
            case .id: id = try label(&scanner)
            case .re: re = try label(&scanner)
            case .trace: trace = try label(&scanner)
            case .body: message = try Message(scanning: &scanner)
            }
        }
        try scanner.finish()
        guard isType, let message else { throw .unsupported }
        return HotEnvelope(id: id, re: re, trace: trace, message)
    }

    private static func label(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) -> String? {
        let text = try scanner.optionalString()
        guard text?.utf8.count ?? 0 <= Envelope.idLimit else { throw .unsupported }
        return text
    }

    /// Appends the line, newline included.
    public func append(to bytes: inout [UInt8]) { JSONWriter.append(to: &bytes) { write(into: &$0) } }

    /// Writes the line, newline included.
    public func write(into writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("v")
            writer.integer(Envelope.version)
            writer.key("type")
            writer.string(Message.hotType.rawValue)
            writer.optional("id", id)
            writer.optional("re", re)
            writer.optional("trace", trace)
            writer.key("body")
            message.write(into: &writer)
        }
        writer.newline()
    }
}

extension HotType {
    fileprivate init?(bytes: UnsafeRawBufferPointer) {
        guard let found = Self.table.find(bytes, after: -1) else { return nil }
        self = found.key
    }
}
