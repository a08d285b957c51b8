import Testing

@testable import ThrottleCore

@Suite struct SlidingCountTests {
    /// Against all times kept: never less than the window has, never more than with a fifteenth before it.
    @Test(arguments: [1, 7, 15, 100, 1000, 60_000] as [Int64], 0..<4 as Range<UInt64>)
    func countsTheWindow(window: Int64, seed: UInt64) {
        var random = SplitMix(seed: seed)
        var count = SlidingCount()
        var times: [Int64] = []
        var now = Int64.random(in: 0...1_000_000, using: &random)
        for _ in 0..<2000 {
            now +=
                Int64.random(in: 0..<20, using: &random) == 0
                ? Int64.random(in: 0...2 * window, using: &random) : Int64.random(in: 0...window / 10, using: &random)
            times.append(now)
            let found = count.add(at: now, window: window)
            #expect(found >= times.count { $0 > now - window })
            #expect(found <= times.count { $0 > now - window - window / 15 - 15 })
        }
    }

    @Test func clocksAtTheirEndsTrapNothing() {
        var count = SlidingCount()
        for now in [Int64.max, .min, 0, .min, .max, -1] {
            for window in [1, .max] as [Int64] { #expect(count.add(at: now, window: window) >= 1) }
        }
    }
}
