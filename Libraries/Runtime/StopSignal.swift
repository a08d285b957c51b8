import Glibc
import Synchronization
import UnixSignals

/// Word of the operator that a command is to end in good order: SIGTERM or SIGINT. Who says so twice means at once.
public final class StopSignal: Sendable {
    private final class Flag: Sendable {
        let isSet = Atomic<Bool>(false)
    }

    private let flag = Flag()
    private let listener: Task<Void, Never>

    /// Listens from now on; the signals have no other effect any more.
    public init() async {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        listener = Task { [flag] in
            for await _ in signals {
                if flag.isSet.exchange(true, ordering: .relaxed) { Glibc.exit(ExitStatus.interrupted.rawValue) }
                FileHandleText.standardError("\nstopping once what was read is stored; again to stop at once\n")
            }
        }
    }

    deinit { listener.cancel() }

    /// Whether to end.
    public var hasCome: Bool { flag.isSet.load(ordering: .relaxed) }
}
