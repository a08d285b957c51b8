import NIOCore
import NIOPosix
import Synchronization
import Testing

/// A resolver on a loopback port that answers what its test says, lies and silence included.
final class DNSServer: ChannelInboundHandler, Sendable {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    /// The datagrams that answer a question, none for silence. The second argument says how often it was asked.
    typealias Answer = @Sendable (_ query: DNSPacket, _ time: Int) -> [[UInt8]]

    private let answer: Answer
    private let questions = Mutex<[String]>([])

    /// `type name` of every datagram that came, in order.
    var asked: [String] { questions.withLock { $0 } }

    private init(_ answer: @escaping Answer) { self.answer = answer }

    /// Serves for as long as `body` takes, which gets the server and its address.
    static func serving<T: Sendable>(
        _ answer: @escaping Answer, _ body: (DNSServer, SocketAddress) async throws -> T
    ) async throws -> T {
        let server = DNSServer(answer)
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { $0.pipeline.addHandler(server) }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let result = try await body(server, try #require(channel.localAddress))
            try await channel.close()
            return result
        } catch {
            try? await channel.close()
            throw error
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let bytes = Array(envelope.data.readableBytesView)
        guard let query = Self.query(bytes) else { return }
        let question = "\(query.question.type) \(query.question.name)"
        let time = questions.withLock { questions in
            questions.append(question)
            return questions.count { $0 == question }
        }
        for reply in answer(query, time) {
            let sent = AddressedEnvelope(
                remoteAddress: envelope.remoteAddress, data: context.channel.allocator.buffer(bytes: reply))
            context.channel.writeAndFlush(sent, promise: nil)
        }
    }

    /// An empty reply to the query in these bytes.
    private static func query(_ bytes: [UInt8]) -> DNSPacket? {
        guard bytes.count > 12 else { return nil }
        var labels: [String] = []
        var place = 12
        while place < bytes.count, bytes[place] > 0, place + Int(bytes[place]) < bytes.count {
            let size = Int(bytes[place])
            labels.append(String(decoding: bytes[(place + 1)...(place + size)], as: UTF8.self))
            place += size + 1
        }
        guard place + 4 < bytes.count else { return nil }
        var packet = DNSPacket(
            labels.joined(separator: "."), UInt16(bytes[place + 1]) << 8 | UInt16(bytes[place + 2]))
        packet.id = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        return packet
    }
}
