import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTP1

/// Gives the answer to what cannot be read as a request a body that says why.
///
/// The server beneath answers it in its turn, after the requests before it, but with no more than a status. That answer
/// is known by coming when no request waits for one.
final class UnreadableRequests: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let tooLarge: Problem
    private var problem: Problem?
    private var unanswered = 0

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
        if case .head = unwrapInboundIn(data) { unanswered += 1 }
        context.fireChannelRead(data)
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

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head where unanswered == 0:
            guard let problem else { break }
            var head = HTTPResponseHead(
                version: .http1_1, status: HTTPResponseStatus(statusCode: problem.status.code),
                headers: ["Connection": "close"])
            for field in problem.response.headers { head.headers.add(name: field.name.rawName, value: field.value) }
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.write(
                wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(string: problem.text)))),
                promise: promise)
            return
        case .end: unanswered = max(0, unanswered - 1)
        default: break
        }
        context.write(data, promise: promise)
    }
}
