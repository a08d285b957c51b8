import CPlatform
import Glibc
public import Logging
public import ServiceLifecycle
import UnixSignals

/// Runs a service's parts until a signal ends it, and keeps the service manager informed: READY, WATCHDOG, RELOADING,
/// STOPPING.
public struct Supervisor: Sendable {
    private let services: [any Service]
    private let logger: Logger
    private let healthy: @Sendable () async -> Bool
    private let reload: (@Sendable () async -> Void)?

    /// - Parameters:
    ///   - services: the parts, in the order of their start; they stop in reverse.
    ///   - healthy: a real self-check; while it fails the watchdog is not fed.
    ///   - reload: what SIGHUP does.
    public init(
        services: [any Service], logger: Logger, healthy: @escaping @Sendable () async -> Bool = { true },
        reload: (@Sendable () async -> Void)? = nil
    ) {
        self.services = services
        self.logger = logger
        self.healthy = healthy
        self.reload = reload
    }

    /// Returns when SIGTERM or SIGINT has ended everything.
    public func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        Self.takeDescriptors()
        var all = services
        all.append(Heart(healthy: healthy, logger: logger))
        all.append(Reloader(reload: reload, logger: logger))
        var configuration = ServiceGroupConfiguration(
            services: all.map {
                // A part that fails ends the others as a signal would, so that they finish what they have begun.
                .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup)
            }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(20)
        try await ServiceGroup(configuration: configuration).run()
        ServiceManager.notify("STOPPING=1")
    }

    /// Shells start programs with a thousand descriptors where the system allows them far more; each client takes one.
    private static func takeDescriptors() {
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(kind, &limit)
    }
}

/// The service manager's socket, when there is one.
public enum ServiceManager {
    /// Sends a state such as `READY=1`; nothing happens outside a service manager.
    public static func notify(_ state: String) {
        guard let path = getenv("NOTIFY_SOCKET") else { return }
        _ = weir_notify(path, state)
    }

    /// Sockets handed over at start, by the names that the unit gives them.
    public static func inheritedSockets() -> [String: Int32] {
        guard let owner = getenv("LISTEN_PID"), Int32(String(cString: owner)) == getpid(),
            let total = getenv("LISTEN_FDS"), let count = Int32(String(cString: total)), count > 0, count < 64
        else { return [:] }
        let names = getenv("LISTEN_FDNAMES").map { String(cString: $0).split(separator: ":").map(String.init) } ?? []
        var sockets: [String: Int32] = [:]
        for index in 0..<count {
            let descriptor = 3 + index
            _ = weir_close_on_exec(descriptor)
            sockets[Int(index) < names.count ? names[Int(index)] : "\(index)"] = descriptor
        }
        return sockets
    }
}

private struct Heart: Service {
    let healthy: @Sendable () async -> Bool
    let logger: Logger

    func run() async throws {
        ServiceManager.notify("READY=1")
        weir_trim_heap()
        guard let period = getenv("WATCHDOG_USEC").flatMap({ Int64(String(cString: $0)) }), period > 0 else {
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if await healthy() {
                    ServiceManager.notify("WATCHDOG=1")
                } else {
                    logger.error("the self-check failed; the watchdog is not fed")
                }
                try? await Task.sleep(for: .microseconds(period / 2))
            }
        }
    }
}

private struct Reloader: Service {
    let reload: (@Sendable () async -> Void)?
    let logger: Logger

    func run() async throws {
        guard let reload else {
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) {
                ServiceManager.notify("RELOADING=1\nMONOTONIC_USEC=\(WallClock.monotonicNanoseconds / 1000)")
                await reload()
                ServiceManager.notify("READY=1")
            }
        }
    }
}
