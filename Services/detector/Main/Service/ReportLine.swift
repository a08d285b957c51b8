import Runtime
import Synchronization
import Transport
import WeirProtocol

/// Tells the throttle each verdict. Keeps those of the last 15 minutes that speak against somebody and sends them again
/// when the throttle comes back; it counts each once, by the verdict's id.
final class ReportLine: Sendable {
    /// The most reports kept; beyond it the oldest are forgotten, since their sessions are judged again if they go on.
    static let keptLimit = 16_384

    private struct Kept: Sendable {
        var ring: [(at: Int64, line: [UInt8])] = []
        var next = 0
        var sent = 0
    }

    private let throttle: LineClient
    private let kept = Mutex(Kept())

    init(_ throttle: LineClient) {
        self.throttle = throttle
        throttle.onConnect { [weak self] in self?.sendAgain() }
    }

    var sentCount: Int { kept.withLock { $0.sent } }
    var keptCount: Int { kept.withLock { $0.ring.count } }

    /// Sends the verdict at wall-clock time `now`, in ms.
    func send(_ verdict: SessionVerdict, _ evidence: SessionEvidence, at now: Int64) {
        // The last minute, not the busiest: a burst that is over must not raise the level again with each verdict.
        let lastMinute = evidence.requests.count {
            $0.kind.isPageRequest && evidence.lastActivityAt - $0.at < 60_000
        }
        let total = evidence.requestCount + evidence.assetCount
        let report = VerdictReport(
            verdictID: verdict.verdictID, sessionID: verdict.sessionID, site: evidence.site,
            fingerprint: evidence.fingerprint, ip: evidence.ip ?? evidence.ipPrefix, verdictClass: verdict.verdictClass,
            score: verdict.score, requestsPerMinute: Double(lastMinute),
            errorRate: total > 0 ? min(1, Double(evidence.errorCount) / Double(total)) : 0, requestCount: total,
            at: evidence.lastActivityAt)
        var line: [UInt8] = []
        HotEnvelope(report).append(to: &line)
        let isAgainst = verdict.verdictClass.isAutomated
        kept.withLock { kept in
            kept.sent += 1
            guard isAgainst else { return }
            if kept.ring.count < Self.keptLimit {
                kept.ring.append((now, line))
            } else {
                kept.ring[kept.next] = (now, line)
                kept.next = (kept.next + 1) % Self.keptLimit
            }
        }
        throttle.send(line: line)
    }

    private func sendAgain() {
        let oldest = WallClock.milliseconds - EvaluationService.reportAge
        let lines = kept.withLock { kept in
            kept.ring.removeAll { $0.at < oldest }
            if kept.ring.count < Self.keptLimit { kept.next = 0 }
            return kept.ring.map(\.line)
        }
        for line in lines { throttle.send(line: line) }
    }

    func close() async { await throttle.close() }
}
