import DetectorCore
import NIOCore
import NIOPosix

/// Asks one resolver over UDP, each question from a socket of its own, so that a forger would have to guess its port
/// besides its id.
struct DNSClient: Sendable {
    let resolver: SocketAddress
    let group: any EventLoopGroup
    /// How often a question is sent.
    var attempts = 3
    /// How long each time is waited for a reply.
    var patience = TimeAmount.seconds(1)

    /// The resolver's reply; nil when none came in time, whatever else did.
    func ask(_ question: DNSQuestion) async -> DNSReply? {
        let loop = group.next()
        let promise = loop.makePromise(of: DNSReply?.self)
        let exchange = DNSExchange(question, promise: promise, attempts: attempts, patience: patience, loop: loop)
        let channel: any Channel
        do {
            channel = try await DatagramBootstrap(group: loop)
                .channelInitializer { $0.pipeline.addHandler(exchange) }
                .connect(to: resolver).get()
        } catch {
            promise.succeed(nil)
            return nil
        }
        loop.execute { exchange.send(over: channel) }
        let reply = await withTaskCancellationHandler {
            try? await promise.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
        try? await channel.close()
        return reply ?? nil
    }
}

/// One question under way; everything happens on its event loop.
private final class DNSExchange: ChannelInboundHandler, Sendable {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private struct State {
        var ids: Set<UInt16> = []
        var attemptsLeft: Int
        var isOver = false
    }

    private let question: DNSQuestion
    private let promise: EventLoopPromise<DNSReply?>
    private let patience: TimeAmount
    private let state: NIOLoopBoundBox<State>

    init(
        _ question: DNSQuestion, promise: EventLoopPromise<DNSReply?>, attempts: Int, patience: TimeAmount,
        loop: any EventLoop
    ) {
        self.question = question
        self.promise = promise
        self.patience = patience
        state = .makeBoxSendingValue(State(attemptsLeft: attempts), eventLoop: loop)
    }

    func send(over channel: any Channel) {
        guard !state.value.isOver else { return }
        guard state.value.attemptsLeft > 0 else { return finish(nil) }
        state.value.attemptsLeft -= 1
        // A late reply to an earlier datagram is as good.
        let id = UInt16.random(in: .min ... .max)
        state.value.ids.insert(id)
        if let remote = channel.remoteAddress {
            let envelope = AddressedEnvelope(
                remoteAddress: remote, data: channel.allocator.buffer(bytes: question.datagram(id: id)))
            channel.writeAndFlush(envelope, promise: nil)
        }
        channel.eventLoop.scheduleTask(in: patience) { self.send(over: channel) }
    }

    /// What is no reply to this question may come from anybody, and ends nothing.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let datagram = unwrapInboundIn(data).data
        guard let reply = try? DNSReply(Array(datagram.readableBytesView)), state.value.ids.contains(reply.id),
            reply.question == question
        else { return }
        finish(reply)
    }

    /// A refused port says so here; the resolver may be starting.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    func channelInactive(context: ChannelHandlerContext) { finish(nil) }

    private func finish(_ reply: DNSReply?) {
        guard !state.value.isOver else { return }
        state.value.isOver = true
        promise.succeed(reply)
    }
}
