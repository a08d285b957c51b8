import CollectorCore
import Glibc
import Logging
import Runtime
import Synchronization

/// The collector's on-disk log of accepted records: appended before they are acknowledged, drained to the database,
/// then deleted.
///
/// Segments of 16 MiB, named by number, and a cursor file that says how far the drain has come. A killed process loses
/// nothing that `append` returned from; a power cut loses what `sync` allows. Records may be read twice after a crash,
/// never zero times.
final class Spool: Sendable {
    /// When appended bytes are forced to the disk.
    enum Sync: String, Sendable {
        case interval, always, never
    }

    /// Why a record was not taken.
    enum Refusal: Error, Sendable, Equatable {
        /// As many undelivered bytes are waiting as the limit allows.
        case full
        /// The disk refuses: no space, an error, or no permission.
        case disk(String)
    }

    static let segmentSize = 16 << 20
    /// Readable as well, so that what is being written can be read even where somebody has removed the file.
    private static let writing = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC

    private struct State {
        var descriptor: Int32 = -1
        var segment = 0
        var length = 0
        /// How far the drain has come.
        var cursor = SpoolPosition(segment: 0, offset: 0)
        /// Bytes of closed segments that are not yet deleted.
        var closedBytes = 0
        var isDirty = false
        /// Why something could not be forced to the disk; told by the next `force`.
        var lostSync: Refusal?
        /// Segments with bytes that are no records, kept aside instead of deleted.
        var damaged: Set<Int> = []
        /// The newest segment that an earlier process has written, whose damages are not known.
        var inherited = 0
        /// Why the drain cannot go on.
        var readFailure: String?
    }

    private let directory: String
    private let limit: Int
    private let sync: Sync
    private let logger: Logger
    private let state = Mutex(State())
    /// Held locked while the spool is open: two processes would move each other's cursor.
    private let claim: Int32

