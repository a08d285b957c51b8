import WeirProtocol

/// Now, on both clocks. Buckets, levels and blocks count on the monotonic one, so that stepping the wall clock frees
/// and locks out nobody; the wall clock is for what people and the database read.
public struct Moment: Hashable, Sendable {
    /// Milliseconds of a clock that never steps.
    public var monotonic: Int64
    /// The same moment by the calendar.
    public var wall: Timestamp

    /// A moment that both clocks agree on.
    public init(monotonic: Int64, wall: Timestamp) {
        self.monotonic = monotonic
        self.wall = wall
    }

    /// The calendar time of a reading of the monotonic clock, as the two clocks stand to each other now.
    public func wall(of monotonic: Int64) -> Timestamp { wall + saturatingDifference(monotonic, self.monotonic) }

    /// The monotonic reading at a calendar time, as the two clocks stand to each other now.
    public func monotonic(of wall: Timestamp) -> Int64 { saturatingSum(monotonic, wall - self.wall) }
}

/// `left - right`, or the nearest number there is.
func saturatingDifference(_ left: Int64, _ right: Int64) -> Int64 {
    let (difference, overflow) = left.subtractingReportingOverflow(right)
    return overflow ? (left > right ? .max : .min) : difference
}

/// `left + right`, or the nearest number there is.
func saturatingSum(_ left: Int64, _ right: Int64) -> Int64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? (right > 0 ? .max : .min) : sum
}
