import Logging
import NIOCore
import NIOPosix
import Synchronization
import ThrottleCore

/// The connection to the server that several throttles share: one, kept, pipelined, made anew when it is lost.
///
/// Nobody waits for a server that is away: without a connection, and from the first answer that is late until the server
/// answers again, every question is answered at once with nil, and memory decides.
final class RedisLink: Sendable {
    /// How long an answer may take.
    static let standardDeadline = TimeAmount.milliseconds(5)
    /// Questions under way; further ones are memory's.
    static let pendingLimit = 4096

    private struct Counters {
        var answered: UInt64 = 0
        var bypassed: UInt64 = 0
    }

    let address: RedisAddress
    /// Whether the server is there.
    let presence = RedisPresence()
    private let loop: any EventLoop
    private let state: NIOLoopBoundBox<RedisState>
    private let counters = Mutex(Counters())

    init(
        _ address: RedisAddress, group: any EventLoopGroup, logger: Logger,
        deadline: TimeAmount = RedisLink.standardDeadline
    ) {
        self.address = address
        loop = group.next()
        state = NIOLoopBoundBox.makeBoxSendingValue(
            RedisState(address: address, presence: presence, deadline: deadline, loop: loop, logger: logger),
            eventLoop: loop)
        loop.execute { [state] in state.value.connect() }
    }

    /// Asks; nil is for memory to answer. `reply` is called once, on the link's own thread.
    func ask(_ question: SharedQuestion, _ reply: @escaping @Sendable (SharedAnswer?) -> Void) {
        loop.execute { [self] in
            state.value.check(question) { [self] answer in
                counters.withLock {
                    if answer == nil { $0.bypassed += 1 } else { $0.answered += 1 }
                }
                reply(answer)
            }
        }
    }

    /// Tells the other throttles of levels. Returns when the server has heard them or is away; what it has not heard it is
    /// told when it is there again.
    func tell(_ levels: [SharedLevel]) async {
        await withCheckedContinuation { continuation in
            loop.execute { [state] in state.value.tell(levels) { continuation.resume() } }
        }
    }

    /// Counters by name.
    var figures: [String: Double] {
        counters.withLock {
            [
                "shared_answered_total": Double($0.answered), "shared_bypassed_total": Double($0.bypassed),
                "shared_store_away": presence.isAway ? 1 : 0,
            ]
        }
    }

    /// Closes the connection for good.
    func close() async { try? await loop.submit { [state] in state.value.close() }.get() }
}

/// What a `RedisLink` knows, confined to its event loop.
final class RedisState {
    /// How long the server may take over what no request waits for, before it is taken for hanging.
    private static let patience = TimeAmount.seconds(5)

    private let address: RedisAddress
    private let presence: RedisPresence
    private let deadline: TimeAmount
    private let loop: any EventLoop
    private let logger: Logger
    private var channel: (any Channel)?
    /// The scripts' names at the server, once it has them.
    private var scripts: (check: String, tell: String)?
    /// When a refusal was last complained of.
    private var complainedAt: NIODeadline?
    /// Whether it answered the last check with an error.
    private var isRefusing = false
    private var isLate = false
    private var lateSince = NIODeadline.uptimeNanoseconds(0)
    private var isClosed = false
    private var failures = 0
    private var pending = CircularBuffer<Pending>()
    private var output: [UInt8] = []
    private var flushScheduled = false

    /// A command whose answer has not come. Answers come in the order of commands, so one that came too late, and has
    /// been answered without, keeps its place.
    private final class Pending {
        let receive: (RedisReply?) -> Void
        var timer: Scheduled<Void>?
        var isSettled = false

        init(_ receive: @escaping (RedisReply?) -> Void) { self.receive = receive }

        func settle(_ reply: RedisReply?) {
            guard !isSettled else { return }
            isSettled = true
            timer?.cancel()
            receive(reply)
        }
    }

    init(
        address: RedisAddress, presence: RedisPresence, deadline: TimeAmount, loop: any EventLoop, logger: Logger
    ) {
        self.address = address
        self.presence = presence
        self.deadline = deadline
        self.loop = loop
        self.logger = logger
    }

    func check(_ question: SharedQuestion, _ reply: @escaping (SharedAnswer?) -> Void) {
        guard let scripts, channel != nil, !isLate, pending.count < RedisLink.pendingLimit else { return reply(nil) }
        var words = ["EVALSHA", scripts.check, "\(question.keys.count)"]
        words += question.keys
        words += question.arguments.map(String.init)
        send(words, within: deadline) { [self] answer in
            switch answer {
            case .numbers(let numbers)?:
                if isRefusing {
                    isRefusing = false
                    presence.found()
                }
                reply(SharedAnswer(numbers))
            case .error(let text)? where text.hasPrefix("NOSCRIPT"):
                forgotten()
                reply(nil)
            case let other?:
                isRefusing = true
                presence.lost()
                complain("answers a check with \(other)")
                reply(nil)
            case nil: reply(nil)
            }
        }
    }

    func tell(_ levels: [SharedLevel], _ done: @escaping () -> Void) {
        guard let scripts, channel != nil, !levels.isEmpty else { return done() }
        for (index, level) in levels.enumerated() {
            let words = ["EVALSHA", scripts.tell, "1", level.key] + level.arguments.map(String.init)
            let isLast = index == levels.count - 1
            send(words, within: isLast ? Self.patience : nil) { [self] answer in
                if case .error(let text)? = answer {
                    if text.hasPrefix("NOSCRIPT") { forgotten() } else { complain("does not take levels: \(text)") }
                }
                if isLast { done() }
            }
        }
    }

