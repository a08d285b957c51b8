import CollectorCore
import Logging
import Runtime
import ServiceLifecycle
import WeirProtocol

/// Has live sessions judged: soon after their requests from memory, and from the database what was missed.
struct JudgingWorker: Service {
    let door: RecordDoor
    let ring: DetectorRing
    let recovery: Recovery
    let logger: Logger

    /// Questions under way at once.
    private static let questions = 512

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.ring.watch() }
                group.addTask { await self.judgeFromMemory() }
                group.addTask { await self.judgeFromDatabase() }
            }
        }
        await ring.close()
    }

    private func judgeFromMemory() async {
        await withTaskGroup(of: Void.self) { group in
            var underWay = 0
            while !Task.isCancelled {
                let now = Timestamp(milliseconds: WallClock.milliseconds)
                let questions =
                    ring.count == 0 ? [] : door.withIntake { $0.questions(Self.questions - underWay, now: now) }
                for question in questions {
                    underWay += 1
                    group.addTask {
                        guard let verdict = await ring.evaluate(question, deadline: .seconds(5)) else { return }
                        door.judged(verdict)
                    }
                }
                if underWay > 0, questions.isEmpty || underWay >= Self.questions {
                    await group.next()
                    underWay -= 1
                } else if questions.isEmpty {
                    try? await Task.sleep(for: .milliseconds(20))
                }
                _ = door.withIntake { $0.book.ended(by: now).count }
            }
        }
    }

    private func judgeFromDatabase() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(5))
            // A database that is away is the drain's to report.
            try? await recovery.evidence.queueLookedUp()
            while !Task.isCancelled, let judged = try? await recovery.judgeSome(quietFor: 30), judged > 0 {}
            _ = try? await recovery.count()
        }
    }
}
