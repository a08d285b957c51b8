import DetectorCore
import Glibc
import Runtime

/// The file that says which anomalies were told. It is locked for as long as somebody tells, and replaced as a whole, so
/// that neither two timers nor a power cut tell anything twice or never.
final class ToldFile {
    private static let sizeLimit = 1 << 20

    private let path: String
    private let lock: Int32
    /// What it says.
    var told: ToldAnomalies

    /// Takes the lock and reads the file, which may be missing.
    init(_ path: String) throws(Failure) {
        self.path = path
        lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw Self.failure(path + ".lock", errno) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw Failure(.unavailable, "somebody else is telling by \(path)", hint: "give every receiver its own file")
        }
        do throws(Failure) { told = try Self.read(path) } catch {
            close(lock)
            throw error
        }
    }

    deinit { close(lock) }

    /// Writes it.
    func save() throws(Failure) {
        let fresh = path + ".new"
        let file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.failure(fresh, errno) }
        let bytes = Array(told.text.utf8)
        let written = bytes.withUnsafeBytes { $0.isEmpty ? 0 : write(file, $0.baseAddress!, $0.count) }
        let isSafe = written == bytes.count && fsync(file) == 0
        let problem = errno
        close(file)
        guard isSafe, rename(fresh, path) == 0 else { throw Self.failure(path, isSafe ? errno : problem) }
    }

    private static func read(_ path: String) throws(Failure) -> ToldAnomalies {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return ToldAnomalies() }
            throw failure(path, errno)
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: sizeLimit + 1)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress! + count, $0.count - count) }
            if more < 0, errno == EINTR { continue }
            guard more >= 0 else { throw failure(path, errno) }
            if more == 0 { break }
            count += more
        }
        guard count <= sizeLimit else { throw foreign(path, "it is larger than any of ours") }
        do throws(ToldAnomalies.Malformed) {
            return try ToldAnomalies(parsing: String(decoding: bytes[..<count], as: UTF8.self))
        } catch { throw foreign(path, "line \(error.line) is none of ours") }
    }

    private static func foreign(_ path: String, _ reason: String) -> Failure {
        Failure(
            .configuration, "\(path) does not say what was told: \(reason)",
            hint: "name another file, or remove this one to be told of everything again")
    }

    private static func failure(_ path: String, _ number: Int32) -> Failure {
        Failure(
            number == EACCES || number == EPERM || number == EROFS ? .noPermission : .configuration,
            "\(path): \(String(cString: strerror(number)))", hint: "name a file in a folder that you may write to")
    }
}
