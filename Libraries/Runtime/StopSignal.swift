import Synchronization
import UnixSignals

/// Word of the operator that a command which would go on for ever is to end: SIGTERM or SIGINT.
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
            for await _ in signals { flag.isSet.store(true, ordering: .relaxed) }
        }
    }

    deinit { listener.cancel() }

    /// Whether to end.
    public var hasCome: Bool { flag.isSet.load(ordering: .relaxed) }
}
