import CollectorCore
import HTTPTransport
import HTTPTypes
import Hummingbird
import NIOCore
import Runtime
import WeirProtocol

/// POST /v1/traces: OpenTelemetry's spans about agents, tools and models, as OTLP over HTTP, in protobuf or JSON.
struct TraceRoutes: RoutePart {
    let door: UsageDoor

    /// The largest body, packed and unpacked; exporters send at most 512 spans at once unless told otherwise.
    static let bodyLimit = 4 << 20
    /// The deepest nesting of JSON: seven levels of OTLP's own, the rest for attributes.
    private static let depthLimit = 64

    private static let json = "application/json"
    private static let protobuf = "application/x-protobuf"

    var schemas: JSONObject { JSONObject() }

    var routes: [Route] {
        [
            Route(
                .post, "/v1/traces",
                operation: OpenAPI.operation(
                    "exportTraces",
                    "Spans about agents, tools and models (OTLP/HTTP, GenAI conventions); others are ignored.",
                    body: .object(
                        JSONObject([
                            Self.json: [
                                "schema": [
                                    "type": "object",
                                    "properties": ["resourceSpans": ["type": "array", "items": ["type": "object"]]],
                                ]
                            ], Self.protobuf: ["schema": ["type": "string", "format": "binary"]],
                        ])),
                    answers: [
                        (
                            200, "Taken. `partialSuccess` says how many spans could not be read, if any.",
                            .object(
                                JSONObject([
                                    Self.json: [
                                        "schema": [
                                            "type": "object", "properties": ["partialSuccess": ["type": "object"]],
                                        ]
                                    ], Self.protobuf: ["schema": ["type": "string", "format": "binary"]],
                                ]))
                        )
                    ],
                    problems: [
                        400: "`bad_json`, `bad_body`: the body is no export. `bad_gzip`: it cannot be unpacked.",
                        413: "`too_large`: over 4 MiB, packed or unpacked.",
                        415: "`bad_content_type`, `bad_content_encoding`: neither protobuf nor JSON, or not gzip.",
                        503: "`overloaded`, `unavailable`: nothing was taken; send it again.",
                    ])
            ) { request, _ in
                let body = try await request.wholeBody(upTo: Self.bodyLimit)
                return try answer(
                    Array(body.readableBytesView), contentType: request.headers[.contentType],
                    contentEncoding: request.headers[.contentEncoding])
            }
        ]
    }

    /// The answer to an export.
    /// - Throws: `Problem`.
    func answer(_ body: [UInt8], contentType: String?, contentEncoding: String?) throws(Problem) -> Response {
        let mediaType = contentType?.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard mediaType == Self.json || mediaType == Self.protobuf else {
            throw Problem(
                .unsupportedMediaType, "bad_content_type",
                "Traces are taken as application/x-protobuf or application/json.")
        }
        let plain = try Self.unpacked(body, contentEncoding)
        let usage: TraceUsage
        do throws(WireError) { usage = try Self.usage(in: plain, isJSON: mediaType == Self.json) } catch {
            door.refuse(error.code.rawValue)
            throw Problem(.badRequest, error.code.rawValue, error.message + ".")
        }
        do throws(WireError) { try door.append(usage.records.map(door.kept)) } catch {
            throw Problem(.serviceUnavailable, error.code.rawValue, error.message + ".", retryAfter: 5)
        }
        for (reason, count) in usage.rejected { door.refuse(reason, count) }
        let reasons = usage.rejected.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        let (rejected, message) = (usage.rejected.values.reduce(0, +), "not taken: " + reasons.joined(separator: ", "))
        guard mediaType == Self.json else {
            return Response(
                status: .ok, headers: [.contentType: Self.protobuf],
                body: ResponseBody(
                    byteBuffer: ByteBuffer(bytes: TraceExport.protobufAnswer(rejected: rejected, message: message))))
        }
        guard rejected > 0 else { return .json(["partialSuccess": .object(JSONObject())]) }
        return .json([
            "partialSuccess": ["rejectedSpans": .string(String(rejected)), "errorMessage": .string(message)]
        ])
    }

    private static func unpacked(_ body: [UInt8], _ encoding: String?) throws(Problem) -> [UInt8] {
        switch encoding?.lowercased() ?? "identity" {
        case "identity": return body
        case "gzip":
            do throws(Gunzip.Problem) { return try Gunzip.bytes(body, upTo: bodyLimit) } catch {
                switch error {
                case .tooLarge:
                    throw Problem(
                        .contentTooLarge, "too_large", "The body unpacks to over \(bodyLimit) bytes; send less at once."
                    )
                case .damaged: throw Problem(.badRequest, "bad_gzip", "The body is no whole gzip data.")
                }
            }
        default:
            throw Problem(
                .unsupportedMediaType, "bad_content_encoding",
                "Traces are taken as they are or packed with gzip; set the exporter's compression to gzip or none.")
        }
    }

    private static func usage(in body: [UInt8], isJSON: Bool) throws(WireError) -> TraceUsage {
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        guard isJSON else { return TraceUsage(try TraceExport(protobuf: body), now: now) }
        let value: JSONValue
        do { value = try JSONValue(parsing: body, depthLimit: depthLimit) } catch {
            throw WireError(.badJSON, error.description)
        }
        return TraceUsage(try TraceExport(value), now: now)
    }
}
