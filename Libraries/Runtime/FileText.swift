import Glibc

/// Small files read whole: configuration, keys, rules.
public enum FileText {
    /// Why a file cannot be read.
    public struct ReadError: Error, Sendable {
        /// The system's words.
        public let reason: String
        /// It does not exist.
        public let missing: Bool
        /// Its permissions forbid it.
        public let denied: Bool

        init(_ code: Int32, _ reason: String? = nil) {
            self.reason = reason ?? String(cString: strerror(code))
            missing = code == ENOENT
            denied = code == EACCES || code == EPERM
        }
    }

    /// The most that is read, in bytes.
    public static let limit = 16 << 20

    /// Whether it is a regular file itself, rather than a link, a device or a pipe; nil when nothing is there.
    public static func isRegular(_ path: String) -> Bool? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT == S_IFREG
    }

    /// Gives an open file the permissions of another and, as far as its user may, the owner.
    public static func takeOver(_ path: String, onto descriptor: Int32) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        _ = fchown(descriptor, status.st_uid, status.st_gid)
        _ = fchmod(descriptor, status.st_mode & 0o777)
    }

    /// When the file was changed last, in milliseconds since 1970; nil when it cannot be looked at.
    public static func changedAt(_ path: String) -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
    }

    /// The file's bytes. Pipes are refused, since whoever asks for configuration cannot wait for a writer; `/dev/null` is
    /// an empty file.
    /// - Throws: `ReadError`, also for a file over `limit`.
    public static func bytes(_ path: String) throws(ReadError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw ReadError(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ReadError(errno) }
        guard [S_IFREG, S_IFCHR, S_IFDIR].contains(status.st_mode & S_IFMT) else {
            throw ReadError(EINVAL, "it is not a regular file")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw ReadError(errno) }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else { throw ReadError(EFBIG) }
        }
    }

    /// The file's text.
    /// - Throws: `ReadError`, also for a file over `limit`, and for one that is not UTF-8, with the line.
    public static func read(_ path: String) throws(ReadError) -> String {
        let bytes = try bytes(path)
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let wrong = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
        throw ReadError(EILSEQ, "line \(wrong + 1) is not UTF-8")
    }
}
