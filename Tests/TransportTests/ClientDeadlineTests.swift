import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization
import Testing
import Transport

/// Whom the deadlines end, on a clock that the tests turn.
@Suite struct ClientDeadlineTests {
    /// A connection to a server that answers when it is told to.
    private final class Connection {
        let channel = EmbeddedChannel()
        private let lateness = Lateness()

        init() throws {
            var limits = ClientLimits()
            (limits.silence, limits.patience) = (.seconds(120), .seconds(60))
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
            try ClientDeadline.watch(channel, limits)
            try channel.pipeline.syncOperations.addHandler(lateness)
            channel.connect(to: try SocketAddress(unixDomainSocketPath: "/nowhere"), promise: nil)
        }

        var isOpen: Bool { channel.isActive }
        var lateBodies: Int { lateness.count }

        func send(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

        func answer() throws {
            channel.write(
                HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: .noContent)), promise: nil)
            channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
        }

        func wait(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

        func makeRoom(_ isWritable: Bool) {
            channel.isWritable = isWritable
            channel.pipeline.fireChannelWritabilityChanged()
        }
    }

    private final class Lateness: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        var count = 0

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is ClientDeadline.BodyIsLate { count += 1 }
        }
    }

    private static let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
    private static let whole = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func whatTricklesBuysNoTime() throws {
        let body = try Connection()
        try body.send(Self.head)
        for _ in 0..<59 {
            body.wait(1)
            try body.send("x")
        }
        #expect(body.lateBodies == 0)
        body.wait(1)
        #expect(body.lateBodies == 1)

        let line = try Connection()
        try line.send("GET /")
        for _ in 0..<119 {
            line.wait(1)
            try line.send("x")
        }
        #expect(line.isOpen)
        line.wait(1)
        #expect(!line.isOpen)
        #expect(line.lateBodies == 0)
    }

    @Test func theServersOwnTimeDoesNotCount() throws {
        let connection = try Connection()
        try connection.send(Self.whole + Self.head)
        connection.wait(1000)
        #expect(connection.isOpen && connection.lateBodies == 0)
        // Now the second one's body is waited for.
        try connection.answer()
        connection.wait(59)
        #expect(connection.lateBodies == 0)
        connection.wait(1)
        #expect(connection.lateBodies == 1)
    }

    @Test func eachRequestHasItsOwnTime() throws {
        let connection = try Connection()
        for _ in 0..<5 {
            connection.wait(119)
            try connection.send(Self.head)
            connection.wait(59)
            try connection.send(String(repeating: "x", count: 1000))
            connection.wait(200)
            try connection.answer()
        }
        #expect(connection.isOpen && connection.lateBodies == 0)
        connection.wait(119)
        #expect(connection.isOpen)
        connection.wait(1)
        #expect(!connection.isOpen)
    }

    @Test func aBodyIsAwaitedAfterItsAnswerToo() throws {
        let connection = try Connection()
        try connection.send(Self.head)
        connection.wait(30)
        try connection.answer()
        connection.wait(30)
        #expect(connection.lateBodies == 1)
    }

    @Test func whoMakesNoRoomIsEnded() throws {
        let connection = try Connection()
        try connection.send(Self.whole)
        connection.makeRoom(false)
        connection.wait(59)
        connection.makeRoom(true)
        connection.wait(59)
        connection.makeRoom(false)
        connection.wait(59)
        #expect(connection.isOpen)
        connection.wait(1)
        #expect(!connection.isOpen)
    }

    @Test func refusalsAreToldOnceAMinute() {
        let clock = Mutex(NIODeadline.uptimeNanoseconds(5))
        let log = CollectedLog()
        let refused = RefusedConnections(limit: 7, logger: log.logger) { clock.withLock { $0 } }
        for second in 0..<120 {
            clock.withLock { $0 = .uptimeNanoseconds(5) + .seconds(Int64(second)) }
            refused.note()
        }
        #expect(
            log.lines == [1, 61].map { "closed an HTTP connection at once, since 7 are open; \($0) since the start" })
    }
}

/// A log that tests read.
final class CollectedLog: Sendable {
    private let collected = Mutex<[String]>([])

    var lines: [String] { collected.withLock { $0 } }
    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: CollectedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { log.collected.withLock { $0.append(event.message.description) } }
    }
}
