import Database
import Foundation
import Glibc
import Logging
import NIOPosix
import PostgresSupport
import Testing
import Transport
import WeirProtocol

/// The whole of Weir for one test: a database of its own, sockets and spool in a folder of its own, and the real
/// programs of this build, each with its own database role.
final class Stack {
    /// A service that the stack can run.
    enum Service: Hashable {
        case throttle
        case detector(Int)
        case collector
        case reporter

        var program: String {
            switch self {
            case .throttle: "throttle"
            case .detector: "detector"
            case .collector: "collector"
            case .reporter: "reporter"
            }
        }

        var arguments: [String] {
            if case .detector(let number) = self { ["serve", "--instance", "\(number)"] } else { ["serve"] }
        }

        var socket: String {
            if case .detector(let number) = self { "detector-\(number).sock" } else { program + ".sock" }
        }

        static let all: [Service] = [.throttle, .detector(1), .detector(2), .collector, .reporter]
    }

    /// What went wrong with a service, and the end of what it wrote.
    struct ServiceFailure: Error, CustomStringConvertible {
        var description: String
    }

    /// Everything that the services write, and their sockets.
    let directory: URL
    let database: TestDatabase
    /// Settings beside the paths, as `WEIR_*` variables; they count from the next start or run.
    var environment: [String: String]
    /// What executes a service instead of the tests themselves, by the program's name.
    var wrappers: [String: [String]] = [:]
    private var running: [Service: RunningProduct] = [:]
    private var sockets: [Service: FileHandle] = [:]

    /// A stack over a fresh database of `cluster`, or of the one that all tests share.
    init(cluster: TestCluster? = nil) async throws {
        let home: TestCluster
        if let cluster { home = cluster } else { home = try await TestCluster.shared() }
        database = try await home.makeDatabase()
        // Short, because a socket's path may have 107 bytes.
        directory = URL(fileURLWithPath: "/tmp/weir-stack-\(UInt32.random(in: .min ... .max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        environment = [
            "WEIR_CONFIG": "/dev/null",
            "WEIR_RUNTIME_DIRECTORY": directory.path,
            "WEIR_DATABASE_URL": database.url(),
            "WEIR_COLLECTOR_SPOOL_DIRECTORY": directory.appendingPathComponent("spool").path,
            "WEIR_COLLECTOR_DEAD_DIRECTORY": directory.appendingPathComponent("dead").path,
        ]
    }

    deinit {
        for program in running.values { program.signal(SIGKILL) }
        try? FileManager.default.removeItem(at: directory)
    }

    /// A program with the stack's settings.
    func program(_ name: String, as user: String? = nil) -> Product {
        Product(name: name, environment: environment, user: user)
    }

    /// Keeps the services' sockets from now on, as a service manager does: who connects while a service is restarted waits
    /// for it.
    func keepSockets(of services: [Service] = Service.all) throws {
        for service in services {
            let descriptor = try listeningSocket(at: directory.appendingPathComponent(service.socket).path)
            sockets[service] = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        }
    }

    /// Starts services and returns when each has answered `status.get`.
    func start(_ services: [Service] = Service.all) async throws {
        for service in services {
            var product = program(service.program)
            product.wrapper = wrappers[service.program] ?? []
            product.socket = sockets[service]
            running[service] = try product.launch(service.arguments)
        }
        for service in services { _ = try await status(of: service, within: .seconds(20)) }
    }

    /// Ends a service as an operator would, and returns its exit status.
    @discardableResult
    func stop(_ service: Service) async -> Int32 { await end(service, SIGTERM) }

    /// Ends a service as a crash would.
    func kill(_ service: Service) async { _ = await end(service, SIGKILL) }

    /// Ends everything as an operator would.
    func stopAll() async {
        for service in Service.all.reversed() { await stop(service) }
    }

    /// What a service has logged so far.
    func log(of service: Service) -> String { running[service]?.errors ?? "" }

    /// The process of a service that runs.
    func process(of service: Service) -> Int32? { running[service]?.process }

