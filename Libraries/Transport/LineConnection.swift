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
    /// Lines of one read that have to wait for room, those from `nextWaiting` on.
    private var waiting: [[UInt8]] = []
    private var nextWaiting = 0
    private var inFlight = 0
    private var asked = 0
    /// What is worked on for this client alone, by the question's number.
    private var work: [Int: Task<Void, Never>] = [:]
    private var peer: PeerCredentials?
    private var context: ChannelHandlerContext?
    private var isReading = true
    private var isDraining = false
    private var hasRefused = false
    private var inputEnded = false

    init(table: MessageTable, logger: Logger) {
        self.table = table
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    /// Whoever has gone is not answered any more: what it asked and nobody has begun with ends here.
    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        waiting = []
        nextWaiting = 0
        output = []
        for task in work.values { task.cancel() }
        work = [:]
    }

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
        do throws(LineFramer.Failure) {
            try buffer.withUnsafeReadableBytes { bytes throws(LineFramer.Failure) in
                try framer.feed(bytes) { line in
                    if hasRoom, waiting.isEmpty { take(line) } else { waiting.append(Array(line)) }
                }
            }
        } catch {
            refuse(WireError(.tooLong, "a line has at most \(Envelope.lineLimit) bytes"))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { proceed() }

    func channelWritabilityChanged(context: ChannelHandlerContext) { proceed() }

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
        asked += 1
        let loop = context!.eventLoop
        return Responder(target: .channel(NIOLoopBound(self, eventLoop: loop), loop, number: asked))
    }

    /// Takes charge of work that is to end with the client.
    func own(_ task: Task<Void, Never>, of number: Int) { work[number] = task }

    /// Whether another line may be begun with: not too many are under way, and not too much is waiting to be sent, be it
    /// to a client that has gone.
    private var hasRoom: Bool { inFlight < LineServer.inFlightLimit && output.count < Self.outputLimit }

    /// Answers for one turn, in bytes; one more may be as long as a line can be.
    private static let outputLimit = 1 << 17

    /// A deferred answer arrives, on the connection's thread.
    func complete(_ line: [UInt8], of number: Int) {
        inFlight -= 1
        work[number] = nil
        guard context != nil else { return }
        output.append(contentsOf: line)
        scheduleTurn()
    }

    private var isTurnScheduled = false

    /// Answers that complete together leave together, and other connections have their turn in between.
    private func scheduleTurn() {
        guard !isTurnScheduled, let context else { return }
        isTurnScheduled = true
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute {
            let connection = bound.value
            connection.isTurnScheduled = false
            connection.takeWaiting()
            connection.proceed()
            connection.closeWhenIdle()
        }
    }

    /// Sends what is ready; what waits has its turn once the client takes that.
    private func proceed() {
        flush()
        regulate()
        if let context, !waiting.isEmpty, hasRoom, context.channel.isWritable { scheduleTurn() }
    }

    private func takeWaiting() {
        while nextWaiting < waiting.count, hasRoom, let context, context.channel.isWritable {
            let next = waiting[nextWaiting]
            nextWaiting += 1
            next.withUnsafeBytes { take($0) }
        }
        guard nextWaiting >= waiting.count else { return }
        waiting.removeAll()
        nextWaiting = 0
    }

    private func flush() {
        guard !output.isEmpty, let context else { return }
        let buffer = context.channel.allocator.buffer(bytes: output)
        // Before it is sent: to send may end in another turn at once.
        output.removeAll(keepingCapacity: output.capacity <= 1 << 18)
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
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
