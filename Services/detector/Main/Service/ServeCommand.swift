import ArgumentParser
import DetectorCore
import Database
import Logging
import NIOCore
import NIOPosix
import Runtime
import ServiceLifecycle
import Transport
import WeirProtocol

/// `detector serve`: answers `session.evaluate` on detector-N.sock.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the detector service.")

    @Option(help: "The configuration file.")
    var config: String?

    @Option(help: "This detector's number, which names its socket; the first free one when absent.")
    var instance: Int?

    func validate() throws {
        if let instance, !(1...999).contains(instance) { throw ValidationError("--instance must be 1 to 999") }
    }

    func run() async throws {
        do {
            try await serve()
        } catch let failure as Failure {
            throw Outcome.report(failure)
        } catch let error as ListenError {
            throw Outcome.report(
                Failure(error.reason == .noPermission ? .noPermission : .unavailable, error.description))
        }
    }

    private func serve() async throws {
        let settings = try Settings.load(path: config, environment: Outcome.environment)
        var logger = Logger(label: "detector", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = Logger.Level(rawValue: settings[.logLevel]) ?? .info
        let rulePath = settings[.detectorRules]
        let bench = JudgeBench(Judge(rules: try RuleFile.load(rulePath), crawlers: try CrawlerFile.load(settings)))

        let claim = try InstanceClaim(directory: settings[.runtimeDirectory], wanted: instance)
        let socket: ListeningSocket =
            ServiceManager.inheritedSockets()["wire"].map { .inherited($0) }
            ?? .path(settings.socketPath("detector-\(claim.number).sock"))
        logger[metadataKey: "instance"] = "\(claim.number)"

        let target: ConnectionTarget
        do {
            target = try ConnectionTarget(
                settings.databaseURL(role: "weir_detector"), defaultUser: "weir_detector",
                applicationName: "weir detector \(claim.number)")
        } catch { throw Failure(.configuration, error.message) }

        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let store = VerdictStore(Connection(target), logger: logger)
        // A connection of its own: the lock that says who watches belongs to it.
        let watch = AnomalyWatch(Connection(target), logger: logger)
        let reports = ReportLine(
            LineClient(path: settings.socketPath("throttle.sock"), group: group, logger: logger))
        let claims = try claimDesk(settings, bench, Connection(target), group, logger)
        let service = EvaluationService(
            bench: bench, store: store, reports: reports, watch: watch, claims: claims, logger: logger)
        let server = try await LineServer.start(socket, table: service.table(), group: group, logger: logger)
        logger.info("judging by \(bench.judge.rules.name)")

        let reloadLogger = logger
        try await Supervisor(
            services: [store, watch] + (claims.map { [$0] } ?? []) + [
                Listening(server: server),
                StartupCheck {
                    do { try await SchemaVersion.await(at: target) } catch let mismatch as SchemaVersion.Mismatch {
                        throw Failure(.configuration, mismatch.description, hint: mismatch.hint)
                    }
                },
            ], logger: logger,
            reload: {
                do {
                    bench.judge = Judge(rules: try RuleFile.load(rulePath), crawlers: try CrawlerFile.load(settings))
                    reloadLogger.info("judging by \(bench.judge.rules.name)")
                } catch { reloadLogger.error("rules and crawlers stay as they were: \(error)") }
            }
        ).run()
        await reports.close()
        withExtendedLifetime(claim) {}
        try? await group.shutdownGracefully()
    }

    private func claimDesk(
        _ settings: Settings, _ bench: JudgeBench, _ connection: Connection, _ group: any EventLoopGroup,
        _ logger: Logger
    ) throws -> ClaimDesk? {
        guard let resolver = ResolverAddress(settings[.detectorResolver]) else { return nil }
        let address = try SocketAddress(ipAddress: resolver.host, port: resolver.port)
        return ClaimDesk(
            DNSClient(resolver: address, group: group), connection, crawlers: { bench.judge.crawlers }, logger: logger)
    }
}

/// Keeps the socket open until the service is told to stop.
private struct Listening: Service {
    let server: LineServer

    func run() async throws {
        try? await gracefulShutdown()
        await server.stop()
    }
}
