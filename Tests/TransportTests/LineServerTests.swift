import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
import Testing
import Transport
import WeirProtocol

/// The two servers, which do the same for whoever is connected.
enum ServerKind: CaseIterable {
    case channel, direct

    func start(_ path: String, _ table: MessageTable) async throws -> any StoppableServer {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        switch self {
        case .channel:
            return try await LineServer.start(
                .path(path), table: table, group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        case .direct: return try DirectServer.start(.path(path), table: table, logger: logger)
        }
    }
}

protocol StoppableServer: Sendable {
    var connectionCount: Int { get }
    func stop(grace: Duration) async
}

extension LineServer: StoppableServer {}
extension DirectServer: StoppableServer {}

/// A server on a socket of its own, and a client of it.
struct Pair {
    let path: String
    let server: any StoppableServer
    let client: LineClient

    static func start(
        _ kind: ServerKind = .channel, _ fill: (inout MessageTable) -> Void
    ) async throws -> Pair {
        let path = "/tmp/weir-transport-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
        var table = MessageTable(service: "test")
        table.onImmediately("echo") { envelope, _ in MessageTable.Reply("echoed", envelope.body) }
        fill(&table)
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await kind.start(path, table)
        return Pair(path: path, server: server, client: LineClient(path: path, group: group, logger: logger))
    }

    func stop() async {
        await client.close()
        await server.stop(grace: .milliseconds(200))
    }

    /// Sends raw bytes, ends the sending side, and reads until the server closes.
    func raw(_ bytes: [UInt8], pieces: Int = .max, halfClose: Bool = true) async -> String {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                continuation.resume(returning: Self.exchange(path, bytes, pieces, halfClose: halfClose))
            }
            thread.start()
        }
    }

    /// A connection of its own; nil when nobody listens.
    static func connected(_ path: String) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Sends without reading until the server takes no more, has another client served meanwhile, then reads all.
    func stuff(_ bytes: [UInt8]) async -> (bytes: Int, stalled: Bool) {
        await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: Self.stuff(path, bytes)) }
            thread.start()
        }
    }

    private static func stuff(_ path: String, _ bytes: [UInt8]) -> (bytes: Int, stalled: Bool) {
        guard let descriptor = connected(path) else { return (0, false) }
        defer { close(descriptor) }
        var (sent, answers, stalled) = (0, 0, false)
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if count > 0 {
                sent += count
                continue
            }
            if !stalled {
                stalled = true
                guard exchange(path, Array("x\n".utf8), .max, halfClose: true).utf8.count == 1024 else {
                    return (0, false)
                }
            }
            let received = recv(descriptor, &chunk, chunk.count, 0)
            guard received > 0 else { return (answers, stalled) }
            answers += received
        }
        shutdown(descriptor, Int32(SHUT_WR))
        while true {
            let received = recv(descriptor, &chunk, chunk.count, 0)
            guard received > 0 else { return (answers, stalled) }
            answers += received
        }
    }

    private static func exchange(_ path: String, _ bytes: [UInt8], _ pieces: Int, halfClose: Bool) -> String {
        guard let descriptor = connected(path) else { return "not connected" }
        defer { close(descriptor) }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, min($0.count, pieces), Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            sent += count
        }
        if halfClose { shutdown(descriptor, Int32(SHUT_WR)) }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            answer.append(contentsOf: chunk[..<count])
        }
        return String(decoding: answer, as: UTF8.self)
    }
}

/// A plain thread, so that blocking calls stay off the cooperative pool.
struct Thread {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    func start() {
        var handle = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        pthread_create(
            &handle, nil,
            { argument in
                Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, box.toOpaque())
        pthread_detach(handle)
    }
    final class Box {
        let body: @Sendable () -> Void; init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

extension MessageType: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}

/// Answers that are put off.
private final class Held: Sendable {
    private let responders = Mutex<[Responder]>([])

    var count: Int { responders.withLock { $0.count } }

    func add(_ responder: Responder) { responders.withLock { $0.append(responder) } }

