/// Every number behind the levels. The standard ones are those of the product's decisions.
public struct LevelRules: Hashable, Sendable {
    /// What warning and severe leave of a limit.
    public var scale: LevelScale = .standard
    /// A verdict with at least so many behavioural points raises the level.
    public var score = 50
    /// More page requests than this in a minute raise it.
    public var pageRequestsPerMinute = 60.0
    /// A larger share of errors than this raises it…
    public var errorRate = 0.5
    /// …over more requests than this.
    public var errorRequests = 20
    /// More denials than this within `denialWindow` raise it.
    public var denials = 20
    /// Milliseconds.
    public var denialWindow: Int64 = 60_000
    /// The same cause raises the level again after so many milliseconds.
    public var raiseInterval: Int64 = 60_000
    /// So many clean milliseconds lower it by one step.
    public var decay: Int64 = 900_000
    /// The first block, in milliseconds. Each further one within `repeatWindow` is twice as long.
    public var block: Int64 = 900_000
    /// The longest block, in milliseconds.
    public var longestBlock: Int64 = 86_400_000
    /// After so many milliseconds without a block the next one is the first again.
    public var repeatWindow: Int64 = 86_400_000
    /// Evidence older than this changes nothing, in milliseconds.
    public var evidenceAge: Int64 = 900_000
    /// Leading bits of an IPv4 address that clients share a key by, 1...32.
    public var prefixV4 = 32
    /// Leading bits of an IPv6 address that clients share a key by, 1...128.
    public var prefixV6 = 64
    /// How many times a pair's limit the whole address prefix gets, at least 1.
    public var prefixFactor: Int64 = 4

    /// The standard numbers.
    public init() {}

    /// How long the block lasts that comes after `earlier` others, in milliseconds.
    public func blockDuration(after earlier: Int) -> Int64 {
        var duration = min(block, longestBlock)
        for _ in 0..<min(earlier, 62) where duration < longestBlock {
            duration = min(duration.multipliedReportingOverflow(by: 2).overflow ? .max : duration * 2, longestBlock)
        }
        return duration
    }
}
