import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ReporterCore
import Runtime
import WeirProtocol

/// The HTTP door: reports by URL, commands by POST, the service's own numbers. Reads only.
struct HTTPDoor: Sendable {
    let door: CommandDoor
    let counters: Counters

    /// What answers requests by these routes, behind `guarding` where the place needs one.
    func responder(
        guarding: LoopbackGuard? = nil
    ) -> @Sendable (Request, BasicRequestContext) async throws -> Response {
        let routes = router(guarding).buildResponder()
        return { try await routes.respond(to: $0, context: $1) }
    }

    private func router(_ guarding: LoopbackGuard?) -> Router<BasicRequestContext> {
        let router = Router(options: .autoGenerateHeadEndpoints)
        if let guarding { router.add(middleware: guarding) }
        router.add(middleware: Unrouted { respond(.failed(Self.nothing), to: $0) })
        for (path, file) in PageFiles.served {
            router.get(RouterPath("/\(path)")) { request, _ in Self.serve(file, to: request) }
        }
        router.get("/api/v1/reports/**") { request, context in
            let start = ContinuousClock.now
            defer { counters.durations.note(start.duration(to: .now)) }
            let path = URLQuery.decoded(path: context.parameters.getCatchAll().map(String.init))
            let query = URLQuery.decoded(request.uri.query ?? "")
            return respond(await door.answer(path: path, query: query), to: request)
        }
        router.get("/api/v1/reports") { request, _ in respond(await door.answer(path: [], query: []), to: request) }
        router.post("/api/v1/command") { request, _ in
            let body: ByteBuffer
            do {
                body = try await request.body.collect(upTo: Envelope.lineLimit)
            } catch {
                let isTooLong = error is NIOTooManyBytesError
                let message = isTooLong ? "The body is over \(Envelope.lineLimit) bytes." : "The body breaks off."
                return respond(.failed(ReportError(.badCommand, message)), to: request)
            }
            guard let message = try? JSONValue(parsing: body.readableBytesView) else {
                let error = ReportError(.badCommand, "The body is not JSON, or has a NUL in it.")
                return respond(.failed(error), to: request)
            }
            let start = ContinuousClock.now
            defer { counters.durations.note(start.duration(to: .now)) }
            return respond(await door.answer(message), to: request)
        }
        router.get("/api/v1/openapi.json") { request, _ in Self.serve(Self.description, to: request) }
        // Of all services, so that one address is enough to watch.
        router.get("/metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: MetricsText.mediaType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: MetricsText.text(of: await door.answers.metrics()))))
        }
        for method in [HTTPRequest.Method.post, .put, .patch, .delete] {
            router.on("/api/v1/reports/**", method: method) { request, _ in
                respond(.failed(ReportError(.forbidden, "Reports are read with GET.")), to: request)
            }
        }
        return router
    }

    private static let nothing = ReportError(
        .notFound, "Nothing is served here.",
        hint: "There are / (the page), /api/v1/reports/<group>/<name>, /api/v1/command (POST), /api/v1/openapi.json "
            + "and /metrics.")

    private static let description = PageFiles.File(
        Array((OpenAPI(version: Reporter.version).document.text + "\n").utf8), "application/json")

    private static func serve(_ file: PageFiles.File, to request: Request) -> Response {
        var headers: HTTPFields = [
            .contentType: file.mediaType, .eTag: file.entityTag, .cacheControl: "no-cache",
            .contentSecurityPolicy: PageFiles.policy, .xContentTypeOptions: "nosniff",
        ]
        headers[.referrerPolicy] = "no-referrer"
        headers[.crossOriginOpenerPolicy] = "same-origin"
        headers[.crossOriginResourcePolicy] = "same-origin"
        if EntityTag.matches(request.headers[.ifNoneMatch], file.entityTag) {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }

    /// An error as an answer of that status.
    static func refusal(_ status: Int, _ error: ReportError) -> Response {
        Response(
            status: HTTPResponse.Status(code: status),
            headers: [
                .cacheControl: "no-store", .xContentTypeOptions: "nosniff", .contentType: "application/json",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: error.json.text + "\n")))
    }

    private func respond(_ answer: CommandDoor.Answer, to request: Request) -> Response {
        counters.count(answer)
        var headers: HTTPFields = [.cacheControl: "no-store", .xContentTypeOptions: "nosniff"]
        let status: HTTPResponse.Status
        let text: String
        switch answer {
        case .json(let value, let isFingerprintable):
            headers[.contentType] = "application/json"
            if isFingerprintable, request.method == .get || request.method == .head {
                // Weak, since the ends of a window that moves with the clock are no part of what is compared.
                let tag = EntityTag.weak(value.withoutWindow.text.utf8)
                headers[.eTag] = tag
                headers[.cacheControl] = "no-cache"
                headers[.vary] = "authorization"
                if EntityTag.matches(request.headers[.ifNoneMatch], tag) {
                    return Response(status: .notModified, headers: headers)
                }
            }
            (status, text) = (.ok, value.text + "\n")
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

/// Answers what no route is for. A route of its own would not do: beside `/api/v1/command` a wildcard is never asked
/// about `/api/v1`.
private struct Unrouted: RouterMiddleware {
    typealias Context = BasicRequestContext

    let answer: @Sendable (Request) -> Response

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do { return try await next(request, context) } catch let error as HTTPError where error.status == .notFound {
            var found = answer(request)
            // To HEAD goes no body: the next answer would be taken for it.
            if request.method == .head { found.body = ResponseBody() }
            return found
        }
    }
}

extension JSONValue {
    /// The answer without the moments that change with every question.
    fileprivate var withoutWindow: JSONValue {
        guard case .object(var fields) = self else { return self }
        for name in ["from", "to"] { fields[name] = nil }
        if case .object(var previous)? = fields["previous"] {
            for name in ["from", "to"] { previous[name] = nil }
            fields["previous"] = .object(previous)
        }
        if case .object(var data)? = fields["data"] {
            for name in ["period", "timestamp"] { data[name] = nil }
            fields["data"] = .object(data)
        }
        return .object(fields)
    }
}

extension HTTPField.Name {
    fileprivate static let xContentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
    fileprivate static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    fileprivate static let crossOriginOpenerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")!
    fileprivate static let crossOriginResourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")!
}
