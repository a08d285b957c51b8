/// Whether a loop that has nothing to do looks again for a moment before it sleeps.
///
/// To be woken costs a thread some tens of microseconds, many times what a short answer takes. Where the next question
/// usually comes sooner than that, waiting awake is cheaper for both ends; where it does not, nothing is spent on it.
struct BusyWait {
    /// The longest wait awake: what it takes a client to be woken and to ask again.
    static let patience = Duration.microseconds(50)
    /// The usual pause up to which it is worth it: one that was slept through ends with the time that waking takes.
    private static let worthwhile = Duration.microseconds(80)
    private static let longest = Duration.milliseconds(1)

    /// A mean of the latest pauses; a single long one ends the waiting awake.
    private var usual = longest

    /// Whether the next pause is to be waited through awake.
    var isWorthIt: Bool { usual <= Self.worthwhile }

    /// Takes note of a pause between the end of the work and something new to do.
    mutating func paused(for pause: Duration) { usual += (min(pause, Self.longest) - usual) / 8 }
}
