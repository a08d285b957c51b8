import Glibc

/// The only place where time comes from; Cores take it as an argument.
public enum WallClock {
    /// Milliseconds since 1970 UTC. May step when the host's clock is set.
    public static var milliseconds: Int64 { read(CLOCK_REALTIME) / 1_000_000 }

    /// Milliseconds since some fixed moment. Never steps back.
    public static var monotonicMilliseconds: Int64 { read(CLOCK_MONOTONIC) / 1_000_000 }

    /// Nanoseconds since some fixed moment. Never steps back.
    public static var monotonicNanoseconds: Int64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var moment = timespec()
        clock_gettime(clock, &moment)
        return Int64(moment.tv_sec) * 1_000_000_000 + Int64(moment.tv_nsec)
    }
}
