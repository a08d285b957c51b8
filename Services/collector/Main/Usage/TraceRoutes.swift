import CollectorCore
import HTTPTransport
import HTTPTypes
import Hummingbird
import NIOCore
import Runtime
import WeirProtocol

/// POST /v1/traces: OpenTelemetry's spans about agents, tools and models, as OTLP over HTTP in JSON.
struct TraceRoutes: RoutePart {
    let door: UsageDoor

    /// The largest body; exporters send at most 512 spans at once unless told otherwise.
    static let bodyLimit = 4 << 20
    /// The deepest nesting: seven levels of OTLP's own, the rest for attributes.
    private static let depthLimit = 64

    var schemas: JSONObject { JSONObject() }

    var routes: [Route] {
        [
            Route(
                .post, "/v1/traces",
                operation: OpenAPI.operation(
                    "exportTraces",
                    "Spans about agents, tools and models (OTLP/HTTP in JSON, GenAI conventions); others are ignored.",
                    body: OpenAPI.content("application/json", ["type": "object"]),
                    answers: [
                        (
                            200, "Taken. `partialSuccess` says how many spans could not be read, if any.",
                            OpenAPI.content(
                                "application/json",
                                ["type": "object", "properties": ["partialSuccess": ["type": "object"]]])
                        )
                    ],
                    problems: [
                        400: "`bad_json`, `bad_body`: the body is no export.", 413: "`too_large`: over 4 MiB.",
                        415: "`bad_content_type`, `bad_content_encoding`: set the exporter to http/json, uncompressed.",
                        503: "`overloaded`, `unavailable`: nothing was taken; send it again.",
                    ])
            ) { request, _ in
                let body = try await request.wholeBody(upTo: Self.bodyLimit)
                return .json(
                    try answer(
                        Array(body.readableBytesView), contentType: request.headers[.contentType],
                        contentEncoding: request.headers[.contentEncoding]))
            }
        ]
    }

    /// The answer to an export.
    /// - Throws: `Problem`.
    func answer(_ body: [UInt8], contentType: String?, contentEncoding: String?) throws(Problem) -> JSONValue {
        let mediaType = contentType?.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard mediaType == "application/json" else {
            throw Problem(
                .unsupportedMediaType, "bad_content_type",
                "Traces are taken as application/json; set the exporter's protocol to http/json.")
        }
        guard contentEncoding == nil || contentEncoding?.lowercased() == "identity" else {
            throw Problem(
                .unsupportedMediaType, "bad_content_encoding",
                "Traces are taken uncompressed; set the exporter's compression to none.")
        }
        let usage: TraceUsage
        do throws(WireError) { usage = try Self.usage(in: body) } catch {
            door.refuse(error.code.rawValue)
            throw Problem(.badRequest, error.code.rawValue, error.message + ".")
        }
        do throws(WireError) { try door.append(usage.records.map(door.kept)) } catch {
            throw Problem(.serviceUnavailable, error.code.rawValue, error.message + ".", retryAfter: 5)
        }
        guard !usage.rejected.isEmpty else { return ["partialSuccess": .object(JSONObject())] }
        for (reason, count) in usage.rejected { door.refuse(reason, count) }
        let reasons = usage.rejected.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        return [
            "partialSuccess": [
                "rejectedSpans": .string(String(usage.rejected.values.reduce(0, +))),
                "errorMessage": .string("not taken: " + reasons.joined(separator: ", ")),
            ]
        ]
    }

    private static func usage(in body: [UInt8]) throws(WireError) -> TraceUsage {
        let value: JSONValue
        do { value = try JSONValue(parsing: body, depthLimit: depthLimit) } catch {
            throw WireError(.badJSON, error.description)
        }
        return TraceUsage(try TraceExport(value), now: Timestamp(milliseconds: WallClock.milliseconds))
    }
}
