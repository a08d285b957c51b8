import Glibc
import Logging
import NIOCore
import NIOPosix
import Testing
import ThrottleCore
import Transport

@testable import throttle

/// The throttle's HTTP door against clients that keep it waiting.
@Suite(.timeLimit(.minutes(1))) struct HTTPDoorTests {
    @Test(
        arguments: [
            ("GET /check HTTP/1.1\r\nX: ", "x", 1),
            ("POST /check HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", "x", 1),
            ("POST /check HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", 1),
            // Whoever reads no answers is no longer read, and then ended.
            ("", "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 1000),
        ]
    )
    func whoKeepsItWaitingIsEnded(start: String, piece: String, times: Int) async throws {
        var limits = ClientLimits()
        (limits.silence, limits.patience) = (.milliseconds(300), .milliseconds(200))
        let path = "/tmp/weir-throttle-http-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let policies = try PolicySet.single(300, per: 60, capacity: 100)
        let auth = ForwardAuth(engine: ThrottleEngine(Throttle(policies, seed: 1)), trusted: [])
        let door = try await HTTPDoor.start(
            .path(path), auth, metrics: { String(repeating: "metric 1\n", count: 10_000) },
            group: MultiThreadedEventLoopGroup.singleton, limits: limits, logger: logger)
        let pieces = String(repeating: piece, count: times)
        #expect(try await NIOThreadPool.singleton.runIfActive { Self.isEnded(path, start, pieces) })
        await door.stop()
    }

    /// Whether the server ends the connection while pieces trickle in.
    private static func isEnded(_ path: String, _ start: String, _ piece: String) -> Bool {
        guard let descriptor = FloodTests.connected(path) else { return false }
        defer { close(descriptor) }
        var unsent = Array((start.isEmpty ? piece : start).utf8)[...]
        for _ in 0..<500 {
            let sent = unsent.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            if sent < 0, errno != EAGAIN { return true }
            unsent = unsent.dropFirst(max(0, sent))
            var ended = pollfd(fd: descriptor, events: 0, revents: 0)
            if poll(&ended, 1, 20) > 0 { return true }
            if unsent.isEmpty { unsent = Array(piece.utf8)[...] }
        }
        return false
    }
}
