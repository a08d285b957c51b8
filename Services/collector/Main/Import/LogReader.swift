import CollectorCore
import Database
import Glibc
import Runtime
import WeirProtocol

/// Reads logs line by line, places the requests in sessions, and collects what is to be stored.
final class LogReader {
    /// Why reading paused.
    enum State: Equatable {
        /// The batch has enough.
        case full
        /// The log's clock has reached a time whose stored sessions are not known yet.
        case needsSeed(Timestamp)
        /// The followed log has nothing further now.
        case idle
        /// The last file ended.
        case end
    }

    private(set) var summary = ImportSummary()
    private(set) var state = State.full
    private var files: [String]
    private var source: LineSource?
    /// The log that goes on after the files.
    private let followed: FollowedLog?
    private let sourceName: String
    private var finishedBytes: Int64 = 0
    private let totalBytes: Int64?
    private var parser: LogLineParser
    private let format: LogFormat
    private let site: String
    private var identity: LineIdentity
    private let intake: RequestIntake
    private var fingerprints = FingerprintMemory()
    private let rows: SessionRows
    private(set) var book: SessionBook
    private var batch = DrainBatch(.binary)
    private var evidence: [SessionEvidence] = []
    private var held: IntakeRequest?
    private var seededUntil = Timestamp(milliseconds: .min)
    private var rejects: RejectFile?
    private var latest = Timestamp(milliseconds: .min)
    /// Whether to wait no longer for a pipe.
    var isStopped: () -> Bool = { false }

    /// Requests after which a session that goes on is judged again.
    private static let questionEvery = 10
    /// In ms.
    private static let furthestAhead: Int64 = 7 * 86_400_000

    init(
        files: [String], format: LogFormat, site: String, intake: RequestIntake, policy: SessionBook.Policy,
        rows: SessionRows, rejects: String?, following followed: FollowedLog? = nil
    ) throws {
        self.files = files
        self.followed = followed
        sourceName = followed == nil ? "import" : "follow"
        self.format = format
        self.site = site
        parser = LogLineParser(format: format)
        identity = LineIdentity(site: site)
        self.intake = intake
        book = SessionBook(policy: policy)
        self.rows = rows
        var total: Int64? = 0
        for file in files {
            // Looked at here, so that a file that is missing is found before anything is stored.
            let size = try LineSource.size(of: file)
            total = total.flatMap { total in size.map { total + $0 } }
        }
        totalBytes = followed == nil ? total : nil
        if let rejects { self.rejects = try RejectFile(rejects) }
    }

    /// The log's clock.
    var clock: Timestamp { book.clock.milliseconds == .min ? Timestamp(milliseconds: 0) : book.clock }

    /// Whether anything was collected that is not handed over yet.
    var hasNews: Bool { !batch.isEmpty || !evidence.isEmpty }

    /// How much of the files has been read, 0...1; nil for standard input.
    var share: Double? {
        totalBytes.flatMap { $0 > 0 ? Double(finishedBytes + (source?.bytesRead ?? 0)) / Double($0) : nil }
    }

    /// The stored sessions up to `moment` are known now.
    func seeded(until moment: Timestamp) { seededUntil = moment }

    /// Notes that reading ends before the logs do.
    func interrupt() { summary.isInterrupted = true }

    /// Tells the book what the database has.
    func restore(_ sessions: [SessionBook.Stored]) { book.restore(sessions) }

    /// Tells the book what pages the database knows.
    func restore(pages: [(site: String, path: String, firstSeen: Timestamp)]) { book.restore(pages: pages) }

    /// Reads until the batch holds `count` events or something else is needed first.
    func fill(untilEvents count: Int) throws -> State {
        while batch.records.count < count {
            if let request = held {
                held = nil
                place(request)
            }
            guard let line = try nextLine() else {
                state = followed == nil ? .end : .idle
                return state
            }
            guard let request = read(line) else { continue }
            if request.at >= seededUntil {
                held = request
                state = .needsSeed(request.at)
                return state
            }
            place(request)
        }
        state = .full
        return state
    }

    /// Hands over what was collected, with evidence of the sessions that ended meanwhile.
    func close(isLast: Bool) -> ClosedBatch {
        for session in isLast ? book.finish() : book.ended(by: book.clock) { retire(session) }
        for index in batch.sessions.indices where !batch.sessions[index].isSettled {
            let id = batch.sessions[index].id
            guard let session = book[id] else { continue }
            batch.set(session, rows)
            // Who follows a log wants to know of a bot while it is there.
            if followed != nil, session.askedAt == nil || session.totalCount >= session.askedCount + Self.questionEvery,
                let question = book.evidence(for: id, now: session.lastActivityAt)
            {
                evidence.append(question)
            }
        }
        defer {
            batch = DrainBatch(.binary)
            evidence = []
        }
        return ClosedBatch(drain: batch, evidence: evidence)
    }

    /// A session has ended: what is known of it by now is what it is judged by.
    private func retire(_ session: LiveSession) {
        if batch.isWaiting(for: session.id) { batch.set(session, rows) }
        if let question = book.evidence(of: session, now: session.lastActivityAt) { evidence.append(question) }
    }

