import ArgumentParser
import CollectorCore
import Database
import HTTPTransport
import Logging
import NIOPosix
import Runtime
import ServiceLifecycle
import Synchronization
import Transport
import WeirProtocol

/// `collector serve`: the daemon.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the collector (the default).")

    @OptionGroup var configuration: ConfigurationOptions

    @Flag(help: "Check the configuration and end.")
    var check = false

    @Flag(help: "Print the effective configuration and end.")
    var printConfig = false

    func run() async throws {
        let settings = configuration.load()
        if printConfig { FileHandleText.standardOutput(settings.effective + "\n") }
        guard !check, !printConfig else {
            do throws(Failure) { try CollectorService.checkFiles(settings) } catch { error.exit(program: "collector") }
            return
        }
        do { try await CollectorService(settings).run() } catch let failure as Failure {
            failure.exit(program: "collector")
        } catch let error as ListenError {
            Failure(
                error.reason == .noPermission ? .noPermission : .unavailable, error.description,
                hint: error.reason == .inUse ? "stop the other collector, or set runtime.directory" : nil
            ).exit(program: "collector")
        } catch let error as DatabaseError {
            Import.failure(of: error).exit(program: "collector")
        }
    }
}

/// The collector's parts, put together.
struct CollectorService {
    private let settings: Settings
    private let logger: Logger
    private let startedAt = WallClock.monotonicMilliseconds

    init(_ settings: Settings) {
        self.settings = settings
        logger = makeLogger(settings)
    }

    /// Sees whether the files that the settings name are what they should be.
    static func checkFiles(_ settings: Settings) throws(Failure) {
        _ = try SessionTraits(settings)
        guard !settings[.cookieKeyFile].isEmpty else { return }
        _ = try SessionCookies.secrets(settings[.cookieKeyFile], makeLogger(settings))
    }

    func run() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let spool = try Spool(
            directory: settings[.spoolDirectory], limit: settings[.spoolLimit],
            sync: Spool.Sync(rawValue: settings[.spoolSync]) ?? .interval, logger: logger)
        let cookies = await SessionCookies(
            secrets: try SessionCookies.secrets(settings[.cookieKeyFile], logger), isSecure: settings[.cookieSecure])
        let idle = settings[.sessionIdleSeconds]
        let traits = try SessionTraits(settings)
        let addresses = ClientAddressRule(
            trusted: settings[.trustedProxies].compactMap { NetworkPrefix($0) },
            anonymization: ClientAddressRule.Anonymization(rawValue: settings[.addressAnonymization]) ?? .none)
        let sites = SiteNames(hosts: settings[.siteHosts])
        let door = RecordDoor(
            requests: RequestIntake(
                sites: sites, addresses: addresses, respectsDoNotTrack: settings[.respectsDoNotTrack]),
            spool: spool, cookies: cookies,
            policy: SessionBook.Policy(idle: idle * 1000, maximum: settings[.sessionMaxSeconds].map { $0 * 1000 }),
            traits: traits)

        let target = try ConnectionTarget(
            settings.databaseURL(role: "weir_collector"), defaultUser: "weir_collector",
            applicationName: "weir-collector")
        let deadLetters = DeadLetters(directory: settings[.deadDirectory])
        func drain(_ connection: Connection) -> Drain {
            Drain(connection: connection, source: "live", idleSeconds: idle, deadLetters: deadLetters, logger: logger)
        }
        let usageDoor = UsageDoor(intake: UsageIntake(sites: sites), spool: spool) { door.nudge() }
        func usageDrain(_ connection: Connection) -> UsageDrain {
            UsageDrain(connection: connection, deadLetters: deadLetters, logger: logger)
        }
        let draining = Connection(target)
        let worker = DrainWorker(
            door: door, spool: spool, drain: drain(draining), usageDoor: usageDoor, usageDrain: usageDrain(draining),
            logger: logger)
        let ring = DetectorRing(directory: settings[.runtimeDirectory], group: group, logger: logger)
        let recovering = Connection(target)
        let judging = JudgingWorker(
            door: door, ring: ring,
            recovery: Recovery(
                evidence: StoredEvidence(connection: recovering), drain: drain(recovering), ring: ring, logger: logger),
            logger: logger)
        let keeper = SessionKeeper(door: door, connection: Connection(target), idleSeconds: idle, logger: logger)

