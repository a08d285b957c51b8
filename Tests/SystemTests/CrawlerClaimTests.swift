import Foundation
import NIOCore
import NIOPosix
import Testing
import WeirProtocol

/// A resolver of the test's own that gives every address the same name, and knows that name's address not at all.
private final class LyingResolver: ChannelInboundHandler, Sendable {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let query = Array(envelope.data.readableBytesView)
        guard let end = query.dropFirst(12).firstIndex(of: 0), query.count >= end + 5 else { return }
        let isPointer = query[end + 2] == 12
        // Id, flags (3: no such name), counts, the question as it came, and a pointer to the name.
        var reply = Array(query[..<2]) + [0x81, isPointer ? 0x80 : 0x83, 0, 1, 0, isPointer ? 1 : 0, 0, 0, 0, 0]
        reply += query[12...(end + 4)]
        if isPointer {
            let name: [UInt8] =
                [5] + Array("crawl".utf8) + [9] + Array("googlebot".utf8) + [3] + Array("com".utf8) + [0]
            reply += [0xC0, 12, 0, 12, 0, 1, 0, 0, 2, 88, 0, UInt8(name.count)] + name
        }
        context.channel.writeAndFlush(
            AddressedEnvelope(
                remoteAddress: envelope.remoteAddress, data: context.channel.allocator.buffer(bytes: reply)),
            promise: nil)
    }
}

/// Crawlers through the real services: a range verifies at once, a look-up corrects what was judged before it was done.
@Suite(.timeLimit(.minutes(3))) struct CrawlerClaimTests {
    @Test func aFakeGooglebotIsFoundOutAfterItsVerdict() async throws {
        let resolver = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { $0.pipeline.addHandler(LyingResolver()) }
            .bind(host: "127.0.0.1", port: 0).get()
        let stack = try await Stack()
        stack.environment["WEIR_DETECTOR_RESOLVER"] = "127.0.0.1:\(try #require(resolver.localAddress?.port))"
        try await stack.start()
        var sessions: [String: String] = [:]
        for (name, ip) in [("fake", "198.51.100.7"), ("true", "66.249.66.1")] {
            let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
            var record = RequestRecord(
                eventID: EventID(at: now, entropy: (UInt64.random(in: 0 ... .max), UInt64.random(in: 0 ... .max))),
                at: now, method: "GET", path: "/", status: 200, ip: ip)
            record.site = "shop.example"
            record.userAgent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
            let reply = try await stack.ask("collector.sock", .requestRecord, record)
            sessions[name] = try #require(reply.body["session_id"]?.stringValue)
        }
        let fake = try #require(sessions["fake"])
        let genuine = try #require(sessions["true"])
        _ = try await eventually("the verdicts are stored", within: .seconds(20)) {
            try await stack.column(
                "select class from session_verdicts where session_id = '\(fake)' order by class")
                == ["declared_bot", "false_claim"] ? true : nil
        }
        #expect(
            try await stack.column("select class from session_verdicts where session_id = '\(genuine)'")
                == ["verified_bot"])
        // The collector learns it from the look-up, once the session has been quiet for half a minute.
        _ = try await eventually("the session is called a false claim", within: .seconds(90)) {
            try await stack.column("select verdict_class from user_sessions where session_id = '\(fake)'")
                == ["false_claim"] ? true : nil
        }
        let report = try await stack.program("reporter").run(["bots", "fakes", "--json"])
        #expect(report.status == 0, "\(report.errors)")
        #expect(report.output.contains("198.51.100.7") && report.output.contains("crawl.googlebot.com"))
        #expect(!report.output.contains("66.249.66.1"))
        await stack.stopAll()
        try await resolver.close()
    }
}
