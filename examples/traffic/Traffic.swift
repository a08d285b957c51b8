import ArgumentParser
import Glibc
import Logging
import NIOPosix
import WeirClient
import WeirProtocol

/// Made-up traffic through the real gateway path, for trying Weir out and for testing it.
@main struct Traffic: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "traffic",
        abstract: "Plays a minute of made-up traffic through throttle.check and request.record.",
        discussion: """
            People, declared crawlers, a feed reader, a scanner, a scraper and an impatient client visit an imaginary \
            shop. The same seed gives the same requests. Exit status: 0 done, 3 the throttle or the collector is away.
            """)

    @Option(help: "Where the services' sockets are.")
    var runtimeDirectory = ProcessEnvironment.value("WEIR_RUNTIME_DIRECTORY") ?? "var/run"

    @Option(help: "How long the minute takes: 90s, 2m. People read the faster the shorter it is.")
    var duration = Span(seconds: 60)

    @Option(help: "What the made-up visitors do follows from this number.")
    var seed: UInt64 = 1

    @Option(help: "How many people there are among the machines, 1...2000.")
    var people = 40

    @Option(help: "Write who was sent, and which sessions they came out as, one JSON object a line.")
    var ledger: String?

    func validate() throws {
        guard (1...2000).contains(people) else { throw ValidationError("--people must be from 1 to 2000") }
    }

    func run() async throws {
        // The deadlines are a patient gateway's: on a busy machine a lost cookie would make two sessions out of one.
        let client = GatewayClient(
            runtimeDirectory: runtimeDirectory, group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "traffic") { _ in SwiftLogNoOpLogHandler() }, checkDeadline: .seconds(1),
            recordDeadline: .seconds(5))
        _ = await client.check(ThrottleCheck(ip: "198.19.255.1", cost: 0))
        guard client.counters.bypassed == 0 else { throw away("throttle") }

        let plan = TrafficPlan(seed: seed, people: people)
        let player = Player(client: client, duration: .seconds(duration.seconds))
        let progress = Task { await showProgress(player, of: plan.requestCount) }
        defer { progress.cancel() }
        let outcomes: [VisitOutcome]
        do { outcomes = try await player.play(plan) } catch is Player.Failure { throw away("collector") }
        progress.cancel()
        await progress.value
        await client.close()
        if let ledger { try write(outcomes, to: ledger) }
        print(TrafficSummary(outcomes: outcomes))
        let bypassed = client.counters.bypassed
        if bypassed > 0 { say("\(bypassed) requests went by without an answer of the throttle\n") }
    }

    private func away(_ service: String) -> ExitCode {
        say("traffic: the \(service) does not answer at \(runtimeDirectory)/\(service).sock; make run starts it\n")
        return ExitCode(3)
    }

    private func showProgress(_ player: Player, of total: Int) async {
        let interactive = isatty(2) == 1
        var seconds = 0
        while !Task.isCancelled {
            if interactive {
                say("\r  \(player.requestsSent) of \(total) requests, \(seconds) s")
            } else if seconds % 10 == 0 {
                say("  \(player.requestsSent) of \(total) requests, \(seconds) s\n")
            }
            try? await Task.sleep(for: .seconds(1))
            seconds += 1
        }
        if interactive { say("\r\u{1B}[K") }
    }

    private func write(_ outcomes: [VisitOutcome], to path: String) throws {
        guard let file = fopen(path, "w") else {
            let code = errno
            say("traffic: cannot write \(path): \(String(cString: strerror(code)))\n")
            throw ExitCode(code == EACCES ? 5 : 1)
        }
        defer { fclose(file) }
        for outcome in outcomes {
            let line = JSONValue(encoding: outcome).serialized() + [UInt8(ascii: "\n")]
            fwrite(line, 1, line.count, file)
        }
    }
}

/// Standard output is for data; this is for everything else.
private func say(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(2, bytes, bytes.count)
}

/// The environment, as far as defaults come from it.
private enum ProcessEnvironment {
    static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// A length of time as it is written on a command line: 45, 45s or 2m.
struct Span: ExpressibleByArgument, CustomStringConvertible {
    /// 1...86,400.
    var seconds: Int

    init(seconds: Int) { self.seconds = seconds }

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        let units = ["": 1, "s": 1, "m": 60, "h": 3600]
        guard let number = Int(digits), let unit = units[String(argument.dropFirst(digits.count))] else { return nil }
        guard (1...86_400).contains(number), number * unit <= 86_400 else { return nil }
        seconds = number * unit
    }

    var description: String { "\(seconds)s" }
    var defaultValueDescription: String { description }
}