    func takeAll() -> [Responder] {
        responders.withLock { held in
            defer { held = [] }
            return held
        }
    }
}

@Suite struct LineServerTests {
    @Test(arguments: ServerKind.allCases) func answersARequestAndCopiesItsIdAndTrace(kind: ServerKind) async throws {
        let pair = try await Pair.start(kind) { _ in }
        let answer = await pair.raw(Array(#"{"v":1,"type":"echo","id":"7","trace":"t","body":{"a":1}}"#.utf8) + [10])
        #expect(answer == #"{"v":1,"type":"echoed","re":"7","trace":"t","body":{"a":1}}"# + "\n")
        await pair.stop()
    }

    @Test(
        arguments: ServerKind.allCases,
        [
            (#"{"v":1,"type":"nonsense","id":"1"}"#, "unknown_type"), (#"{"v":1,"#, "bad_json"),
            (#"{"v":1,"type":5}"#, "bad_envelope"), (#"{"v":9,"type":"echo","id":"1"}"#, "unsupported_version"),
            (#"{"v":1,"type":"hello","id":"1","body":{"service":"x","versions":[4]}}"#, "unsupported_version"),
            (#"[1]"#, "bad_json"),
        ])
    func refusesABadLineAndGoesOn(kind: ServerKind, bad: (line: String, code: String)) async throws {
        let pair = try await Pair.start(kind) { _ in }
        let answer = await pair.raw(Array((bad.line + "\n" + #"{"type":"echo","id":"2"}"# + "\n").utf8))
        let lines = answer.split(separator: "\n")
        try #require(lines.count == 2)
        #expect(lines[0].contains("\"code\":\"\(bad.code)\""))
        #expect(lines[1].contains("\"re\":\"2\""))
        await pair.stop()
    }

    @Test(arguments: ServerKind.allCases) func closesAfterALineThatIsTooLong(kind: ServerKind) async throws {
        let pair = try await Pair.start(kind) { _ in }
        let answer = await pair.raw([UInt8](repeating: UInt8(ascii: "x"), count: 70_000), halfClose: false)
        #expect(answer.contains("too_long"))
        await pair.stop()
    }

    @Test(arguments: ServerKind.allCases) func greets(kind: ServerKind) async throws {
        let pair = try await Pair.start(kind) { _ in }
        let answer = await pair.raw(
            Array((#"{"v":1,"type":"hello","body":{"service":"x","versions":[1,2]}}"# + "\n").utf8))
        #expect(answer == #"{"v":1,"type":"hello","body":{"service":"test","versions":[1]}}"# + "\n")
        await pair.stop()
    }

    @Test(arguments: ServerKind.allCases) func answersEveryPipelinedRequestOnceThoughOnlySomeMayBeUnderWay(
        kind: ServerKind
    ) async throws {
        let pair = try await Pair.start(kind) { table in
            table.on("slow") { envelope, _ in
                await Task.yield()
                return MessageTable.Reply("slowed", envelope.body)
            }
        }
        let client = pair.client
        let total = 1000
        let answered = await withTaskGroup(of: Int64?.self) { group in
            for number in 0..<total {
                group.addTask {
                    let reply = try? await client.request("slow", ["n": number], deadline: .seconds(20))
                    return reply?.body["n"]?.integerValue
                }
            }
            return await group.reduce(into: Set<Int64>()) { if let number = $1 { $0.insert(number) } }
        }
        #expect(answered.count == total)
        await pair.stop()
    }

    @Test(arguments: ServerKind.allCases) func defersOnTheHotPathAndFallsBackForOtherLines(kind: ServerKind)
        async throws
    {
        let pair = try await Pair.start(kind) { table in
            table.hotPath = { line, output, responder in
                switch line.first {
                case UInt8(ascii: "!"):
                    output.append(contentsOf: "now\n".utf8)
                    return .answered
                case UInt8(ascii: "?"):
                    let responder = responder()
                    Task { responder.send(Array("later\n".utf8)) }
                    return .deferred
                case UInt8(ascii: "#"):
                    // Before the line is dealt with, as a full queue refuses.
                    responder().send(Array("at once\n".utf8))
                    return .deferred
                default: return .declined
                }
            }
        }
        let answer = await pair.raw(Array("!\n?\n#\n#\n{\"type\":\"echo\",\"id\":\"3\"}\n".utf8))
        #expect(answer.contains("now\n") && answer.contains("later\n") && answer.contains("\"re\":\"3\""))
        #expect(answer.split(separator: "\n").count { $0 == "at once" } == 2)
        await pair.stop()
    }

    @Test(arguments: ServerKind.allCases) func knowsWhoIsConnected(kind: ServerKind) async throws {
        let pair = try await Pair.start(kind) { table in
            table.onImmediately("whoami") { _, peer in MessageTable.Reply("you", ["uid": Int(peer?.userID ?? 99_999)]) }
        }
        let reply = try await pair.client.request("whoami", ["x": 1], deadline: .seconds(5))
        #expect(reply.body["uid"]?.integerValue == Int64(getuid()))
        await pair.stop()
    }

    @Test(arguments: ServerKind.allCases) func refusesUsersThatAreNotAllowed(kind: ServerKind) async throws {
        let pair = try await Pair.start(kind) { $0.allowedUsers = [getuid() + 1] }
        let answer = await pair.raw(Array(#"{"type":"echo","id":"1"}"#.utf8) + [10], halfClose: false)
        #expect(answer.contains("forbidden") && !answer.contains("echoed"))
        await pair.stop()
    }

    @Test(arguments: ServerKind.allCases) func removesAStaleSocketButNotALiveOne(kind: ServerKind) async throws {
        let pair = try await Pair.start(kind) { _ in }
        await #expect(throws: ListenError.self) {
            _ = try await kind.start(pair.path, MessageTable(service: "second"))
        }
        let stale = pair.path + "-stale"
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: stale.utf8) }
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        close(descriptor)
        let second = try await kind.start(stale, MessageTable(service: "second"))
        await second.stop(grace: .zero)
        #expect(access(stale, F_OK) != 0)
        await pair.stop()
    }

    /// Whoever leaves with more lines sent than may be under way harms nobody, however late its answers are.
    @Test(arguments: ServerKind.allCases) func outlivesWhoLeavesWithLinesThatWait(kind: ServerKind) async throws {
        let held = Held()
        let pair = try await Pair.start(kind) { table in
            table.hotPath = { line, _, responder in
                guard line.first == UInt8(ascii: "?") else { return .declined }
                held.add(responder())
                return .deferred
            }
        }
        let descriptor = try #require(Pair.connected(pair.path))
        let lines = [UInt8](repeatElement("?\n".utf8, count: 600).joined())
        #expect(send(descriptor, lines, lines.count, Int32(MSG_NOSIGNAL)) == lines.count)
        while held.count < LineServer.inFlightLimit { await Task.yield() }
        close(descriptor)
        while pair.server.connectionCount > 0 {
            for responder in held.takeAll() { responder.send(Array("late\n".utf8)) }
            await Task.yield()
        }
        for responder in held.takeAll() { responder.send(Array("later\n".utf8)) }
        let reply = try await pair.client.request("echo", ["n": 1], deadline: .seconds(20))
        #expect(reply.type == "echoed")
        await pair.stop()
    }

    /// Answers that nobody takes are kept up to a bound. Then the client is read no further, and the others are served.
    @Test(arguments: ServerKind.allCases) func readsNoFurtherWhoTakesNoAnswers(kind: ServerKind) async throws {
        let answer = [UInt8](repeating: UInt8(ascii: "a"), count: 1023) + [10]
        let pair = try await Pair.start(kind) { table in
            table.hotPath = { _, output, _ in
                output.append(contentsOf: answer)
                return .answered
            }
        }
        let question = [UInt8](repeating: UInt8(ascii: "q"), count: 63) + [10]
        let got = await pair.stuff(Array(repeatElement(question, count: 12_000).joined()))
        #expect(got.bytes == 12_000 * 1024)
        #expect(got.stalled)
        await pair.stop()
    }

    @Test(arguments: ServerKind.allCases) func joinsLinesThatComeInPieces(kind: ServerKind) async throws {
        let pair = try await Pair.start(kind) { _ in }
        let body = String(repeating: "x", count: 30_000)
        let line = Array((#"{"type":"echo","id":"1","body":{"a":"\#(body)"}}"# + "\r\n").utf8)
        let answer = await pair.raw(line + line + Array("\n\n".utf8) + line + Array("{\"type\":".utf8), pieces: 1000)
        #expect(answer.split(separator: "\n").count == 3)
        #expect(answer.utf8.count > 90_000)
        await pair.stop()
    }

    @Test(arguments: ServerKind.allCases) func servesOthersBesideManyThatSayNothing(kind: ServerKind) async throws {
        let pair = try await Pair.start(kind) { _ in }
        let idle = try (0..<1000).map { index in
            let descriptor = try #require(Pair.connected(pair.path))
            // Half of them have begun a line.
            if index % 2 == 0 { _ = send(descriptor, "{\"ty", 5, Int32(MSG_NOSIGNAL)) }
            return descriptor
        }
        for number in 0..<20 {
            let reply = try await pair.client.request("echo", ["n": number], deadline: .seconds(10))
            #expect(reply.body["n"]?.integerValue == Int64(number))
        }
        // They are connected once the kernel has them, and counted once the server has taken them.
        while pair.server.connectionCount < 1001 { await Task.yield() }
        for descriptor in idle { close(descriptor) }
        await pair.stop()
        #expect(pair.server.connectionCount == 0)
    }

    /// What is under way when the server stops is still answered.
    @Test(arguments: ServerKind.allCases) func finishesWhatIsUnderWay(kind: ServerKind) async throws {
        let (begun, hasBegun) = AsyncStream.makeStream(of: Void.self)
        let (allowed, allow) = AsyncStream.makeStream(of: Void.self)
        let pair = try await Pair.start(kind) { table in
            table.on("slow") { envelope, _ in
                hasBegun.yield()
                for await _ in allowed { break }
                return MessageTable.Reply("slowed", envelope.body)
            }
        }
        async let reply = pair.client.request("slow", ["a": 1], deadline: .seconds(20))
        for await _ in begun { break }
        async let stopped: Void = pair.server.stop(grace: .seconds(10))
        while access(pair.path, F_OK) == 0 { await Task.yield() }
        allow.yield()
        #expect(try await reply.type == "slowed")
        await stopped
        await pair.client.close()
    }
}

@Suite struct LineClientTests {
    @Test func failsAtOnceWithoutAServerAndComesBack() async throws {
        let pair = try await Pair.start { _ in }
        await pair.server.stop(grace: .zero)
        let gone = await #expect(throws: WireError.self) {
            _ = try await pair.client.request("echo", ["a": 1], deadline: .seconds(5))
        }
        #expect(gone?.code == .unavailable)
        var table = MessageTable(service: "again")
        table.onImmediately("echo") { envelope, _ in MessageTable.Reply("echoed", envelope.body) }
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let again = try await LineServer.start(
            .path(pair.path), table: table, group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        var reply: Envelope?
        let deadline = ContinuousClock.now + .seconds(10)
        while reply == nil, ContinuousClock.now < deadline {
            reply = try? await pair.client.request("echo", ["a": 1], deadline: .seconds(1))
        }
        #expect(reply?.type == "echoed")
        await pair.client.close()
        await again.stop(grace: .zero)
    }

    @Test func givesUpAtTheDeadline() async throws {
        let pair = try await Pair.start { table in
            table.on("never") { _, _ throws(WireError) in
                try? await Task.sleep(for: .seconds(3))
                throw WireError(.unavailable, "late")
            }
        }
        let given = await #expect(throws: WireError.self) {
            _ = try await pair.client.request("never", ["a": 1], deadline: .milliseconds(30))
        }
        // The client's own words, not the server's late ones.
        #expect(given?.message.contains("does not answer") == true)
        await pair.client.close()
        await pair.server.stop(grace: .zero)
    }
}