    /// The server has been emptied or replaced.
    private func forgotten() {
        guard scripts != nil else { return }
        scripts = nil
        load()
    }

    func close() {
        isClosed = true
        channel?.close(promise: nil)
        lost()
    }

    // MARK: The connection

    func connect() {
        guard !isClosed, channel == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(.seconds(1))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RedisHandler(bound.value))
                }
            }
        let connecting =
            switch address.place {
            case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
            case .host(let name, let port): bootstrap.connect(host: name, port: port)
            }
        connecting.whenComplete { result in
            let state = bound.value
            switch result {
            case .success(let channel): state.connected(channel)
            case .failure(let error): state.failed("\(error)")
            }
        }
    }

    private func connected(_ made: any Channel) {
        guard !isClosed else { return made.close(promise: nil) }
        channel = made
        isLate = false
        for command in address.greeting {
            send(command, within: nil) { [self] answer in
                guard case .error(let text)? = answer else { return }
                complain("refuses \(command[0]): \(text)")
                channel?.close(promise: nil)
            }
        }
        load()
    }

    private func load() {
        var check: String?
        for text in [SharedScript.check, SharedScript.tell] {
            send(["SCRIPT", "LOAD", text], within: Self.patience) { [self] answer in
                switch answer {
                case .text(let name)?:
                    guard let first = check else {
                        check = name
                        return
                    }
                    scripts = (first, name)
                    presence.found()
                    if failures > 0 { logger.info("buckets and levels are shared through \(address) again") }
                    (failures, complainedAt) = (0, nil)
                case .error(let text)?:
                    complain("does not take the scripts: \(text)")
                    channel?.close(promise: nil)
                default: break
                }
            }
        }
    }

    /// A server that refuses does so at every attempt, which is said at once and then once a minute.
    private func complain(_ what: String) {
        let now = NIODeadline.now()
        if let complainedAt, now - complainedAt < .minutes(1) { return }
        complainedAt = now
        logger.error("\(address) \(what)")
    }

    private func failed(_ why: String) {
        failures += 1
        presence.lost()
        logger.debug("\(address): attempt \(failures) has failed: \(why)")
        if failures == 1 { logger.warning("\(address) is away, and memory decides: \(why)") }
        guard !isClosed else { return }
        // 20 ms doubling to 2 s, each between half and whole, so that throttles do not return in step.
        let ceiling = min(Int64(20) << Int64(min(failures, 7)), 2000)
        let bound = NIOLoopBound(self, eventLoop: loop)
        loop.scheduleTask(in: .milliseconds(Int64.random(in: ceiling / 2...ceiling))) { bound.value.connect() }
    }

    func lost(_ why: String = "the connection is closed") {
        guard channel != nil else { return }
        channel = nil
        scripts = nil
        output = []
        let waiting = pending
        pending = []
        for command in waiting { command.settle(nil) }
        failed(why)
    }

    // MARK: Commands

    private func send(
        _ words: [String], within deadline: TimeAmount?, _ receive: @escaping (RedisReply?) -> Void
    ) {
        let command = Pending(receive)
        if let deadline {
            let bound = NIOLoopBound((self, command), eventLoop: loop)
            command.timer = loop.scheduleTask(in: deadline) {
                let (state, command) = bound.value
                state.becameLate()
                command.settle(nil)
            }
        }
        pending.append(command)
        output.append(contentsOf: "*\(words.count)\r\n".utf8)
        for word in words {
            output.append(contentsOf: "$\(word.utf8.count)\r\n".utf8)
            output.append(contentsOf: word.utf8)
            output.append(contentsOf: "\r\n".utf8)
        }
        guard !flushScheduled else { return }
        flushScheduled = true
        let bound = NIOLoopBound(self, eventLoop: loop)
        // Questions that are asked together leave together.
        loop.execute { bound.value.flush() }
    }

    /// A server that answers nothing for five seconds is taken for lost: the connection may lead nowhere.
    private func becameLate() {
        guard !isLate, let late = channel else { return }
        isLate = true
        let bound = NIOLoopBound(self, eventLoop: loop)
        let lateAt = NIODeadline.now()
        lateSince = lateAt
        loop.scheduleTask(in: .seconds(5)) {
            let state = bound.value
            if state.isLate, state.lateSince == lateAt { late.close(promise: nil) }
        }
    }

    private func flush() {
        flushScheduled = false
        guard let channel, !output.isEmpty else { return }
        channel.writeAndFlush(channel.allocator.buffer(bytes: output), promise: nil)
        output.removeAll(keepingCapacity: output.capacity <= 1 << 18)
    }

    func received(_ reply: RedisReply) {
        guard let command = pending.popFirst() else {
            channel?.close(promise: nil)
            return
        }
        // Whatever it answers, it answers.
        isLate = false
        command.settle(reply)
    }
}

/// Cuts answers out of what the server sends.
private final class RedisHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let state: RedisState
    private var rest: [UInt8] = []

    init(_ state: RedisState) { self.state = state }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        rest.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        var replies: [RedisReply] = []
        var isBroken = false
        let taken = rest.withUnsafeBytes { bytes in
            var start = 0
            while start < bytes.count {
                switch RedisReply.read(UnsafeRawBufferPointer(rebasing: bytes[start...])) {
                case .reply(let reply, let count):
                    replies.append(reply)
                    start += count
                case .incomplete: return start
                case .broken:
                    isBroken = true
                    return start
                }
            }
            return start
        }
        rest.removeFirst(taken)
        for reply in replies { state.received(reply) }
        if isBroken { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) { state.lost() }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
