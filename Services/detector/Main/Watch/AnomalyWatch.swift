import Database
import DetectorCore
import Logging
import Runtime
import ServiceLifecycle
import Synchronization

/// Watches traffic minute by minute, in one detector of all: whoever holds the lock in the database. What it learned is
/// in the database as well, so that another one goes on where it ended.
final class AnomalyWatch: Service {
    private static let minute: Int64 = 60_000
    /// Records reach the database within seconds; later ones are missed by the minute and counted by reports.
    private static let settling: Int64 = 15_000
    /// Minutes without a detector that are still looked at; news older than that is none.
    private static let catchUp: Int64 = 15
    /// Silence after which an anomaly is over.
    private static let quiet: Int64 = 15
    /// Days of minutes that are kept.
    private static let kept: Int64 = 8
    /// Visitors' anomalies that are explained in a minute.
    private static let explainedVisitors = 5

    private let connection: Connection
    /// Holds the lock.
    private let keeper: Connection
    private let logger: Logger
    private let state = Mutex((isWatching: false, minutes: 0))

    init(_ connection: Connection, logger: Logger) {
        self.connection = connection
        keeper = Connection(connection.target, statementTimeout: connection.statementTimeout)
        self.logger = logger
    }

    /// Whether this detector is the one, and how many minutes it has looked at.
    var counters: (isWatching: Bool, minutes: Int) { state.withLock { $0 } }

    func run() async throws {
        var watch: SeriesWatch?
        while !Task.isShuttingDownGracefully, !Task.isCancelled {
            let now = WallClock.milliseconds
            do {
                if watch == nil { watch = try await begin(now) }
                if var current = watch {
                    try await go(&current, upTo: now)
                    watch = current
                }
            } catch {
                // Whoever takes the lock next reads what is stored.
                watch = nil
                await giveUp()
                logger.warning("the anomaly watch pauses: \(error)")
            }
            let next = (now - Self.settling) / Self.minute * Self.minute + Self.minute + Self.settling
            try? await cancelWhenGracefulShutdown {
                try await Task.sleep(for: .milliseconds(max(1000, next - now)))
            }
        }
        await giveUp()
    }

    /// Leaves the watch to another detector.
    func giveUp() async {
        state.withLock { $0.isWatching = false }
        await keeper.close()
        await connection.close()
    }

    /// Takes the lock and reads what was learned; nil when another detector watches.
    func begin(_ now: Int64) async throws -> SeriesWatch? {
        guard try await keeper.takeLock() else { return nil }
        let since = now - Int64(SeriesDetector.window) * Self.minute
        let found = try await connection.transaction { connection in
            var watch = SeriesWatch(thresholds: try WatchTables.thresholds(in: connection))
            for point in try WatchTables.storedPoints(since: since, in: connection) {
                _ = watch.take(point, isNews: false)
            }
            return watch
        }
        state.withLock { $0.isWatching = true }
        logger.info("watching for anomalies")
        return found
    }

    /// Looks at every minute that has settled by `now` and was not looked at.
    func go(_ watch: inout SeriesWatch, upTo now: Int64) async throws {
        let last = (now - Self.settling) / Self.minute * Self.minute - Self.minute
        try await keeper.checkLock()
        let known = try await connection.lastMinute(upTo: last) ?? last - Self.minute
        var minute = max(known + Self.minute, last - Self.catchUp * Self.minute)
        while minute <= last {
            watch = try await look(watch, at: minute)
            state.withLock { $0.minutes += 1 }
            minute += Self.minute
        }
    }

    /// One minute: measured, judged and stored in one transaction.
    private func look(_ before: SeriesWatch, at minute: Int64) async throws -> SeriesWatch {
        try await connection.transaction { connection in
            var watch = before
            let thresholds = try WatchTables.thresholds(in: connection)
            watch.thresholds = thresholds
            let points = try WatchTables.measure(minute: minute, in: connection)
            var findings = points.flatMap { watch.take($0) }
            for (site, counts) in Self.errors(points) {
                findings += watch.errorRate(site: site, errors: counts.errors, requests: counts.requests)
            }
            findings += try WatchTables.visitors(minute: minute, thresholds, in: connection)
            findings += try WatchTables.tracking(minute: minute, in: connection)
            var explained = 0
            for finding in findings {
                let (id, isNews) = try WatchTables.note(finding, minute: minute, in: connection)
                // In a flood of visitors the first few say it all, and the minute must not take longer than one.
                if isNews, !finding.site.isEmpty || explained < Self.explainedVisitors {
                    explained += finding.site.isEmpty ? 1 : 0
                    try WatchTables.explain(id, finding, minute: minute, in: connection)
                }
            }
            try WatchTables.store(points, in: connection)
            try WatchTables.close(notSeenSince: minute - Self.quiet * Self.minute, in: connection)
            if minute % 3_600_000 == 0 {
                try WatchTables.forget(before: minute - Self.kept * 86_400_000, in: connection)
            }
            return watch
        }
    }

    private static func errors(_ points: [SeriesWatch.Point]) -> [(String, (errors: Int, requests: Int))] {
        var sums: [String: (errors: Int, requests: Int)] = [:]
        for point in points where point.key.series == "errors" {
            sums[point.key.site, default: (0, 0)].errors += Int(point.value)
            sums[point.key.site, default: (0, 0)].requests += point.requests
        }
        return sums.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension Connection {
    fileprivate func takeLock() throws -> Bool { try WatchTables.takeLock(in: self) }
    fileprivate func checkLock() throws { try WatchTables.checkLock(in: self) }
    fileprivate func lastMinute(upTo end: Int64) throws -> Int64? { try WatchTables.lastMinute(upTo: end, in: self) }
}
