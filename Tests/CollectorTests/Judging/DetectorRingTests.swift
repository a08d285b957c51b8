import CollectorCore
import Foundation
import Logging
import NIOPosix
import Synchronization
import Testing
import Transport
import WeirProtocol

@testable import collector

/// Who of several detectors is asked, and what becomes of questions that one of them leaves open.
@Suite struct DetectorRingTests {
    private static let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Detectors in a folder of their own: `answering` of them call everybody human, `hanging` accept and never answer.
    private static func detectors(
        answering: Int, hanging: Int, _ body: (DetectorRing, _ lists: () -> [[String]]) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let directory = NSTemporaryDirectory() + "weir-ring-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let lists = Mutex<[[String]]>([])
        var servers: [LineServer] = []
        for number in 1...answering + hanging {
            var table = MessageTable(service: "detector")
            if number <= answering {
                table.onImmediately(.sessionsEvaluate) { envelope, _ throws(WireError) in
                    let list = try envelope.decode(EvidenceList.self)
                    lists.withLock { $0.append(["detector-\(number)"] + list.sessions.map(\.sessionID.text)) }
                    return MessageTable.Reply(.sessionsVerdicts, VerdictList(verdicts: list.sessions.map(verdict)))
                }
            } else {
                table.on(.sessionsEvaluate) { _, _ throws(WireError) in
                    let (never, held) = AsyncStream.makeStream(of: Void.self)
                    for await _ in never {}
                    withExtendedLifetime(held) {}
                    throw WireError(.unavailable, "stopped")
                }
            }
            servers.append(
                try await LineServer.start(
                    .path(directory + "/detector-\(number).sock"), table: table, group: group, logger: logger))
        }
        let ring = DetectorRing(directory: directory, group: group, logger: logger)
        try await body(ring) { lists.withLock { $0 } }
        await ring.close()
        for server in servers { await server.stop() }
    }

    private static func verdict(_ evidence: SessionEvidence) -> SessionVerdict {
        SessionVerdict(
            verdictID: "vd_" + evidence.sessionID.text, sessionID: evidence.sessionID, verdictClass: .human, score: 0,
            isBot: false, isScanner: false, isBehavioralBot: false, signals: [], ruleSet: "test",
            judgedCount: evidence.requestCount, at: evidence.now)
    }

    private static func questions(_ list: Int) -> [SessionEvidence] {
        (0..<3).compactMap { SessionID("sess_list\(list)-\($0)") }.map {
            SessionEvidence(sessionID: $0, startedAt: Timestamp(milliseconds: 0))
        }
    }

    @Test func aListIsOneDetectorsAndTheListsAreShared() async throws {
        try await Self.detectors(answering: 2, hanging: 0) { ring, lists in
            for list in 0..<40 {
                let answers = await ring.evaluate(all: Self.questions(list), deadline: .seconds(30))
                #expect(answers.isComplete)
                #expect(answers.verdicts.keys.map(\.text).sorted() == (0..<3).map { "sess_list\(list)-\($0)" })
            }
            #expect(lists().map { $0.dropFirst().count } == Array(repeating: 3, count: 40))
            #expect(Set(lists().map { $0[0] }) == ["detector-1", "detector-2"])
        }
    }

    @Test func whatADetectorLeavesOpenGoesToTheNext() async throws {
        try await Self.detectors(answering: 1, hanging: 1) { ring, lists in
            // Among so many lists there are some whose first choice is the one that hangs.
            for list in 0..<12 {
                let answers = await ring.evaluate(all: Self.questions(list), deadline: .seconds(1))
                #expect(answers.isComplete && answers.verdicts.count == 3)
            }
            #expect(lists().count == 12)
        }
    }

    @Test func theSearchIsQuickUntilDetectorsAreThere() {
        var search = DetectorSearch()
        #expect((0..<6).map { _ in search.pause(found: 0, hasChanged: false) } == [100, 200, 400, 800, 1000, 1000])
        #expect(search.pause(found: 1, hasChanged: true) == 100)
        #expect((0..<2).map { _ in search.pause(found: 2, hasChanged: true) } == [100, 100])
        #expect(
            (0..<7).map { _ in search.pause(found: 2, hasChanged: false) } == [200, 400, 800, 1600, 3200, 5000, 5000])
        #expect(search.pause(found: 0, hasChanged: true) == 100)
    }

    @Test func aDetectorThatComesLaterIsFoundSoon() async throws {
        let directory = NSTemporaryDirectory() + "weir-ring-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let ring = DetectorRing(directory: directory, group: MultiThreadedEventLoopGroup.singleton, logger: Self.logger)
        let watching = Task { await ring.watch() }
        #expect(ring.count == 0)
        #expect(FileManager.default.createFile(atPath: directory + "/detector-1.sock", contents: nil))
        let limit = ContinuousClock.now + .seconds(30)
        while ring.count == 0, .now < limit { try await Task.sleep(for: .milliseconds(10)) }
        #expect(ring.count == 1)
        watching.cancel()
        await watching.value
        await ring.close()
    }

    @Test func whereAllHangNothingIsClaimed() async throws {
        try await Self.detectors(answering: 0, hanging: 2) { ring, _ in
            let answers = await ring.evaluate(all: Self.questions(0), deadline: .milliseconds(50))
            #expect(!answers.isComplete && answers.verdicts.isEmpty)
            #expect(await ring.evaluate(all: [], deadline: .milliseconds(50)).isComplete)
        }
    }
}
