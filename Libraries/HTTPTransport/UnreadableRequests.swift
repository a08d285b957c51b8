import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTP1
import Transport

/// Gives the answer to what cannot be read as a request a body that says why, and ends connections that are to end.
///
/// The server beneath answers what it cannot read in its turn, after the requests before it, but with no more than a
/// status. That answer is known by coming when no request waits for one. It reads some requests that it should not:
/// those without a single host, and those in a transfer coding other than chunked, whose end a server in front may see
/// elsewhere. And it leaves connections open after HTTP/1.0, and reads on for a body that was refused for its size.
/// A body that is late is no request either: it is answered here, since what reads it goes on waiting.
final class UnreadableRequests: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let tooLarge: Problem
    private var problem: Problem?
    /// The requests that wait for their answers.
    private var unanswered: [Waiting] = []
    /// Nothing is read any more.
    private var isEnding = false
    /// The first of those that wait has part of its answer.
    private var isAnswering = false
    /// Nothing is written any more.
    private var hasAnsweredLast = false

    private struct Waiting {
        var isKeptAlive: Bool
        let isOld: Bool
    }

    /// How long the peer may take to read the last answer, while what it still sends is thrown away.
    private static let linger = TimeAmount.seconds(2)

    /// - Parameter limits: the decoder's, for the answer to name.
    init(_ limits: NIOHTTPDecoderLimitConfiguration) {
        tooLarge = Problem(
            .requestHeaderFieldsTooLarge, "head_too_large",
            """
            The request's line and headers are over \(limits.maxHeaderListSize) bytes, the path or a header is over \
            \(limits.maxHeaderFieldSize), or there are more than \(limits.maxHeaderFieldCount) headers; send less.
            """)
    }

    /// Adds one to a pipeline whose decoder, which has these limits, is there already.
    /// - Throws: when there is no decoder.
    static func explain(on channel: any Channel, _ limits: NIOHTTPDecoderLimitConfiguration) throws {
        let pipeline = channel.pipeline.syncOperations
        let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
        try pipeline.addHandler(UnreadableRequests(limits), position: .after(decoder))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        if case .head(let head) = unwrapInboundIn(data) {
            if let refusal = Self.refusal(of: head) {
                (problem, isEnding) = (refusal, true)
                context.fireErrorCaught(HTTPParserError.unknown)
                return
            }
            unanswered.append(Waiting(isKeptAlive: head.isKeepAlive, isOld: head.version == .http1_0))
        }
        context.fireChannelRead(data)
    }

    /// Why a request that the decoder takes is none.
    private static func refusal(of head: HTTPRequestHead) -> Problem? {
        let hosts = head.headers[canonicalForm: "host"].count
        if hosts > 1 || hosts == 0 && head.version != .http1_0 {
            return Problem(.badRequest, "not_http", "A request of HTTP/1.1 has exactly one Host header.")
        }
        let codings = head.headers[canonicalForm: "transfer-encoding"].map { $0.lowercased() }
        guard codings.isEmpty || codings == ["chunked"] else {
            return Problem(
                .notImplemented, "transfer_encoding",
                "No transfer coding but chunked is understood; send the body plain.")
        }
        return nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError {
            problem =
                error == .headerOverflow
                ? tooLarge
                : Problem(.badRequest, "not_http", "The bytes are not a request of HTTP/1.1: \(error).")
        }
        context.fireErrorCaught(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ClientDeadline.BodyIsLate else { return context.fireUserInboundEventTriggered(event) }
        guard !isEnding, !isAnswering, unanswered.count == 1 else { return context.close(promise: nil) }
        write(
            Problem(.requestTimeout, "request_timeout", "The body did not come in time; send it without pauses."),
            context, promise: nil)
        writeLastEnd(wrapOutboundOut(.end(nil)), context, promise: nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !hasAnsweredLast else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head where unanswered.isEmpty:
            guard let problem else { break }
            write(problem, context, promise: promise)
            return
        case .head(var head) where head.status.code >= 200:
            isAnswering = true
            if head.status == .payloadTooLarge { unanswered[0].isKeptAlive = false }
            if !unanswered[0].isKeptAlive || unanswered[0].isOld {
                let word = unanswered[0].isKeptAlive ? "keep-alive" : "close"
                head.headers.replaceOrAdd(name: "Connection", value: word)
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
            return
        case .end:
            let isLast = unanswered.isEmpty ? problem != nil : !unanswered.removeFirst().isKeptAlive
            isAnswering = false
            guard isLast else { break }
            writeLastEnd(data, context, promise: promise)
            return
        default: break
        }
        context.write(data, promise: promise)
    }

    /// All of an answer but its end; `promise` is told of it.
    private func write(_ problem: Problem, _ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        var head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: problem.status.code),
            headers: ["Connection": "close"])
        for field in problem.response.headers { head.headers.add(name: field.name.rawName, value: field.value) }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(
            wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(string: problem.text)))),
            promise: promise)
    }

    /// The end of the last answer, and of the connection.
    private func writeLastEnd(_ end: NIOAny, _ context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        (isEnding, hasAnsweredLast) = (true, true)
        let written = promise ?? context.eventLoop.makePromise()
        Self.end(context.channel, after: written.futureResult)
        context.writeAndFlush(end, promise: written)
    }

    /// Ends the sending side after the last answer, and the connection when the peer has had time to read it: closed at
    /// once with bytes unread, it would take the answer along.
    private static func end(_ channel: any Channel, after written: EventLoopFuture<Void>) {
        written.whenComplete { _ in
            channel.close(mode: .output, promise: nil)
            let closing = channel.eventLoop.scheduleTask(in: linger) { channel.close(promise: nil) }
            channel.closeFuture.whenComplete { _ in closing.cancel() }
        }
    }
}
