import Foundation

/// TCP on 127.0.0.1.
public enum Loopback {
    /// A system call that failed, and why.
    public struct Failure: Error, CustomStringConvertible {
        public var description: String
    }

    /// A socket with a port of its own, which nobody else has; it listens when asked to.
    public static func bind(listening: Bool) throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = self.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.bind(descriptor, $0, length) == 0 && (!listening || listen(descriptor, 8) == 0)
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw failure("bind", closing: descriptor) }
        let port = withUnsafeBytes(of: &address) { $0.load(fromByteOffset: 2, as: UInt16.self) }
        return (descriptor, UInt16(bigEndian: port))
    }

    /// A connection to a port.
    public static func connect(port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = self.address(port: port)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw failure("connect", closing: descriptor) }
        return descriptor
    }

    /// Written as bytes: which module owns the members of `sockaddr_in` depends on what the compiler has loaded before.
    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        withUnsafeMutableBytes(of: &address) { bytes in
            bytes.storeBytes(of: sa_family_t(AF_INET), as: sa_family_t.self)
            bytes.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
            bytes.storeBytes(of: UInt32(0x7F00_0001).bigEndian, toByteOffset: 4, as: UInt32.self)
        }
        return address
    }

    private static func failure(_ call: String, closing descriptor: Int32) -> Failure {
        defer { close(descriptor) }
        return Failure(description: "\(call) on 127.0.0.1: \(String(cString: strerror(errno)))")
    }
}
