import HTTPTransport
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Runtime
import WeirProtocol

/// What collector.http.sock serves. Each part of the collector that is reached over HTTP is a `RoutePart`; they are
/// listed in `CollectorService`, and the OpenAPI document is made of the same list.
protocol RoutePart: Sendable {
    /// The part's routes.
    var routes: [Route] { get }
    /// The part's OpenAPI schemas by name, which its operations refer to.
    var schemas: JSONObject { get }
}

/// The HTTP door of the collector: all parts' routes, and the document that describes them.
struct HTTPDoor: Sendable {
    /// Every route that is answered.
    let table: RouteTable

    init(parts: [any RoutePart], logger: Logger) {
        let served = parts.flatMap(\.routes)
        let describing = Route(
            .get, "/openapi.json",
            operation: OpenAPI.operation(
                "openapi", "This document.", answers: [(200, "The document.", OpenAPI.content("application/json", [:]))]
            )
        ) { _, _ in Response.json(.null) }
        let document = OpenAPI.document(
            paths: RouteTable(served + [describing], logger: logger).openAPIPaths,
            schemas: parts.map(\.schemas))
        let text = ByteBuffer(string: document.text + "\n")
        let answering = Route(.get, describing.path, operation: describing.operation) { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json", .cacheControl: "max-age=300"],
                body: ResponseBody(byteBuffer: text))
        }
        table = RouteTable(served + [answering], logger: logger)
    }

    /// Answers a request.
    func respond(_ request: Request, _ context: BasicRequestContext) async -> Response {
        await table.respond(request, context)
    }
}

extension Response {
    /// A JSON answer that no cache may keep.
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        var fields = headers
        fields[.contentType] = "application/json"
        fields[.cacheControl] = "no-store"
        return Response(
            status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(string: value.text + "\n")))
    }
}