    /// Opens the spool, making the directory if need be, and drops a torn record at its end, which was never acknowledged.
    /// Where the newest segment holds anything else that is no record, a new one is begun and all of it stays.
    /// - Throws: `Failure` when the directory cannot be used.
    init(directory: String, limit: Int64, sync: Sync, logger: Logger) throws(Failure) {
        self.directory = directory
        self.limit = Int(limit)
        self.sync = sync
        self.logger = logger
        guard makeDirectories(directory) else { throw Self.failure(directory, errno) }
        claim = open(directory + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard claim >= 0 else { throw Self.failure(directory + "/lock", errno) }
        guard flock(claim, LOCK_EX | LOCK_NB) == 0 else {
            close(claim)
            throw Failure(
                .unavailable, "another collector uses the spool \(directory)",
                hint: "stop it, or set collector.spool.directory")
        }
        let segments = Self.segments(in: directory)
        var fresh = State()
        fresh.cursor = Self.cursor(directory, segments, logger)
        fresh.segment = segments.last ?? fresh.cursor.segment
        fresh.inherited = segments.last ?? 0
        if try !Self.mend(path(fresh.segment), logger) { fresh.segment += 1 }
        fresh.length = SpoolFile.size(path(fresh.segment))
        fresh.descriptor = open(path(fresh.segment), Self.writing, 0o640)
        guard fresh.descriptor >= 0 else { throw Self.failure(path(fresh.segment), errno) }
        fresh.closedBytes = closedBytes(from: fresh.cursor.segment, to: fresh.segment)
        let opened = fresh
        state.withLock { $0 = opened }
    }

    deinit {
        state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } }
        close(claim)
    }

    /// Bytes that wait for the database.
    var pendingBytes: Int {
        state.withLock { max(0, $0.closedBytes + $0.length - $0.cursor.offset) }
    }

    /// Where the next record will be.
    var end: SpoolPosition { state.withLock { SpoolPosition(segment: $0.segment, offset: $0.length) } }

    /// Whether a record of ordinary size would be taken now.
    var hasRoom: Bool { pendingBytes + 4096 < limit }

    /// Why waiting records cannot be read; nil when they can.
    var readFailure: String? { state.withLock { $0.readFailure } }

    /// Whether a record is acknowledged only once it is on the disk.
    var isDurable: Bool { sync == .always }

    /// Takes framed records (`SpoolFraming.append`); all of them or none.
    /// - Parameter forcing: whether they are to be on the disk on return, where `sync` is `always`; who says no calls
    ///   `force` before the acknowledgement.
    func append(_ framed: [UInt8], forcing: Bool = true) throws(Refusal) {
        let refusal: Refusal? = state.withLock { state in
            guard state.closedBytes + state.length - state.cursor.offset + framed.count <= limit else { return .full }
            if state.length > 0, state.length + framed.count > Self.segmentSize, let refusal = rotate(&state) {
                return refusal
            }
            if let refusal = put(framed, &state) {
                // A full disk may be full of what is drained already.
                guard startOver(&state), put(framed, &state) == nil else { return refusal }
            }
            if forcing, sync == .always, fdatasync(state.descriptor) != 0 {
                let refusal = Refusal.disk(String(cString: strerror(errno)))
                ftruncate(state.descriptor, off_t(state.length))
                // The kernel tells of it once, and what others have appended may be lost with this.
                state.lostSync = refusal
                if state.length > 0 { _ = rotate(&state) }
                return refusal
            }
            state.length += framed.count
            state.isDirty = !forcing || sync != .always
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Forces what was appended to the disk, when `sync` asks for that every now and then.
    func flush() {
        if sync == .interval { _ = force() }
    }

    /// Forces all that was appended before to the disk; why not, when it cannot. Meanwhile more can be appended, which is
    /// no more certain than the rest when this fails.
    func force() -> Refusal? {
        let (descriptor, segment): (Int32?, Int) = state.withLock { state in
            defer { state.isDirty = false }
            return (state.isDirty ? dup(state.descriptor) : nil, state.segment)
        }
        var refusal: Refusal?
        if let descriptor {
            if descriptor < 0 || fdatasync(descriptor) != 0 { refusal = .disk(String(cString: strerror(errno))) }
            if descriptor >= 0 { close(descriptor) }
        }
        state.withLock { state in
            // The kernel takes lost pages for written; nothing more is put beside them.
            if refusal != nil, state.segment == segment, state.length > 0 { _ = rotate(&state) }
            // Somebody else may have been told meanwhile of what was lost here.
            refusal = refusal ?? state.lostSync
            state.lostSync = nil
        }
        if case .disk(let reason)? = refusal { logger.error("the spool cannot be forced to the disk: \(reason)") }
        return refusal
    }

    /// The next records after `position` (the cursor when nil), at most `limit` bytes of them, and where they end. Damaged
    /// bytes are passed over, and their segment is kept; what cannot be read is waited for.
    func read(after position: SpoolPosition?, limit: Int) -> (payloads: [[UInt8]], end: SpoolPosition) {
        var start = position ?? state.withLock { $0.cursor }
        do throws(SpoolFile.Unreadable) {
            while true {
                var piece = try piece(at: start, limit: limit)
                var found = piece.bytes.withUnsafeBytes { SpoolFraming.salvage($0, isEnd: piece.isEnd) }
                if found.payloads.isEmpty, !piece.isEnd {
                    // One record may be larger than the limit, or more than that be damaged.
                    piece = try self.piece(at: start, limit: .max)
                    found = piece.bytes.withUnsafeBytes { SpoolFraming.salvage($0, isEnd: true, limit: 1) }
                }
                if found.isDamaged { noteDamage(at: start) }
                if !found.payloads.isEmpty {
                    settle(nil)
                    return (
                        found.payloads.map { Array(piece.bytes[$0]) },
                        SpoolPosition(segment: start.segment, offset: start.offset + found.length)
                    )
                }
                guard let next = piece.next else { return ([], start) }
                start = SpoolPosition(segment: next, offset: 0)
            }
        } catch {
            settle("\(path(start.segment)): \(error.reason)")
            return ([], start)
        }
    }

    /// Some of a segment's bytes.
    private struct Piece {
        var bytes: [UInt8]
        /// Whether they reach to the segment's end.
        var isEnd: Bool
        /// The segment after it; nil when it is the one that is being written.
        var next: Int?
    }

    private func piece(at start: SpoolPosition, limit: Int) throws(SpoolFile.Unreadable) -> Piece {
        let (writing, descriptor) = state.withLock { state in
            (
                SpoolPosition(segment: state.segment, offset: state.length),
                start.segment == state.segment && start.offset < state.length ? dup(state.descriptor) : nil
            )
        }
        guard start.segment < writing.segment else {
            guard let descriptor else { return Piece(bytes: [], isEnd: true) }
            guard descriptor >= 0 else { throw SpoolFile.Unreadable(code: errno) }
            defer { close(descriptor) }
            let wanted = min(limit, writing.offset - start.offset)
            let bytes = try SpoolFile.bytes(of: descriptor, from: start.offset, limit: wanted)
            return Piece(bytes: bytes, isEnd: bytes.count < limit)
        }
        do {
            let bytes = try SpoolFile.bytes(of: path(start.segment), from: start.offset, limit: limit)
            return Piece(bytes: bytes, isEnd: bytes.count < limit, next: start.segment + 1)
        } catch {
            guard error.isMissing else { throw error }
            let next = Self.segments(in: directory).first { $0 > start.segment } ?? writing.segment
            logger.error("\(path(start.segment)) is gone; what was in it is not stored")
            return Piece(bytes: [], isEnd: true, next: min(next, writing.segment))
        }
    }

    /// Tells once that a segment has damaged bytes.
    private func noteDamage(at start: SpoolPosition) {
        guard state.withLock({ $0.damaged.insert(start.segment).inserted }) else { return }
        logger.error("passed over damaged bytes behind \(start.offset) of \(path(start.segment)), which will be kept")
    }

    /// Tells once why records cannot be read.
    private func settle(_ failure: String?) {
        let isNew = state.withLock { state in
            defer { state.readFailure = failure }
            return state.readFailure != failure
        }
        if isNew, let failure {
            logger.error("the spool waits for what cannot be read, unless it is moved away: \(failure)")
        }
    }

    /// Notes that everything up to `position` is in the database, and deletes segments that are done.
    func commit(_ position: SpoolPosition) {
        Self.writeCursor(directory, position)
        let (done, damaged, inherited): (Range<Int>, Set<Int>, Int) = state.withLock { state in
            let done = state.cursor.segment..<max(position.segment, state.cursor.segment)
            state.cursor = position
            defer { state.damaged.subtract(done) }
            return (done, state.damaged, state.inherited)
        }
        guard !done.isEmpty else { return }
        for segment in Self.segments(in: directory) where done ~= segment {
            if damaged.contains(segment) || (segment <= inherited && !SpoolFile.isWhole(path(segment))) {
                SpoolFile.setAside(path(segment))
            } else {
                unlink(path(segment))
            }
        }
        state.withLock { $0.closedBytes = closedBytes(from: position.segment, to: $0.segment) }
    }

    /// Bytes of the segments from one to before another.
    private func closedBytes(from first: Int, to end: Int) -> Int {
        Self.segments(in: directory).filter { first <= $0 && $0 < end }.reduce(0) { $0 + SpoolFile.size(path($1)) }
    }

    private func put(_ framed: [UInt8], _ state: inout State) -> Refusal? {
        var written = 0
        while written < framed.count {
            let count = framed[written...].withUnsafeBytes { Glibc.write(state.descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = String(cString: strerror(errno))
                // What was written of it must not be taken for a record.
                if written > 0, ftruncate(state.descriptor, off_t(state.length)) != 0 { state.length += written }
                return .disk(reason)
            }
            written += count
        }
        return nil
    }

    /// Frees the segment that is being written when all of it is in the database; false when there is nothing to free.
    private func startOver(_ state: inout State) -> Bool {
        let drained = state.segment
        guard state.length > 0, !state.damaged.contains(drained),
            state.cursor == SpoolPosition(segment: drained, offset: state.length), rotate(&state) == nil
        else { return false }
        unlink(path(drained))
        state.closedBytes = 0
        state.cursor = SpoolPosition(segment: state.segment, offset: 0)
        Self.writeCursor(directory, state.cursor)
        return true
    }

    private func rotate(_ state: inout State) -> Refusal? {
        let next = open(path(state.segment + 1), Self.writing, 0o640)
        guard next >= 0 else { return .disk(String(cString: strerror(errno))) }
        if sync != .never, fdatasync(state.descriptor) != 0 {
            state.lostSync = .disk(String(cString: strerror(errno)))
        }
        close(state.descriptor)
        state.closedBytes += state.length
        state.descriptor = next
        state.segment += 1
        state.length = 0
        return nil
    }

    private func path(_ segment: Int) -> String { Self.path(segment, in: directory) }

    private static func path(_ segment: Int, in directory: String) -> String {
        let digits = String(segment)
        return directory + "/" + String(repeating: "0", count: max(0, 10 - digits.count)) + digits + ".spool"
    }

    private static let numbers = 1...1 << 40

    private static func segments(in directory: String) -> [Int] {
        Folder.names(in: directory).compactMap { $0.hasSuffix(".spool") ? Int($0.dropLast(6)) : nil }
            .filter { numbers ~= $0 }.sorted()
    }

    /// Cuts a torn record off the end of a segment; false when it holds damaged bytes, and is not to be written to.
    private static func mend(_ path: String, _ logger: Logger) throws(Failure) -> Bool {
        let bytes: [UInt8]
        do { bytes = try SpoolFile.bytes(of: path, from: 0, limit: .max) } catch {
            if error.isMissing { return true }
            if error.code == EACCES || error.code == EPERM { throw failure(path, error.code) }
            logger.error("\(path) cannot be read: \(error.reason); records go on in a new segment")
            return false
        }
        switch bytes.withUnsafeBytes(SpoolFraming.end) {
        case .whole: return true
        case .torn(let length):
            logger.warning("cut \(bytes.count - length) torn bytes off \(path)")
            guard truncate(path, off_t(length)) == 0 else { throw failure(path, errno) }
            return true
        case .damaged:
            logger.error("\(path) holds damaged bytes; records go on in a new segment")
            return false
        }
    }

    /// How far the drain has come: what the cursor file says, if there is such a place.
    private static func cursor(_ directory: String, _ segments: [Int], _ logger: Logger) -> SpoolPosition {
        let text = try? FileText.read(directory + "/cursor")
        let parts = text?.split { $0 == " " || $0 == "\n" }.compactMap { Int($0) } ?? []
        if parts.count == 2, segments.contains(parts[0]),
            0...SpoolFile.size(path(parts[0], in: directory)) ~= parts[1]
        {
            return SpoolPosition(segment: parts[0], offset: parts[1])
        }
        // As after a power cut, or in a backup that took cursor and segments at different moments.
        if text != nil, !segments.isEmpty {
            logger.error("the spool's cursor names no place in it; all of the spool is offered again")
        }
        let last = parts.first.flatMap { numbers ~= $0 ? $0 : nil }
        return SpoolPosition(segment: segments.first ?? last ?? 1, offset: 0)
    }

    private static func writeCursor(_ directory: String, _ position: SpoolPosition) {
        let temporary = directory + "/cursor.new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return }
        let text = Array("\(position.segment) \(position.offset)\n".utf8)
        let isWhole = write(descriptor, text, text.count) == text.count
        close(descriptor)
        // A lost cursor only means that records are offered again, and stored once all the same.
        if isWhole { rename(temporary, directory + "/cursor") }
    }

    private static func failure(_ path: String, _ code: Int32) -> Failure {
        Failure(
            code == EACCES || code == EPERM ? .noPermission : .configuration,
            "the spool \(path) cannot be used: \(String(cString: strerror(code)))",
            hint: "set collector.spool.directory to a directory that this user may write")
    }
}

/// Makes a directory and its parents; true when it is there afterwards.
func makeDirectories(_ path: String) -> Bool {
    var made = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
        made += made.isEmpty && part.isEmpty ? "/" : (made.hasSuffix("/") || made.isEmpty ? "" : "/") + part
        if !part.isEmpty, mkdir(made, 0o750) != 0, errno != EEXIST { return false }
    }
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
}
