public import Logging
import NIOCore
import NIOPosix
import Synchronization
public import WeirProtocol

/// Talks to a `LineServer`: one kept connection, pipelined requests, a deadline for each, reconnection with backoff.
///
/// While the server is away every request fails with `unavailable` at once, so a caller never waits for a dead peer
/// longer than its deadline.
public final class LineClient: Sendable {
    /// Requests waiting for answers; further ones are refused as `overloaded`.
    public static let pendingLimit = 4096

    private let path: String
    private let loop: any EventLoop
    private let state: NIOLoopBoundBox<ClientState>

    /// A client for the socket at `path`; it connects at the first request.
    public init(path: String, group: any EventLoopGroup, logger: Logger) {
        self.path = path
        loop = group.next()
        state = NIOLoopBoundBox.makeBoxSendingValue(
            ClientState(path: path, loop: loop, logger: logger), eventLoop: loop)
    }

    /// Asks and waits for the reply.
    /// - Parameter deadline: how long to wait, connecting included.
    /// - Returns: the reply; an `error` reply is thrown.
    /// - Throws: `WireError`: what the server answered, `unavailable` when it is away or too slow, or `forbidden` when this
    ///   user may not reach its socket.
    public func request(
        _ type: MessageType, _ message: some Encodable, trace: String? = nil, deadline: Duration
    ) async throws(WireError) -> Envelope {
        let body = JSONValue(encoding: message)
        let line = try await exchange(deadline: deadline) { id in
            Envelope(type, id: id, trace: trace, body: body).line
        }
        let reply = try Envelope(line: line)
        if reply.type == .error { throw try reply.decode(WireError.self) }
        return reply
    }

    /// Sends the line that `make` builds around a fresh id and waits for the line that answers it.
    /// - Throws: `WireError` `unavailable`, `forbidden` or `overloaded`.
    public func exchange(
        deadline: Duration, _ make: @escaping @Sendable (String) -> [UInt8]
    ) async throws(WireError) -> [UInt8] {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<[UInt8], WireError>, Never>) in
            loop.execute { [state] in
                state.value.send(make, TimeAmount.nanoseconds(deadline.nanoseconds)) {
                    continuation.resume(returning: $0)
                }
            }
        }
        return try result.get()
    }

    /// Sends an event; it is dropped, and counted in `dropped`, when the server is away.
    public func send(_ type: MessageType, _ message: some Encodable) {
        let line = Envelope(type, body: JSONValue(encoding: message)).line
        loop.execute { [state] in state.value.send(event: line) }
    }

    /// Sends a line that is no request; it is dropped when the server is away.
    public func send(line: [UInt8]) { loop.execute { [state] in state.value.send(event: line) } }

    /// Calls `action` each time a connection has been made.
    public func onConnect(_ action: @escaping @Sendable () -> Void) {
        loop.execute { [state] in state.value.connected = action }
    }

    /// Connects if need be and says whether the server is there.
    public func isReachable(within deadline: Duration) async -> Bool {
        await withCheckedContinuation { continuation in
            loop.execute { [state] in
                state.value.reach(.nanoseconds(deadline.nanoseconds)) { continuation.resume(returning: $0) }
            }
        }
    }

    /// Closes the connection; requests under way fail. Nothing reconnects afterwards.
    public func close() async {
        try? await loop.submit { [state] in state.value.shutDown() }.get()
    }
}

extension Duration {
    var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
