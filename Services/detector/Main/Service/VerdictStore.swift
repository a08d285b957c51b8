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
    /// How long a batch that is small waits for more, and how often it does so while more comes.
    static let gather = Duration.milliseconds(5)
    static let gatherings = 4
    /// How often to see whether the database is there, in ms.
    static let lookPauses: ClosedRange<Int64> = 2000...4000
    /// How long a database that is there takes for anything, in ms.
    static let patience: Int64 = 5000

    /// Called once, when all that were added together are settled: with those that were not stored, by their place, and
    /// why not.
    typealias Completion = @Sendable ([Int: WireError]) -> Void

    /// Verdicts that were added together.
    private struct Parcel: Sendable {
        let findings: [StandingShare.Finding]
        let finish: Completion
    }

    struct Counters: Sendable {
        var stored = 0
        /// Refused by the database for what is in them.
        var rejected = 0
        /// Answered with `unavailable`: the collector keeps the session and asks again.
        var deferred = 0
        var queued = 0
        var isAway = false
    }

    private struct State: Sendable {
        var queue: [Parcel] = []
        var queued = 0
        var counters = Counters()
        var isStopped = false
        /// When the batch that is being stored was handed over, by the monotonic clock; nil while none is.
        var storingSince: Int64?
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
            counters.queued = state.queued
            return counters
        }
    }

    /// Takes verdicts to be stored, all of them or none; `finish` is called once, on some thread.
    func add(_ findings: [StandingShare.Finding], _ finish: @escaping Completion) {
        let refusal: WireError? = state.withLock { state in
            if state.isStopped { return WireError(.unavailable, "the detector is stopping") }
            guard state.queued + findings.count <= Self.queueLimit else {
                return WireError(.overloaded, "\(Self.queueLimit) verdicts wait to be stored")
            }
            state.queue.append(Parcel(findings: findings, finish: finish))
            state.queued += findings.count
            return nil
        }
        guard let refusal else {
            waker.yield()
            return
        }
        finish(Dictionary(uniqueKeysWithValues: findings.indices.map { ($0, refusal) }))
    }

    /// Stores until the service stops; what is queued by then is still stored.
    func run() async throws {
        await withGracefulShutdownHandler {
            let looking = Task { await look() }
            let watching = Task { await watch() }
            for await _ in wake { await drain() }
            await drain()
            looking.cancel()
            watching.cancel()
        } onGracefulShutdown: {
            self.state.withLock { $0.isStopped = true }
            self.waker.finish()
        }
        await connection.close()
    }

    /// Sees, now and then, whether the database would take a verdict; stores nothing.
    private func look() async {
        while (try? await Task.sleep(for: .milliseconds(Int64.random(in: Self.lookPauses)))) != nil {
            await connection.dropIfLost()
            do {
                try await connection.execute(
                    "insert into session_verdicts (session_id) select session_id from session_verdicts where false",
                    timeout: .milliseconds(Self.patience))
                state.withLock { $0.counters.isAway = false }
            } catch {
                if !noteAbsence() { logger.warning("verdicts would wait for the database: \(error)") }
            }
        }
    }

    /// Sees whether a batch has waited for long: a look would wait behind it.
    private func watch() async {
        while (try? await Task.sleep(for: .seconds(1))) != nil {
            let now = WallClock.monotonicMilliseconds
            guard let since = state.withLock({ $0.storingSince }), now - since > Self.patience else { continue }
            if !noteAbsence() { logger.warning("the database has not answered for \((now - since) / 1000) s") }
        }
    }

    /// - Returns: whether it was known.
    private func noteAbsence() -> Bool {
        state.withLock { state in
            defer { state.counters.isAway = true }
            return state.counters.isAway
        }
    }

    private func drain() async {
        while true {
            // A transaction costs as much as dozens of verdicts; a few milliseconds bring company. The throttle has been
            // told by then, and nobody else is in a hurry.
            var queued = 0
            for _ in 0..<Self.gatherings {
                let count = state.withLock { $0.isStopped ? Self.batchLimit : $0.queued }
                if count >= Self.batchLimit / 4 || count == queued { break }
                queued = count
                try? await Task.sleep(for: Self.gather)
            }
            let batch = state.withLock { state in
                var (taken, count) = (0, 0)
                while taken < state.queue.count, count < Self.batchLimit {
                    count += state.queue[taken].findings.count
                    taken += 1
                }
                let batch = Array(state.queue.prefix(taken))
                state.queue.removeFirst(taken)
                state.queued -= count
                return batch
            }
            if batch.isEmpty { return }
            await settle(batch)
        }
    }

    private func settle(_ batch: [Parcel]) async {
        state.withLock { $0.storingSince = WallClock.monotonicMilliseconds }
        defer { state.withLock { $0.storingSince = nil } }
        let refused = await store(batch.flatMap(\.findings)[...])
        var start = 0
        for parcel in batch {
            var places: [Int: WireError] = [:]
            if !refused.isEmpty {
                for place in parcel.findings.indices { places[place] = refused[start + place] }
            }
            parcel.finish(places)
            start += parcel.findings.count
        }
    }

    /// Stores what it can; what the database rejects for its content is halved until the culprit is alone.
    /// - Returns: those that were not stored, by their index, and why not.
    private func store(_ findings: ArraySlice<StandingShare.Finding>) async -> [Int: WireError] {
        do {
            await connection.dropIfLost()
            try await VerdictTables.insert(Array(findings), over: connection)
            state.withLock { state in
                state.counters.stored += findings.count
                state.counters.isAway = false
            }
            return [:]
        } catch {
            let failure = error as? DatabaseError
            if failure?.kind == .data, findings.count > 1 {
                let middle = findings.startIndex + findings.count / 2
                let refused = await store(findings[..<middle])
                return refused.merging(await store(findings[middle...])) { first, _ in first }
            }
            let answer: WireError
            if failure?.kind == .data {
                state.withLock { $0.counters.rejected += findings.count }
                logger.error("the database rejects a verdict: \(error)")
                answer = WireError(.badBody, "the database rejects this verdict: \(failure?.message ?? "")")
            } else {
                let wasAway = state.withLock { state in
                    state.counters.deferred += findings.count
                    defer { state.counters.isAway = true }
                    return state.counters.isAway
                }
                if !wasAway {
                    logger.log(
                        level: failure?.kind == .transient ? .warning : .error,
                        "\(findings.count) verdicts are not stored yet; the collector asks again: \(error)")
                }
                answer = WireError(.unavailable, "the verdict could not be stored; the database is away")
            }
            return Dictionary(uniqueKeysWithValues: findings.indices.map { ($0, answer) })
        }
    }
}