        var table = MessageTable(service: "collector")
        table.hotPath = { door.take($0, &$1, $2) }
        table.on(.requestRecord) { envelope, _ throws(WireError) in try await door.take(envelope) }
        table.onImmediately(.usageRecord) { envelope, _ throws(WireError) in try usageDoor.takeUsage(envelope) }
        table.onImmediately(.eventRecord) { envelope, _ throws(WireError) in try usageDoor.takeEvent(envelope) }
        table.onImmediately(.statusGet) { _, _ in
            MessageTable.Reply(.status, status(door, usageDoor, spool, worker, judging, cookies))
        }
        let inherited = ServiceManager.inheritedSockets()
        let http = HTTPDoor(
            parts: [
                HealthRoutes(
                    status: { status(door, usageDoor, spool, worker, judging, cookies) }, isTaking: { spool.hasRoom }),
                EngagementRoutes(settings, door: door, addresses: addresses), TrackerRoutes(settings),
                TraceRoutes(door: usageDoor),
                LinkRoutes(
                    book: LinkBook(target: target), door: door, respectsDoNotTrack: settings[.respectsDoNotTrack]),
            ], logger: logger)
        let serving = try await HTTPService.listening(
            on: inherited["http"].map(ListeningSocket.inherited)
                ?? .path(settings.socketPath("collector.http.sock")),
            logger: logger
        ) { await http.respond($0, $1) }
        let server: LineServer
        let syslog: SyslogDoor
        do {
            server = try await LineServer.start(
                inherited["wire"].map(ListeningSocket.inherited) ?? .path(settings.socketPath("collector.sock")),
                table: table, group: group, logger: logger)
            syslog = try SyslogDoor(
                on: inherited["syslog"].map(ListeningSocket.inherited)
                    ?? .path(settings.socketPath("collector.syslog.sock")),
                door: door, site: sites.fallback, logger: logger)
        } catch {
            await serving.close()
            throw error
        }
        logger.notice("serving", metadata: ["socket": .string(settings.socketPath("collector.sock"))])
        try await Supervisor(
            services: [
                worker, judging, keeper, UsageKeeper(drain: usageDrain(Connection(target)), logger: logger),
                ContentKeeper(
                    connection: Connection(target, statementTimeout: .seconds(600)), logger: logger),
                SpoolFlusher(spool: spool), serving, syslog, Doors(server: server),
                StartupCheck {
                    do { try await SchemaVersion.await(at: target) } catch let mismatch as SchemaVersion.Mismatch {
                        throw Failure(.configuration, mismatch.description, hint: mismatch.hint)
                    }
                },
            ], logger: logger,
            reload: {
                do throws(Failure) {
                    try traits.reloadPlaces()
                    logger.notice("reloaded the geographic database")
                } catch { logger.error("kept the geographic database that was open: \(error)") }
                do throws(Failure) {
                    try traits.reloadAgents()
                    logger.notice("reloaded the user agents' expressions")
                } catch { logger.error("kept the user agents' expressions that were read before: \(error)") }
            }
        ).run()
    }

    private func status(
        _ door: RecordDoor, _ usageDoor: UsageDoor, _ spool: Spool, _ worker: DrainWorker, _ judging: JudgingWorker,
        _ cookies: SessionCookies
    ) -> ServiceStatus {
        let records = door.counters
        let usage = usageDoor.counters
        let drained = worker.counters.withLock { $0 }
        let (live, waiting, verdicts) = door.withIntake { ($0.book.count, $0.schedule.count, $0.unstoredVerdicts) }
        var counters: [String: Double] = [
            "accepted_total": Double(records.accepted), "repeated_total": Double(records.repeated),
            "refused_total": Double(records.refused.values.reduce(0, +)), "stored_total": Double(drained.stored),
            "duplicates_total": Double(drained.duplicates), "dead_letters_total": Double(drained.dead),
            "spool_bytes": Double(spool.pendingBytes), "live_sessions": Double(live),
            "judging_queue": Double(waiting), "verdicts_unstored": Double(verdicts),
            "unjudged_sessions": Double(judging.recovery.waiting), "detectors": Double(judging.ring.count),
            "rejected_cookies_total": Double(cookies.rejectedCount),
        ]
        counters["usage_accepted_total"] = Double(usage.accepted)
        counters["usage_refused_total"] = Double(usage.refused.values.reduce(0, +))
        counters.merge(worker.batches.figures("batch_seconds")) { $1 }
        // What an alarm waits for is there before it happens.
        for reason in ["spool_full", "disk"] { counters["refused_\(reason)_total"] = 0 }
        for (reason, count) in records.refused { counters["refused_\(reason)_total"] = Double(count) }
        for (reason, count) in usage.refused { counters["usage_refused_\(reason)_total"] = Double(count) }
        return ServiceStatus(
            service: "collector", version: Release.version, uptimeMs: WallClock.monotonicMilliseconds - startedAt,
            state: drained.isDatabaseAway
                ? "database_unavailable" : spool.readFailure == nil ? "ok" : "spool_unreadable", counters: counters)
    }
}

/// Forces the spool to the disk every 200 ms.
struct SpoolFlusher: Service {
    let spool: Spool

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(200))
                spool.flush()
            }
        }
        spool.flush()
    }
}

/// Closes the sockets first when the service stops, so that nothing is taken that is not seen to.
struct Doors: Service {
    let server: LineServer

    func run() async throws {
        try? await gracefulShutdown()
        await server.stop()
    }
}
