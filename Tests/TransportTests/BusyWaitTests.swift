import Testing

@testable import Transport

@Suite struct BusyWaitTests {
    @Test func questionsThatFollowAtOnceAreWaitedForAwake() {
        var wait = BusyWait()
        #expect(!wait.isWorthIt)
        for _ in 0..<30 { wait.paused(for: .microseconds(50)) }
        #expect(wait.isWorthIt)
    }

    @Test func oneLongPauseEndsIt() {
        var wait = BusyWait()
        for _ in 0..<100 { wait.paused(for: .microseconds(5)) }
        #expect(wait.isWorthIt)
        wait.paused(for: .seconds(30))
        #expect(!wait.isWorthIt)
    }

    @Test func whereQuestionsComeSeldomItSleeps() {
        var wait = BusyWait()
        for _ in 0..<1000 {
            wait.paused(for: .microseconds(200))
            #expect(!wait.isWorthIt)
        }
    }
}
