import Testing
import WeirProtocol

@testable import CollectorCore

private let noon = Timestamp(milliseconds: 1_767_268_800_000)
private let day: Int64 = 86_400_000

@Suite struct VisitorHistoryTests {
    private let network = IPAddress("192.0.2.1")!.neighbourhood

    private func session(_ number: Int, at moment: Timestamp) -> SessionID {
        SessionID(first: EventID(at: moment, entropy: (UInt64(number), UInt64(number))))
    }

    @Test func aFullHistoryTakesNewSessionsOnceItHasForgottenOldOnes() {
        var history = VisitorHistory(startLimit: 3000)
        for number in 0..<3100 {
            history.began(session(number, at: noon), of: "agent-\(number / 100)", in: network, at: noon)
        }
        #expect(history.sessions(of: "agent-0", in: network, by: noon) == 100)
        #expect(history.sessions(of: "agent-29", in: network, by: noon) == 100)
        // Its hundred came when there was no room.
        #expect(history.sessions(of: "agent-30", in: network, by: noon) == 1)

        let later = noon + 3 * day
        history.forget(by: later)
        for number in 0..<20 {
            history.began(session(number, at: later), of: "agent-30", in: network, at: later)
        }
        #expect(history.sessions(of: "agent-30", in: network, by: later) == 20)
        #expect(history.sessions(of: "agent-0", in: network, by: noon) == 1)
    }

    @Test func aBusyVisitorIsCountedFarBeyondEveryThreshold() {
        var history = VisitorHistory()
        for number in 0..<5000 {
            history.began(session(number, at: noon), of: "agent", in: network, at: noon)
            history.used("agent-\(number)", in: network, at: noon)
        }
        #expect((128...256).contains(history.sessions(of: "agent", in: network, by: noon)))
        #expect(history.agents(in: network, by: noon) == 256)
    }
}
