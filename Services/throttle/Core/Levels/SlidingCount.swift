/// How many events lie in a window that slides: counted by fifteenths of it, so that memory is small however many they are.
///
/// It never counts less than the window has. It may count those with it that came up to a fifteenth of the window and 15
/// milliseconds before its beginning.
struct SlidingCount: Hashable, Sendable {
    private var counts = SIMD16<UInt32>(repeating: 0)
    /// The number of the newest part, counted from the clock's beginning.
    private var newest = Int64.min

    /// Counts one more event, and gives how many there were within the last `window` milliseconds.
    mutating func add(at now: Int64, window: Int64) -> Int {
        let width = max(1, window / 15 + (window % 15 > 0 ? 1 : 0))
        let part = now / width
        let passed = saturatingDifference(part, newest)
        if (0...15).contains(passed) {
            for step in 0..<passed { counts[Self.place(newest + 1 + step)] = 0 }
        } else {
            counts = SIMD16(repeating: 0)
        }
        newest = part
        counts[Self.place(part)] &+= counts[Self.place(part)] == .max ? 0 : 1
        let parts = window / width + (window % width > 0 ? 1 : 0)
        return (0...parts).reduce(0) { $0 + Int(counts[Self.place(part &- $1)]) }
    }

    private static func place(_ part: Int64) -> Int { Int(truncatingIfNeeded: part & 15) }
}
