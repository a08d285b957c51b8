import Logging
import NIOCore
import WeirProtocol

/// One client's connection: cuts lines, looks handlers up, writes replies.
final class LineConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Asks the connection to close once nothing is under way.
    struct Drain: Sendable {}

    private let table: MessageTable
    private let logger: Logger
    private var framer = LineFramer()
    private var output: [UInt8] = []
    private var waiting: [[UInt8]] = []
    private var inFlight = 0
    private var peer: PeerCredentials?
    private var context: ChannelHandlerContext?
    private var isReading = true
    private var isWorking = false
    private var isDraining = false
    private var hasRefused = false
    private var inputEnded = false

    init(table: MessageTable, logger: Logger) {
        self.table = table
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        guard let credentials = PeerCredentials.peer(of: context.channel) else { return admit(nil) }
        // The option is read on this very thread, so the answer is there before the first line.
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        credentials.whenComplete { bound.value.admit(try? $0.get()) }
    }

    private func admit(_ peer: PeerCredentials?) {
        self.peer = peer
        if let allowed = table.allowedUsers, peer.map({ allowed.contains($0.userID) }) != true {
            refuse(WireError(.forbidden, "this socket does not serve user \(peer.map { "\($0.userID)" } ?? "?")"))
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasRefused else { return }
        let buffer = unwrapInboundIn(data)
        isWorking = true
        do throws(LineFramer.Failure) {
            try buffer.withUnsafeReadableBytes { bytes throws(LineFramer.Failure) in
                try framer.feed(bytes) { line in
                    if inFlight >= LineServer.inFlightLimit || !waiting.isEmpty {
                        waiting.append(Array(line))
                    } else {
                        take(line)
                    }
                }
            }
        } catch {
            refuse(WireError(.tooLong, "a line has at most \(Envelope.lineLimit) bytes"))
        }
        isWorking = false
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        flush()
        regulate()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { regulate() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is Drain {
            isDraining = true
            closeWhenIdle()
        } else if case .inputClosed? = event as? ChannelEvent {
            inputEnded = true
            closeWhenIdle()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Works on one line; what can be answered now is appended to `output`.
    private func take(_ line: UnsafeRawBufferPointer) {
        table.take(line, from: peer, &output) { self.makeResponder() }
    }

    private func makeResponder() -> Responder {
        inFlight += 1
        let loop = context!.eventLoop
        return Responder(target: .channel(NIOLoopBound(self, eventLoop: loop), loop))
    }

    /// A deferred answer arrives, on the connection's thread.
    func complete(_ line: [UInt8]) {
        inFlight -= 1
        output.append(contentsOf: line)
        if !isWorking {
            isWorking = true
            while !waiting.isEmpty, inFlight < LineServer.inFlightLimit {
                // A chunk of input holds few lines, so taking the first is cheap enough.
                let next = waiting.removeFirst()
                next.withUnsafeBytes { take($0) }
            }
            isWorking = false
        }
        scheduleFlush()
    }

    private var flushScheduled = false

    /// Answers that complete together leave together.
    private func scheduleFlush() {
        guard !flushScheduled, let context else { return }
        flushScheduled = true
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute {
            let connection = bound.value
            connection.flushScheduled = false
            connection.flush()
            connection.regulate()
            connection.closeWhenIdle()
        }
    }

    private func flush() {
        guard !output.isEmpty, let context else { return }
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: output)), promise: nil)
        output.removeAll(keepingCapacity: output.capacity <= 1 << 17)
    }

    /// Reads while there is room for more work and the client takes its answers.
    private func regulate() {
        guard let context, !hasRefused else { return }
        let wanted = inFlight < LineServer.inFlightLimit && waiting.isEmpty && context.channel.isWritable && !isDraining
        guard wanted != isReading else { return }
        isReading = wanted
        context.channel.setOption(.autoRead, value: wanted).whenFailure { _ in }
    }

    private func refuse(_ error: WireError) {
        guard let context, !hasRefused else { return }
        hasRefused = true
        output.append(contentsOf: Envelope(.error, body: JSONValue(encoding: error)).line)
        closeOnceSent(context)
    }

    private func closeWhenIdle() {
        guard isDraining || inputEnded, inFlight == 0, waiting.isEmpty, let context else { return }
        closeOnceSent(context)
    }

    /// A client that reads slowly still gets what it was answered.
    private func closeOnceSent(_ context: ChannelHandlerContext) {
        flush()
        let channel = context.channel
        channel.writeAndFlush(channel.allocator.buffer(capacity: 0)).whenComplete { _ in channel.close(promise: nil) }
    }
}
