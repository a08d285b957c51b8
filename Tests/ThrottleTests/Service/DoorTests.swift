import Database
import Glibc
import Logging
import NIOCore
import NIOPosix
import Testing
import ThrottleCore
import Transport
import WeirProtocol

@testable import throttle

/// The service's doors on sockets of their own, without a database.
struct OpenDoors {
    let engine: ThrottleEngine
    let keeper: MemoryKeeper
    let path: String
    let server: DirectServer
    let client: LineClient

    static func open(
        _ policies: PolicySet = .standard, bounds: Throttle.Bounds = Throttle.Bounds()
    ) async throws -> OpenDoors {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let path = "/tmp/weir-throttle-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
        let engine = ThrottleEngine(Throttle(policies, seed: 1, bounds: bounds))
        let nowhere = try ConnectionTarget("postgresql:///weir?host=/nonexistent", applicationName: "weir-tests")
        let keeper = MemoryKeeper(engine, ThrottleStore(Connection(nowhere)), logger: logger)
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try DirectServer.start(
            .path(path), table: LineDoor(engine: engine, keeper: keeper).table(), logger: logger)
        let client = LineClient(path: path, group: group, logger: logger)
        return OpenDoors(engine: engine, keeper: keeper, path: path, server: server, client: client)
    }

    func ask(_ type: MessageType, _ message: some Encodable) async throws(WireError) -> Envelope {
        try await client.request(type, message, deadline: .seconds(10))
    }

    func close() async {
        await client.close()
        await server.stop(grace: .milliseconds(200))
    }
}

@Suite struct DoorTests {
    private func report(_ id: String, _ verdict: VerdictClass) -> VerdictReport {
        VerdictReport(
            verdictID: id, sessionID: SessionID("sess_a")!, site: "example.org", fingerprint: "fp_a",
            ip: "203.0.113.7", verdictClass: verdict, score: 0, requestsPerMinute: 1, errorRate: 0, requestCount: 9,
            at: ThrottleEngine.now.wall)
    }

    @Test func checksVerdictsAndExplanations() async throws {
        let doors = try await OpenDoors.open(.single(60, per: 60, capacity: 8))
        let check = ThrottleCheck(ip: "203.0.113.7", fingerprint: "fp_a", path: "/secret?token=x")
        let first = try await doors.ask(.throttleCheck, check).decode(ThrottleDecision.self)
        #expect(first.allow)
        #expect(first.remaining == 7)
        doors.client.send(.verdictReport, report("v1", .scanner))
        let state = try await doors.ask(.throttlePeek, check).decode(ThrottleState.self)
        #expect(state.decision.level == .severe)
        #expect(state.verdictClass == .scanner)
        #expect(state.changes.map(\.cause) == ["scanner"])
        #expect(state.changes.first?.verdictID == "v1")
        var refused: ThrottleDecision?
        for _ in 0..<3 where refused == nil {
            let answer = try await doors.ask(.throttleCheck, check).decode(ThrottleDecision.self)
            if !answer.allow { refused = answer }
        }
        let why = ThrottleWhy(reference: try #require(refused?.reference))
        let history = try await doors.ask(.throttleWhy, why).decode(ThrottleHistory.self)
        #expect(history.key == "203.0.113.7/32+fp_a")
        #expect(history.path == "/secret")
        #expect(history.level == .severe)
        // Times are told by two clocks read one after the other, so they may differ by a millisecond.
        #expect(history.changes.map(\.verdictID) == state.changes.map(\.verdictID))
        #expect(history.changes.map(\.to) == [.severe])
        await doors.close()
    }

    /// The fast reader and the usual one decide alike, down to the error.
    @Test(arguments: [
        #""ip":"203.0.113.7""#, #""ip":"nowhere""#, #""ip":7"#, #""ip":"203.0.113.7","cost":-1"#,
        #""ip":"203.0.113.7","policy":"nonesuch""#, #""ip":"203.0.113.7","unknown":{"a":[1]}"#, "",
    ])
    func bothReadersAgree(body: String) async throws {
        // An escape in the type sends the second line the slow way.
        var answers: [JSONValue] = []
        for type in ["throttle.check", #"throttle.chec\u006b"#] {
            let doors = try await OpenDoors.open()
            let line = try await doors.client.exchange(deadline: .seconds(10)) { id in
                Array(#"{"v":1,"type":"\#(type)","id":"\#(id)","body":{\#(body)}}"#.utf8) + [10]
            }
            answers.append(try JSONValue(parsing: line))
            await doors.close()
        }
        #expect(answers[0] == answers[1])
    }

    @Test func overrides() async throws {
        let doors = try await OpenDoors.open()
        let check = ThrottleCheck(ip: "203.0.113.7", fingerprint: "fp_a")
        let block = ThrottleOverride(action: .block, key: "203.0.113.0/24", seconds: 3600, reason: "test")
        #expect(try await doors.ask(.throttleOverride, block).type == .done)
        #expect(try await doors.ask(.throttleCheck, check).decode(ThrottleDecision.self).allow == false)
        let clear = ThrottleOverride(action: .clear, key: "203.0.113.0/24", reason: "over")
        #expect(try await doors.ask(.throttleOverride, clear).type == .done)
        #expect(try await doors.ask(.throttleCheck, check).decode(ThrottleDecision.self).allow)
        for (word, code) in [
            (clear, WireError.Code.notFound),
            (ThrottleOverride(action: .block, key: "nowhere", reason: "x"), .badBody),
            (ThrottleOverride(action: .block, key: "fp_a", seconds: 0, reason: "x"), .badBody),
            (ThrottleOverride(action: .block, key: "fp_a", reason: ""), .badBody),
            (ThrottleOverride(action: .block, key: "fp_a", reason: " \u{a0} "), .badBody),
            (ThrottleOverride(action: .block, key: "203.0.113.7+garbage", reason: "x"), .badBody),
        ] {
            let error = await #expect(throws: WireError.self) { try await doors.ask(.throttleOverride, word) }
            #expect(error?.code == code)
        }
        await doors.close()
    }

    @Test func withoutADatabaseItAnswersAndSaysSo() async throws {
        let doors = try await OpenDoors.open()
        await doors.keeper.prepare(patience: .seconds(30))
        #expect(doors.keeper.isAway)
        let status = try await doors.ask(.statusGet, JSONValue.object(JSONObject())).decode(ServiceStatus.self)
        #expect(status.service == "throttle")
        #expect(status.state == "database_unavailable")
        let why = ThrottleWhy(reference: "thr0000000000")
        let error = await #expect(throws: WireError.self) { try await doors.ask(.throttleWhy, why) }
        #expect(error?.code == .unavailable)
        await doors.close()
    }
}
