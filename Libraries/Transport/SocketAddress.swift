import CPlatform
import Glibc

/// Where a server listens: a path that it makes itself, or a descriptor that the service manager made.
public enum ListeningSocket: Sendable {
    /// A socket file, made with `mode` after a stale one of that name was removed.
    case path(String, mode: UInt16 = 0o660)
    /// A bound and listening descriptor.
    case inherited(Int32)
}

/// Why a server cannot listen.
public struct ListenError: Error, Sendable, CustomStringConvertible {
    /// What kind of trouble it is.
    public enum Reason: Sendable {
        /// Another process answers there.
        case inUse
        /// The directory or file may not be written.
        case noPermission
        /// Anything else: a missing directory, a path over 107 bytes.
        case other
    }

    /// What kind of trouble it is.
    public let reason: Reason
    /// A sentence that names the path.
    public let description: String
}

extension ListeningSocket {
    /// Makes sure that nobody listens on `path` and removes what a dead process left there.
    /// - Throws: `ListenError`: somebody answers there, or the file cannot be removed.
    public static func clear(_ path: String) throws(ListenError) {
        guard path.utf8.count <= 107 else {
            throw ListenError(
                reason: .other,
                description: "\(path): a socket's path may have at most 107 bytes; set runtime.directory")
        }
        let answer = weir_socket_answers(path)
        let code = errno
        switch answer {
        case 1: throw ListenError(reason: .inUse, description: "\(path) is in use: another process answers there")
        case 0:
            if unlink(path) != 0, errno != ENOENT { throw failure(path, errno) }
        default: throw failure(path, code)
        }
    }

    /// The sentence for an error number of bind or listen.
    public static func failure(_ path: String, _ code: Int32) -> ListenError {
        let denied = code == EACCES || code == EPERM
        return ListenError(
            reason: denied ? .noPermission : .other,
            description: "cannot listen on \(path): \(String(cString: strerror(code)))")
    }
}
