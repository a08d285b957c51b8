public import NIOCore

/// The process at the other end of a Unix socket, as the kernel vouches for it.
public struct PeerCredentials: Hashable, Sendable {
    // The fields of Linux's `struct ucred`, in its order: the kernel fills this value.

    /// Process id at the time of the connection.
    public let processID: Int32
    /// Effective user id.
    public let userID: UInt32
    /// Effective group id.
    public let groupID: UInt32

    init(processID: Int32, userID: UInt32, groupID: UInt32) {
        self.processID = processID
        self.userID = userID
        self.groupID = groupID
    }

    /// Asks the kernel who is connected; nil where the channel is not a socket.
    public static func peer(of channel: any Channel) -> EventLoopFuture<PeerCredentials>? {
        let peerCredentialsOption = 17  // SO_PEERCRED, which Glibc's module hides without _GNU_SOURCE
        return (channel as? any SocketOptionProvider)?.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: CInt(peerCredentialsOption)))
    }
}
