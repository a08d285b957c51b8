import CollectorCore
import Glibc
import Logging
import Runtime
import ServiceLifecycle
import Synchronization
import Transport
import WeirProtocol

/// Takes access-log lines as syslog datagrams on collector.syslog.sock.
///
/// Best effort: a sender is told nothing, and the kernel drops what finds the socket's queue full
/// (net.unix.max_dgram_qlen; 512 is a good value). A thread of its own does nothing but empty that queue; what comes of
/// the lines is decided elsewhere. The same log followed as a file fills the gaps, and what came both ways counts once.
final class SyslogDoor: Service {
    private let socket: DatagramSocket
    private let door: RecordDoor
    private let site: String

    /// Binds the socket.
    /// - Parameter site: the site of lines that name none.
    /// - Throws: `ListenError`: the socket cannot be made.
    init(on socket: ListeningSocket, door: RecordDoor, site: String, logger: Logger) throws(ListenError) {
        self.socket = try DatagramSocket(socket, sizeLimit: SyslogFrame.sizeLimit, logger: logger)
        (self.door, self.site) = (door, site)
    }

    func run() async throws {
        socket.start()
        await withGracefulShutdownHandler {
            var parser = LogLineParser()
            var identity = LineIdentity(site: site)
            for await _ in socket.arrivals {
                let (datagrams, dropped) = socket.take()
                if dropped > 0 { door.refuse("queue_full", count: dropped, of: Staging.datagramSource) }
                for datagram in datagrams { await record(datagram, &parser, &identity) }
            }
        } onGracefulShutdown: {
            self.socket.stop()
        }
    }

    private func record(_ datagram: [UInt8], _ parser: inout LogLineParser, _ identity: inout LineIdentity) async {
        let record: RequestRecord? = datagram.withUnsafeBytes { bytes in
            guard let message = SyslogFrame.message(in: bytes) else { return nil }
            let line = UnsafeRawBufferPointer(rebasing: bytes[message])
            guard case .success(let entry) = parser.parse(line) else { return nil }
            return entry.record(id: identity.id(of: entry, line: line), site: site)
        }
        guard let record else { return door.refuse("not_a_log_line", of: Staging.datagramSource) }
        // A refusal is counted where it is made; there is nobody to tell.
        _ = await door.take(logged: record)
    }
}
