import Glibc
public import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
public import ServiceLifecycle
import Synchronization
public import Transport

/// Hummingbird's routes on a socket that it cannot bind by itself: one that the service manager made, or a path that is
/// first cleared of what a dead process left there.
///
/// Bounded: connections, silence, slow bodies and answers that nobody takes by `ClientLimits`, a request's line and
/// headers by 32 KiB and 100 fields, the path and each field by 16 KiB. What is over, or is no HTTP, is answered with a
/// `Problem`, status 431, 408, 400 or 501, and the connection closed, as it is after 413 and, unless it is to be kept
/// alive, after HTTP/1.0. On shutdown no new connection is taken, idle ones are closed, and answers under way are
/// finished for at most `grace`.
public struct HTTPService: Service {
    private let server: NIOAsyncChannel<HTTP1Channel.Value, Never>
    private let http: HTTP1Channel
    private let open: OpenConnections
    private let path: String?
    private let grace: Duration
    private let logger: Logger

    /// Binds the socket; connections wait until `run()`, which must be called, or else `close()`.
    /// - Parameters:
    ///   - socket: where to listen.
    ///   - grace: how long answers under way may take when the service stops.
    ///   - limits: what clients may take of it.
    ///   - welcome: refuses who may not ask, by the kernel's word on who is connected; nil for somebody it does not know.
    ///   - endsWithClient: cancels the task of an answer whose connection has ended. One that is half-closed has not: its
    ///     client has said all it has to say, and waits. TCP tells the two apart only when the answer is written.
    ///   - responder: answers one request; an error that it throws is logged and answered with 500.
    /// - Throws: `ListenError`: somebody answers there, or the socket cannot be made.
    public static func listening(
        on socket: ListeningSocket, grace: Duration = .seconds(5), limits: ClientLimits = ClientLimits(),
        logger: Logger, welcome: (@Sendable (PeerCredentials?) -> Response?)? = nil, endsWithClient: Bool = false,
        responder: @escaping @Sendable (Request, BasicRequestContext) async throws -> Response
    ) async throws -> HTTPService {
        let open = OpenConnections(limit: limits.connections, logger: logger)
        let http = Self.http(logger, welcome, endsWithClient ? open : nil, responder)
        let server = try await listen(on: socket, setup(http, open, limits, logger), logger)
        var path: String?
        if case .path(let made, _) = socket { path = made }
        return HTTPService(server: server, http: http, open: open, path: path, grace: grace, logger: logger)
    }

