import Logging
import Runtime
import ServiceLifecycle

/// Sees to what could not be done when a usage record was stored: totals of sessions that came later, and prices that
/// were loaded later.
struct UsageKeeper: Service {
    let drain: UsageDrain
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var step = 0
            while !Task.isCancelled {
                // A database that is away is the drain's to report.
                try? await drain.settle()
                if step % 6 == 0 {
                    while !Task.isCancelled, (try? await drain.reprice()) == true {}
                }
                step += 1
                try? await Task.sleep(for: .seconds(5))
            }
        }
    }
}
