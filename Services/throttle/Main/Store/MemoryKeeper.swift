import Database
import Logging
import ServiceLifecycle
import Synchronization
import ThrottleCore
import WeirProtocol

/// Keeps in the database what must survive a restart, twice a second and off the hot path.
///
/// The throttle answers before the database does: what was stored is taken up when it can be read, and what changes
/// meanwhile waits in memory, where it is bounded by the number of keys that have something against them.
final class MemoryKeeper: Service {
    static let period = Duration.milliseconds(500)
    private static let waitingLimit = 10_000

    private struct State: Sendable {
        var words: [ThrottleStore.AuditedOverride] = []
        var isLoaded = false
        var isAway = false
        var stored = 0
        var failures = 0
        var dropped = 0
    }

    private let engine: ThrottleEngine
    private let store: ThrottleStore
    private let logger: Logger
    private let state = Mutex(State())
    private let first = Mutex<Task<Bool, Never>?>(nil)

    private let link: RedisLink?

    init(_ engine: ThrottleEngine, _ store: ThrottleStore, link: RedisLink? = nil, logger: Logger) {
        self.link = link
        self.engine = engine
        self.store = store
        self.logger = logger
    }

    /// Whether the database did not answer when last asked.
    var isAway: Bool { state.withLock { $0.isAway } }

    /// Counters by name.
    var figures: [String: Double] {
        state.withLock {
            [
                "levels_stored_total": Double($0.stored), "store_failures_total": Double($0.failures),
                "store_dropped_total": Double($0.dropped), "overrides_waiting": Double($0.words.count),
                "levels_loaded": $0.isLoaded ? 1 : 0,
            ]
        }
    }

    /// Notes a person's word for the audit; it is in force already.
    func note(_ word: ThrottleOverride, on key: ClientKey, by: String, at: Timestamp) {
        state.withLock {
            if $0.words.count < Self.waitingLimit {
                $0.words.append(.init(word: word, key: key, by: by, at: at))
            } else {
                $0.dropped += 1
            }
        }
    }

    /// The stored denial behind a reference.
    /// - Throws: `unavailable` when the database is away.
    func history(_ reference: String) async throws(WireError) -> ThrottleHistory? {
        do { return try await store.history(reference) } catch {
            throw WireError(.unavailable, "the reference is not among the newest, and the database is away")
        }
    }

    /// Takes up what is stored before the first question comes, unless the database takes longer than `patience`; then
    /// the throttle answers without, and takes it up later.
    func prepare(patience: Duration) async {
        let loading = Task { await self.save() }
        first.withLock { $0 = loading }
        let (finished, finish) = AsyncStream.makeStream(of: Void.self)
        Task {
            _ = await loading.value
            finish.finish()
        }
        let timer = Task {
            try? await Task.sleep(for: patience)
            finish.finish()
        }
        for await _ in finished {}
        timer.cancel()
    }

    func run() async throws {
        // Only one attempt at a time.
        _ = await first.withLock { $0 }?.value
        await cancelWhenGracefulShutdown {
            var pause = Self.period
            while !Task.isCancelled {
                try? await Task.sleep(for: pause)
                for _ in 0..<Throttle.sweepsPerSecond / 2 {
                    // Between two pieces, questions are answered.
                    self.engine.withThrottle { $0.sweep(now: ThrottleEngine.now) }
                }
                pause = await self.save() ? Self.period : min(pause * 2, .seconds(4))
            }
        }
        _ = await save()
    }

    /// Takes up what is stored, once, and stores what has changed. False when the database is away.
    private func save() async -> Bool {
        let now = ThrottleEngine.now
        do {
            if !state.withLock({ $0.isLoaded }) { try await load(now) }
            while try await saveBatch() {}
            became(away: false, nil)
            return true
        } catch {
            state.withLock { $0.failures += 1 }
            became(away: true, error)
            return false
        }
    }

    private func load(_ now: Moment) async throws {
        let stored = try await store.load(now: now, rules: engine.withThrottle { $0.policies.rules })
        // What a person said since the start is newer than what was stored.
        let newer = Set(state.withLock { $0.words.map(\.key) })
        engine.withThrottle { throttle in
            for level in stored.levels { throttle.recall(level.key, level.memory, now: now) }
            for override in stored.overrides where !newer.contains(override.key) { try? throttle.set(override) }
        }
        state.withLock { $0.isLoaded = true }
        logger.info("took up \(stored.levels.count) levels and \(stored.overrides.count) overrides")
    }

    /// Stores a batch; true when there may be more.
    private func saveBatch() async throws -> Bool {
        let changes = engine.withThrottle { $0.takeChanges() }
        if let link, !changes.standings.isEmpty {
            let now = ThrottleEngine.now
            link.publish(
                engine.withThrottle { throttle in
                    changes.standings.map { throttle.sharedLevel($0.key, $0.memory, now: now) }
                })
        }
        let words = state.withLock { $0.words.prefix(1000) }
        let batch = StoredBatch(words: words, changes: changes)
        guard !batch.isEmpty else { return false }
        try await store(batch)
        return !changes.standings.isEmpty || state.withLock { !$0.words.isEmpty }
    }

    /// Stores a batch. A row that the database refuses would be refused for ever, so it alone is dropped: levels come
    /// again when they change, and denials are samples anyway.
    private func store(_ batch: StoredBatch) async throws {
        var waiting = [batch]
        while let next = waiting.popLast() {
            do {
                try await store.store(next.changes, Array(next.words), now: ThrottleEngine.now)
            } catch let error as DatabaseError where error.kind == .data {
                if let (first, second) = next.halves {
                    waiting += [second, first]
                    continue
                }
                logger.error("the database refuses a row, which is dropped: \(error)")
                state.withLock {
                    $0.words.removeFirst(next.words.count)
                    $0.dropped += 1
                }
                continue
            } catch {
                engine.withThrottle { throttle in
                    for left in waiting + [next] { throttle.putBack(left.changes) }
                }
                throw error
            }
            state.withLock {
                $0.words.removeFirst(next.words.count)
                $0.stored += next.changes.standings.count
            }
        }
    }

    private func became(away: Bool, _ error: (any Error)?) {
        let changed = state.withLock { state in
            defer { state.isAway = away }
            return state.isAway != away
        }
        guard changed else { return }
        if let error {
            logger.warning("levels are kept in memory alone until the database answers: \(error)")
        } else {
            logger.info("the database answers again")
        }
    }
}
