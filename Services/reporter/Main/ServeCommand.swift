import ArgumentParser
import Glibc
import HTTPTransport
import Hummingbird
import Logging
import NIOPosix
import ReporterCore
import Runtime
import ServiceLifecycle
import Transport
import WeirProtocol

/// `reporter serve`: answers commands on reporter.sock and reports over HTTP on reporter.http.sock.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reporter serve", abstract: "Answer reports over sockets.", version: Reporter.version)

    @Option(help: "The configuration file (default /etc/weir/weir.yaml).")
    var config: String?

    @ArgumentParser.Flag(help: "Check the configuration and end.")
    var check = false

    @ArgumentParser.Flag(help: "Print the effective configuration and end.")
    var printConfig = false

    func run() async throws {
        do {
            let settings = try Settings.load(path: config, environment: Environment.current)
            if printConfig { Terminal.write(settings.effective + "\n") }
            _ = try Self.users(settings[.reporterUsers])
            if check || printConfig {
                _ = try Self.accessTokens(settings)
                return
            }
            try await serve(settings)
        } catch let error as Failure {
            Terminal.write("reporter: \(error)\n", to: STDERR_FILENO)
            throw ExitCode(error.status.rawValue)
        } catch let error as ReportError {
            Terminal.write("reporter: \(error.message)\(error.hint.map { "\n  \($0)" } ?? "")\n", to: STDERR_FILENO)
            throw ExitCode(error.exitCode)
        } catch let error as ListenError {
            Terminal.write("reporter: \(error)\n", to: STDERR_FILENO)
            throw ExitCode((error.reason == .noPermission ? ExitStatus.noPermission : .unavailable).rawValue)
        }
    }

    private func serve(_ settings: Settings) async throws {
        var logger = Logger(label: "reporter") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = Logger.Level(rawValue: settings[.logLevel]) ?? .info
        let answers = try Answers(settings, connections: 4, timeout: .seconds(20))
        let door = CommandDoor(answers: answers)
        let counters = Counters()
        let inherited = ServiceManager.inheritedSockets()
        let users = try Self.users(settings[.reporterUsers])

        // Bound before anything runs, so that a second reporter ends here and names the socket that it lacks.
        let server = try await LineServer.start(
            inherited["wire"].map(ListeningSocket.inherited) ?? .path(settings.socketPath("reporter.sock")),
            table: Self.table(door, answers, counters, users: users),
            group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        var services: [any Service] = [WireService(server: server)]
        let http = HTTPDoor(door: door, counters: counters)
        services.append(
            try await HTTPService.listening(
                on: inherited["http"].map(ListeningSocket.inherited)
                    ?? .path(settings.socketPath("reporter.http.sock")),
                logger: logger, welcome: users.map { Self.welcome($0) }, endsWithClient: true,
                responder: http.responder()))
        if let page = try await page(settings, http, inherited["page"], logger) { services.append(page) }
        try await Supervisor(services: services, logger: logger).run()
    }

    /// Refuses everybody but these, as reporter.sock does.
    private static func welcome(_ users: Set<UInt32>) -> @Sendable (PeerCredentials?) -> Response? {
        { peer in
            guard peer.map({ users.contains($0.userID) }) != true else { return nil }
            return HTTPDoor.refusal(
                403,
                ReportError(
                    .forbidden, "This socket does not serve user \(peer.map { String($0.userID) } ?? "?").",
                    hint: "reporter.users names those that it does."))
        }
    }

    /// The tokens that the page's door takes; nil where it takes everybody.
    private static func accessTokens(_ settings: Settings) throws(Failure) -> AccessTokens? {
        let file = settings[.reporterTokensFile]
        return file.isEmpty ? nil : try AccessTokens(path: file)
    }

    /// The page's TCP door: a socket that the service manager made, or the port of `reporter.http`.
    private func page(
        _ settings: Settings, _ http: HTTPDoor, _ inherited: Int32?, _ logger: Logger
    ) async throws -> HTTPService? {
        let address = LoopbackAddress(settings[.reporterHTTP])
        guard inherited != nil || address != nil else { return nil }
        let responder = http.responder(guarding: LoopbackGuard(tokens: try Self.accessTokens(settings)))
        if let inherited {
            return try await HTTPService.listening(on: .inherited(inherited), logger: logger, responder: responder)
        }
        guard let address else { return nil }
        let service = try await HTTPService.listening(
            onHost: address.host, port: address.port, logger: logger, responder: responder)
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        logger.notice("the page is at http://\(host):\(service.port ?? address.port)/")
        return service
    }

    /// The numbers of the users that may connect, this process's own among them; nil for everybody.
    private static func users(_ names: [String]) throws(Failure) -> Set<UInt32>? {
        guard !names.isEmpty else { return nil }
        var users: Set<UInt32> = [geteuid()]
        for name in names {
            guard let number = UInt32(name) ?? getpwnam(name).map({ $0.pointee.pw_uid }) else {
                throw Failure(.configuration, "reporter.users: there is no user \(name)")
            }
            users.insert(number)
        }
        return users
    }

    private static func table(
        _ door: CommandDoor, _ answers: Answers, _ counters: Counters, users: Set<UInt32>?
    ) -> MessageTable {
        let started = WallClock.monotonicMilliseconds
        var table = MessageTable(service: "reporter")
        table.allowedUsers = users
        table.endsWithClient = true
        table.on(.statusGet) { _, _ in
            let state = await answers.isReachable() ? "ok" : "database_unavailable"
            return .init(
                .status,
                ServiceStatus(
                    service: "reporter", version: Reporter.version,
                    uptimeMs: WallClock.monotonicMilliseconds - started, state: state, counters: counters.values))
        }
        table.bareLine = { message, _ in
            let start = ContinuousClock.now
            let answer = await door.answer(message)
            counters.durations.note(start.duration(to: .now))
            counters.count(answer)
            return answer.json
        }
        return table
    }
}

/// The line socket as a part of the service.
private struct WireService: Service {
    let server: LineServer

    func run() async throws {
        try? await gracefulShutdown()
        await server.stop()
    }
}
