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
    }

    private let directory: String
    private let limit: Int
    private let sync: Sync
    private let logger: Logger
    private let state = Mutex(State())
    /// Held locked while the spool is open: two processes would move each other's cursor.
    private let claim: Int32

    /// Opens the spool, making the directory if need be, and drops a torn record at its end.
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
        fresh.cursor = Self.readCursor(directory) ?? SpoolPosition(segment: segments.first ?? 1, offset: 0)
        if let first = segments.first, fresh.cursor.segment < first {
            fresh.cursor = SpoolPosition(segment: first, offset: 0)
        }
        fresh.segment = max(segments.last ?? 1, fresh.cursor.segment)
        fresh.length = try Self.mend(path(fresh.segment), logger)
        fresh.descriptor = open(path(fresh.segment), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard fresh.descriptor >= 0 else { throw Self.failure(path(fresh.segment), errno) }
        fresh.closedBytes = segments.dropLast().filter { $0 >= fresh.cursor.segment }.reduce(0) { total, segment in
            total + Self.size(path(segment))
        }
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
            state.length += framed.count
            state.isDirty = true
            if forcing, sync == .always {
                guard fdatasync(state.descriptor) == 0 else {
                    // The kernel tells of it once, and what others have appended may be lost with this.
                    let refusal = Refusal.disk(String(cString: strerror(errno)))
                    state.lostSync = refusal
                    return refusal
                }
                state.isDirty = false
            }
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Forces what was appended to the disk, when `sync` asks for that every now and then.
    func flush() {
        if sync == .interval { _ = force() }
    }

    /// Forces all that was appended before to the disk; why not, when it cannot. Meanwhile more can be appended.
    func force() -> Refusal? {
        let (descriptor, lost): (Int32?, Refusal?) = state.withLock { state in
            defer { (state.isDirty, state.lostSync) = (false, nil) }
            return (state.isDirty ? dup(state.descriptor) : nil, state.lostSync)
        }
        guard let descriptor else { return lost }
        var refusal = lost
        if descriptor < 0 || fdatasync(descriptor) != 0 { refusal = .disk(String(cString: strerror(errno))) }
        if descriptor >= 0 { close(descriptor) }
        if case .disk(let reason)? = refusal { logger.error("the spool cannot be forced to the disk: \(reason)") }
        return refusal
    }

    /// The next records after `position` (the cursor when nil), at most `limit` bytes of them, and where they end.
    func read(after position: SpoolPosition?, limit: Int) -> (payloads: [[UInt8]], end: SpoolPosition) {
        var (start, writing) = state.withLock {
            (position ?? $0.cursor, SpoolPosition(segment: $0.segment, offset: $0.length))
        }
        while true {
            let available = start.segment == writing.segment ? writing.offset - start.offset : .max
            let bytes =
                available > 0
                ? Self.bytes(of: path(start.segment), from: start.offset, limit: min(limit, available)) : []
            let scan = bytes.withUnsafeBytes { SpoolFraming.scan($0) }
            if !scan.payloads.isEmpty {
                return (
                    scan.payloads.map { Array(bytes[$0]) },
                    SpoolPosition(segment: start.segment, offset: start.offset + scan.length)
                )
            }
            guard start.segment < writing.segment else { return ([], start) }
            if scan.isDamaged || !bytes.isEmpty {
                logger.error("skipped damaged bytes at \(start.offset) of \(path(start.segment)); the file is kept")
                rename(path(start.segment), path(start.segment) + ".damaged")
            }
            start = SpoolPosition(segment: start.segment + 1, offset: 0)
        }
    }

    /// Notes that everything up to `position` is in the database, and deletes segments that are done.
    func commit(_ position: SpoolPosition) {
        Self.writeCursor(directory, position)
        let done: Range<Int> = state.withLock { state in
            let done = state.cursor.segment..<max(position.segment, state.cursor.segment)
            state.cursor = position
            return done
        }
        guard !done.isEmpty else { return }
        var freed = 0
        for segment in done {
            freed += Self.size(path(segment))
            unlink(path(segment))
        }
        let total = freed
        state.withLock { $0.closedBytes = max(0, $0.closedBytes - total) }
    }

    private func put(_ framed: [UInt8], _ state: inout State) -> Refusal? {
        var written = 0
        while written < framed.count {
            let count = framed[written...].withUnsafeBytes { Glibc.write(state.descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = String(cString: strerror(errno))
                // What was written of it must not be taken for a record.
                if written > 0 { ftruncate(state.descriptor, off_t(state.length)) }
                return .disk(reason)
            }
            written += count
        }
        return nil
    }

    /// Frees the segment that is being written when all of it is in the database; false when there is nothing to free.
    private func startOver(_ state: inout State) -> Bool {
        let drained = state.segment
        guard state.length > 0, state.cursor == SpoolPosition(segment: drained, offset: state.length),
            rotate(&state) == nil
        else { return false }
        unlink(path(drained))
        state.closedBytes = 0
        state.cursor = SpoolPosition(segment: state.segment, offset: 0)
        Self.writeCursor(directory, state.cursor)
        return true
    }

    private func rotate(_ state: inout State) -> Refusal? {
        let next = open(path(state.segment + 1), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
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

    private func path(_ segment: Int) -> String {
        let digits = String(segment)
        return directory + "/" + String(repeating: "0", count: max(0, 10 - digits.count)) + digits + ".spool"
    }

    private static func segments(in directory: String) -> [Int] {
        Folder.names(in: directory).compactMap { $0.hasSuffix(".spool") ? Int($0.dropLast(6)) : nil }.sorted()
    }

    /// Cuts a torn record off the end of a segment; it was never acknowledged.
    private static func mend(_ path: String, _ logger: Logger) throws(Failure) -> Int {
        let bytes = bytes(of: path, from: 0, limit: .max)
        let scan = bytes.withUnsafeBytes { SpoolFraming.scan($0) }
        if scan.length < bytes.count {
            logger.warning("cut \(bytes.count - scan.length) torn bytes off \(path)")
            guard truncate(path, off_t(scan.length)) == 0 else { throw failure(path, errno) }
        }
        return scan.length
    }

    private static func bytes(of path: String, from offset: Int, limit: Int) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let wanted = min(limit, max(0, size(path) - offset))
        guard wanted > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            count = 0
            while count < wanted {
                let got = pread(descriptor, buffer.baseAddress! + count, wanted - count, off_t(offset + count))
                guard got > 0 else { break }
                count += got
            }
        }
    }

    private static func size(_ path: String) -> Int {
        var information = stat()
        return stat(path, &information) == 0 ? Int(information.st_size) : 0
    }

    private static func readCursor(_ directory: String) -> SpoolPosition? {
        guard let text = try? FileText.read(directory + "/cursor") else { return nil }
        let parts = text.split { $0 == " " || $0 == "\n" }.compactMap { Int($0) }
        return parts.count == 2 ? SpoolPosition(segment: parts[0], offset: parts[1]) : nil
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
