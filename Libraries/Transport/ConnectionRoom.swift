import Glibc

/// How many connections a door may have, by what the process may open: whoever only connects must not take the
/// descriptors that the work needs, for spool files, the database and the other services.
public enum ConnectionRoom {
    /// Descriptors that are never a client's.
    static let reserve: Int = 64
    /// A process that may open almost nothing still answers somebody.
    static let least = 8

    /// The connections that one of a service's two doors may have now: half of what the process may open beyond the
    /// reserve, at most `most`.
    public static func connections(upTo most: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return most }
        return connections(upTo: most, descriptors: Int(clamping: limit.rlim_cur))
    }

    static func connections(upTo most: Int, descriptors: Int) -> Int {
        min(most, max(least, (descriptors - reserve) / 2))
    }
}
