import Foundation
import Glibc
import PostgresSupport
import Synchronization

/// Stands between programs and their PostgreSQL server: passes on what they say to each other after a while, and on
/// demand nothing at all, or everything but the answers to commits.
final class SlowServer: Sendable {
    private struct State: Sendable {
        var delay: Duration
        var standsStill = false
        var commitsToLose = 0
        var commitsLost = 0
        var open: Set<Int32> = []
        var hasEnded = false
    }

    /// `database.url` of the same database by way of this one.
    let url: String
    private let server: String
    private let listener: Int32
    private let state: Mutex<State>

    /// The way to a database by a socket in `directory`; everything takes `delay` longer there and back.
    init(before database: TestDatabase, in directory: URL, delay: Duration) throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        server = database.cluster.socketDirectory + "/.s.PGSQL.5432"
        url = "postgresql:///\(database.name)?host=\(directory.path)"
        state = Mutex(State(delay: delay))
        listener = try listeningSocket(at: directory.appendingPathComponent(".s.PGSQL.5432").path)
        Thread.detachNewThread { [self] in accept() }
    }

    /// Answers to commits that were lost.
    var commitsLost: Int { state.withLock { $0.commitsLost } }

    /// Nothing arrives any more, in either direction, until `goOn`.
    func standStill() { state.withLock { $0.standsStill = true } }

    /// What waits arrives.
    func goOn() { state.withLock { $0.standsStill = false } }

    /// The next so many commits take effect, and whoever asked for them finds the connection cut instead of an answer.
    func loseCommits(_ count: Int) { state.withLock { $0.commitsToLose = count } }

    /// Ends every connection and listens no more.
    func close() {
        state.withLock { state in
            state.hasEnded = true
            for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else {
                if errno == EINTR { continue }
                Glibc.close(listener)
                return
            }
            guard let upstream = idleConnection(to: server) else {
                Glibc.close(client)
                continue
            }
            let link = Link(client: client, upstream: upstream)
            let hasEnded = state.withLock { state in
                state.open.formUnion([client, upstream])
                return state.hasEnded
            }
            if hasEnded { link.cut() }
            Thread.detachNewThread { [self] in pass(link, from: client, to: upstream) }
            Thread.detachNewThread { [self] in pass(link, from: upstream, to: client) }
        }
    }

    /// One direction of a connection, to its end; the direction that ends last closes both sockets.
    private func pass(_ link: Link, from source: Int32, to target: Int32) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(source, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            if source == link.client, buffer[..<count].contains(Self.commit), takeCommit() {
                link.losesAnswer.store(true, ordering: .sequentiallyConsistent)
            }
            if source == link.upstream, link.losesAnswer.load(ordering: .sequentiallyConsistent) {
                state.withLock { $0.commitsLost += 1 }
                break
            }
            guard wait(), sendAll(buffer[..<count], to: target) else { break }
        }
        link.cut()
        guard link.directions.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 else { return }
        state.withLock { $0.open.subtract([link.client, link.upstream]) }
        Glibc.close(link.client)
        Glibc.close(link.upstream)
    }

    /// Waits as long as everything takes, and while nothing moves; false when it has ended meanwhile.
    private func wait() -> Bool {
        usleep(UInt32(state.withLock { $0.delay } / .microseconds(1)))
        while state.withLock({ $0.standsStill && !$0.hasEnded }) { usleep(10_000) }
        return !state.withLock { $0.hasEnded }
    }

    private func takeCommit() -> Bool {
        state.withLock { state in
            guard state.commitsToLose > 0 else { return false }
            state.commitsToLose -= 1
            return true
        }
    }

    private func sendAll(_ bytes: ArraySlice<UInt8>, to target: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = send(
                    target, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count, Int32(MSG_NOSIGNAL))
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    /// The end of the message that asks for a commit: the statement's empty name, and its text.
    private static let commit = Array("\0commit\0".utf8)

    /// A client's connection and the one that was opened for it.
    private final class Link: Sendable {
        let client: Int32
        let upstream: Int32
        let losesAnswer = Atomic(false)
        let directions = Atomic(2)

        init(client: Int32, upstream: Int32) { (self.client, self.upstream) = (client, upstream) }

        func cut() {
            shutdown(client, Int32(SHUT_RDWR))
            shutdown(upstream, Int32(SHUT_RDWR))
        }
    }
}
