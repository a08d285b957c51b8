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
    /// Rounds from one look at what was said elsewhere to the next.
    private static let roundsUntilFollowing = 4
    private static let waitingLimit = 10_000

    private struct State: Sendable {
        var words: [ThrottleStore.AuditedOverride] = []
        /// Words noted so far.
        var said = 0
        /// The stored words that were taken up, by their ids.
        var followed: [String: ClientKey] = [:]
        var rounds = 0
        var isLoaded = false
        var isAway = false
        var stored = 0
        var failures = 0
        var dropped = 0

        /// What of the stored words was not followed before; nil when `said` is not how many there were.
        mutating func news(_ stored: [StoredOverride], after said: Int) -> (begun: [Override], ended: [ClientKey])? {
            guard said == self.said, words.isEmpty else { return nil }
            let before = followed
            followed = Dictionary(stored.map { ($0.id, $0.override.key) }) { first, _ in first }
            let keys = Set(followed.values)
            return (
                stored.filter { before[$0.id] == nil }.map(\.override), before.values.filter { !keys.contains($0) }
            )
        }
    }

    private let engine: ThrottleEngine
    private let store: ThrottleStore
    private let logger: Logger
    private let state = Mutex(State())
    private let first = Mutex<Task<Bool, Never>?>(nil)

    init(_ engine: ThrottleEngine, _ store: ThrottleStore, logger: Logger) {
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

    /// Notes a person's word for the audit. It is put in force under the same hold of the engine, or what is read of the
    /// table meanwhile might undo it.
    func note(_ word: ThrottleOverride, on key: ClientKey, by: String, at: Timestamp) {
        state.withLock {
            $0.said += 1
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

    /// Takes up what is stored, once, stores what has changed, and follows what was said elsewhere. False when the database
    /// is away.
    private func save() async -> Bool {
        let now = ThrottleEngine.now
        do {
            if !state.withLock({ $0.isLoaded }) { try await load(now) }
            while try await saveBatch() {}
            if state.withLock({ $0.rounds % Self.roundsUntilFollowing == 0 }) { try await follow() }
            state.withLock { $0.rounds += 1 }
            became(away: false, nil)
            return true
        } catch {
            state.withLock { $0.failures += 1 }
            became(away: true, error)
            return false
        }
    }

    private func load(_ now: Moment) async throws {
        let levels = try await store.levels(now: now, rules: engine.withThrottle { $0.policies.rules })
        engine.withThrottle { throttle in
            for level in levels { throttle.recall(level.key, level.memory, now: now) }
        }
        state.withLock { $0.isLoaded = true }
        logger.info("took up \(levels.count) levels")
    }

    /// Takes up what people said to any throttle on this database, and what they took back there.
    func follow() async throws {
        let said = state.withLock { $0.said }
        let now = ThrottleEngine.now
        let stored = try await store.overrides(now: now)
        engine.withThrottle { throttle in
            // What was said here since is newer than what was read, and not among it.
            guard let news = state.withLock({ $0.news(stored, after: said) }) else { return }
            for key in news.ended { _ = throttle.clear(key) }
            for word in news.begun where word.until.map({ $0 > now.monotonic }) ?? true { try? throttle.set(word) }
        }
    }

    /// Stores a batch; true when there may be more.
    private func saveBatch() async throws -> Bool {
        let changes = engine.withThrottle { $0.takeChanges() }
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
        var refusal: DatabaseError?
        defer { if let refusal { logger.error("the database refuses rows, which are dropped: \(refusal)") } }
        while let next = waiting.popLast() {
            do {
                try await store.store(next.changes, Array(next.words), now: ThrottleEngine.now)
            } catch let error as DatabaseError where error.kind == .data {
                if let (first, second) = next.halves {
                    waiting += [second, first]
                    continue
                }
                refusal = error
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
