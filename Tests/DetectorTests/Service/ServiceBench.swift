import Database
import DetectorCore
import Foundation
import Logging
import NIOPosix
import PostgresSupport
import ServiceLifecycle
import Transport
import WeirProtocol

@testable import detector

/// A detector's service over a real database, and a throttle that only listens.
struct ServiceBench {
    let store: VerdictStore
    let service: EvaluationService
    private let heard: AsyncStream<VerdictReport>

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs the service while `body` does, then stops it as the service manager would and waits until it has ended.
    static func running<T: Sendable>(
        _ database: TestDatabase, claims: ClaimDesk? = nil, _ body: (ServiceBench) async throws -> T
    ) async throws -> T {
        let group = MultiThreadedEventLoopGroup.singleton
        let path = NSTemporaryDirectory() + "weir-\(UInt32.random(in: .min ... .max)).sock"
        let (heard, hearing) = AsyncStream.makeStream(of: VerdictReport.self)
        var table = MessageTable(service: "throttle")
        table.on(.verdictReport) { envelope, _ throws(WireError) in
            hearing.yield(try envelope.decode(VerdictReport.self))
            return .none
        }
        let throttle = try await LineServer.start(.path(path), table: table, group: group, logger: logger)
        let reports = ReportLine(LineClient(path: path, group: group, logger: logger))
        let store = VerdictStore(try database.connection(as: "weir_detector"), logger: logger)
        let watch = AnomalyWatch(try database.connection(as: "weir_detector"), logger: logger)
        let service = EvaluationService(
            bench: JudgeBench(Judge()), store: store, reports: reports, watch: watch, claims: claims, logger: logger)
        let services: [any Service] = [store] + (claims.map { [$0] } ?? [])
        let running = ServiceGroup(services: services, logger: logger)
        let bench = ServiceBench(store: store, service: service, heard: heard)
        do {
            async let ended: Void = running.run()
            let result = try await body(bench)
            await running.triggerGracefulShutdown()
            try await ended
            await reports.close()
            await throttle.stop()
            return result
        } catch {
            await reports.close()
            await throttle.stop()
            throw error
        }
    }

    /// The answer to one question, once it is stored.
    func verdict(on evidence: SessionEvidence) async throws -> SessionVerdict {
        try await withCheckedContinuation { continuation in
            service.evaluate(evidence) { continuation.resume(returning: $0) }
        }.get()
    }

    /// The next report of this class that reaches the throttle.
    func throttleHears(_ verdictClass: VerdictClass) async -> VerdictReport? {
        await heard.first { $0.verdictClass == verdictClass }
    }
}
