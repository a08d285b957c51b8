import Logging
import NIOCore
import NIOPosix
import WeirProtocol

/// What a `LineClient` knows, confined to its event loop.
final class ClientState {
    private let path: String
    private let loop: any EventLoop
    private let logger: Logger
    private var channel: (any Channel)?
    private var isConnecting = false
    private var isClosed = false
    private var failures = 0
    private var isDenied = false
    private var retryAt = NIODeadline.uptimeNanoseconds(0)
    private var nextID: UInt64 = 0
    private var pending: [String: Pending] = [:]
    private var waiting: [(Bool) -> Void] = []
    private var output: [UInt8] = []
    private var flushScheduled = false
    var connected: (@Sendable () -> Void)?

    private struct Pending {
        let finish: (Result<[UInt8], WireError>) -> Void
        let timer: Scheduled<Void>
    }

    init(path: String, loop: any EventLoop, logger: Logger) {
        self.path = path
        self.loop = loop
        self.logger = logger
    }

    private var unavailable: WireError {
        isDenied
            ? WireError(.forbidden, "permission denied at \(path)")
            : WireError(.unavailable, "\(path) does not answer")
    }

    func send(
        _ make: @escaping (String) -> [UInt8], _ deadline: TimeAmount,
        _ finish: @escaping (Result<[UInt8], WireError>) -> Void
    ) {
        guard pending.count < LineClient.pendingLimit else {
            finish(.failure(WireError(.overloaded, "\(LineClient.pendingLimit) requests wait for \(path)")))
            return
        }
        nextID &+= 1
        let id = String(nextID, radix: 36)
        let bound = NIOLoopBound(self, eventLoop: loop)
        let timer = loop.scheduleTask(in: deadline) { bound.value.settle(id, .failure(bound.value.unavailable)) }
        pending[id] = Pending(finish: finish, timer: timer)
        whenConnected { [self] isThere in
            // The deadline may have passed while connecting.
            guard pending[id] != nil else { return }
            if isThere { enqueue(make(id)) } else { settle(id, .failure(unavailable)) }
        }
    }

    func send(event line: [UInt8]) {
        whenConnected { [self] isThere in
            if isThere { enqueue(line) }
        }
    }

    func reach(_ deadline: TimeAmount, _ finish: @escaping (Bool) -> Void) {
        var finished = false
        let once: (Bool) -> Void = { isThere in
            if !finished { finish(isThere) }
            finished = true
        }
        let box = NIOLoopBound(once, eventLoop: loop)
        let timer = loop.scheduleTask(in: deadline) { box.value(false) }
        whenConnected { isThere in
            timer.cancel()
            once(isThere)
        }
    }

    func shutDown() {
        isClosed = true
        channel?.close(promise: nil)
        lost(nil)
    }

    private func whenConnected(_ action: @escaping (Bool) -> Void) {
        if channel != nil { return action(true) }
        if isClosed || (!isConnecting && NIODeadline.now() < retryAt) { return action(false) }
        guard waiting.count < LineClient.pendingLimit else { return action(false) }
        waiting.append(action)
        if !isConnecting { connect() }
    }

    private func connect() {
        isConnecting = true
        let bound = NIOLoopBound(self, eventLoop: loop)
        ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ReplyHandler(state: bound.value))
                }
            }
            .connect(unixDomainSocketPath: path)
            .whenComplete { result in bound.value.settled(connection: result) }
    }

    private func settled(connection: Result<any Channel, any Error>) {
        isConnecting = false
        let actions = waiting
        waiting = []
        switch connection {
        case .success(let made) where !isClosed:
            channel = made
            failures = 0
            isDenied = false
            connected?()
        case .success(let made):
            made.close(promise: nil)
        case .failure(let error):
            failures += 1
            isDenied = (error as? IOError)?.errnoCode == EACCES
            backOff()
            if failures == 1 { logger.warning("\(path) is away: \(error)") }
        }
        let isThere = channel != nil
        for action in actions { action(isThere) }
    }

    /// 20 ms doubling to 2 s, each between half and whole, so that clients do not return in step.
    private func backOff() {
        let ceiling = min(Int64(20) << Int64(min(failures, 7)), 2000)
        retryAt = .now() + .milliseconds(Int64.random(in: ceiling / 2...ceiling))
    }

    private func enqueue(_ line: [UInt8]) {
        output.append(contentsOf: line)
        guard !flushScheduled else { return }
        flushScheduled = true
        let bound = NIOLoopBound(self, eventLoop: loop)
        // Requests that are made together leave together.
        loop.execute { bound.value.flush() }
    }

    private func flush() {
        flushScheduled = false
        guard let channel, !output.isEmpty else { return }
        channel.writeAndFlush(channel.allocator.buffer(bytes: output), promise: nil)
        output.removeAll(keepingCapacity: output.capacity <= 1 << 18)
    }

    func received(_ line: UnsafeRawBufferPointer) {
        guard let id = Self.answeredID(line) else {
            // A server that does not serve this client says so before it closes.
            if let word = try? Envelope(line: line), word.type == .error, let error = try? word.decode(WireError.self) {
                for id in Array(pending.keys) { settle(id, .failure(error)) }
            } else {
                logger.warning("\(path) sent a line that answers nothing")
            }
            return
        }
        settle(id, .success(Array(line)))
    }

    private func settle(_ id: String, _ result: Result<[UInt8], WireError>) {
        guard let waiting = pending.removeValue(forKey: id) else { return }
        waiting.timer.cancel()
        waiting.finish(result)
    }

    func lost(_ gone: (any Channel)?) {
        if let gone, let channel, gone !== channel { return }
        channel = nil
        output = []
        failures += 1
        backOff()
        for id in Array(pending.keys) { settle(id, .failure(unavailable)) }
    }

    /// The `re` of a reply without parsing all of it: our servers write it among the first fields. A line in which it
    /// is not found that way is parsed.
    private static func answeredID(_ line: UnsafeRawBufferPointer) -> String? {
        let marker = Array(#""re":""#.utf8)
        let head = UnsafeRawBufferPointer(rebasing: line.prefix(96))
        var start = 0
        while start + marker.count < head.count {
            if head[start..<start + marker.count].elementsEqual(marker) {
                let id = head[(start + marker.count)...].prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
                let end = start + marker.count + id.count
                if end < head.count, head[end] == UInt8(ascii: "\"") { return String(decoding: id, as: UTF8.self) }
                break
            }
            start += 1
        }
        return (try? Envelope(line: line))?.re
    }
}

/// Cuts replies out of what the server sends.
private final class ReplyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let state: ClientState
    private var framer = LineFramer(limit: 1 << 24)

    init(state: ClientState) { self.state = state }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        do throws(LineFramer.Failure) {
            try buffer.withUnsafeReadableBytes { bytes throws(LineFramer.Failure) in
                try framer.feed(bytes) { state.received($0) }
            }
        } catch { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { state.lost(context.channel) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
