import CPlatform
import Glibc
public import Logging
import Synchronization
import WeirProtocol

/// Serves the same tables as `LineServer` on one thread directly above epoll, for a socket on which a few microseconds
/// matter: a round trip costs it three system calls and no hand-over.
///
/// Handlers of the table that are not immediate run on the cooperative pool, and their answers come back by a mailbox.
/// Bounds are `LineServer`'s; besides, a connection whose answers are not taken is read no further.
public final class DirectServer: Sendable {
    private let mailbox: DirectMailbox
    private let path: String?

    private init(mailbox: DirectMailbox, path: String?) {
        self.mailbox = mailbox
        self.path = path
    }

    /// Starts to listen; the answers come from `table`.
    /// - Throws: `ListenError`.
    public static func start(
        _ socket: ListeningSocket, table: MessageTable, logger: Logger
    ) throws(ListenError) -> DirectServer {
        signal(SIGPIPE, SIG_IGN)
        let listener: Int32
        var path: String?
        switch socket {
        case .inherited(let descriptor):
            guard weir_make_nonblocking(descriptor) == 0 else {
                throw ListeningSocket.failure("an inherited socket", errno)
            }
            listener = descriptor
        case .path(let name, let mode):
            try ListeningSocket.clear(name)
            listener = weir_listen(name, 1024)
            guard listener >= 0 else { throw ListeningSocket.failure(name, errno) }
            if chmod(name, mode_t(mode)) != 0 { logger.warning("cannot set the mode of \(name)") }
            path = name
        }
        let set = weir_watch_make()
        let wake = weir_wake_make()
        guard set >= 0, wake >= 0 else { throw ListeningSocket.failure(path ?? "an inherited socket", errno) }
        let mailbox = DirectMailbox(wake: wake)
        Self.run {
            let loop = DirectLoop(set: set, listener: listener, mailbox: mailbox, table: table, logger: logger)
            loop.run()
        }
        return DirectServer(mailbox: mailbox, path: path)
    }

    /// Connections open now.
    public var connectionCount: Int { mailbox.open.load(ordering: .relaxed) }

    /// Stops listening, removes the socket file, lets requests under way finish for at most `grace`, then closes.
    public func stop(grace: Duration = .seconds(2)) async {
        if let path { unlink(path) }
        await withCheckedContinuation { continuation in
            mailbox.stop(until: .now + grace) { continuation.resume() }
        }
    }

    private static func run(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        let made = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        precondition(made == 0, "there is room for a thread at the start")
        pthread_detach(thread)
    }
}

/// How other threads reach the loop: answers to deliver, and the wish to stop.
final class DirectMailbox: Sendable {
    /// Which connection an answer is for: a place in the loop's table and which of its successive tenants.
    struct Address: Hashable, Sendable {
        let place: UInt32
        let tenant: UInt32

        var tag: UInt64 { UInt64(tenant) << 32 | UInt64(place) }

        init(place: UInt32, tenant: UInt32) {
            self.place = place
            self.tenant = tenant
        }

        init(tag: UInt64) {
            place = UInt32(truncatingIfNeeded: tag)
            tenant = UInt32(truncatingIfNeeded: tag >> 32)
        }
    }

    /// What has come since the mailbox was last emptied.
    struct Mail: Sendable {
        var answers: [(Address, [UInt8])] = []
        var stop: (deadline: ContinuousClock.Instant, finished: [@Sendable () -> Void])?
        var hasEnded = false
    }

    let wake: Int32
    let open = Atomic<Int>(0)
    private let mail = Mutex(Mail())

    init(wake: Int32) { self.wake = wake }

    deinit { close(wake) }

    func put(_ line: [UInt8], for address: Address) {
        let isFirst = mail.withLock { mail in
            guard !mail.hasEnded else { return false }
            mail.answers.append((address, line))
            return mail.answers.count == 1
        }
        if isFirst { weir_wake(wake) }
    }

    func stop(until deadline: ContinuousClock.Instant, _ finished: @escaping @Sendable () -> Void) {
        let hasEnded = mail.withLock { mail in
            guard !mail.hasEnded else { return true }
            mail.stop = (deadline, (mail.stop?.finished ?? []) + [finished])
            return false
        }
        if hasEnded { finished() } else { weir_wake(wake) }
    }

    /// Answers that have come.
    func takeAnswers() -> [(Address, [UInt8])] {
        mail.withLock { mail in
            defer { mail.answers = [] }
            return mail.answers
        }
    }

    /// Until when it may go on, once it is to stop.
    var deadline: ContinuousClock.Instant? { mail.withLock { $0.stop?.deadline } }

    /// The loop is done, and nobody may wake it any more.
    func end() {
        let finished = mail.withLock { mail in
            mail.hasEnded = true
            mail.answers = []
            return mail.stop?.finished ?? []
        }
        for finish in finished { finish() }
    }
}
