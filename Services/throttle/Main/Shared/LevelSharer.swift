import ServiceLifecycle
import ThrottleCore

/// Tells the other throttles of levels twice a second, whatever the database does.
///
/// A server that was away or has been emptied is told all of them. It may also lose them unnoticed, so all are told again
/// every minute; what it knows of others and is harsher stays.
final class LevelSharer: Service {
    private static let period = Duration.milliseconds(500)
    private static let roundsUntilAll = 120

    private let engine: ThrottleEngine
    private let link: RedisLink

    init(_ engine: ThrottleEngine, _ link: RedisLink) {
        self.engine = engine
        self.link = link
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for round in 1... {
                await self.tell(all: round % Self.roundsUntilAll == 0)
                do { try await Task.sleep(for: Self.period) } catch { break }
            }
        }
        await tell(all: false)
    }

    /// Tells what has changed, or everything.
    func tell(all: Bool) async {
        if link.presence.takeIsNew() || all { engine.withThrottle { $0.tellAll() } }
        while true {
            let levels = engine.withThrottle { $0.takeUntold(now: ThrottleEngine.now) }
            guard !levels.isEmpty else { break }
            await link.tell(levels)
        }
    }
}
