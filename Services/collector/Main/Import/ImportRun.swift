import CollectorCore
import Database
import Glibc
import Logging
import NIOPosix
import Runtime
import WeirProtocol

/// One run of `collector import`: reads, places, judges, stores, and waits until everything is in the database.
///
/// The log itself is the durable copy of what is under way, so an import needs no spool: killed at any moment and
/// started again, it offers the same records under the same ids.
struct ImportRun {
    /// Events in one transaction. Larger ones gain little; several are under way at once, and their memory counts.
    private static let batchSizes = 500...5000

    private let command: Import
    private let settings: Settings
    private let logger: Logger

    init(_ command: Import, settings: Settings) async throws {
        self.command = command
        self.settings = settings
        var logger = makeLogger(settings)
        if logger.logLevel < .notice, !command.noProgress { logger.logLevel = .notice }
        self.logger = logger
    }

    func run() async throws -> ImportSummary {
        let start = WallClock.monotonicNanoseconds
        var summary: ImportSummary
        if command.dryRun {
            summary = try readOnly(try makeReader(of: try site(remembered: nil)))
        } else if command.follow, let log = command.files.last {
            let memory = try FollowMemory(log: log, directory: settings[.followDirectory])
            let followed = try FollowedLog(path: log, from: memory.state?.place)
            let site = try site(remembered: memory.state?.site)
            // Before anything is read: a follower that is killed during its first batch must still know which file it was
            // on, or a rotation meanwhile would hide the rest of it.
            try memory.remember(followed.next, site: site ?? "localhost")
            // Said now: what follows may end for want of a database, and the next follower knows nothing of it.
            if let warning = followed.takeWarning() { logger.warning("\(warning)") }
            summary = try await store(
                try makeReader(of: site, following: followed),
                following: Following(log: followed, memory: memory, site: site, stop: StopSignal()))
        } else {
            summary = try await store(try makeReader(of: try site(remembered: nil)))
        }
        summary.seconds = Double(WallClock.monotonicNanoseconds - start) / 1e9
        return summary
    }

    /// Whose log it is: as said, as configured, as before, as it looks.
    private func site(remembered: String?) throws -> String? {
        // As it is stored, however it is written: what a line is known by has the site in it.
        if let said = command.site ?? settings[.siteHosts].first ?? remembered {
            return SiteNames.normalized(said) ?? said
        }
        let site = try SiteGuess.host(in: command.files)
        logger.notice(
            "the log is taken to be of \(site ?? "localhost")\(site == nil ? "" : ", as its referrers say"); name another with --site"
        )
        return site
    }

    private func makeReader(of site: String?, following followed: FollowedLog? = nil) throws -> LogReader {
        let anonymization = ClientAddressRule.Anonymization(rawValue: settings[.addressAnonymization]) ?? .none
        let intake = RequestIntake(
            sites: SiteNames(hosts: command.site.map { [$0] } ?? site.map { [$0] } ?? []),
            addresses: ClientAddressRule(
                trusted: settings[.trustedProxies].compactMap { NetworkPrefix($0) }, anonymization: anonymization),
            respectsDoNotTrack: settings[.respectsDoNotTrack])
        let policy = SessionBook.Policy(
            idle: settings[.sessionIdleSeconds] * 1000, maximum: settings[.sessionMaxSeconds].map { $0 * 1000 })
        return try LogReader(
            files: command.follow ? command.files.dropLast() : command.files,
            format: LogFormat(rawValue: command.format) ?? .auto, site: site ?? "localhost",
            intake: intake, policy: policy,
            rows: SessionRows(traits: try SessionTraits(settings), source: command.follow ? "follow" : "import"),
            rejects: command.rejects, following: followed)
    }

    /// Events in the next transaction: few at first, so that the detectors and the database need not wait for the first
    /// batch, and few at last, so that they are not left alone with large ones when everything is read.
    static func batchSize(after lines: Int, share: Double?) -> Int {
        var size = lines
        if let share, share > 0 { size = min(size, Int(Double(lines) * (1 - share) / share) / 4) }
        return min(max(size, batchSizes.lowerBound), batchSizes.upperBound)
    }

    private func readOnly(_ reader: LogReader) throws -> ImportSummary {
        let progress = Progress(isShown: !command.noProgress)
        reader.seeded(until: Timestamp(milliseconds: .max))
        while try reader.fill(untilEvents: Self.batchSizes.upperBound) != .end {
            _ = reader.close(isLast: false)
            progress.show(reader)
        }
        progress.clear()
        var summary = reader.summary
        summary.accepted = summary.lines - summary.refusedCount
        return summary
    }

    /// A log that is read on and on.
    private struct Following {
        let log: FollowedLog
        let memory: FollowMemory
        let site: String?
        let stop: StopSignal
        var judgedAt: Int64 = 0

        /// How long to wait for further lines.
        static let pause = Duration.milliseconds(200)
        /// How often sessions are judged whose beginning this run has not seen, in ms.
        static let judgingInterval: Int64 = 5000
    }

