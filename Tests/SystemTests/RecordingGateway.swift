import Foundation
import Logging
import NIOPosix
import Transport
import WeirProtocol

/// A gateway in front of a small shop, which tells a stack's collector what it has served.
struct RecordingGateway: Sendable {
    private let client: LineClient

    /// Connects to the stack's collector.sock when there is something to tell.
    init(_ stack: Stack) {
        client = LineClient(
            path: stack.directory.appendingPathComponent("collector.sock").path,
            group: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Records the requests of these numbers, so many at once; each must be acknowledged within 20 seconds.
    func record(_ numbers: Range<Int>, atOnce: Int = 1) async throws {
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: atOnce) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in start..<min(start + atOnce, numbers.upperBound) {
                    group.addTask {
                        let reply = try await client.request(
                            .requestRecord, Self.request(number), deadline: .seconds(20))
                        _ = try reply.decode(RequestRecorded.self)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    func close() async { await client.close() }

    /// The request of a number, made now.
    static func request(_ number: Int) -> RequestRecord {
        let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        var record = RequestRecord(
            eventID: EventID(at: now, entropy: (UInt64(number), .random(in: 0 ... .max))), at: now, method: "GET",
            path: "/page-\(number % 40)", status: 200, ip: "198.18.\(number % 7).\(number % 200 + 1)")
        record.site = "shop.example"
        record.userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        return record
    }
}
