public import HTTPTypes
public import Hummingbird
public import Logging
import NIOCore
public import WeirProtocol

/// One route: how it is reached, what OpenAPI says of it, and what answers.
public struct Route: Sendable {
    /// Answers a request.
    public typealias Handler = @Sendable (Request, BasicRequestContext) async throws -> Response

    /// The method.
    public let method: HTTPRequest.Method
    /// The path, with `{name}` for a segment that varies.
    public let path: String
    /// The OpenAPI 3.1 operation object; nil for a route that is not part of the public interface.
    public let operation: JSONObject?
    /// Answers a request.
    public let handler: Handler

    /// A route.
    public init(
        _ method: HTTPRequest.Method, _ path: String, operation: JSONObject? = nil, _ handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.operation = operation
        self.handler = handler
    }
}

/// The routes of one HTTP socket. The router and the OpenAPI document are both made from this one list, so that neither
/// can know a route that the other does not.
public struct RouteTable: Sendable {
    /// The routes.
    public let routes: [Route]
    private let responder: RouterResponder<BasicRequestContext>
    private let logger: Logger

    /// A table; `logger` is told of what should not have happened.
    public init(_ routes: [Route], logger: Logger) {
        self.routes = routes
        self.logger = logger
        let router = Router(context: BasicRequestContext.self)
        for route in routes {
            router.on(RouterPath(route.path), method: route.method) { try await route.handler($0, $1) }
        }
        responder = router.buildResponder()
    }

    /// Answers a request; whatever goes wrong is answered with a `Problem`.
    public func respond(_ request: Request, _ context: BasicRequestContext) async -> Response {
        guard !known(request.uri.path).isEmpty else {
            return Problem(.notFound, "not_found", "Nothing is served at this path; /openapi.json lists what is.")
                .response
        }
        guard known(request.uri.path).contains(where: { $0.method == request.method }) else { return refused(request) }
        do {
            return try await responder.respond(to: request, context: context)
        } catch let problem as Problem {
            return problem.response
        } catch {
            logger.error("\(request.method) \(request.uri.path): \(error)")
            return Problem(.internalServerError, "internal", "This should not have happened; the log says more.")
                .response
        }
    }

    /// The `paths` object of an OpenAPI document.
    public var openAPIPaths: JSONObject {
        var paths = JSONObject()
        for route in routes {
            guard let operation = route.operation else { continue }
            var item = JSONObject()
            if case .object(let begun)? = paths[route.path] { item = begun }
            item[route.method.rawValue.lowercased()] = .object(operation)
            paths[route.path] = .object(item)
        }
        return paths
    }

    private func refused(_ request: Request) -> Response {
        let allowed = Set(known(request.uri.path).map(\.method.rawValue)).sorted().joined(separator: ", ")
        return Problem(
            .methodNotAllowed, "method_not_allowed", "This path answers \(allowed).", headers: [.allow: allowed]
        ).response
    }

    private func known(_ path: String) -> [Route] {
        let segments = path.split(separator: "/")
        return routes.filter { route in
            let pattern = route.path.split(separator: "/")
            return pattern.count == segments.count
                && zip(pattern, segments).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }
    }
}