    private func store(_ reader: LogReader, following: Following? = nil) async throws -> ImportSummary {
        let url = settings.databaseURL(role: "weir_collector")
        let target = try ConnectionTarget(url, defaultUser: "weir_collector", applicationName: "weir-import")
        let writing = Connection(target, statementTimeout: .seconds(300))
        let asking = Connection(target, statementTimeout: .seconds(60))
        async let connected: Void = writing.connect()
        do { try await SchemaVersion.check(in: asking) } catch let mismatch as SchemaVersion.Mismatch {
            throw Failure(.configuration, mismatch.description, hint: mismatch.hint)
        }
        try await connected

        let ring = DetectorRing(
            directory: settings[.runtimeDirectory], group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        let drain = Drain(
            connection: writing, source: command.follow ? "follow" : "import",
            idleSeconds: settings[.sessionIdleSeconds],
            deadLetters: DeadLetters(directory: settings[.deadDirectory]), logger: logger)
        let stop: StopSignal
        if let following { stop = following.stop } else { stop = await StopSignal() }
        let pipeline = ImportPipeline(drain: drain, ring: ring, stop: stop, logger: logger)
        let seeds = SessionSeeds(connection: asking, idle: settings[.sessionIdleSeconds] * 1000)
        let progress = Progress(isShown: !command.noProgress)
        let recovery = Recovery(
            evidence: StoredEvidence(connection: asking), drain: drain, ring: ring, logger: logger)
        var following = following
        reader.isStopped = { stop.hasCome }

        reading: while true {
            if following == nil, stop.hasCome {
                reader.interrupt()
                try await pipeline.submit(reader.close(isLast: false), isLast: true)
                break
            }
            switch try reader.fill(
                untilEvents: Self.batchSize(after: reader.summary.lines, share: reader.share))
            {
            case .needsSeed(let moment):
                let until = try await patiently(stop) { try await seeds.restore(into: reader, at: moment) }
                reader.seeded(until: until)
            case .full:
                try await pipeline.submit(reader.close(isLast: false), isLast: following != nil)
                if following != nil {
                    try await settle(reader, pipeline, following)
                    if stop.hasCome { break reading }
                }
            case .idle:
                if reader.hasNews { try await pipeline.submit(reader.close(isLast: false), isLast: true) }
                try await settle(reader, pipeline, following)
                if stop.hasCome { break reading }
                await catchUp(recovery, &following)
                try? await Task.sleep(for: Following.pause)
            case .end where stop.hasCome: continue reading
            case .end:
                try await pipeline.submit(reader.close(isLast: true), isLast: true)
                break reading
            }
            progress.show(reader)
        }
        let outcome = try await pipeline.finish()
        progress.clear()

        var summary = reader.summary
        summary.accepted = outcome.stored
        summary.duplicates = outcome.duplicates
        if outcome.dead > 0 { summary.refused["dead_letter", default: 0] += outcome.dead }
        summary.verdictsPending = try await patiently(stop) {
            try await recovery.run(quietFor: 0, untilDone: command.waitVerdicts) { stop.hasCome }
        }
        if command.waitVerdicts, summary.verdictsPending > 0, stop.hasCome { summary.isInterrupted = true }
        await ring.close()
        return summary
    }

    /// Waits until everything read is stored, and remembers that.
    private func settle(_ reader: LogReader, _ pipeline: ImportPipeline, _ following: Following?) async throws {
        guard let follower = following else { return }
        let place = follower.log.next
        _ = try await pipeline.finish()
        try follower.memory.remember(place, site: follower.site ?? "localhost")
        if let warning = follower.log.takeWarning() { logger.warning("\(warning)") }
    }

    /// Judges, now and then, what only the database knows the beginning of. A database that is away is the drain's to
    /// report.
    private func catchUp(_ recovery: Recovery, _ following: inout Following?) async {
        let now = WallClock.monotonicMilliseconds
        guard let judgedAt = following?.judgedAt, now - judgedAt >= Following.judgingInterval else { return }
        following?.judgedAt = now
        recovery.ring.scan()
        while let judged = try? await recovery.judgeSome(quietFor: 30), judged > 0 {}
    }

    /// Repeats what the database was away for, unless the operator wants to end.
    private func patiently<T>(_ stop: StopSignal, _ body: () async throws -> T) async throws -> T {
        var pause = Backoff()
        while true {
            do { return try await body() } catch let error as DatabaseError
                where error.kind == .transient && !stop.isOverdue
            {
                if pause.count == 0 { logger.warning("waiting for the database: \(error)") }
                try await pause.wait()
            }
        }
    }
}

/// A line on the terminal that says how far the import is; nothing when standard error is no terminal.
final class Progress {
    private let isShown: Bool
    private var shownAt: Int64 = 0
    private let startedAt = WallClock.monotonicMilliseconds

    init(isShown: Bool) { self.isShown = isShown && isatty(STDERR_FILENO) == 1 }

    func show(_ reader: LogReader) {
        let now = WallClock.monotonicMilliseconds
        guard isShown, now - shownAt >= 200 else { return }
        shownAt = now
        let rate = Int64(reader.summary.lines) * 1000 / max(1, now - startedAt)
        var bar = ""
        if let share = reader.share {
            let width = 30
            let filled = min(width, Int(share * Double(width)))
            bar =
                "[" + String(repeating: "#", count: filled) + String(repeating: " ", count: width - filled)
                + "] \(Int(share * 100))% "
        }
        FileHandleText.standardError(
            "\r\(bar)\(reader.summary.lines) lines, \(rate)/s, at \(reader.clock.iso8601)\u{1B}[K")
    }

    func clear() { if isShown { FileHandleText.standardError("\r\u{1B}[K") } }
}
