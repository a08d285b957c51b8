public import HTTPTypes
public import Hummingbird
import NIOCore
import NIOHTTP1
public import WeirProtocol

/// Why a request was not carried out, as the answer says it: problem+json (RFC 9457) with a stable `code`.
public struct Problem: Error, Sendable, HTTPResponseError {
    /// The answer's status, 400...599.
    public var status: HTTPResponse.Status
    /// A stable word for programs.
    public var code: String
    /// A sentence that says what to do.
    public var detail: String
    /// Seconds to wait, when waiting helps.
    public var retryAfter: Int?
    /// Further header fields of the answer.
    public var headers: HTTPFields
    /// Further members of the answer.
    public var members: JSONObject

    /// A refusal.
    public init(
        _ status: HTTPResponse.Status, _ code: String, _ detail: String, retryAfter: Int? = nil,
        headers: HTTPFields = [:], members: JSONObject = JSONObject()
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.retryAfter = retryAfter
        self.headers = headers
        self.members = members
    }

    /// The body as it is sent.
    public var json: JSONValue {
        var object = JSONObject([
            "type": "about:blank", "title": .string(status.reasonPhrase), "status": .integer(Int64(status.code)),
            "code": .string(code), "detail": .string(detail),
        ])
        for (name, value) in members.fields { object[name] = value }
        return .object(object)
    }

    /// The body's text.
    var text: String { json.text + "\n" }

    /// The answer.
    public var response: Response {
        var fields = headers
        fields[.contentType] = "application/problem+json"
        fields[.cacheControl] = "no-store"
        if let retryAfter { fields[.retryAfter] = String(retryAfter) }
        return Response(
            status: status, headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    /// The answer, for Hummingbird.
    public func response(from request: Request, context: some RequestContext) throws -> Response { response }
}

extension Request {
    /// The whole body, at most `limit` bytes, which are counted before they are kept.
    /// - Throws: `Problem`: 413 `too_large`, or 400 `truncated` when the body ended early.
    public func wholeBody(upTo limit: Int) async throws(Problem) -> ByteBuffer {
        let tooLarge = Problem(.contentTooLarge, "too_large", "The body is over \(limit) bytes; send less at once.")
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        do {
            return try await body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw tooLarge
        } catch {
            throw Problem(.badRequest, "truncated", "The body ended before its announced length.")
        }
    }
}
