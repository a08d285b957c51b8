import Database
import DetectorCore
import Logging
import Runtime
import ServiceLifecycle
import Synchronization
import WeirProtocol

/// Writes verdicts and the standing that follows from them. What has come in while one batch was committed is the next
/// batch, so that a single verdict waits for nothing and many share a commit.
final class VerdictStore: Service {
    /// Verdicts waiting; further ones are refused as `overloaded`.
    static let queueLimit = 16_384
    /// Verdicts in one transaction.
    static let batchLimit = 4000
    /// How long a batch that is small waits for more.
    static let gather = Duration.milliseconds(5)

    /// Called once: with nil after the commit, else with why it was not stored.
    typealias Completion = @Sendable (WireError?) -> Void

    private struct Item: Sendable {
        let finding: StandingShare.Finding
        let finish: Completion
    }

    struct Counters: Sendable {
        var stored = 0
        var failed = 0
        var queued = 0
        var isAway = false
    }

    private struct State: Sendable {
        var queue: [Item] = []
        var counters = Counters()
        var isStopped = false
    }

    private let connection: Connection
    private let logger: Logger
    private let state = Mutex(State())
    private let wake: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    init(_ connection: Connection, logger: Logger) {
        self.connection = connection
        self.logger = logger
        (wake, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var counters: Counters {
        state.withLock { state in
            var counters = state.counters
            counters.queued = state.queue.count
            return counters
        }
    }

    /// Takes verdicts to be stored, all of them or none; `finish` is called once with each one's place among them, on
    /// some thread, when that one is settled.
    func add(_ findings: [StandingShare.Finding], _ finish: @escaping @Sendable (Int, WireError?) -> Void) {
        let refusal: WireError? = state.withLock { state in
            if state.isStopped { return WireError(.unavailable, "the detector is stopping") }
            guard state.queue.count + findings.count <= Self.queueLimit else {
                return WireError(.overloaded, "\(Self.queueLimit) verdicts wait to be stored")
            }
            for (place, finding) in findings.enumerated() {
                state.queue.append(Item(finding: finding) { finish(place, $0) })
            }
            return nil
        }
        guard let refusal else {
            waker.yield()
            return
        }
        for place in findings.indices { finish(place, refusal) }
    }

    /// Stores until the service stops; what is queued by then is still stored.
    func run() async throws {
        await withGracefulShutdownHandler {
            for await _ in wake { await drain() }
            await drain()
        } onGracefulShutdown: {
            self.state.withLock { $0.isStopped = true }
            self.waker.finish()
        }
        await connection.close()
    }

    private func drain() async {
        while true {
            // A transaction costs as much as dozens of verdicts; a few milliseconds bring company. The throttle has been
            // told by then, and nobody else is in a hurry.
            if state.withLock({ $0.queue.count < Self.batchLimit / 4 && !$0.isStopped }) {
                try? await Task.sleep(for: Self.gather)
            }
            let batch = state.withLock { state in
                let batch = Array(state.queue.prefix(Self.batchLimit))
                state.queue.removeFirst(batch.count)
                return batch
            }
            if batch.isEmpty { return }
            await settle(batch)
        }
    }

    /// Stores a batch; one that the database rejects for its content is halved until the culprit is alone.
    private func settle(_ batch: [Item]) async {
        do {
            try await VerdictTables.insert(batch.map(\.finding), over: connection)
            state.withLock { state in
                state.counters.stored += batch.count
                state.counters.isAway = false
            }
            for item in batch { item.finish(nil) }
        } catch {
            let failure = error as? DatabaseError
            if failure?.kind == .data, batch.count > 1 {
                await settle(Array(batch[..<(batch.count / 2)]))
                await settle(Array(batch[(batch.count / 2)...]))
                return
            }
            let refused = failure?.kind == .data
            let wasAway = state.withLock { state in
                state.counters.failed += batch.count
                defer { if !refused { state.counters.isAway = true } }
                return state.counters.isAway
            }
            if refused || !wasAway { logger.error("cannot store \(batch.count) verdicts: \(error)") }
            let answer =
                refused
                ? WireError(.badBody, "the database rejects this verdict: \(failure?.message ?? "")")
                : WireError(.unavailable, "the verdict could not be stored; the database is away")
            for item in batch { item.finish(answer) }
        }
    }
}
