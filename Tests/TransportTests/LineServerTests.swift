import Glibc
import Logging
import NIOCore
import NIOPosix
import Testing
import Transport
import WeirProtocol

/// A server on a socket of its own, and a client of it.
struct Pair {
    let path: String
    let server: LineServer
    let client: LineClient

    static func start(_ fill: (inout MessageTable) -> Void) async throws -> Pair {
        let path = "/tmp/weir-transport-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
        var table = MessageTable(service: "test")
        table.onImmediately("echo") { envelope, _ in MessageTable.Reply("echoed", envelope.body) }
        fill(&table)
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await LineServer.start(.path(path), table: table, group: group, logger: logger)
        return Pair(path: path, server: server, client: LineClient(path: path, group: group, logger: logger))
    }

    func stop() async {
        await client.close()
        await server.stop(grace: .milliseconds(200))
    }

    /// Sends raw bytes, ends the sending side, and reads until the server closes.
    func raw(_ bytes: [UInt8], halfClose: Bool = true) async -> String {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                continuation.resume(returning: Self.exchange(path, bytes, halfClose: halfClose))
            }
            thread.start()
        }
    }

    private static func exchange(_ path: String, _ bytes: [UInt8], halfClose: Bool) -> String {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard connected == 0 else { return "not connected" }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
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

@Suite struct LineServerTests {
    @Test func answersARequestAndCopiesItsIdAndTrace() async throws {
        let pair = try await Pair.start { _ in }
        let answer = await pair.raw(Array(#"{"v":1,"type":"echo","id":"7","trace":"t","body":{"a":1}}"#.utf8) + [10])
        #expect(answer == #"{"v":1,"type":"echoed","re":"7","trace":"t","body":{"a":1}}"# + "\n")
        await pair.stop()
    }

    @Test(arguments: [
        (#"{"v":1,"type":"nonsense","id":"1"}"#, "unknown_type"), (#"{"v":1,"#, "bad_json"),
        (#"{"v":1,"type":5}"#, "bad_envelope"), (#"{"v":9,"type":"echo","id":"1"}"#, "unsupported_version"),
        (#"{"v":1,"type":"hello","id":"1","body":{"service":"x","versions":[4]}}"#, "unsupported_version"),
        (#"[1]"#, "bad_json"),
    ])
    func refusesABadLineAndGoesOn(line: String, code: String) async throws {
        let pair = try await Pair.start { _ in }
        let answer = await pair.raw(Array((line + "\n" + #"{"type":"echo","id":"2"}"# + "\n").utf8))
        let lines = answer.split(separator: "\n")
        try #require(lines.count == 2)
        #expect(lines[0].contains("\"code\":\"\(code)\""))
        #expect(lines[1].contains("\"re\":\"2\""))
        await pair.stop()
    }

    @Test func closesAfterALineThatIsTooLong() async throws {
        let pair = try await Pair.start { _ in }
        let answer = await pair.raw([UInt8](repeating: UInt8(ascii: "x"), count: 70_000), halfClose: false)
        #expect(answer.contains("too_long"))
        await pair.stop()
    }

    @Test func greets() async throws {
        let pair = try await Pair.start { _ in }
        let answer = await pair.raw(
            Array((#"{"v":1,"type":"hello","body":{"service":"x","versions":[1,2]}}"# + "\n").utf8))
        #expect(answer == #"{"v":1,"type":"hello","body":{"service":"test","versions":[1]}}"# + "\n")
        await pair.stop()
    }

    @Test func answersEveryPipelinedRequestOnceThoughOnlySomeMayBeUnderWay() async throws {
        let pair = try await Pair.start { table in
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

    @Test func defersOnTheHotPathAndFallsBackForOtherLines() async throws {
        let pair = try await Pair.start { table in
            table.hotPath = { line, output, responder in
                switch line.first {
                case UInt8(ascii: "!"):
                    output.append(contentsOf: "now\n".utf8)
                    return .answered
                case UInt8(ascii: "?"):
                    let responder = responder()
                    Task { responder.send(Array("later\n".utf8)) }
                    return .deferred
                default: return .declined
                }
            }
        }
        let answer = await pair.raw(Array("!\n?\n{\"type\":\"echo\",\"id\":\"3\"}\n".utf8))
        #expect(answer.contains("now\n") && answer.contains("later\n") && answer.contains("\"re\":\"3\""))
        await pair.stop()
    }

    @Test func knowsWhoIsConnected() async throws {
        let pair = try await Pair.start { table in
            table.onImmediately("whoami") { _, peer in MessageTable.Reply("you", ["uid": Int(peer?.userID ?? 99_999)]) }
        }
        let reply = try await pair.client.request("whoami", ["x": 1], deadline: .seconds(5))
        #expect(reply.body["uid"]?.integerValue == Int64(getuid()))
        await pair.stop()
    }

    @Test func refusesUsersThatAreNotAllowed() async throws {
        let pair = try await Pair.start { $0.allowedUsers = [getuid() + 1] }
        let answer = await pair.raw(Array(#"{"type":"echo","id":"1"}"#.utf8) + [10], halfClose: false)
        #expect(answer.contains("forbidden") && !answer.contains("echoed"))
        await pair.stop()
    }

    @Test func removesAStaleSocketButNotALiveOne() async throws {
        let pair = try await Pair.start { _ in }
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        await #expect(throws: ListenError.self) {
            _ = try await LineServer.start(
                .path(pair.path), table: MessageTable(service: "second"), group: MultiThreadedEventLoopGroup.singleton,
                logger: logger)
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
        let second = try await LineServer.start(
            .path(stale), table: MessageTable(service: "second"), group: MultiThreadedEventLoopGroup.singleton,
            logger: logger)
        await second.stop(grace: .zero)
        #expect(access(stale, F_OK) != 0)
        await pair.stop()
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
