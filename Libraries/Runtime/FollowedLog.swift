import Glibc

/// The lines of a log that is still being written, through rotation by rename and by truncation, from where an earlier
/// reader left off.
///
/// Only whole lines are delivered: one without its newline is still being written. After a rename the old file is read
/// until it has been quiet for `grace`, since a server goes on writing to it until it has opened the new one; then files
/// that came and went in between are, oldest first. A truncated file begins anew; what was written between the copy and the truncation is lost to every reader.
///
/// Blocking for no longer than a read of a file takes; for one thread at a time.
public final class FollowedLog {
    /// Where reading stands in a file that is known by more than its name.
    public struct Place: Hashable, Sendable, Codable {
        /// The file's device.
        public var device: UInt64
        /// The file's inode.
        public var inode: UInt64
        /// Where the next line begins.
        public var offset: Int64
        /// The file's first bytes, at most 256, by which it is told from another that has the inode now.
        public var head: String

        /// A place.
        public init(device: UInt64, inode: UInt64, offset: Int64, head: String) {
            (self.device, self.inode, self.offset, self.head) = (device, inode, offset, head)
        }
    }

    /// How far before an earlier reader's place reading begins again, so that equal lines around it are counted as they
    /// were the first time.
    public static let overlap: Int64 = 1 << 20
    /// How long a renamed file must have been quiet before the new one is read, in ms.
    public static let grace: Int64 = 2000
    private static let headLimit = 256

    /// The log's path.
    public let path: String
    /// Word for the operator of what could not be read, if any; taken once.
    public private(set) var warning: String?
    private let lineLimit: Int
    private var descriptor: Int32 = -1
    private var place = Place(device: 0, inode: 0, offset: 0, head: "")
    /// What was read: `window[start..<end]` is not yet delivered, and `place` is where `window[start]` stands.
    private let window: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    /// Bytes of a line over the limit that were skipped so far; nil outside of one.
    private var skipped: Int64?
    private var quietSince: Int64?
    private let siblings: LogSiblings
    /// Files of the log that are no longer to be read: from before this one, read, or named to the operator.
    private var passed: Set<LogSiblings.Identity> = []
    /// When this file, or the one that reading has come from through others, was last seen under the log's name; nil for
    /// a file that an earlier reader was in and that was renamed meanwhile.
    private var lastNamedAt: Int64?

    /// - Parameters:
    ///   - earlier: where an earlier reader left off. A file that was renamed since is finished first, if it is still in
    ///     the log's directory.
    ///   - lineLimit: the longest line delivered, in bytes without the newline.
    /// - Throws: `LineSourceError`, also for a log that does not exist or is packed.
    public init(path: String, from earlier: Place?, lineLimit: Int = 64 * 1024) throws(LineSourceError) {
        self.path = path
        self.lineLimit = lineLimit
        siblings = LogSiblings(path: path)
        let startedAt = LogSiblings.clock
        let present = siblings.files()
        window = .allocate(byteCount: lineLimit + 1 + 256 * 1024, alignment: 16)
        if let earlier {
            if try openEarlier(earlier) {
                guard let named = siblings.named(), isOpen(named) else { return }
                lastNamedAt = startedAt
                passed.formUnion(present.map(\.identity))
                return
            }
            warning =
                "the log was rotated and its rest is not beside \(path) any more; import the rotated file to be complete"
        }
        guard try open(path) else { throw LineSourceError(opening: path, ENOENT) }
        lastNamedAt = startedAt
        passed.formUnion(present.map(\.identity))
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        window.deallocate()
    }

    /// Where the next line begins; every line before it was delivered.
    public var next: Place { place }

    /// The warning, once.
    public func takeWarning() -> String? {
        defer { warning = nil }
        return warning
    }

    /// The next whole line; nil when there is none yet.
    /// - Parameter now: monotonic time in ms.
    public func line(now: Int64) throws(LineSourceError) -> LineSource.Line? {
        while true {
            if let line = buffered() { return line }
            if try readMore() {
                quietSince = nil
                continue
            }
            guard try turn(now: now) else { return nil }
        }
    }

    private func buffered() -> LineSource.Line? {
        guard let newline = memchr(window.baseAddress! + start, 10, end - start) else { return nil }
        let length = UnsafeRawPointer(newline) - UnsafeRawPointer(window.baseAddress! + start)
        let line = UnsafeRawBufferPointer(rebasing: window[start..<start + length])
        let at = place.offset
        consume(length + 1)
        if let before = skipped {
            skipped = nil
            return .tooLong(offset: at - before, length: before + Int64(length))
        }
        return length <= lineLimit ? .bytes(line, offset: at) : .tooLong(offset: at, length: Int64(length))
    }

    private func consume(_ count: Int) {
        start += count
        place.offset += Int64(count)
    }

    /// Reads on; false when the file has nothing further.
    private func readMore() throws(LineSourceError) -> Bool {
        guard descriptor >= 0 else { return false }
        if end - start > lineLimit {
            // A line that long is not kept until its end comes.
            skipped = (skipped ?? 0) + Int64(end - start)
            consume(end - start)
        }
        if start > 0 {
            if end > start { memmove(window.baseAddress!, window.baseAddress! + start, end - start) }
            (start, end) = (0, end - start)
        }
        let from = place.offset + Int64(end)
        var count: Int
        repeat {
            count = pread(descriptor, window.baseAddress! + end, window.count - end, off_t(from))
        } while count < 0 && errno == EINTR
        guard count >= 0 else { throw LineSourceError(opening: path, errno) }
        guard count > 0 else { return false }
        guard head().hasPrefix(place.head) else {
            // Truncated, and grown again beyond where reading stands.
            beginTruncated()
            return true
        }
        end += count
        place.head = head()
        return true
    }

