import Database
import DetectorCore
import Logging
import Runtime
import ServiceLifecycle
import Synchronization
import WeirProtocol

/// Looks up claims to be a crawler that no published range confirms, while their sessions are judged without waiting.
/// When a look-up is done, what was judged without it is judged again: here, so that the throttle knows at once, and
/// from the database by the collector, which finds the sessions' ids beside the look-up.
final class ClaimDesk: Service {
    /// Claims remembered.
    static let memoryLimit = 65_536
    /// Claims waiting or under way; further ones are looked up when they are made again.
    static let queueLimit = 1024
    /// Look-ups under way at once.
    static let concurrency = 16
    /// Sessions that are judged again after one look-up.
    static let sessionLimit = 256
    /// Of these, sessions whose evidence is kept to be judged again here.
    static let evidenceLimit = 8
    /// Evidence older than this is history, whose addresses may be somebody else's by now, in ms.
    static let freshness: Int64 = 86_400_000

    struct Counters: Sendable {
        var lookups = 0
        var verified = 0
        var falseClaims = 0
        var unknown = 0
        /// Claims that found the queue full.
        var refused = 0
        var waiting = 0
    }

    private struct Waiting: Sendable {
        var sessions: [String] = []
        var evidence: [SessionID: SessionEvidence] = [:]

        mutating func note(_ question: SessionEvidence) {
            var question = question
            // Judged again, it is not the first question any more.
            question.isFirstQuestion = false
            if evidence[question.sessionID] != nil || evidence.count < ClaimDesk.evidenceLimit {
                evidence[question.sessionID] = question
            }
            if sessions.count < ClaimDesk.sessionLimit, !sessions.contains(question.sessionID.text) {
                sessions.append(question.sessionID.text)
            }
        }
    }

    private struct State: Sendable {
        var memory = ClaimMemory(limit: ClaimDesk.memoryLimit)
        var waiting: [CrawlerClaim: Waiting] = [:]
        var queue: [CrawlerClaim] = []
        var counters = Counters()
    }

    private let client: DNSClient
    private let connection: Connection
    private let crawlers: @Sendable () -> CrawlerList
    private let logger: Logger
    private let state = Mutex(State())
    private let judgeAgain = Mutex<(@Sendable (SessionEvidence) -> Void)?>(nil)
    private let wake: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    init(
        _ client: DNSClient, _ connection: Connection, crawlers: @escaping @Sendable () -> CrawlerList, logger: Logger
    ) {
        self.client = client
        self.connection = connection
        self.crawlers = crawlers
        self.logger = logger
        (wake, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var counters: Counters {
        state.withLock { state in
            var counters = state.counters
            counters.waiting = state.waiting.count
            return counters
        }
    }

    /// What judges evidence again when a look-up has told more about it.
    func onFinding(_ body: @escaping @Sendable (SessionEvidence) -> Void) { judgeAgain.withLock { $0 = body } }

    /// What is known of `claim` now, in ms since 1970; when that is nothing or old, it is looked up later.
    func consult(_ claim: CrawlerClaim, for evidence: SessionEvidence, now: Int64) -> ClaimCheck? {
        let (check, isNew): (ClaimCheck?, Bool) = state.withLock { state in
            let (check, isDue) = state.memory.recall(claim, at: Timestamp(milliseconds: now))
            guard isDue, now - evidence.lastActivityAt.milliseconds <= Self.freshness else { return (check, false) }
            if state.waiting[claim] != nil {
                state.waiting[claim]?.note(evidence)
                return (check, false)
            }
            guard state.waiting.count < Self.queueLimit else {
                state.counters.refused += 1
                return (check, false)
            }
            var waiting = Waiting()
            waiting.note(evidence)
            state.waiting[claim] = waiting
            state.queue.append(claim)
            return (check, true)
        }
        if isNew { waker.yield() }
        return check
    }

    /// Remembers what was looked up before, then looks up until the service stops.
    func run() async throws {
        await recollect()
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                var underWay = 0
                for await _ in self.wake {
                    while let claim = self.nextClaim() {
                        if underWay == Self.concurrency {
                            await group.next()
                            underWay -= 1
                        }
                        underWay += 1
                        group.addTask { await self.lookUp(claim) }
                    }
                }
            }
        }
        await connection.close()
    }

    /// Reads what was looked up before a restart, by whichever detector.
    func recollect() async {
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        do {
            let rows = try await connection.transaction { connection in
                try VerificationTable.forget(at: now, over: connection)
                return try VerificationTable.load(limit: Self.memoryLimit / 2, at: now, over: connection)
            }
            let list = crawlers()
            state.withLock { state in
                for row in rows.reversed() {
                    guard let crawler = list.crawler(called: row.claim.name) else { continue }
                    state.memory.keep(row.finding.check(for: crawler), of: row.claim, until: row.expiresAt)
                }
            }
        } catch { logger.warning("earlier look-ups of crawlers cannot be read: \(error)") }
    }

    private func nextClaim() -> CrawlerClaim? {
        state.withLock { $0.queue.isEmpty ? nil : $0.queue.removeFirst() }
    }

    /// One look-up, from the first question to what follows from it.
    func lookUp(_ claim: CrawlerClaim) async {
        guard let crawler = crawlers().crawler(called: claim.name), !crawler.domains.isEmpty else {
            state.withLock { $0.waiting[claim] = nil }
            return
        }
        var lookup = ReverseLookup(claim.address, domains: crawler.domains)
        var step = ReverseLookup.Step.ask(lookup.firstQuestion)
        var finding: ReverseLookup.Finding?
        while finding == nil {
            switch step {
            case .ask(let question): step = lookup.take(await client.ask(question))
            case .done(let found): finding = found
            }
        }
        guard let finding, !Task.isCancelled else { return }
        await settle(claim, finding, crawler)
    }

    private func store(_ row: VerificationTable.Row) async throws {
        let isTimeToForget = counters.lookups % 1024 == 0
        try await connection.transaction { connection in
            try VerificationTable.store(row, over: connection)
            if isTimeToForget { try VerificationTable.forget(at: row.checkedAt, over: connection) }
        }
    }

    private func settle(_ claim: CrawlerClaim, _ finding: ReverseLookup.Finding, _ crawler: CrawlerList.Crawler) async {
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        let expiry = ClaimMemory.expiry(of: finding, madeAt: now)
        let (waiting, isNews): (Waiting, Bool) = state.withLock { state in
            let known = state.memory.recall(claim, at: now).check
            // A resolver that cannot say takes nothing back.
            let check = finding.result == .unknown ? known ?? .unchecked : finding.check(for: crawler)
            state.memory.keep(check, of: claim, until: expiry)
            state.counters.lookups += 1
            switch finding.result {
            case .verified: state.counters.verified += 1
            case .falseClaim: state.counters.falseClaims += 1
            case .unknown: state.counters.unknown += 1
            }
            return (state.waiting.removeValue(forKey: claim) ?? Waiting(), check.result != known?.result)
        }
        if finding.result == .unknown {
            logger.debug("no resolver could say whether \(claim.address) is \(claim.name)")
            return
        }
        do {
            try await store(
                VerificationTable.Row(
                    claim: claim, finding: finding, checkedAt: now, expiresAt: expiry,
                    sessions: isNews ? waiting.sessions : []))
        } catch { logger.warning("a look-up of \(claim.name) is not stored: \(error)") }
        guard isNews, let judgeAgain = judgeAgain.withLock({ $0 }) else { return }
        for evidence in waiting.evidence.values { judgeAgain(evidence) }
    }
}
