import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ReporterCore
import WeirProtocol

/// The HTTP door: reports by URL, commands by POST, the service's own numbers. Reads only.
struct HTTPDoor: Sendable {
    let door: CommandDoor
    let counters: Counters

    /// What answers requests by these routes.
    func responder() -> @Sendable (Request, BasicRequestContext) async throws -> Response {
        let routes = router().buildResponder()
        return { try await routes.respond(to: $0, context: $1) }
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("/api/v1/reports/**") { request, context in
            let path = context.parameters.getCatchAll().map(String.init)
            var query: [(name: String, value: String)] = []
            for (name, value) in request.uri.queryParameters { query.append((String(name), String(value))) }
            return respond(await door.answer(path: path, query: query), to: request)
        }
        router.post("/api/v1/command") { request, _ in
            let body: ByteBuffer
            do {
                body = try await request.body.collect(upTo: Envelope.lineLimit)
            } catch {
                return respond(
                    .failed(ReportError(.badCommand, "The body is over \(Envelope.lineLimit) bytes.")), to: request)
            }
            guard let message = try? JSONValue(parsing: body.readableBytesView) else {
                return respond(.failed(ReportError(.badCommand, "The body is not JSON.")), to: request)
            }
            return respond(await door.answer(message), to: request)
        }
        router.get("/metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: counters.prometheus)))
        }
        for method in [HTTPRequest.Method.post, .put, .patch, .delete] {
            router.on("/api/v1/reports/**", method: method) { request, _ in
                respond(.failed(ReportError(.forbidden, "Reports are read with GET.")), to: request)
            }
        }
        router.get("/**") { request, _ in
            respond(
                .failed(
                    ReportError(
                        .notFound, "Nothing is served here.",
                        hint: "There are /api/v1/reports/<group>/<name>, /api/v1/command (POST) and /metrics.")),
                to: request)
        }
        return router
    }

    private func respond(_ answer: CommandDoor.Answer, to request: Request) -> Response {
        counters.count(answer)
        var headers: HTTPFields = [.cacheControl: "no-store", .xContentTypeOptions: "nosniff"]
        let status: HTTPResponse.Status
        let text: String
        switch answer {
        case .json(let value, _):
            (status, text) = (.ok, value.text + "\n")
            headers[.contentType] = "application/json"
        case .csv(let csv):
            (status, text) = (.ok, csv)
            headers[.contentType] = "text/csv; charset=utf-8; header=present"
            headers[.contentDisposition] = "attachment; filename=\"report.csv\""
        case .failed(let error):
            (status, text) = (HTTPResponse.Status(code: error.httpStatus), error.json.text + "\n")
            headers[.contentType] = "application/json"
            if error.code == .unavailable { headers[.retryAfter] = "5" }
        }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

extension HTTPField.Name {
    fileprivate static let xContentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
}
