/// When to look for detectors again: soon while there are none, and after some have come or gone, since those that are
/// started together appear one by one; then less and less often.
public struct DetectorSearch: Sendable {
    /// The first pause, in ms.
    public static let shortest: Int64 = 100
    /// The longest pause while there are none, and while there are some, in ms.
    public static let longest = (without: Int64(1000), with: Int64(5000))

    private var pause = shortest

    /// A search that begins now.
    public init() {}

    /// The pause before the next look, in ms.
    /// - Parameters:
    ///   - count: how many were found just now.
    ///   - hasChanged: whether they are others than before.
    public mutating func pause(found count: Int, hasChanged: Bool) -> Int64 {
        if hasChanged { pause = Self.shortest }
        let next = min(pause, count == 0 ? Self.longest.without : Self.longest.with)
        pause = next * 2
        return next
    }
}
