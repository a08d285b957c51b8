import Testing
import WeirProtocol

@testable import ThrottleCore

@Suite struct ReplayTests {
    /// Ten requests of a person at one a second and a hundred of a bot at ten a second, before room for 20 and for 5.
    @Test func bothPoliciesMeetTheSameRequests() throws {
        var replay = Replay(
            present: try .single(1, per: 1, capacity: 20), proposed: try .single(1, per: 2, capacity: 5))
        func request(_ at: Int64, _ name: String, isHuman: Bool) -> Replay.Request {
            Replay.Request(
                at: moment(at).wall, check: ThrottleCheck(ip: "203.0.113.\(isHuman ? 1 : 2)", path: "/"),
                fingerprint: "fp_\(name)", session: "sess_\(name)", isHuman: isHuman)
        }
        var requests = (0..<10).map { request(Int64($0) * 1000, "person", isHuman: true) }
        requests += (0..<100).map { request(Int64($0) * 100, "bot", isHuman: false) }
        requests.sort { $0.at < $1.at }
        for request in requests { replay.play(request) }
        #expect(replay.requests == 110)
        #expect(replay.humanRequests == 10)
        #expect(replay.humanSessions == 1)
        #expect(replay.present.humanRequestsRefused == 0)
        #expect(replay.present.humanSessionsSlowed == 0)
        // Half a token comes back between two requests: the tenth is the first that finds less than one.
        #expect(replay.proposed.humanRequestsRefused == 1)
        #expect(replay.proposed.humanSessionsSlowed == 1)
        // 20 at once and one a second for ten seconds, until refusals have raised the level; never more than 29.
        #expect((71...85).contains(replay.present.botRequestsRefused))
        #expect((91...96).contains(replay.proposed.botRequestsRefused))
        #expect(replay.proposed.botSessionsSlowed == 1)
        #expect(replay.unusable == 0)
    }

    /// Two people with one browser and address, told apart by their sessions as they are live.
    @Test func sessionsAreCountedApart() throws {
        let policies = try PolicySet.single(1, per: 3600, capacity: 5)
        var replay = Replay(present: policies, proposed: policies)
        for number in 0..<12 {
            replay.play(
                Replay.Request(
                    at: moment(Int64(number)).wall, check: ThrottleCheck(ip: "203.0.113.1", path: "/"),
                    fingerprint: "fp_a", session: "sess_\(number % 2)", isHuman: true))
        }
        #expect(replay.present.humanRequestsRefused == 2)
        #expect(replay.present.humanSessionsSlowed == 2)
    }

    @Test func whatCannotBeAskedIsCounted() throws {
        var replay = Replay(present: .standard, proposed: .standard)
        replay.play(
            Replay.Request(
                at: moment(0).wall, check: ThrottleCheck(ip: "nowhere"), fingerprint: "", session: "s", isHuman: true))
        #expect(replay.unusable == 1)
    }
}
