public import Logging
public import NIOCore
import Synchronization

/// What clients may take of an HTTP door.
public struct ClientLimits: Sendable {
    /// Connections at once; further ones are closed at once.
    public var connections = 4096
    /// How long a connection may be without a request; a request's line and headers have to come within it.
    public var silence = TimeAmount.seconds(60)
    /// How long a client may take to send a body, whatever trickles in, and to take what is waiting to be sent to it.
    ///
    /// The largest body, 256 KiB, takes a minute at 4 KiB/s, and gateways are faster than any telephone. Without an end
    /// as many clients as there may be connections, each with a byte now and then, would keep everybody else out.
    public var patience = TimeAmount.seconds(60)

    /// The limits as they stand.
    public init() {}
}

/// Tells the log of connections that were closed because too many are open, once a minute however many there are.
public final class RefusedConnections: Sendable {
    private let limit: Int
    private let logger: Logger
    private let now: @Sendable () -> NIODeadline
    private let state = Mutex((count: 0, quietUntil: NIODeadline.uptimeNanoseconds(0)))

    /// - Parameter limit: how many may be open.
    public init(limit: Int, logger: Logger, now: @escaping @Sendable () -> NIODeadline = { .now() }) {
        (self.limit, self.logger, self.now) = (limit, logger, now)
    }

    /// One more was closed.
    public func note() {
        let now = now()
        let count: Int? = state.withLock { state in
            state.count += 1
            guard now >= state.quietUntil else { return nil }
            state.quietUntil = now + .minutes(1)
            return state.count
        }
        guard let count else { return }
        logger.warning("closed an HTTP connection at once, since \(limit) are open; \(count) since the start")
    }
}
