import Glibc
import Synchronization
import UnixSignals

/// Word of the operator that a command is to end in good order: SIGTERM or SIGINT. Who says so twice means at once.
public final class StopSignal: Sendable {
    /// How long whoever says so is kept waiting for a database that is away: less than service managers wait.
    public static let patience = Duration.seconds(10)

    private final class Flag: Sendable {
        let cameAt = Mutex<ContinuousClock.Instant?>(nil)
    }

    private let flag = Flag()
    private let listener: Task<Void, Never>

    /// Listens from now on; the signals have no other effect any more.
    public init() async {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        listener = Task { [flag] in
            for await _ in signals {
                let isSecond = flag.cameAt.withLock { cameAt in
                    defer { cameAt = cameAt ?? .now }
                    return cameAt != nil
                }
                if isSecond { Glibc.exit(ExitStatus.interrupted.rawValue) }
                FileHandleText.standardError(
                    """

                    stopping once what was read is stored; a database that is away is waited for \
                    \(Self.patience.components.seconds) s; again to stop at once

                    """)
            }
        }
    }

    deinit { listener.cancel() }

    /// Whether to end.
    public var hasCome: Bool { flag.cameAt.withLock { $0 != nil } }

    /// Whether it came so long ago that a database that is away is not waited for any more.
    public var isOverdue: Bool {
        flag.cameAt.withLock { cameAt in cameAt.map { .now - $0 >= Self.patience } ?? false }
    }
}
