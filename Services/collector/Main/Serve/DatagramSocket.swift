import Glibc
import Logging
import Synchronization
import Transport

/// A Unix datagram socket that a thread of its own empties, so that the kernel's short queue is rarely full.
///
/// Not NIO's: that takes a datagram without a sender's address, which is every one that nginx sends, for an error.
final class DatagramSocket: @unchecked Sendable {
    private struct Waiting {
        var datagrams: [[UInt8]] = []
        var bytes = 0
        /// Datagrams that were let go because as many bytes are waiting as may.
        var dropped = 0
    }

    /// Bytes that may wait.
    private static let limit = 64 << 20

    private let descriptor: Int32
    private let path: String?
    private let sizeLimit: Int
    /// Written to when the thread is to end.
    private let ending: (reading: Int32, writing: Int32)
    private let waiting = Mutex(Waiting())
    private let arrived: AsyncStream<Void>.Continuation
    /// Yields after datagrams have come; ends when everything was read after `stop()`.
    let arrivals: AsyncStream<Void>

    /// Binds the socket, or takes one that the service manager bound.
    /// - Parameter sizeLimit: bytes of a datagram; what is longer is cut.
    /// - Throws: `ListenError`.
    init(_ socket: ListeningSocket, sizeLimit: Int, logger: Logger) throws(ListenError) {
        self.sizeLimit = sizeLimit
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ListeningSocket.failure("a pipe", errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        ending = (ends[0], ends[1])
        switch socket {
        case .inherited(let inherited): (descriptor, path) = (inherited, nil)
        case .path(let file, let mode):
            descriptor = try Self.bound(file)
            path = file
            if chmod(file, mode_t(mode)) != 0 { logger.warning("cannot set the mode of \(file)") }
        }
        (arrivals, arrived) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Starts the thread.
    func start() {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        // Signals are the main thread's.
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let failure = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<DatagramSocket>.fromOpaque(argument!).takeRetainedValue().read()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(failure == 0, "no thread for datagrams: \(String(cString: strerror(failure)))")
        pthread_detach(thread)
    }

    /// Reads what is in the kernel's queue, then no more.
    func stop() { _ = write(ending.writing, "x", 1) }

    /// Everything that waits, and how many were let go since the last time.
    func take() -> (datagrams: [[UInt8]], dropped: Int) {
        waiting.withLock { waiting in
            defer { waiting = Waiting() }
            return (waiting.datagrams, waiting.dropped)
        }
    }

    private func read() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: sizeLimit, alignment: 1)
        defer { buffer.deallocate() }
        var isEnding = false
        while !isEnding {
            var events = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: ending.reading, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&events, 2, -1) >= 0 || errno == EINTR else { break }
            isEnding = events[1].revents != 0
            while true {
                let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
                guard count >= 0 else { break }
                keep(Array(buffer[..<count]))
            }
            arrived.yield()
        }
        if let path {
            unlink(path)
            close(descriptor)
        }
        close(ending.reading)
        close(ending.writing)
        arrived.finish()
    }

    private func keep(_ datagram: [UInt8]) {
        waiting.withLock { waiting in
            if waiting.bytes + datagram.count <= Self.limit {
                waiting.datagrams.append(datagram)
                waiting.bytes += datagram.count
            } else {
                waiting.dropped += 1
            }
        }
    }

    private static func bound(_ path: String) throws(ListenError) -> Int32 {
        guard path.utf8.count <= 107 else { throw ListeningSocket.failure(path, ENAMETOOLONG) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ListeningSocket.failure(path, errno) }
        // Datagrams are not answered, so nobody can be asked whether they still listen. The other sockets of a second
        // collector are in use, and it ends before it comes here.
        unlink(path)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            throw ListeningSocket.failure(path, code)
        }
        return descriptor
    }
}
