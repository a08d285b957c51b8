import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Transport

/// Hummingbird's routes on a socket that it cannot bind by itself: one that the service manager made, or a path that is
/// first cleared of what a dead process left there.
struct HTTPService: Service {
    let socket: ListeningSocket
    let responder: RouterResponder<BasicRequestContext>
    let logger: Logger

    func run() async throws {
        let http = HTTP1Channel(
            responder: { [logger, responder] request, writer, channel in
                let context = BasicRequestContext(source: .init(channel: channel, logger: logger))
                let response: Response
                do {
                    response = try await responder.respond(to: request, context: context)
                } catch {
                    logger.error("\(request.uri.path): \(error)")
                    response = Response(status: .internalServerError)
                }
                try await writer.write(response: response.head, body: response.body)
            },
            configuration: .init(idleTimeout: .seconds(60)))
        let server = try await listen(http)
        try await cancelWhenGracefulShutdown {
            try await server.executeThenClose { inbound in
                await withDiscardingTaskGroup { group in
                    do {
                        for try await connection in inbound {
                            group.addTask { await http.handle(value: connection, logger: logger) }
                        }
                    } catch is CancellationError {
                    } catch { logger.error("accepting HTTP connections: \(error)") }
                    // Answers under way are short; a connection that is only kept open ends here.
                    group.cancelAll()
                }
            }
        }
        if case .path(let path, _) = socket { unlink(path) }
    }

    private func listen(_ http: HTTP1Channel) async throws -> NIOAsyncChannel<HTTP1Channel.Value, Never> {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
        switch socket {
        case .inherited(let descriptor):
            return try await bootstrap.bind(descriptor) { http.setup(channel: $0, logger: logger) }
        case .path(let path, let mode):
            try ListeningSocket.clear(path)
            do {
                let server = try await bootstrap.bind(unixDomainSocketPath: path) {
                    http.setup(channel: $0, logger: logger)
                }
                if chmod(path, mode_t(mode)) != 0 { logger.warning("cannot set the mode of \(path)") }
                return server
            } catch let error as IOError { throw ListeningSocket.failure(path, error.errnoCode) }
        }
    }
}
