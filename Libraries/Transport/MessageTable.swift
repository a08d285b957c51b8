public import WeirProtocol

/// What a socket answers: an explicit table from message type to handler. A type that is not in it is `unknown_type`.
public struct MessageTable: Sendable {
    /// Carries out one message. A request's reply is returned; an event's is dropped.
    public typealias Handler = @Sendable (Envelope, PeerCredentials?) async throws(WireError) -> Reply

    /// Carries out one message on the socket's own thread; it must not block.
    public typealias ImmediateHandler = @Sendable (Envelope, PeerCredentials?) throws(WireError) -> Reply

    /// A message's type and body, before it is addressed to the request that it answers.
    public struct Reply: Sendable {
        let type: MessageType
        let body: JSONValue

        /// A reply with a message for a body.
        public init(_ type: MessageType, _ message: some Encodable) {
            self.type = type
            body = JSONValue(encoding: message)
        }

        /// What an event's handler returns.
        public static let none = Reply(.done, JSONValue.object(JSONObject()))
    }

    enum Entry: Sendable {
        case immediate(ImmediateHandler)
        case concurrent(Handler)
    }

    var entries: [MessageType: Entry] = [:]

    /// Who the server says it is in its hello.
    public let service: String
    /// Takes a line before it is parsed, on the socket's own thread; it must not block. See `LineAnswer`.
    public var hotPath: (@Sendable (UnsafeRawBufferPointer, inout [UInt8], () -> Responder) -> LineAnswer)?
    /// Answers a line that is not an envelope (no `type`), such as `{"command":"…"}`, with a line of its own.
    public var bareLine: (@Sendable (JSONValue, PeerCredentials?) async -> JSONValue)?
    /// Users whose connections are accepted; nil accepts any that the file's permissions let in.
    public var allowedUsers: Set<UInt32>?

    /// Whether what is worked on is cancelled when the client that asked has gone, as befits a service that only reads.
    public var endsWithClient = false

    /// A table that answers `hello` alone.
    public init(service: String) { self.service = service }

    /// Adds a message that is carried out concurrently with others.
    public mutating func on(_ type: MessageType, _ handler: @escaping Handler) { entries[type] = .concurrent(handler) }

    /// Adds a message that is carried out at once, in order.
    public mutating func onImmediately(_ type: MessageType, _ handler: @escaping ImmediateHandler) {
        entries[type] = .immediate(handler)
    }
}

/// What the hot path made of a line.
public enum LineAnswer: Sendable {
    /// Not its message, or not readable by it: the line takes the usual way, which also reports what is wrong with it.
    case declined
    /// Done; whatever is to be answered was appended, newline included.
    case answered
    /// The responder will answer later.
    case deferred
}
