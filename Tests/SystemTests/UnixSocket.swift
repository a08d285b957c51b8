import Glibc
import Testing

/// A connection to a Unix socket that says nothing; nil when it is refused.
func idleConnection(to path: String) -> Int32? {
    unixSocket { descriptor in with(path) { connect(descriptor, $0, $1) } == 0 }
}

/// A Unix socket that listens at `path`, for whoever is to take its connections.
func listeningSocket(at path: String) throws -> Int32 {
    try #require(
        unixSocket { descriptor in
            with(path) { bind(descriptor, $0, $1) } == 0 && listen(descriptor, 1024) == 0
        }, "cannot listen at \(path)")
}

private func unixSocket(_ succeeds: (Int32) -> Bool) -> Int32? {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    if succeeds(descriptor) { return descriptor }
    close(descriptor)
    return nil
}

private func with(_ path: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
}
