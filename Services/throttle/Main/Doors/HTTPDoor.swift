import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Transport
import WeirProtocol

/// throttle.http.sock: HTTP/1.1 on a Unix socket, answered on the socket's own thread.
///
/// SwiftNIO's HTTP handlers without a framework above them: the answer needs nothing awaited, and the socket may come
/// from the service manager.
final class HTTPDoor: Sendable {
    private let channel: any Channel
    private let path: String?

    private init(channel: any Channel, path: String?) {
        self.channel = channel
        self.path = path
    }

    /// Gateways keep connections for the next question; to end them sooner would cost answers.
    private static let limits: ClientLimits = {
        var limits = ClientLimits()
        limits.silence = .seconds(120)
        return limits
    }()

    /// Starts to listen.
    /// - Throws: `ListenError`.
    static func start(
        _ socket: ListeningSocket, _ auth: ForwardAuth, metrics: @escaping @Sendable () -> String,
        group: any EventLoopGroup, limits: ClientLimits = HTTPDoor.limits, logger: Logger
    ) async throws -> HTTPDoor {
        let open = OpenCount()
        let refused = RefusedConnections(limit: limits.connections, logger: logger)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                guard open.admit(upTo: limits.connections) else {
                    refused.note()
                    return channel.close()
                }
                channel.closeFuture.whenComplete { _ in open.leave() }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    // Who does not take its answers is not read, or they would pile up.
                    try pipeline.addHandler(BackPressureHandler())
                    try pipeline.configureHTTPServerPipeline()
                    try ClientDeadline.watch(channel, limits)
                    try pipeline.addHandler(ForwardAuthHandler(auth, metrics))
                }
            }
        switch socket {
        case .inherited(let descriptor):
            return HTTPDoor(channel: try await bootstrap.withBoundSocket(descriptor).get(), path: nil)
        case .path(let path, let mode):
            try ListeningSocket.clear(path)
            do {
                let channel = try await bootstrap.bind(unixDomainSocketPath: path).get()
                if chmod(path, mode_t(mode)) != 0 { logger.warning("cannot set the mode of \(path)") }
                return HTTPDoor(channel: channel, path: path)
            } catch let error as IOError { throw ListeningSocket.failure(path, error.errnoCode) }
        }
    }

    /// Stops listening and removes the socket file. Open connections end with the process.
    func stop() async {
        try? await channel.close().get()
        if let path { unlink(path) }
    }
}

/// How many connections are open.
private final class OpenCount: Sendable {
    private let count = Atomic<Int>(0)

    func admit(upTo limit: Int) -> Bool {
        // Half is the other door's, which gateways ask through as well.
        let limit = min(limit, ConnectionRoom.size / 2)
        guard count.wrappingAdd(1, ordering: .relaxed).newValue <= limit, ConnectionRoom.enter() else {
            count.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    func leave() {
        count.wrappingSubtract(1, ordering: .relaxed)
        ConnectionRoom.leave()
    }
}

/// One connection: bodies are read past, since a web server may send the visitor's along.
private final class ForwardAuthHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let auth: ForwardAuth
    private let metrics: @Sendable () -> String
    private var head: HTTPRequestHead?

    init(_ auth: ForwardAuth, _ metrics: @escaping @Sendable () -> String) {
        self.auth = auth
        self.metrics = metrics
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let found): head = found
        case .body: break
        case .end:
            guard let asked = head else { return }
            head = nil
            answer(asked, context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ClientDeadline.BodyIsLate {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ asked: HTTPRequestHead, _ context: ChannelHandlerContext) {
        if asked.uri == "/metrics", asked.method == .GET {
            let headers = [("Content-Type", MetricsText.mediaType)]
            write(HTTPAnswer(status: 200, headers: headers, body: metrics()), to: asked, context)
            return
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let loop = context.eventLoop
        let header = { (name: String) in
            let values = asked.headers[name]
            return values.count > 1 ? values.joined(separator: ",") : values.first
        }
        auth.answer(asked.method.rawValue, asked.uri, header) { answer in
            // The pipeline reads no further before it has its answer, so answers keep their order.
            if loop.inEventLoop {
                bound.value.0.write(answer, to: asked, bound.value.1)
            } else {
                loop.execute { bound.value.0.write(answer, to: asked, bound.value.1) }
            }
        }
    }

    private func write(_ answer: HTTPAnswer, to asked: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders(answer.headers.map { ($0.name, $0.value) })
        let status = HTTPResponseStatus(statusCode: answer.status)
        if answer.status != 204 { headers.add(name: "Content-Length", value: "\(answer.body.utf8.count)") }
        if !asked.isKeepAlive { headers.add(name: "Connection", value: "close") }
        let response = HTTPResponseHead(version: asked.version, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        if !answer.body.isEmpty, answer.status != 204, asked.method != .HEAD {
            context.write(
                wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(string: answer.body)))), promise: nil
            )
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        if !asked.isKeepAlive {
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }
}
