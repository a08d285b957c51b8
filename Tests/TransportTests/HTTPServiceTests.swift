import Glibc
import HTTPTransport
import Hummingbird
import NIOCore
import Testing
import Transport

/// The HTTP door against clients that keep it waiting.
@Suite(.timeLimit(.minutes(1))) struct HTTPServiceTests {
    /// A door that takes any body and answers with 256 KiB.
    private struct Door {
        let path: String
        let log = CollectedLog()
        private let running: Task<Void, any Error>

        init(_ change: (inout ClientLimits) -> Void) async throws {
            path = "/tmp/weir-http-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
            var limits = ClientLimits()
            change(&limits)
            let service = try await HTTPService.listening(on: .path(path), limits: limits, logger: log.logger) {
                request, _ in
                _ = try await request.wholeBody(upTo: 1 << 20)
                return Response(
                    status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(repeating: 0x78, count: 262_144)))
            }
            running = Task { try await service.run() }
        }

        func close() async {
            running.cancel()
            _ = await running.result
        }

        /// What `body` says of a new connection, whose calls give up after 10 s.
        func connected<Result: Sendable>(_ body: @escaping @Sendable (Int32) -> Result) async throws -> Result {
            let descriptor = try #require(Pair.connected(path))
            defer { Glibc.close(descriptor) }
            return await Self.apart { body(descriptor) }
        }

        static func apart<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
            await withCheckedContinuation { continuation in
                Thread { continuation.resume(returning: body()) }.start()
            }
        }
    }

    private static func limit(_ descriptor: Int32) {
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    @discardableResult
    private static func send(_ text: String, _ descriptor: Int32) -> Int {
        text.withCString { Glibc.send(descriptor, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
    }

    /// All until the server ends; nil when it does not.
    private static func rest(_ descriptor: Int32) -> String? {
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EAGAIN { return nil }
            guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
            answer += chunk[..<count]
        }
    }

    @Test(arguments: [("Content-Length: 100000", "x"), ("Transfer-Encoding: chunked", "1\r\nx\r\n")])
    func aBodyThatTricklesIsRefused(length: String, piece: String) async throws {
        let door = try await Door { $0.patience = .milliseconds(200) }
        let answer = try await door.connected { descriptor -> String? in
            Self.limit(descriptor)
            Self.send("POST / HTTP/1.1\r\nHost: a\r\n\(length)\r\n\r\n", descriptor)
            for _ in 0..<500 {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                guard poll(&waiting, 1, 20) == 0 else { return Self.rest(descriptor) }
                Self.send(piece, descriptor)
            }
            return nil
        }
        let text = try #require(answer, "the body was still waited for after 10 s")
        #expect(text.hasPrefix("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"), "\(text)")
        #expect(text.contains("application/problem+json") && text.contains(#""code":"request_timeout""#), "\(text)")
        #expect(!text.dropFirst(8).contains("HTTP/1.1"), "\(text)")
        await door.close()
    }

    @Test func whoReadsNoAnswerIsEnded() async throws {
        let door = try await Door { $0.patience = .milliseconds(200) }
        let error = try await door.connected { descriptor -> Int32 in
            Self.limit(descriptor)
            let requests = String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 1000)
            for _ in 0..<1000 {
                if Self.send(requests, descriptor) < 0 { return errno }
            }
            return 0
        }
        #expect([EPIPE, ECONNRESET].contains(error), "\(error)")
        await door.close()
    }

    @Test func furtherConnectionsAreClosedAndTheLogSaysSo() async throws {
        let door = try await Door { $0.connections = 2 }
        let ask = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let held = try (0..<2).map { _ in try #require(Pair.connected(door.path)) }
        for descriptor in held {
            let first = await Door.apart { () -> Int in
                Self.limit(descriptor)
                Self.send(ask, descriptor)
                var byte: UInt8 = 0
                return recv(descriptor, &byte, 1, 0)
            }
            #expect(first == 1)
        }
        for _ in 0..<3 {
            let answer = try await door.connected { descriptor in
                Self.limit(descriptor)
                return Self.rest(descriptor)
            }
            #expect(answer == "")
        }
        #expect(door.log.lines == ["closed an HTTP connection at once, since 2 are open; 1 since the start"])
        held.forEach { Glibc.close($0) }
        // There is room again when the server has noticed.
        var answer: String? = ""
        for _ in 0..<10_000 where answer == "" {
            answer = try await door.connected { descriptor in
                Self.limit(descriptor)
                Self.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", descriptor)
                return Self.rest(descriptor)
            }
        }
        #expect(answer?.hasPrefix("HTTP/1.1 200") == true)
        await door.close()
    }
}
