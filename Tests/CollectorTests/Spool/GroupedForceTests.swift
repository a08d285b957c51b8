import CollectorCore
import Foundation
import Logging
import Runtime
import Synchronization
import Testing
import WeirProtocol

@testable import collector

private final class Count: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .relaxed) }
    func add() -> Int { count.add(1, ordering: .relaxed).newValue }
}

@Suite struct GroupedForceTests {
    @Test func oneTurnOfTheDiskServesAllThatCameDuringTheOneBefore() async {
        let turns = Count()
        let firstIsAtWork = DispatchSemaphore(value: 0)
        let mayGoOn = DispatchSemaphore(value: 0)
        let force = GroupedForce {
            if turns.add() == 1 {
                firstIsAtWork.signal()
                mayGoOn.wait()
            }
            return nil
        }
        let (answers, answered) = AsyncStream.makeStream(of: Bool.self)
        force.whenForced(force.ticket) { answered.yield($0 == nil) }
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                firstIsAtWork.wait()
                continuation.resume()
            }
        }
        for _ in 0..<100 { force.whenForced(force.ticket) { answered.yield($0 == nil) } }
        mayGoOn.signal()
        var good = 0
        for await answer in answers.prefix(101) where answer { good += 1 }
        #expect(good == 101)
        #expect(turns.value == 2)
    }

    /// The kernel tells of a failure once: who appended before or during it must not be told that the next turn went well.
    @Test func aFailureIsThatOfAllWhoHadAppendedByThen() async {
        let turns = Count()
        let isAtWork = DispatchSemaphore(value: 0)
        let mayGoOn = DispatchSemaphore(value: 0)
        let force = GroupedForce {
            guard turns.add() == 1 else { return nil }
            isAtWork.signal()
            mayGoOn.wait()
            return .disk("Input/output error")
        }
        let (answers, answered) = AsyncStream.makeStream(of: Bool.self)
        let before = force.ticket
        force.whenForced(before) { answered.yield($0 == nil) }
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                isAtWork.wait()
                continuation.resume()
            }
        }
        force.whenForced(force.ticket) { answered.yield($0 == nil) }
        mayGoOn.signal()
        var seen: [Bool] = []
        for await answer in answers {
            seen.append(answer)
            if seen.count == 2 {
                // Appended before the failure, and waiting only now.
                force.whenForced(before) { answered.yield($0 == nil) }
                force.whenForced(force.ticket) { answered.yield($0 == nil) }
            }
            if seen.count == 4 { break }
        }
        #expect(seen == [false, false, false, true])
    }

    /// What was not brought to the disk is not acknowledged, and is spooled anew when it is offered again.
    @Test func aRecordThatTheDiskRefusesIsTakenAgain() async throws {
        let folder = NSTemporaryDirectory() + "weir-force-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let spool = try Spool(
            directory: folder, limit: 1 << 30, sync: .always,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
        let tries = Count()
        let door = RecordDoor(
            requests: RequestIntake(), spool: spool,
            cookies: await SessionCookies(secrets: [String(repeating: "k", count: 32)], isSecure: true),
            policy: SessionBook.Policy(), traits: try SessionTraits(try Settings(file: nil, environment: [:]))
        ) {
            tries.add() == 1 ? .disk("Input/output error") : spool.force()
        }
        let now = WallClock.milliseconds
        let id = EventID(at: Timestamp(milliseconds: now), entropy: (1, 2))
        let line = """
            {"v":1,"type":"request.record","id":"1","body":{"event_id":"\(id)","at":\(now),"method":"GET","path":"/",\
            "status":200,"ip":"192.0.2.1","site":"shop.example","user_agent":"Mozilla/5.0"}}
            """
        let envelope = try Envelope(line: Array(line.utf8))
        await #expect(throws: WireError(.unavailable, "the spool cannot be written: Input/output error")) {
            _ = try await door.take(envelope)
        }
        for _ in 0..<2 { _ = try await door.take(envelope) }
        #expect(spool.read(after: nil, limit: 1 << 20).payloads.count == 2)
        #expect(door.counters.accepted == 2 && door.counters.repeated == 1)
    }
}