    private func nextLine() throws -> LineSource.Line? {
        while true {
            if source == nil {
                guard !files.isEmpty else { return try followed?.line(now: WallClock.monotonicMilliseconds) }
                source = try LineSource(path: files.removeFirst(), isStopped: isStopped)
                parser = LogLineParser(format: format)
                // A line that stands in two files, as rotation leaves them, is one request.
                identity = LineIdentity(site: site)
            }
            do throws(LineSourceError) {
                if let line = try source!.next() { return line }
            } catch {
                // What was readable is stored; the file can be imported again when it is whole.
                guard summary.lines > 0 else { throw error }
                summary.damaged.append(error.description)
            }
            finishedBytes += source!.bytesTotal ?? 0
            source = nil
        }
    }

    private func read(_ line: LineSource.Line) -> IntakeRequest? {
        summary.lines += 1
        switch line {
        case .tooLong:
            refuse("too_long", nil)
            return nil
        case .bytes(let bytes, _):
            switch parser.parse(bytes) {
            case .failure(let refusal):
                refuse(refusal.rawValue, bytes)
                return nil
            case .success(let entry):
                guard entry.at <= latest(for: entry.at) else {
                    refuse(LogRefusal.badTime.rawValue, bytes)
                    return nil
                }
                let id = identity.id(of: entry, line: bytes)
                do throws(RecordRefusal) {
                    let request = try intake.request(entry.record(id: id, site: entry.host), recalling: &fingerprints)
                    summary.saw(request.at)
                    return request
                } catch {
                    refuse(error.rawValue, bytes)
                    return nil
                }
            }
        }
    }

    /// The last moment that a line may be of: what is further ahead than partitions are made, no clock is.
    private func latest(for moment: Timestamp) -> Timestamp {
        if moment > latest { latest = Timestamp(milliseconds: WallClock.milliseconds + Self.furthestAhead) }
        return latest
    }

    private func place(_ request: IntakeRequest) {
        let placement = book.place(request)
        if placement.isFirstHere { summary.sessions += 1 }
        if book.serves(request, kind: placement.kind) {
            batch.pages.append(DrainBatch.Page(site: request.site, path: request.path, firstSeen: request.at))
        }
        batch.add(request, kind: placement.kind, of: placement.sessionID, source: sourceName)
        // Sessions leave by the log's own clock, not by where batches happen to end.
        for session in book.ended(by: book.clock) { retire(session) }
    }

    private func refuse(_ reason: String, _ line: UnsafeRawBufferPointer?) {
        summary.refused[reason, default: 0] += 1
        batch.refused[reason, default: 0] += 1
        rejects?.write(reason, line)
    }
}

/// Refused lines with their reason, for the operator to look at: `reason TAB line`.
final class RejectFile {
    private let stream: UnsafeMutablePointer<FILE>

    init(_ path: String) throws(Failure) {
        // A pipe that nobody reads is refused, not waited for; the log would wait as well.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0o666)
        guard descriptor >= 0, fcntl(descriptor, F_SETFL, O_WRONLY) == 0, let stream = fdopen(descriptor, "w") else {
            let code = errno
            let reason = code == ENXIO ? "it is a pipe or socket that nobody reads" : String(cString: strerror(code))
            if descriptor >= 0 { close(descriptor) }
            throw Failure(
                code == EACCES ? .noPermission : .usage, "cannot write \(path): \(reason)",
                hint: "name a regular file with --rejects")
        }
        self.stream = stream
    }

    deinit { fclose(stream) }

    func write(_ reason: String, _ line: UnsafeRawBufferPointer?) {
        fputs(reason + "\t", stream)
        if let line { fwrite(line.baseAddress, 1, line.count, stream) }
        fputc(10, stream)
    }
}

/// Whose log it is, when nobody says: nearly all static files are asked for by pages of the site itself, so the host
/// that most of their referrers name is the site.
enum SiteGuess {
    private static let lines = 5000
    /// Static files whose referrers are enough to tell, where three of four name the same host.
    private static let enough = 200

    /// The host that at least half of the static files' referrers name, or of all referrers where there are no static
    /// files; without `www.`. Nil when there is none, or the first input is a pipe, which can be read only once.
    static func host(in files: [String]) throws -> String? {
        guard let file = files.first, try LineSource.size(of: file) != nil else { return nil }
        let source = try LineSource(path: file)
        var parser = LogLineParser()
        var (votes, ofAssets): ([String: Int], [String: Int]) = ([:], [:])
        var assets = 0
        for _ in 0..<lines {
            guard let line = try? source.next() else { break }
            guard case .bytes(let bytes, _) = line, case .success(let entry) = parser.parse(bytes) else { continue }
            if entry.host != nil { return nil }
            guard let host = entry.referrer.flatMap({ ReferrerURL.host(of: $0) }) else { continue }
            let name = host.hasPrefix("www.") ? String(host.dropFirst(4)) : host
            votes[name, default: 0] += 1
            guard RequestKind.isAssetPath(entry.path) else { continue }
            ofAssets[name, default: 0] += 1
            assets += 1
            if assets == enough, (ofAssets.values.max() ?? 0) * 4 >= assets * 3 { break }
        }
        if !ofAssets.isEmpty { votes = ofAssets }
        let total = votes.values.reduce(0, +)
        guard let best = votes.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }), best.value * 2 >= total else {
            return nil
        }
        return best.key
    }
}
