public import Logging
import Glibc
public import NIOCore
import NIOPosix
import Synchronization
import WeirProtocol

/// Serves newline-delimited JSON on a Unix stream socket.
///
/// Own framing and one write per read: replies that are ready when a stretch of input has been worked through leave in
/// one system call. Everything is bounded: a line by `Envelope.lineLimit`, the requests under way on a connection by
/// `inFlightLimit` (further lines wait, then the socket is not read), connections by `connectionLimit`.
public final class LineServer: Sendable {
    /// Requests under way on one connection before the server stops reading it.
    public static let inFlightLimit = 128
    /// Connections at once, fewer where the process may not open so many descriptors; further ones are closed at once.
    public static let connectionLimit = 12_000

    private let channel: any Channel
    private let path: String?
    private let connections: Connections

    private init(channel: any Channel, path: String?, connections: Connections) {
        self.channel = channel
        self.path = path
        self.connections = connections
    }

    /// Starts to listen; the answers come from `table`.
    /// - Throws: `ListenError`.
    public static func start(
        _ socket: ListeningSocket, table: MessageTable, group: any EventLoopGroup, logger: Logger
    ) async throws -> LineServer {
        let connections = Connections()
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: 65_536)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard connections.admit(channel) else {
                        logger.warning("closed a connection: \(connections.count) are open")
                        throw ChannelError.connectTimeout(.zero)
                    }
                    try channel.pipeline.syncOperations.addHandler(LineConnection(table: table, logger: logger))
                }
            }
        switch socket {
        case .inherited(let descriptor):
            let channel = try await bootstrap.withBoundSocket(descriptor).get()
            return LineServer(channel: channel, path: nil, connections: connections)
        case .path(let path, let mode):
            try ListeningSocket.clear(path)
            let channel: any Channel
            do {
                channel = try await bootstrap.bind(unixDomainSocketPath: path).get()
            } catch let error as IOError {
                throw ListeningSocket.failure(path, error.errnoCode)
            }
            if chmod(path, mode_t(mode)) != 0 { logger.warning("cannot set the mode of \(path)") }
            return LineServer(channel: channel, path: path, connections: connections)
        }
    }

    /// Connections open now.
    public var connectionCount: Int { connections.count }

    /// Stops listening, removes the socket file, lets requests under way finish for at most `grace`, then closes.
    public func stop(grace: Duration = .seconds(2)) async {
        try? await channel.close().get()
        if let path { unlink(path) }
        let deadline = ContinuousClock.now + grace
        connections.all.forEach { $0.pipeline.fireUserInboundEventTriggered(LineConnection.Drain()) }
        while connections.count > 0, ContinuousClock.now < deadline { try? await Task.sleep(for: .milliseconds(10)) }
        for channel in connections.all { try? await channel.close().get() }
    }
}

/// The open connections of one server.
final class Connections: Sendable {
    private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

    var count: Int { open.withLock { $0.count } }
    var all: [any Channel] { open.withLock { Array($0.values) } }

    func admit(_ channel: any Channel) -> Bool {
        let admitted = open.withLock { open in
            guard open.count < LineServer.connectionLimit, ConnectionRoom.enter() else { return false }
            open[ObjectIdentifier(channel)] = channel
            return true
        }
        if admitted {
            channel.closeFuture.whenComplete { _ in
                _ = self.open.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
                ConnectionRoom.leave()
            }
        }
        return admitted
    }
}
