import Glibc
import Logging
import NIOPosix
import Testing
import Transport
import WeirProtocol

@testable import WeirClient

/// What a gateway is told while the throttle is there, and while it is not.
@Suite struct GatewayClientTests {
    private let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    @Test func theLastRefusalHoldsWhileTheThrottleIsAway() async throws {
        let folder = "/tmp/weir-gateway-\(UInt32.random(in: .min ... .max))"
        try #require(mkdir(folder, 0o700) == 0)
        defer { rmdir(folder) }
        var table = MessageTable(service: "throttle")
        table.onImmediately(.throttleCheck) { envelope, _ throws(WireError) in
            let check = try envelope.decode(ThrottleCheck.self)
            let allow = check.ip != "203.0.113.7"
            return .init(
                .throttleDecision,
                ThrottleDecision(
                    allow: allow, level: .blocked, limit: 0, remaining: 0, reset: 0, retryAfter: allow ? nil : 600))
        }
        let server = try DirectServer.start(.path(folder + "/throttle.sock"), table: table, logger: logger)
        let client = GatewayClient(
            runtimeDirectory: folder, group: MultiThreadedEventLoopGroup.singleton, logger: logger,
            checkDeadline: .seconds(10), closedPolicies: ["login"])
        let bad = ThrottleCheck(ip: "203.0.113.7", userAgent: "a")
        #expect(await !client.check(bad).allow)
        #expect(await client.check(ThrottleCheck(ip: "203.0.113.8", userAgent: "a")).allow)
        await server.stop(grace: .zero)

        let refused = await client.check(bad)
        #expect(!refused.allow)
        #expect((500...600).contains(refused.retryAfter ?? 0))
        #expect(await client.check(ThrottleCheck(ip: "203.0.113.7", userAgent: "b")).allow)
        #expect(await client.check(ThrottleCheck(ip: "203.0.113.8", userAgent: "a")).allow)
        #expect(await !client.check(ThrottleCheck(ip: "203.0.113.8", policy: "login")).allow)
        #expect(
            client.counters == GatewayClient.Counters(checked: 2, bypassed: 2, remembered: 1, closed: 1))
        await client.close()
    }

    @Test func whatIsRememberedEndsAndIsBounded() {
        var denials = RememberedDenials()
        let now = ContinuousClock.now
        let refusal = { (wait: Int?) in
            ThrottleDecision(allow: false, level: .severe, limit: 1, remaining: 0, reset: 0, retryAfter: wait)
        }
        let check = { (number: Int) in ThrottleCheck(ip: "192.0.2.1", session: "sess_\(number)") }
        denials.note(refusal(10), on: check(0), now: now)
        #expect(denials.refusal(of: check(0), now: now + .seconds(4))?.retryAfter == 7)
        #expect(denials.refusal(of: check(0), now: now + .seconds(10)) == nil)
        #expect(denials.refusal(of: check(1), now: now) == nil)
        denials.note(refusal(nil), on: check(1), now: now)
        #expect(denials.refusal(of: check(1), now: now + .seconds(59))?.allow == false)
        #expect(denials.refusal(of: check(1), now: now + .seconds(60)) == nil)
        denials.note(
            ThrottleDecision(allow: true, level: .normal, limit: 1, remaining: 0, reset: 0), on: check(0), now: now)
        #expect(denials.refusal(of: check(0), now: now) == nil)
        for number in 0..<RememberedDenials.capacity { denials.note(refusal(10), on: check(100 + number), now: now) }
        #expect(denials.refusal(of: check(1), now: now) == nil)
        #expect(denials.refusal(of: check(100 + RememberedDenials.capacity - 1), now: now) != nil)
    }
}
