import Glibc
import Synchronization

/// How many clients a process may serve, over all its doors: whoever only connects must not take the descriptors that the
/// work needs, for spool files, the database and the other services.
public enum ConnectionRoom {
    /// Descriptors that are never a client's.
    static let reserve = 64
    /// A process that may open almost nothing still answers somebody.
    static let least = 8

    private static let taken = Atomic<Int>(0)

    /// Takes a place for a client; false when none is left. Whoever took one gives it back by `leave`.
    public static func enter() -> Bool {
        if taken.add(1, ordering: .relaxed).oldValue < size { return true }
        leave()
        return false
    }

    /// Gives a client's place back.
    public static func leave() { taken.subtract(1, ordering: .relaxed) }

    /// All places, by what the process may open now.
    public static var size: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return least }
        return max(least, Int(clamping: limit.rlim_cur) - reserve)
    }
}
