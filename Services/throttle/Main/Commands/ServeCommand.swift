import ArgumentParser
import Database
import Glibc
import Logging
import NIOCore
import NIOPosix
import Runtime
import ServiceLifecycle
import ThrottleCore
import Transport
import WeirProtocol

/// `throttle serve`: answers checks on throttle.sock and throttle.http.sock.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Run the throttle service.")

    @Option(help: "The configuration file (default /etc/weir/weir.yaml).")
    var config: String?

    @Flag(help: "Check the configuration and the policies, print every problem, and end.")
    var check = false

    @Flag(name: .customLong("print-config"), help: "Print the effective configuration and end.")
    var printConfig = false

    func run() async throws {
        do {
            let settings = try Settings.load(path: config, environment: Outcome.environment)
            let policies = try PolicyFile.load(settings[.throttlePolicy])
            let trusted = settings[.trustedProxies].compactMap { NetworkPrefix($0) }
            let shared = settings[.throttleStore] == "memory" ? nil : try RedisAddress(settings[.throttleStore])
            if printConfig { Outcome.write(settings.effective + "\n", to: STDOUT_FILENO) }
            if check || printConfig { return }
            try await serve(settings, policies, trusted, shared)
        } catch let failure as Failure {
            throw Outcome.report(failure)
        } catch let error as ListenError {
            throw Outcome.report(
                Failure(error.reason == .noPermission ? .noPermission : .unavailable, error.description))
        }
    }

    private func serve(
        _ settings: Settings, _ policies: PolicySet, _ trusted: [NetworkPrefix], _ shared: RedisAddress?
    ) async throws {
        var logger = Logger(label: "throttle") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = Logger.Level(rawValue: settings[.logLevel]) ?? .info
        let target: ConnectionTarget
        do {
            target = try ConnectionTarget(
                settings.databaseURL(role: "weir_throttle"), defaultUser: "weir_throttle",
                applicationName: "weir throttle")
        } catch { throw Failure(.configuration, error.message) }

        let engine = ThrottleEngine(
            Throttle(policies, seed: UInt64.random(in: .min ... .max), shadow: settings[.throttleShadow]))
        let store = ThrottleStore(Connection(target, statementTimeout: ThrottleStore.patience))
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let link = shared.map { RedisLink($0, group: group, logger: logger) }
        let keeper = MemoryKeeper(engine, store, logger: logger)
        let lines = LineDoor(engine: engine, keeper: keeper, link: link)
        let auth = ForwardAuth(engine: engine, trusted: trusted, link: link)

        await keeper.prepare(patience: .seconds(1))
        let inherited = ServiceManager.inheritedSockets()
        let server = try DirectServer.start(
            inherited["wire"].map { .inherited($0) } ?? .path(settings.socketPath("throttle.sock")),
            table: lines.table(), logger: logger)
        let door: HTTPDoor
        do {
            door = try await HTTPDoor.start(
                inherited["http"].map { .inherited($0) } ?? .path(settings.socketPath("throttle.http.sock")), auth,
                metrics: { MetricsText.text(of: lines.status()) }, group: group, logger: logger)
        } catch {
            await server.stop()
            throw error
        }
        logger.info("answering by \(policies.policies.map(\.name).joined(separator: ", "))")

        let path = settings[.throttlePolicy]
        let reloadLogger = logger
        let sharers: [any Service] = link.map { [LevelSharer(engine, $0)] } ?? []
        try await Supervisor(
            services: sharers + [
                keeper, Doors(server: server, door: door),
                StartupCheck {
                    do { try await SchemaVersion.await(at: target) } catch let mismatch as SchemaVersion.Mismatch {
                        throw Failure(.configuration, mismatch.description, hint: mismatch.hint)
                    }
                },
            ], logger: logger,
            reload: {
                do throws(Failure) {
                    engine.adopt(try PolicyFile.load(path))
                    reloadLogger.info("took the policies again")
                } catch {
                    engine.keepPolicies()
                    reloadLogger.error("the old policies stay in use: \(error)")
                }
            }
        ).run()
    }
}

/// The sockets' life: they are open already, and close when the service stops.
private struct Doors: Service {
    let server: DirectServer
    let door: HTTPDoor

    func run() async throws {
        try? await gracefulShutdown()
        await door.stop()
        await server.stop()
    }
}
