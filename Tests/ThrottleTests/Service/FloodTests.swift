import Glibc
import Testing
import ThrottleCore
import Transport
import WeirProtocol

@testable import throttle

/// More new clients on throttle.sock than it has room for: they displace each other, and nobody else.
@Suite struct FloodTests {
    private static let newcomers = 7000
    private static let blocked = 100

    private static var bounds: Throttle.Bounds {
        var bounds = Throttle.Bounds()
        bounds.buckets = 5000
        bounds.standings = 2000
        return bounds
    }

    private func report(_ client: Int, _ id: String, _ verdict: VerdictClass, ago: Int64) -> VerdictReport {
        VerdictReport(
            verdictID: "\(id)\(client)", sessionID: SessionID("sess_blocked\(client)")!, site: "example.org",
            fingerprint: "fp_blocked\(client)", ip: "192.0.2.\(client)", verdictClass: verdict, score: 90,
            requestsPerMinute: 1, errorRate: 0, requestCount: 9, at: ThrottleEngine.now.wall - ago)
    }

    private func refusedAsBlocked(_ doors: OpenDoors) async throws -> Int {
        var count = 0
        for client in 0..<Self.blocked {
            let check = ThrottleCheck(ip: "192.0.2.\(client)", fingerprint: "fp_blocked\(client)", path: "/")
            let answer = try await doors.ask(.throttleCheck, check).decode(ThrottleDecision.self)
            if !answer.allow, answer.level == .blocked { count += 1 }
        }
        return count
    }

    @Test func newClientsDisplaceEachOther() async throws {
        let doors = try await OpenDoors.open(.single(10, per: 3600, capacity: 50), bounds: Self.bounds)
        for client in 0..<Self.blocked {
            doors.client.send(.verdictReport, report(client, "a", .scanner, ago: 61_000))
            doors.client.send(.verdictReport, report(client, "b", .behavioralBot, ago: 0))
        }
        #expect(try await refusedAsBlocked(doors) == Self.blocked)
        let override = ThrottleOverride(action: .block, key: "198.51.100.0/24", seconds: 3600, reason: "test")
        _ = try await doors.ask(.throttleOverride, override)
        let known = ThrottleCheck(ip: "203.0.113.7", fingerprint: "fp_known", path: "/", cost: 40)
        #expect(try await doors.ask(.throttleCheck, known).decode(ThrottleDecision.self).remaining == 10)

        let descriptor = try #require(Self.connected(doors.path))
        for batch in 0..<Self.newcomers / 100 {
            var lines: [UInt8] = []
            for number in batch * 100..<(batch + 1) * 100 {
                // Every other one asks for too much, and so claims a place among those with something against them,
                // too.
                let check = ThrottleCheck(
                    ip: "10.0.\(number >> 8).\(number & 255)", fingerprint: "fp_\(number)", path: "/",
                    cost: number % 2 == 0 ? 1 : 1000)
                HotEnvelope(id: "\(number)", check).append(to: &lines)
            }
            let answers = Self.exchange(lines, 100, descriptor).split(separator: UInt8(ascii: "\n"))
            let allowed = answers.count { String(decoding: $0, as: UTF8.self).contains("\"allow\":true") }
            #expect(answers.count == 100 && allowed == 50, "batch \(batch)")
        }
        close(descriptor)

        let figures = doors.engine.figures
        #expect(figures["checks_total"]! >= Double(Self.newcomers))
        #expect(figures["bucket_evictions_total"]! > 0)
        #expect(figures["buckets"]! < 7000)
        #expect(figures["bucket_bytes"]! < 250_000)
        #expect(figures["standings"]! <= 2000)
        // Both the pair with the fingerprint and the one with the session.
        #expect(figures["standings_blocked"] == Double(2 * Self.blocked))
        #expect(try await refusedAsBlocked(doors) == Self.blocked)
        let listed = ThrottleCheck(ip: "198.51.100.9", fingerprint: "fp_a")
        #expect(try await !doors.ask(.throttleCheck, listed).decode(ThrottleDecision.self).allow)
        // Who owed much still does: six minutes give one token back.
        var again = known
        again.cost = 20
        #expect(try await !doors.ask(.throttleCheck, again).decode(ThrottleDecision.self).allow)
        again.cost = 10
        #expect(try await doors.ask(.throttleCheck, again).decode(ThrottleDecision.self).allow)
        await doors.close()
    }

    static func connected(_ path: String) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if connected == 0 { return descriptor }
        close(descriptor)
        return nil
    }

    /// Sends all lines at once, and waits for as many answers as there are to be; fewer when the connection ends.
    private static func exchange(_ lines: [UInt8], _ count: Int, _ descriptor: Int32) -> [UInt8] {
        guard send(descriptor, lines, lines.count, Int32(MSG_NOSIGNAL)) == lines.count else { return [] }
        var answers: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while answers.count(where: { $0 == UInt8(ascii: "\n") }) < count {
            let size = recv(descriptor, &chunk, chunk.count, 0)
            guard size > 0 else { break }
            answers += chunk[..<size]
        }
        return answers
    }
}