    /// The file has nothing further: was it truncated or renamed?
    /// - Returns: whether reading should go on at once.
    private func turn(now: Int64) throws(LineSourceError) -> Bool {
        var own = stat()
        if fstat(descriptor, &own) == 0, Int64(own.st_size) < place.offset + Int64(end - start) {
            beginTruncated()
            return own.st_size > 0
        }
        let lookedAt = LogSiblings.clock
        guard let named = siblings.named() else { return false }
        guard !isOpen(named) else {
            lastNamedAt = lookedAt
            return false
        }
        let since = quietSince ?? now
        quietSince = since
        guard now - since >= Self.grace else { return false }
        switch try openNext(before: named, old: LogSiblings.changed(own)) {
        case true?: return true
        case false?: return false
        case nil: break
        }
        guard try open(path, expecting: named) else { return false }
        lastNamedAt = lookedAt
        return true
    }

    /// Opens the first file that had the log's name after this one and before `new`; names those to the operator that
    /// cannot be told or read.
    /// - Returns: whether it was opened; false when it was renamed under way, nil when there is none.
    private func openNext(before new: LogSiblings.File, old: Int64) throws(LineSourceError) -> Bool? {
        let present = siblings.files()
        passed.formIntersection(present.map(\.identity))
        let (sure, unsure) = siblings.between(
            present.filter { !passed.contains($0.identity) }, old: old,
            since: lastNamedAt ?? LogSiblings.birth(of: descriptor), new: new)
        var unread = unsure
        var outcome: Bool?
        for file in sure where outcome == nil {
            do throws(LineSourceError) { outcome = try open(file.path, expecting: file) } catch { unread.append(file) }
        }
        if !unread.isEmpty {
            passed.formUnion(unread.map(\.identity))
            let names = unread.map(\.path).sorted().joined(separator: " ")
            let word = "the log was rotated again before it could be read; to be complete, import \(names)"
            warning = warning.map { "\($0); \(word)" } ?? word
        }
        return outcome
    }

    private func isOpen(_ file: LogSiblings.File) -> Bool { file.device == place.device && file.inode == place.inode }

    /// A log that is truncated has its past in copies.
    private func beginTruncated() {
        beginAnew()
        passed = Set(siblings.files().map(\.identity))
    }

    private func beginAnew() {
        (start, end, skipped, quietSince) = (0, 0, nil, nil)
        place.offset = 0
        place.head = head()
    }

    /// The file's first bytes as text that JSON can carry.
    private func head() -> String {
        withUnsafeTemporaryAllocation(byteCount: Self.headLimit, alignment: 1) { bytes in
            let count = pread(descriptor, bytes.baseAddress!, Self.headLimit, 0)
            let known = bytes[..<max(0, count)]
            return String(decoding: known.map { $0 < 0x20 || $0 >= 0x7F ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
        }
    }

    /// - Parameter expected: the file that must be found under the name.
    /// - Returns: false when there is none, or another.
    private func open(_ name: String, expecting expected: LogSiblings.File? = nil) throws(LineSourceError) -> Bool {
        // A pipe is refused below; until somebody writes to it a blocking open would not come back.
        let fresh = Glibc.open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard fresh >= 0 else {
            // Between a rename and the server's making of the new file there is none.
            if errno == ENOENT { return false }
            throw LineSourceError(opening: name, errno)
        }
        var status = stat()
        guard fstat(fresh, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(fresh)
            throw LineSourceError(.io, "\(name) is no regular file; only those can be followed")
        }
        guard !isPacked(fresh) else {
            close(fresh)
            throw LineSourceError(.unsupportedCompression, "\(name) is packed; only a plain log can be followed")
        }
        let identity = LogSiblings.Identity(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), born: LogSiblings.birth(of: fresh))
        guard expected.map({ $0.identity == identity }) ?? true else {
            close(fresh)
            return false
        }
        if descriptor >= 0 { close(descriptor) }
        descriptor = fresh
        passed.insert(identity)
        place = Place(device: identity.device, inode: identity.inode, offset: 0, head: "")
        beginAnew()
        return true
    }

    private func isPacked(_ descriptor: Int32) -> Bool {
        var magic: (UInt8, UInt8) = (0, 0)
        return withUnsafeMutableBytes(of: &magic) { pread(descriptor, $0.baseAddress!, 2, 0) } == 2
            && magic == (0x1F, 0x8B)
    }

    /// Opens the file that an earlier reader was in, under its name or, after a rotation, another in the same directory,
    /// a little before that reader's place.
    private func openEarlier(_ earlier: Place) throws(LineSourceError) -> Bool {
        guard let name = siblings.everything().first(where: { Self.holds(earlier, $0) }), try open(name) else {
            return false
        }
        var status = stat()
        guard head().hasPrefix(earlier.head), fstat(descriptor, &status) == 0, status.st_size >= earlier.offset else {
            // Truncated since: it begins anew.
            return name == path
        }
        place.head = head()
        place.offset = max(0, earlier.offset - Self.overlap)
        guard place.offset > 0 else { return true }
        // From the first whole line on.
        place.offset -= 1
        while try readMore() {
            if buffered() != nil { break }
        }
        return true
    }

    private static func holds(_ place: Place, _ name: String) -> Bool {
        var status = stat()
        return stat(name, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            && UInt64(status.st_ino) == place.inode && UInt64(status.st_dev) == place.device
    }
}