    /// Binds a TCP port; otherwise as `listening(on:)`.
    /// - Parameters:
    ///   - host: an address of this machine.
    ///   - port: 0...65535; 0 takes one that is free, see `port`.
    public static func listening(
        onHost host: String, port: Int, grace: Duration = .seconds(5), logger: Logger,
        responder: @escaping @Sendable (Request, BasicRequestContext) async throws -> Response
    ) async throws -> HTTPService {
        let open = OpenConnections(limit: ClientLimits().connections, logger: logger)
        let http = Self.http(logger, nil, nil, responder)
        do {
            let server = try await bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: host, port: port, childChannelInitializer: setup(http, open, ClientLimits(), logger))
            return HTTPService(server: server, http: http, open: open, path: nil, grace: grace, logger: logger)
        } catch let error as IOError { throw ListeningSocket.failure("\(host):\(port)", error.errnoCode) }
    }

    /// The TCP port that it listens on; nil on a Unix socket.
    public var port: Int? { server.channel.localAddress?.port }

    private static func http(
        _ logger: Logger, _ welcome: (@Sendable (PeerCredentials?) -> Response?)?, _ watched: OpenConnections?,
        _ responder: @escaping @Sendable (Request, BasicRequestContext) async throws -> Response
    ) -> HTTP1Channel {
        HTTP1Channel(
            responder: { [logger, welcome, responder] request, writer, channel in
                let context = BasicRequestContext(source: .init(channel: channel, logger: logger))
                let response: Response
                do {
                    if let welcome, let refusal = welcome(try? await PeerCredentials.peer(of: channel)?.get()) {
                        response = refusal
                    } else if let watched {
                        response = try await watched.whileOpen(channel) { try await responder(request, context) }
                    } else {
                        response = try await responder(request, context)
                    }
                } catch {
                    logger.error("\(request.uri.path): \(error)")
                    response = Response(status: .internalServerError)
                }
                try await writer.write(response: response.head, body: response.body)
            },
            configuration: .init(
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: headLimits.maxHeaderFieldSize, maxHeaderListSize: headLimits.maxHeaderListSize,
                    maxHeaderFieldCount: headLimits.maxHeaderFieldCount)))
    }

    private static var headLimits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16_384
        limits.maxHeaderListSize = 32_768
        limits.maxHeaderFieldCount = 100
        return limits
    }

    /// Serves until a graceful shutdown.
    public func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                do {
                    try await server.executeThenClose { inbound in
                        for try await connection in inbound {
                            group.addTask { await http.handle(value: connection, logger: logger) }
                        }
                    }
                } catch is CancellationError {
                } catch { logger.error("accepting HTTP connections: \(error)") }
            }
        } onGracefulShutdown: {
            server.channel.close(promise: nil)
            open.quiesce(grace: .nanoseconds(grace.nanoseconds), on: server.channel.eventLoop)
        }
        if let path { unlink(path) }
    }

    /// Lets go of a socket that is not going to be served.
    public func close() async {
        try? await server.executeThenClose { _ in }
        if let path { unlink(path) }
    }

    private static var bootstrap: ServerBootstrap {
        ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
    }

    private typealias Setup = @Sendable (any Channel) -> EventLoopFuture<HTTP1Channel.Value>

    private static func setup(
        _ http: HTTP1Channel, _ open: OpenConnections, _ limits: ClientLimits, _ logger: Logger
    ) -> Setup {
        { channel in
            guard open.admit(channel) else {
                channel.close(promise: nil)
                return channel.eventLoop.makeFailedFuture(ChannelError.alreadyClosed)
            }
            let ready = http.setup(channel: channel, logger: logger).flatMapThrowing { value in
                try UnreadableRequests.explain(on: channel, headLimits)
                try ClientDeadline.watch(channel, limits)
                return value
            }
            // The server beneath forgets what could not be set up, and leaves it open.
            ready.whenFailure { _ in channel.close(promise: nil) }
            return ready
        }
    }

    private static func listen(
        on socket: ListeningSocket, _ setup: @escaping Setup, _ logger: Logger
    ) async throws -> NIOAsyncChannel<HTTP1Channel.Value, Never> {
        switch socket {
        case .inherited(let descriptor):
            return try await bootstrap.bind(descriptor, childChannelInitializer: setup)
        case .path(let path, let mode):
            try ListeningSocket.clear(path)
            do {
                let server = try await bootstrap.bind(
                    unixDomainSocketPath: path, childChannelInitializer: setup)
                if chmod(path, mode_t(mode)) != 0 { logger.warning("cannot set the mode of \(path)") }
                return server
            } catch let error as IOError { throw ListeningSocket.failure(path, error.errnoCode) }
        }
    }
}

/// The connections of one server.
private final class OpenConnections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        /// What ends the answer under way of a connection.
        var answers: [ObjectIdentifier: @Sendable () -> Void] = [:]
        var isClosing = false
    }

    private let state = Mutex(State())
    private let limit: Int
    private let refused: RefusedConnections

    init(limit: Int, logger: Logger) {
        self.limit = limit
        refused = RefusedConnections(limit: limit, logger: logger)
    }

    func admit(_ channel: any Channel) -> Bool {
        // Half is the other door's, which a gateway's requests come through.
        let limit = min(limit, ConnectionRoom.size / 2)
        let (isClosing, isAdmitted) = state.withLock { state in
            guard !state.isClosing, state.channels.count < limit, ConnectionRoom.enter() else {
                return (state.isClosing, false)
            }
            state.channels[ObjectIdentifier(channel)] = channel
            return (false, true)
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { _ in
                let end = self.state.withLock { state in
                    state.channels.removeValue(forKey: ObjectIdentifier(channel))
                    return state.answers.removeValue(forKey: ObjectIdentifier(channel))
                }
                end?()
                ConnectionRoom.leave()
            }
        } else if !isClosing {
            refused.note()
        }
        return isAdmitted
    }

    /// Does the work of one answer, in a task that is cancelled when the connection ends. A connection has one answer under
    /// way at a time.
    func whileOpen<Answer: Sendable>(
        _ channel: any Channel, _ work: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let task = Task { try await work() }
        let isOpen = state.withLock { state in
            guard state.channels[ObjectIdentifier(channel)] != nil else { return false }
            state.answers[ObjectIdentifier(channel)] = { task.cancel() }
            return true
        }
        if !isOpen { task.cancel() }
        defer { state.withLock { _ = $0.answers.removeValue(forKey: ObjectIdentifier(channel)) } }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Closes each connection when its answer is out, and what is left after `grace`.
    func quiesce(grace: TimeAmount, on loop: any EventLoop) {
        let channels = state.withLock { state in
            state.isClosing = true
            return Array(state.channels.values)
        }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        loop.scheduleTask(in: grace) {
            for channel in self.state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
        }
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