    /// A service's own account of itself, once it gives one.
    func status(of service: Service, within limit: Duration = .seconds(5)) async throws -> ServiceStatus {
        let reply = try await eventually("\(service) answers status.get", within: limit) { [self] in
            if let program = running[service], program.hasEnded {
                throw ServiceFailure(description: "\(service) ended: \(program.errors.suffix(2000))")
            }
            return try? await ask(service.socket, .statusGet, ["": ""])
        }
        return try reply.decode(ServiceStatus.self)
    }

    /// Asks a socket of the stack one thing over a connection of its own.
    func ask(_ socket: String, _ type: MessageType, _ message: some Encodable) async throws(WireError) -> Envelope {
        let client = LineClient(
            path: directory.appendingPathComponent(socket).path, group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() })
        let result: Result<Envelope, WireError>
        do throws(WireError) {
            result = .success(try await client.request(type, message, deadline: .seconds(5)))
        } catch {
            result = .failure(error)
        }
        await client.close()
        return try result.get()
    }

    /// Returns when the collector has found so many detectors; until then it leaves sessions for later.
    func findsDetectors(_ count: Int) async throws {
        _ = try await eventually("\(count) detectors are found", within: .seconds(20)) { [self] in
            try await status(of: .collector).counters["detectors"] == Double(count) ? true : nil
        }
    }

    /// Has a service read its files anew, and returns when its log has said `answer`.
    func reload(_ service: Service, saying answer: String) async throws {
        Glibc.kill(try #require(process(of: service)), SIGHUP)
        _ = try await eventually(answer, within: .seconds(10)) { [self] in
            log(of: service).contains(answer) ? true : nil
        }
    }

    /// What an SQL expression is of a session, once the session is stored.
    func stored(_ expression: String, of session: SessionID) async throws -> String {
        try await eventually("session \(session) is stored", within: .seconds(10)) { [self] in
            try await column("select \(expression) from user_sessions where session_id = '\(session)'").first
        }
    }

    /// The first column of a query's rows, as text, under a role.
    func column(_ sql: String, as role: String = "weir_operator") async throws -> [String] {
        let text = try await Program.run(
            URL(fileURLWithPath: "/usr/bin/env"), ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql],
            environment: database.environment(as: role))
        return text.split(separator: "\n").map(String.init)
    }

    /// A query's only value, as a whole number.
    func count(_ sql: String) async throws -> Int {
        let values = try await column(sql)
        return try #require(values.first.flatMap { Int($0) }, "\(sql): \(values)")
    }

    private func end(_ service: Service, _ signal: Int32) async -> Int32 {
        guard let program = running.removeValue(forKey: service) else { return 0 }
        program.signal(signal)
        return await program.end
    }
}

/// Asks until there is an answer; the only place where a system test waits for something that cannot be awaited.
func eventually<Answer>(
    _ what: String, within limit: Duration, _ question: () async throws -> Answer?
) async throws -> Answer {
    let deadline = ContinuousClock.now + limit
    while true {
        if let answer = try await question() { return answer }
        guard ContinuousClock.now < deadline else { throw NeverHappened(what: what, limit: limit) }
        try await Task.sleep(for: .milliseconds(50))
    }
}

/// Stops a process until it gets SIGCONT, and returns once each of its threads stands still: `kill` returns before, and
/// on a busy machine they go on for a while.
func halt(_ process: Int32) async throws {
    kill(process, SIGSTOP)
    let tasks = "/proc/\(process)/task"
    _ = try await eventually("process \(process) stands still", within: .seconds(20)) {
        let states = try FileManager.default.contentsOfDirectory(atPath: tasks).map { thread in
            // "12 (name) T 1 …"; the name may hold anything.
            let stat = (try? String(contentsOfFile: "\(tasks)/\(thread)/stat", encoding: .utf8)) ?? ""
            return stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].dropFirst(2).first
        }
        return states.allSatisfy { $0 == "T" } ? true : nil
    }
}

/// Something that a test waited for did not happen in time.
struct NeverHappened: Error, CustomStringConvertible {
    var what: String
    var limit: Duration
    var description: String { "not within \(limit): \(what)" }
}
