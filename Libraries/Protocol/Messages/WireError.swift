/// Why a message was not carried out: the body of an `error` reply.
public struct WireError: Error, Hashable, Sendable, Codable {
    /// A stable word for programs.
    public enum Code: String, Sendable, Codable, CaseIterable {
        /// The line is not one JSON object.
        case badJSON = "bad_json"
        /// The object is not an envelope.
        case badEnvelope = "bad_envelope"
        /// The body lacks a field, or a field has the wrong type or range.
        case badBody = "bad_body"
        /// The socket does not answer this type.
        case unknownType = "unknown_type"
        /// The line is over 64 KiB; the connection is closed after this.
        case tooLong = "too_long"
        /// No protocol version in common.
        case unsupportedVersion = "unsupported_version"
        /// The service has as much work as it accepts.
        case overloaded
        /// Something that the service needs is away.
        case unavailable
        /// The sender may not ask this.
        case forbidden
        /// What was asked about does not exist.
        case notFound = "not_found"
    }

    /// The stable word.
    public var code: Code
    /// The longest `message`, in bytes: it may quote the sender, and the answer must fit a line.
    public static let messageLimit = 512

    /// One sentence for people: what is wrong with which field.
    public var message: String
    /// Whether the same message may succeed later.
    public var retryable: Bool

    /// An error; only `overloaded` and `unavailable` are retryable. A message over the limit is cut.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message =
            message.utf8.count <= Self.messageLimit
            ? message : String(decoding: message.utf8.prefix(Self.messageLimit), as: UTF8.self) + "…"
        retryable = code == .overloaded || code == .unavailable
    }
}
