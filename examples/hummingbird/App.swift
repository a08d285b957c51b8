import Glibc
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import WeirClient

/// A site in Swift that is counted and protected: everything about Weir is the client and one middleware.
@main
struct App {
    static func main() async throws {
        let environment = Environment()
        let client = GatewayClient(
            runtimeDirectory: environment.get("WEIR_RUNTIME_DIRECTORY") ?? "/run/weir",
            group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "weir"))

        let router = Router(context: SiteContext.self)
        router.add(middleware: AnalyticsMiddleware(client: client, userID: { request, _ in user(request) }))
        router.get("/") { _, _ in page("Welcome", links: ["/guide", "/prices"]) }
        router.get("/guide") { _, _ in page("Guide", links: ["/"]) }
        router.get("/prices") { _, _ in page("Prices", links: ["/"]) }
        router.get("/broken") { _, _ -> Response in throw HTTPError(.serviceUnavailable, message: "out of order") }

        let port = environment.get("PORT").flatMap { Int($0) } ?? 8080
        let app = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)))
        try await app.runService()
        await client.close()
    }

    /// Stands for the application's own log-in.
    private static func user(_ request: Request) -> String? { request.cookies["user"]?.value }

    private static func page(_ title: String, links: [String]) -> Response {
        let list = links.map { "<a href=\"\($0)\">\($0)</a>" }.joined(separator: " ")
        return Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "<!doctype html><h1>\(title)</h1>\(list)\n")))
    }
}

/// Knows the connection's other end, which is whom Weir counts.
struct SiteContext: RequestContext, RemoteAddressRequestContext {
    var coreContext: CoreRequestContextStorage
    let remoteAddress: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        remoteAddress = source.channel.remoteAddress
    }
}
