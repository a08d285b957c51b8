import CollectorCore
import Glibc
import Logging
import NIOCore
import Runtime
import Synchronization
import Transport
import WeirProtocol

/// The detectors that are there, found by their sockets, and who of them judges which session.
///
/// Rendezvous hashing by session: when a detector comes or goes, only the sessions that it gains or loses change hands.
/// A detector that does not answer is left out until it does.
final class DetectorRing: Sendable {
    /// Connections to each detector: a detector answers after its commit, so one connection's window of requests under
    /// way would bound the whole rate.
    static let connectionsEach = 4

    /// What the detectors have said about many sessions.
    struct Answers: Sendable {
        /// The verdicts that came, by session.
        var verdicts: [SessionID: SessionVerdict] = [:]
        /// Whether a detector has dealt with every session: one without a verdict was refused, and would be again.
        var isComplete = false
    }

    private struct Member: Sendable {
        let name: String
        let seed: UInt64
        let clients: [LineClient]
    }

    private struct State {
        var members: [String: Member] = [:]
        var next = 0
    }

    private let directory: String
    private let group: any EventLoopGroup
    private let logger: Logger
    private let state = Mutex(State())

    init(directory: String, group: any EventLoopGroup, logger: Logger) {
        self.directory = directory
        self.group = group
        self.logger = logger
        scan()
    }

    /// How many detectors have a socket.
    var count: Int { state.withLock { $0.members.count } }

    /// Looks for detectors until it is cancelled.
    func watch() async {
        var search = DetectorSearch()
        var hasChanged = false
        repeat {
            let pause = search.pause(found: count, hasChanged: hasChanged)
            try? await Task.sleep(for: .milliseconds(Int64.random(in: pause / 2...pause)))
            hasChanged = scan()
        } while !Task.isCancelled
    }

    /// Looks for sockets that came or went.
    /// - Returns: whether any did.
    @discardableResult
    func scan() -> Bool {
        let found = Set(Self.sockets(in: directory))
        let (gone, hasChanged): ([Member], Bool) = state.withLock { state in
            let before = state.members.count
            let gone = state.members.values.filter { !found.contains($0.name) }
            for member in gone { state.members[member.name] = nil }
            for name in found where state.members[name] == nil {
                let path = directory + "/" + name
                state.members[name] = Member(
                    name: name, seed: Self.word(of: name),
                    clients: (0..<Self.connectionsEach).map { _ in
                        LineClient(path: path, group: group, logger: logger)
                    })
            }
            return (gone, !gone.isEmpty || state.members.count > before)
        }
        for member in gone {
            Task { for client in member.clients { await client.close() } }
        }
        return hasChanged
    }

    /// Asks the session's detector, then the others in their order.
    /// - Returns: the verdict; nil when no detector answers, in which case the session keeps waiting in the database.
    func evaluate(_ evidence: SessionEvidence, deadline: Duration) async -> SessionVerdict? {
        let members = ranked(by: evidence.sessionID)
        let turn = state.withLock { state in
            state.next &+= 1
            return state.next
        }
        var evidence = evidence
        evidence.fit()
        let fitting = evidence
        for member in members {
            let client = member.clients[turn % member.clients.count]
            do throws(WireError) {
                let line = try await client.exchange(deadline: deadline) { id in
                    var bytes: [UInt8] = []
                    bytes.reserveCapacity(2048)
                    HotEnvelope(id: id, fitting).append(to: &bytes)
                    return bytes
                }
                if let reply = line.withUnsafeBytes({ HotEnvelope<SessionVerdict>(line: $0) }) { return reply.message }
                let reply = try Envelope(line: line)
                if reply.type == .error { throw try reply.decode(WireError.self) }
                return try reply.decode(SessionVerdict.self)
            } catch {
                if !error.retryable { logger.error("\(member.name) refuses evidence: \(error.message)") }
            }
        }
        return nil
    }

    /// Asks about many sessions, dozens in a message, and all of them the detector of the first one: one large transaction
    /// costs the database less than two small ones, and the next list is another's turn. When a detector does not answer,
    /// what it has left open goes to the next.
    func evaluate(all evidence: [SessionEvidence], deadline: Duration) async -> Answers {
        guard let first = evidence.first else { return Answers(isComplete: true) }
        var verdicts: [SessionID: SessionVerdict] = [:]
        verdicts.reserveCapacity(evidence.count)
        var open = evidence
        var isAnswered = false
        for member in ranked(by: first.sessionID) {
            var packer = EvidencePacker()
            for question in open { packer.add(question) }
            var isSilent = false
            isAnswered = true
            await withTaskGroup(of: Result<VerdictList, WireError>.self) { group in
                for (turn, parcel) in packer.parcels.enumerated() {
                    let client = member.clients[turn % member.clients.count]
                    group.addTask { await Self.ask(client, parcel, deadline) }
                }
                for await answer in group {
                    switch answer {
                    case .success(let list): for verdict in list.verdicts { verdicts[verdict.sessionID] = verdict }
                    case .failure(let error):
                        isSilent = true
                        if error.retryable { isAnswered = false }
                        if !error.retryable { logger.error("\(member.name) refuses evidence: \(error.message)") }
                    }
                }
            }
            // What a detector that answers left out it could not store; asked for alone, later, it says why.
            if !isSilent { break }
            open = open.filter { verdicts[$0.sessionID] == nil }
        }
        return Answers(verdicts: verdicts, isComplete: isAnswered)
    }

    /// The detectors, the session's own first.
    private func ranked(by session: SessionID) -> [Member] {
        let word = Self.word(of: session)
        return state.withLock { Array($0.members.values) }.sorted {
            Self.mix(word, $0.seed) > Self.mix(word, $1.seed)
        }
    }

    private static func ask(
        _ client: LineClient, _ parcel: EvidencePacker.Parcel, _ deadline: Duration
    ) async -> Result<VerdictList, WireError> {
        do throws(WireError) {
            let line = try await client.exchange(deadline: deadline) { parcel.line(id: $0) }
            if let reply = line.withUnsafeBytes({ HotEnvelope<VerdictList>(line: $0) }) {
                return .success(reply.message)
            }
            let reply = try Envelope(line: line)
            if reply.type == .error { throw try reply.decode(WireError.self) }
            return .success(try reply.decode(VerdictList.self))
        } catch { return .failure(error) }
    }

    func close() async {
        for client in state.withLock({ $0.members.values.flatMap(\.clients) }) { await client.close() }
    }

    private static func sockets(in directory: String) -> [String] {
        Folder.names(in: directory).filter { $0.hasPrefix("detector-") && $0.hasSuffix(".sock") }
    }

    /// A session's name as a word that is equal in every process, unlike Swift's own hash.
    private static func word(of session: SessionID) -> UInt64 {
        session.first.map { $0.high ^ $0.low } ?? word(of: session.text)
    }

    /// FNV-1a.
    private static func word(of text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// Spreads what two words share over all of a third, by murmur3's finish.
    private static func mix(_ word: UInt64, _ seed: UInt64) -> UInt64 {
        var mixed = word ^ seed
        mixed = (mixed ^ mixed >> 33) &* 0xFF51_AFD7_ED55_8CCD
        mixed = (mixed ^ mixed >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return mixed ^ mixed >> 33
    }
}
