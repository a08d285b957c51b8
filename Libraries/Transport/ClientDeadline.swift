public import NIOCore
public import NIOHTTP1

/// Ends HTTP connections whose clients keep the server waiting: for a request, for the rest of one, or for room to send.
///
/// Time that the server takes itself does not count. What has come already buys no time: a body that trickles is as late
/// as one that never comes.
public final class ClientDeadline: ChannelDuplexHandler {
    public typealias InboundIn = HTTPServerRequestPart
    public typealias InboundOut = HTTPServerRequestPart
    public typealias OutboundIn = HTTPServerResponsePart
    public typealias OutboundOut = HTTPServerResponsePart

    /// The body is not whole in time: an event for the handlers behind, which answer, or close the connection.
    public struct BodyIsLate: Sendable {}

    private enum Awaited { case request, body, nothing }

    private let limits: ClientLimits
    private var isReading = false
    private var unanswered = 0
    private var awaited = Awaited.nothing
    /// By when what is awaited has to be there.
    private var sending: NIODeadline?
    /// By when the client has to have made room.
    private var taking: NIODeadline?
    private var alarm: (due: NIODeadline, task: Scheduled<Void>)?

    private init(_ limits: ClientLimits) { self.limits = limits }

    /// Adds one to a pipeline whose decoder is there already.
    /// - Throws: when there is no decoder.
    public static func watch(_ channel: any Channel, _ limits: ClientLimits) throws {
        let pipeline = channel.pipeline.syncOperations
        let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        try pipeline.addHandler(ClientDeadline(limits), position: .after(decoder))
    }

    public func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { progress(context) }
    }

    public func channelActive(context: ChannelHandlerContext) {
        progress(context)
        context.fireChannelActive()
    }

    public func handlerRemoved(context: ChannelHandlerContext) { alarm?.task.cancel() }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            isReading = true
            unanswered += 1
            progress(context)
        case .body: break
        case .end:
            isReading = false
            progress(context)
        }
        context.fireChannelRead(data)
    }

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let isEnd = if case .end = unwrapOutboundIn(data) { true } else { false }
        context.write(data, promise: promise)
        guard isEnd else { return }
        // What is no request is answered as well.
        unanswered = max(0, unanswered - 1)
        progress(context)
    }

    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        taking = context.channel.isWritable ? nil : context.eventLoop.now + limits.patience
        setAlarm(context)
        context.fireChannelWritabilityChanged()
    }

    private func progress(_ context: ChannelHandlerContext) {
        // A body behind requests that are not answered yet may be waiting for the server.
        let next: Awaited = isReading ? (unanswered <= 1 ? .body : .nothing) : unanswered == 0 ? .request : .nothing
        guard next != awaited else { return }
        awaited = next
        switch next {
        case .request: sending = context.eventLoop.now + limits.silence
        case .body: sending = context.eventLoop.now + limits.patience
        case .nothing: sending = nil
        }
        setAlarm(context)
    }

    /// An alarm that rings early is set anew then, so that a busy connection need not move it with each request.
    private func setAlarm(_ context: ChannelHandlerContext) {
        guard let due = [sending, taking].compactMap({ $0 }).min() else { return }
        if let alarm {
            guard due < alarm.due else { return }
            alarm.task.cancel()
        }
        alarm = (due, context.eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.ring(context) })
    }

    private func ring(_ context: ChannelHandlerContext) {
        alarm = nil
        let now = context.eventLoop.now
        if let taking, taking <= now { return context.close(promise: nil) }
        if let sending, sending <= now {
            self.sending = nil
            guard awaited == .body else { return context.close(promise: nil) }
            context.fireUserInboundEventTriggered(BodyIsLate())
        }
        setAlarm(context)
    }
}
