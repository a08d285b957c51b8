import Database
import WeirProtocol

/// What the events of one batch add to their session, all of them being new.
struct SessionTally: Sendable {
    private(set) var startedAt = Int64.max
    private(set) var lastActivityAt = Int64.min
    private(set) var requestCount = 0
    private(set) var assetCount = 0
    private(set) var errorCount = 0
    private(set) var timedCount = 0
    private(set) var responseTime = 0.0
    /// The first request that had a user.
    private(set) var registeredAt: Int64?

    var totalCount: Int { requestCount + assetCount }

    mutating func add(
        at moment: Timestamp, kind: RequestKind, status: Int, durationMs: Double?, hasUser: Bool
    ) {
        if hasUser { registeredAt = min(registeredAt ?? .max, moment.milliseconds) }
        startedAt = min(startedAt, moment.milliseconds)
        lastActivityAt = max(lastActivityAt, moment.milliseconds)
        if kind == .asset { assetCount += 1 } else { requestCount += 1 }
        if status >= 400 { errorCount += 1 }
        if let durationMs {
            timedCount += 1
            // The column is a real; so is what a sum over it adds up.
            responseTime += Double(Float(durationMs))
        }
    }

    /// The fields of `Staging.tallyColumns`.
    func append(to rows: inout CopyWriter) {
        rows.append(timestampMilliseconds: startedAt)
        rows.append(timestampMilliseconds: lastActivityAt)
        rows.append(int4: requestCount)
        rows.append(int4: assetCount)
        rows.append(int4: errorCount)
        rows.append(int4: timedCount)
        rows.append(responseTime)
    }

    /// The fields of `Staging.derivedColumns`, which `Staging.merge` works out in SQL where events may be old.
    /// - Parameters:
    ///   - isRegistered: Whether the session has a user.
    ///   - endedBefore: Sessions quiet since before this time have ended, in ms.
    func appendDerived(isRegistered: Bool, endedBefore: Int64, to rows: inout CopyWriter) {
        let hasEnded = lastActivityAt < endedBefore
        rows.append(timestampMilliseconds: hasEnded ? lastActivityAt : nil)
        // As PostgreSQL rounds numeric seconds to an integer: half away from zero.
        rows.append(int4: hasEnded ? (lastActivityAt - startedAt + 500) / 1000 : Int64?.none)
        rows.append(isRegistered ? "registered" : "anon")
        rows.append(timestampMilliseconds: registeredAt ?? (isRegistered ? startedAt : nil))
        rows.append(responseTime / Double(max(timedCount, 1)))
        rows.append(1 - Double(errorCount) / Double(totalCount))
    }
}
