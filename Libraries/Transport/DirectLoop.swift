import CPlatform
import Glibc
import Logging
import Synchronization
import WeirProtocol

/// The thread of a `DirectServer`: waits, reads, works, writes. Confined to that thread.
final class DirectLoop {
    private static let listenerTag = UInt64.max
    private static let wakeTag = UInt64.max - 1
    /// One read brings at most this much; the rest of a started line is put before it.
    private static let chunk = 64 * 1024

    private let set: Int32
    private let listener: Int32
    private let mailbox: DirectMailbox
    private let table: MessageTable
    private let logger: Logger
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: Envelope.lineLimit + chunk, alignment: 16)
    private var output: [UInt8] = []
    private var connections: [DirectConnection?] = []
    private var tenants: [UInt32] = []
    private var free: [UInt32] = []
    private var isListening = false
    private var isStopping = false
    private var deadline = ContinuousClock.Instant.now
    private var pausedAt = ContinuousClock.Instant.now
    private var warnedAt: ContinuousClock.Instant?
    private var busyWait = BusyWait()
    /// With one processor the client could not ask meanwhile.
    private let mayBusyWait = sysconf(Int32(_SC_NPROCESSORS_ONLN)) > 1

    init(set: Int32, listener: Int32, mailbox: DirectMailbox, table: MessageTable, logger: Logger) {
        self.set = set
        self.listener = listener
        self.mailbox = mailbox
        self.table = table
        self.logger = logger
        output.reserveCapacity(Self.chunk)
    }

    deinit { input.deallocate() }

    /// Returns when the mailbox has asked to stop and everything is closed.
    func run() {
        listen(true)
        if weir_watch(set, mailbox.wake, Self.wakeTag, 0, 1, 0) != 0 { logger.critical("epoll refuses its wake-up") }
        let events = UnsafeMutableBufferPointer<weir_event>.allocate(capacity: 256)
        defer { events.deallocate() }
        while true {
            // Without a free descriptor a connection that waits would wake it again at once.
            let count =
                isStopping || !isListening
                ? weir_watch_wait(set, events.baseAddress, Int32(events.count), isStopping ? 10 : 100)
                : wait(for: events)
            guard count >= 0 else { break }
            for event in events[..<Int(count)] {
                switch event.tag {
                case Self.listenerTag: accept()
                case Self.wakeTag: weir_wake_clear(mailbox.wake)
                default:
                    let address = DirectMailbox.Address(tag: event.tag)
                    guard let connection = connection(at: address) else { continue }
                    serve(connection, event)
                }
            }
            deliver()
            if isStopping {
                if mailbox.open.load(ordering: .relaxed) == 0 || ContinuousClock.now >= deadline { break }
            } else if let deadline = mailbox.deadline {
                stop(by: deadline)
            } else if !isListening, ContinuousClock.now - pausedAt >= .milliseconds(100) {
                listen(true)
            }
        }
        for connection in connections { if let connection { close(connection) } }
        if !isStopping { Glibc.close(listener) }
        Glibc.close(set)
        mailbox.end()
    }

    private func wait(for events: UnsafeMutableBufferPointer<weir_event>) -> Int32 {
        let begun = ContinuousClock.now
        var count: Int32 = 0
        if mayBusyWait, busyWait.isWorthIt {
            repeat {
                count = weir_watch_wait(set, events.baseAddress, Int32(events.count), 0)
                // Whoever needs the processor, such as the client that is to ask, has it first.
                if count == 0 { sched_yield() }
            } while count == 0 && ContinuousClock.now - begun < BusyWait.patience
        }
        if count == 0 { count = weir_watch_wait(set, events.baseAddress, Int32(events.count), -1) }
        busyWait.paused(for: ContinuousClock.now - begun)
        return count
    }

    // MARK: Connections

    private func listen(_ wanted: Bool) {
        guard wanted != isListening else { return }
        if !wanted { pausedAt = .now }
        if weir_watch(set, listener, Self.listenerTag, isListening ? 1 : 0, wanted ? 1 : 0, 0) == 0 {
            isListening = wanted
        }
    }

    private func accept() {
        for _ in 0..<64 {
            let descriptor = weir_accept(listener)
            if descriptor < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                if errno != EAGAIN {
                    warn("cannot accept connections: \(String(cString: strerror(errno)))")
                    listen(false)
                }
                return
            }
            let open = mailbox.open.load(ordering: .relaxed)
            guard open < LineServer.connectionLimit, ConnectionRoom.enter() else {
                warn("closed a connection: \(open) are open")
                Glibc.close(descriptor)
                continue
            }
            admit(descriptor)
        }
    }

    private func admit(_ descriptor: Int32) {
        let place: UInt32
        if let reused = free.popLast() {
            place = reused
        } else {
            place = UInt32(connections.count)
            connections.append(nil)
            tenants.append(0)
        }
        let address = DirectMailbox.Address(place: place, tenant: tenants[Int(place)])
        var (process, user, group): (Int32, UInt32, UInt32) = (0, 0, 0)
        let isKnown = weir_peer(descriptor, &process, &user, &group) == 0
        let peer = isKnown ? PeerCredentials(processID: process, userID: user, groupID: group) : nil
        let connection = DirectConnection(descriptor: descriptor, address: address, peer: peer)
        connections[Int(place)] = connection
        mailbox.open.add(1, ordering: .relaxed)
        if let allowed = table.allowedUsers, peer.map({ allowed.contains($0.userID) }) != true {
            let user = peer.map { "\($0.userID)" } ?? "?"
            refuse(connection, WireError(.forbidden, "this socket does not serve user \(user)"))
        } else {
            regulate(connection)
        }
    }

    private func connection(at address: DirectMailbox.Address) -> DirectConnection? {
        let place = Int(address.place)
        guard place < connections.count, tenants[place] == address.tenant else { return nil }
        return connections[place]
    }

    private func close(_ connection: DirectConnection) {
        let place = Int(connection.address.place)
        guard !connection.isClosed else { return }
        connection.isClosed = true
        connections[place] = nil
        tenants[place] &+= 1
        free.append(connection.address.place)
        Glibc.close(connection.descriptor)
        mailbox.open.subtract(1, ordering: .relaxed)
        ConnectionRoom.leave()
    }

    // MARK: Work

    private func serve(_ connection: DirectConnection, _ event: weir_event) {
        if event.writable != 0 || (event.hung_up != 0 && connection.hasBacklog) {
            guard flush(connection) else { return }
            // What waited for the client to take its answers goes on.
            if !connection.hasBacklog { work(on: connection, read: 0) }
        }
        if event.readable != 0 || event.hung_up != 0 { read(connection) }
        settle(connection)
    }

    private func read(_ connection: DirectConnection) {
        // A bounded turn, so that one busy client does not keep the others waiting.
        for _ in 0..<4 where connection.mayRead {
            let kept = connection.rest.count
            connection.rest.withUnsafeBytes { input.copyMemory(from: $0) }
            let room = min(Self.chunk, input.count - kept)
            let count = recv(connection.descriptor, input.baseAddress! + kept, room, Int32(MSG_DONTWAIT))
            if count > 0 {
                work(on: connection, read: count)
                if count < room { return }
            } else if count == 0 {
                connection.inputEnded = true
            } else if errno == EINTR {
                continue
            } else {
                if errno != EAGAIN { connection.isLost = true }
                return
            }
        }
    }

    /// Takes the lines in `connection.rest` and the `read` bytes that lie behind it in `input`.
    private func work(on connection: DirectConnection, read: Int) {
        let kept = connection.rest.count
        if read == 0 {
            guard kept > 0, connection.isHeld else { return }
            connection.rest.withUnsafeBytes { input.copyMemory(from: $0) }
        }
        let bytes = UnsafeRawBufferPointer(rebasing: input[..<(kept + read)])
        let table = table
        let hotPath = table.hotPath
        func later() -> Responder {
            connection.inFlight += 1
            return Responder(target: .direct(mailbox, connection.address))
        }
        // The beginning of a line was searched for its end before.
        var (start, searched) = (0, connection.isHeld ? 0 : kept)
        connection.isHeld = false
        while start < bytes.count {
            guard output.count <= DirectConnection.backlogLimit, connection.inFlight < LineServer.inFlightLimit else {
                connection.isHeld = true
                break
            }
            let rest = UnsafeRawBufferPointer(rebasing: bytes[max(start, searched)...])
            guard let length = LineFramer.first(UInt8(ascii: "\n"), in: rest) else {
                if bytes.count - start >= Envelope.lineLimit { refuseLength(of: connection) }
                break
            }
            let end = max(start, searched) + length
            searched = 0
            guard end - start < Envelope.lineLimit else {
                refuseLength(of: connection)
                break
            }
            var last = end
            if last > start, bytes[last - 1] == UInt8(ascii: "\r") { last -= 1 }
            if last > start {
                let line = UnsafeRawBufferPointer(rebasing: bytes[start..<last])
                if hotPath?(line, &output, later) ?? .declined == .declined {
                    table.takeUsualWay(line, from: connection.peer, &output, later)
                }
            }
            start = end + 1
        }
        if start < bytes.count, !connection.hasRefused {
            connection.rest.replaceSubrange(0..<kept, with: bytes[start...])
        } else if kept > 0 {
            connection.rest.removeAll(keepingCapacity: connection.rest.capacity <= 8192)
        }
        // A client that takes its answers as fast as they come is held by nobody.
        if flush(connection), connection.isHeld, !connection.hasBacklog,
            connection.inFlight < LineServer.inFlightLimit
        {
            work(on: connection, read: 0)
        }
    }

    private func deliver() {
        var touched: [DirectConnection] = []
        for (address, line) in mailbox.takeAnswers() {
            guard let connection = connection(at: address) else { continue }
            connection.inFlight -= 1
            connection.backlog.append(contentsOf: line)
            if !connection.isTouched { touched.append(connection) }
            connection.isTouched = true
        }
        for connection in touched {
            connection.isTouched = false
            guard flush(connection) else { continue }
            if !connection.hasBacklog { work(on: connection, read: 0) }
            settle(connection)
        }
    }

    /// Sends what is ready; what the client does not take now waits in its backlog. False when the connection is gone.
    @discardableResult
    private func flush(_ connection: DirectConnection) -> Bool {
        guard !connection.isClosed else { return false }
        if connection.hasBacklog {
            connection.backlog.append(contentsOf: output)
            output.removeAll(keepingCapacity: true)
            let sent = connection.backlog.withUnsafeBytes {
                send(connection, UnsafeRawBufferPointer(rebasing: $0[connection.sent...]))
            }
            connection.sent += sent
            if connection.sent == connection.backlog.count {
                (connection.backlog, connection.sent) = ([], 0)
            }
        } else if !output.isEmpty {
            let sent = output.withUnsafeBytes { send(connection, $0) }
            if sent < output.count { connection.backlog = Array(output[sent...]) }
            output.removeAll(keepingCapacity: output.capacity <= 1 << 20)
        }
        if connection.isLost { close(connection) }
        return !connection.isLost
    }

    private func send(_ connection: DirectConnection, _ bytes: UnsafeRawBufferPointer) -> Int {
        var sent = 0
        while sent < bytes.count {
            let count = Glibc.send(
                connection.descriptor, bytes.baseAddress! + sent, bytes.count - sent,
                Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            if count > 0 {
                sent += count
            } else if errno != EINTR {
                if errno != EAGAIN { connection.isLost = true }
                break
            }
        }
        return sent
    }

    // MARK: The end of a connection

    private func refuseLength(of connection: DirectConnection) {
        refuse(connection, WireError(.tooLong, "a line has at most \(Envelope.lineLimit) bytes"))
    }

    private func refuse(_ connection: DirectConnection, _ error: WireError) {
        connection.hasRefused = true
        output.append(contentsOf: Envelope(.error, body: JSONValue(encoding: error)).line)
        if flush(connection) { settle(connection) }
    }

    /// Closes a connection that has nothing left to do, and watches for what the others wait for.
    private func settle(_ connection: DirectConnection) {
        guard !connection.isClosed else { return }
        let isDone = connection.inputEnded || connection.hasRefused || isStopping
        let isIdle = connection.inFlight == 0 && !connection.isHeld
        if connection.isLost || (isDone && !connection.hasBacklog && (isIdle || connection.hasRefused)) {
            close(connection)
        } else {
            regulate(connection)
        }
    }

    private func regulate(_ connection: DirectConnection) {
        let interest = (connection.mayRead && !isStopping ? 1 : 0) | (connection.hasBacklog ? 2 : 0)
        guard interest != connection.interest else { return }
        let result = weir_watch(
            set, connection.descriptor, connection.address.tag, connection.interest == 0 ? 0 : 1, Int32(interest & 1),
            Int32(interest >> 1))
        if result == 0 { connection.interest = interest } else { close(connection) }
    }

    private func stop(by deadline: ContinuousClock.Instant) {
        self.deadline = deadline
        listen(false)
        Glibc.close(listener)
        isStopping = true
        for connection in connections { if let connection { settle(connection) } }
    }

    /// At most one warning a second: what it warns of comes in floods.
    private func warn(_ sentence: String) {
        let now = ContinuousClock.now
        if let warnedAt, now - warnedAt < .seconds(1) { return }
        warnedAt = now
        logger.warning("\(sentence)")
    }
}

/// One client of a `DirectServer`.
final class DirectConnection {
    /// Answers that a client has not taken before it is read no further, in bytes.
    static let backlogLimit = 256 * 1024

    let descriptor: Int32
    let address: DirectMailbox.Address
    let peer: PeerCredentials?
    /// What was read and not taken: the beginning of a line, or lines that are held.
    var rest: [UInt8] = []
    /// Whether lines wait until work under way, or answers, have gone.
    var isHeld = false
    /// Answers not sent yet, from `sent` on.
    var backlog: [UInt8] = []
    var sent = 0
    var inFlight = 0
    /// 1 for reading, 2 for writing, as epoll knows it.
    var interest = 0
    var inputEnded = false
    var hasRefused = false
    var isLost = false
    var isClosed = false
    var isTouched = false

    var hasBacklog: Bool { !backlog.isEmpty }
    var mayRead: Bool { !inputEnded && !hasRefused && !isLost && !isClosed && !isHeld && !hasBacklog }

    init(descriptor: Int32, address: DirectMailbox.Address, peer: PeerCredentials?) {
        self.descriptor = descriptor
        self.address = address
        self.peer = peer
    }
}
