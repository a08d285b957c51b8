import CollectorCore
import Glibc

/// Reading a segment of the spool.
enum SpoolFile {
    /// Why a segment cannot be read.
    struct Unreadable: Error, Equatable {
        /// Of the system call.
        let code: Int32

        /// There is no such file.
        var isMissing: Bool { code == ENOENT }
        var reason: String { String(cString: strerror(code)) }
    }

    /// At most `limit` bytes from `offset`; fewer only where the file ends.
    /// - Throws: `Unreadable`, also when it became so after some bytes: what cannot be read is not the end.
    static func bytes(of path: String, from offset: Int, limit: Int) throws(Unreadable) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Unreadable(code: errno) }
        defer { close(descriptor) }
        return try bytes(of: descriptor, from: offset, limit: limit)
    }

    /// The same of an open file.
    static func bytes(of descriptor: Int32, from offset: Int, limit: Int) throws(Unreadable) -> [UInt8] {
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw Unreadable(code: errno) }
        let wanted = min(limit, max(0, Int(information.st_size) - offset))
        guard wanted > 0 else { return [] }
        var problem: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            count = 0
            while count < wanted {
                let got = pread(descriptor, buffer.baseAddress! + count, wanted - count, off_t(offset + count))
                if got < 0, errno == EINTR { continue }
                if got < 0 { problem = errno }
                guard got > 0 else { break }
                count += got
            }
        }
        guard problem == 0 else { throw Unreadable(code: problem) }
        return bytes
    }

    /// The file's length in bytes; 0 when there is none.
    static func size(_ path: String) -> Int {
        var information = stat()
        return stat(path, &information) == 0 ? Int(information.st_size) : 0
    }

    /// Whether the file holds whole records and nothing else.
    static func isWhole(_ path: String) -> Bool {
        guard let bytes = try? bytes(of: path, from: 0, limit: .max) else { return false }
        return bytes.withUnsafeBytes(SpoolFraming.end) == .whole
    }

    /// Keeps the file under a name that is not a segment's, and not one that is taken.
    static func setAside(_ path: String) {
        var name = path + ".damaged"
        for number in 1...1000 where access(name, F_OK) == 0 { name = "\(path).damaged-\(number)" }
        rename(path, name)
    }
}
