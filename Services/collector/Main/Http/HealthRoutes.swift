import HTTPTransport
import Hummingbird
import NIOCore
import WeirProtocol

/// The collector's own state over HTTP: GET /health for load balancers, GET /metrics for Prometheus.
struct HealthRoutes: RoutePart {
    /// The numbers that status.get gives.
    let status: @Sendable () -> ServiceStatus
    /// Whether records are taken at the moment.
    let isTaking: @Sendable () -> Bool

    var schemas: JSONObject { JSONObject() }

    var routes: [Route] {
        [
            Route(
                .get, "/health",
                operation: OpenAPI.operation(
                    "health", "Whether the collector takes records.",
                    answers: [
                        (
                            200, "It does; `state` says whether the database is there, too.",
                            OpenAPI.content(
                                "application/json",
                                ["type": "object", "properties": ["state": ["type": "string"]]])
                        )
                    ], problems: [503: "`overloaded`: the spool is full, because the database has been away."])
            ) { _, _ in
                guard isTaking() else {
                    throw Problem(
                        .serviceUnavailable, "overloaded",
                        "The spool is full: the database has been away for too long.",
                        retryAfter: 5)
                }
                return .json(["state": .string(status().state)])
            },
            Route(.get, "/metrics") { _, _ in
                Response(
                    status: .ok, headers: [.contentType: MetricsText.mediaType],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: MetricsText.text(of: status()))))
            },
        ]
    }
}
