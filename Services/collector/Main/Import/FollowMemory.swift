import Glibc
import Runtime
import WeirProtocol

/// What a follower of a log remembers from one run to the next, in a file of its own, which it also holds as a lock:
/// two followers of one log would each see half of its sessions.
final class FollowMemory {
    /// The form on disk.
    struct State: Codable {
        /// The log's path.
        var log: String
        /// The site that the log is taken to be of, which is part of each line's identity.
        var site: String
        /// Where reading goes on; every line before it is stored.
        var place: FollowedLog.Place
    }

    /// What was remembered; nil for a log that was never followed.
    private(set) var state: State?
    private let log: String
    private let file: String
    private let lock: Int32

    /// - Throws: `Failure`: the log is being followed already, or the directory cannot be written.
    init(log: String, directory: String) throws(Failure) {
        guard makeDirectories(directory) else {
            throw Self.failure("cannot make \(directory)", errno)
        }
        self.log = Self.absolute(log)
        file = "\(directory)/\(Self.name(of: self.log)).json"
        lock = open(file + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard lock >= 0 else { throw Self.failure("cannot write in \(directory)", errno) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw Failure(.unavailable, "\(log) is being followed already", hint: "stop the other follower first")
        }
        guard let bytes = try? FileText.bytes(file) else { return }
        guard let known = try? JSONValue(parsing: bytes).decoded(as: State.self) else {
            close(lock)
            throw Failure(
                .configuration, "\(file) is damaged",
                hint: "remove it: the log is then read from its beginning, and nothing is stored twice")
        }
        state = known
    }

    deinit { close(lock) }

    /// Remembers the place, as one write that is there whole or not at all.
    func remember(_ place: FollowedLog.Place, site: String) throws(Failure) {
        guard state?.place != place || state?.site != site else { return }
        let fresh = State(log: log, site: site, place: place)
        let bytes = JSONValue(encoding: fresh).serialized() + [UInt8(ascii: "\n")]
        let descriptor = open(file + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw Self.failure("cannot write \(file)", errno) }
        let written = write(descriptor, bytes, bytes.count)
        let problem = written == bytes.count ? (fdatasync(descriptor) == 0 ? 0 : errno) : (written < 0 ? errno : ENOSPC)
        close(descriptor)
        guard problem == 0, rename(file + ".new", file) == 0 else {
            throw Self.failure("cannot write \(file)", problem == 0 ? errno : problem)
        }
        state = fresh
    }

    /// The path of the name, not of what it may link to: a rotation may change that.
    private static func absolute(_ path: String) -> String {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard let real = realpath(folder, nil) else { return path }
        defer { free(real) }
        return String(cString: real) + "/" + (slash.map { String(path[path.index(after: $0)...]) } ?? path)
    }

    /// FNV-1a of the path, after the log's own name for whoever looks into the directory.
    private static func name(of log: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in log.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let base = log.split(separator: "/").last.map { String($0.prefix(100)) } ?? "log"
        return base + "-" + String(hash, radix: 16)
    }

    private static func failure(_ what: String, _ problem: Int32) -> Failure {
        Failure(
            problem == EACCES || problem == EPERM ? .noPermission : .configuration,
            "\(what): \(String(cString: strerror(problem)))",
            hint: "set collector.follow.directory to a directory that the collector may write")
    }
}
