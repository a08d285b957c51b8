import CZlib
import Glibc

/// The lines of a file or of standard input, plain or gzip (by its magic bytes, several members allowed), in bounded
/// memory: a line over the limit is reported and skipped, never cut.
///
/// Blocking, for one thread at a time. Does not follow a growing file: a read of 0 bytes is the end. A pipe is waited for,
/// also for its first writer, until the reader is told to stop.
public final class LineSource {
    /// One line, or word of one that was too long.
    public enum Line {
        /// The bytes without `\n`, valid until the next call, and where the line starts in the unpacked stream.
        case bytes(UnsafeRawBufferPointer, offset: Int64)
        /// A line over the limit: where it starts and how many bytes it has.
        case tooLong(offset: Int64, length: Int64)
    }

    /// The size of the file; nil when it is not a regular file.
    public let bytesTotal: Int64?
    /// Bytes read from the file so far, as they stand on disk: for a progress bar.
    public private(set) var bytesRead: Int64 = 0
    /// Whether the line last delivered ended with a newline. A last line without one may be half written.
    public private(set) var isTerminated = true
    /// Whether the input is gzip; known after the first line.
    public private(set) var isCompressed = false

    private let path: String
    private let descriptor: Int32
    private let lineLimit: Int
    private let isStopped: () -> Bool
    /// The unpacked bytes: `window[start..<end]` are not yet delivered.
    private let window: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    /// Where `window[start]` stands in the unpacked stream.
    private var offset: Int64 = 0
    private var isExhausted = false
    /// Told to stop: what is left in the window is not a whole line.
    private var isCutShort = false
    /// Thrown once the lines before it are delivered.
    private var failure: LineSourceError?
    private var packed: Packed?
    /// How often a reader that waits asks whether to stop, in ms.
    private static let pause: Int32 = 100

    /// gzip's state, made when the magic bytes are seen.
    private struct Packed {
        var stream: UnsafeMutablePointer<z_stream>
        var buffer: UnsafeMutableRawBufferPointer
        var isInsideMember = true
    }

    /// Opens `path`, or standard input for `-`.
    /// - Parameters:
    ///   - lineLimit: The longest line delivered, in bytes without the newline.
    ///   - isStopped: Asked now and then while a pipe has nothing to read; true makes the last whole line the end.
    public init(
        path: String, lineLimit: Int = 64 * 1024, isStopped: @escaping () -> Bool = { false }
    ) throws(LineSourceError) {
        self.path = path == "-" ? "standard input" : path
        self.lineLimit = lineLimit
        self.isStopped = isStopped
        // Waiting for a pipe's writer is left to `readMore`, which can be told to stop.
        descriptor = path == "-" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw LineSourceError(opening: self.path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let problem = errno
            close(descriptor)
            throw LineSourceError(opening: self.path, problem)
        }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            close(descriptor)
            throw LineSourceError(.isDirectory, "\(self.path) is a directory; name the files in it")
        }
        bytesTotal = status.st_mode & S_IFMT == S_IFREG ? Int64(status.st_size) : nil
        window = .allocate(byteCount: max(256 * 1024, 2 * (lineLimit + 1)), alignment: 16)
    }

    deinit {
        close(descriptor)
        window.deallocate()
        if let packed {
            inflateEnd(packed.stream)
            packed.stream.deallocate()
            packed.buffer.deallocate()
        }
    }

    /// The size of a regular file that may be read; nil for a pipe and for standard input, which are left untouched, as
    /// what is read of them is gone.
    public static func size(of path: String) throws(LineSourceError) -> Int64? {
        guard path != "-" else { return nil }
        var status = stat()
        guard stat(path, &status) == 0 else { throw LineSourceError(opening: path, errno) }
        if status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFDIR {
            return try LineSource(path: path).bytesTotal
        }
        guard access(path, R_OK) == 0 else { throw LineSourceError(opening: path, errno) }
        return nil
    }

    /// The next line; nil at the end. An error comes after every whole line before it; then comes nil.
    public func next() throws(LineSourceError) -> Line? {
        var searched = 0
        while true {
            let unread = end - start
            if let newline = memchr(window.baseAddress! + start + searched, 10, unread - searched) {
                let length = UnsafeRawPointer(newline) - UnsafeRawPointer(window.baseAddress! + start)
                return deliver(length: length, terminated: true)
            }
            searched = unread
            if searched > lineLimit { return try skipLine() }
            if isExhausted {
                try throwFailure()
                return unread == 0 || isCutShort ? nil : deliver(length: unread, terminated: false)
            }
            fill()
        }
    }

    /// Everything from here on as one text; nil when that is more than `limit` bytes, of which no more are read.
    public func whole(limit: Int) throws(LineSourceError) -> [UInt8]? {
        var bytes: [UInt8] = []
        while true {
            guard bytes.count + end - start <= limit else { return nil }
            bytes.append(contentsOf: window[start..<end])
            consume(end - start)
            if isExhausted {
                try throwFailure()
                return bytes
            }
            fill()
        }
    }

    /// Calls `body` with every line that `next` would give. Lines that are at hand already are delivered one after
    /// another without looking after the window for each: twice as fast where lines are short. `body` must not call
    /// `next`.
    public func forEach(_ body: (Line) -> Void) throws(LineSourceError) {
        while let line = try next() {
            body(line)
            guard isTerminated else { continue }
            let (base, first, stop, firstOffset) = (window.baseAddress!, start, end, offset)
            var place = first
            while let newline = memchr(base + place, 10, stop - place) {
                let length = UnsafeRawPointer(newline) - UnsafeRawPointer(base + place)
                let lineOffset = firstOffset + Int64(place - first)
                body(
                    length > lineLimit
                        ? .tooLong(offset: lineOffset, length: Int64(length))
                        : .bytes(UnsafeRawBufferPointer(start: base + place, count: length), offset: lineOffset))
                place += length + 1
            }
            consume(place - first)
        }
    }

    private func deliver(length: Int, terminated: Bool) -> Line {
        let lineOffset = offset
        let line = UnsafeRawBufferPointer(rebasing: window[start..<start + length])
        consume(length + (terminated ? 1 : 0))
        isTerminated = terminated
        return length > lineLimit
            ? .tooLong(offset: lineOffset, length: Int64(length)) : .bytes(line, offset: lineOffset)
    }

    private func skipLine() throws(LineSourceError) -> Line {
        let lineOffset = offset
        while true {
            let unread = end - start
            if let newline = memchr(window.baseAddress! + start, 10, unread) {
                let length = UnsafeRawPointer(newline) - UnsafeRawPointer(window.baseAddress! + start)
                consume(length)
                let line = Line.tooLong(offset: lineOffset, length: offset - lineOffset)
                consume(1)
                isTerminated = true
                return line
            }
            consume(unread)
            if isExhausted {
                try throwFailure()
                isTerminated = false
                return .tooLong(offset: lineOffset, length: offset - lineOffset)
            }
            fill()
        }
    }

    private func throwFailure() throws(LineSourceError) {
        guard let failure else { return }
        consume(end - start)
        self.failure = nil
        throw failure
    }

    private func consume(_ count: Int) {
        start += count
        offset += Int64(count)
    }

    private func makeRoom() {
        guard start > 0 else { return }
        if end > start { memmove(window.baseAddress!, window.baseAddress! + start, end - start) }
        (start, end) = (0, end - start)
    }

    private func fill() {
        makeRoom()
        do {
            if packed == nil { try readPlain() } else { try inflateMore() }
        } catch {
            failure = error
            isExhausted = true
        }
    }

    private func readPlain() throws(LineSourceError) {
        let isFirst = bytesRead == 0
        try readMore(into: UnsafeMutableRawBufferPointer(rebasing: window[end...])) { end += $0 }
        guard isFirst else { return }
        // Six bytes tell every kind apart; a pipe may deliver them one by one.
        while !isExhausted, end < 6 {
            try readMore(into: UnsafeMutableRawBufferPointer(rebasing: window[end...])) { end += $0 }
        }
        if let kind = Self.foreignCompression(window[start..<end]) {
            start = end
            throw LineSourceError(
                .unsupportedCompression, "\(path) is packed with \(kind.0); try: \(kind.1) FILE | … -")
        }
        if end >= 2, window[0] == 0x1F, window[1] == 0x8B { try startUnpacking() }
    }

    private func readMore(
        into buffer: UnsafeMutableRawBufferPointer, _ received: (Int) -> Void
    ) throws(LineSourceError) {
        while true {
            guard bytesTotal != nil || waitForBytes() else {
                (isExhausted, isCutShort) = (true, true)
                packed?.isInsideMember = false
                return
            }
            let count = read(descriptor, buffer.baseAddress!, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count >= 0 else { throw LineSourceError(opening: path, errno) }
            if count == 0 { isExhausted = true }
            bytesRead += Int64(count)
            received(count)
            return
        }
    }

    /// Waits until something can be read or the writers have gone; false when told to stop first.
    private func waitForBytes() -> Bool {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&waiting, 1, Self.pause) <= 0 {
            if isStopped() { return false }
        }
        return true
    }

    private func startUnpacking() throws(LineSourceError) {
        isCompressed = true
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: window.count, alignment: 16)
        packed = Packed(stream: stream, buffer: buffer)
        guard weir_gunzip_init(stream) == Z_OK else {
            throw LineSourceError(.io, "out of memory while unpacking \(path)")
        }
        memcpy(buffer.baseAddress!, window.baseAddress!, end)
        stream.pointee.next_in = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_in = UInt32(end)
        (start, end) = (0, 0)
        isExhausted = false
        try inflateMore()
    }

    /// Unpacks until at least one byte has come out or the input has ended.
    private func inflateMore() throws(LineSourceError) {
        guard let stream = packed?.stream, let buffer = packed?.buffer else { return }
        var isInputOver = false
        while true {
            if stream.pointee.avail_in == 0 {
                try readMore(into: buffer) { count in
                    stream.pointee.next_in = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
                    stream.pointee.avail_in = UInt32(count)
                }
                isInputOver = isExhausted
                isExhausted = false
            }
            if isInputOver {
                isExhausted = true
                guard packed?.isInsideMember == true else { return }
                throw LineSourceError(
                    .damaged, "\(path) ends in the middle of its gzip data; is it still being written?")
            }
            if packed?.isInsideMember == false {
                // gzip allows zero bytes as padding after the last member.
                guard stream.pointee.next_in.pointee != 0 else {
                    stream.pointee.avail_in = 0
                    continue
                }
                inflateReset(stream)
                packed?.isInsideMember = true
            }
            let room = window.count - end
            stream.pointee.next_out = (window.baseAddress! + end).assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(room)
            let code = inflate(stream, Z_NO_FLUSH)
            let produced = room - Int(stream.pointee.avail_out)
            end += produced
            switch code {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END: packed?.isInsideMember = false
            default:
                throw LineSourceError(.damaged, "the gzip data of \(path) is damaged near byte \(bytesRead)")
            }
            if produced > 0 { return }
        }
    }

    private static func foreignCompression(_ head: Slice<UnsafeMutableRawBufferPointer>) -> (String, String)? {
        if head.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]) { return ("xz", "xzcat") }
        if head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return ("zstd", "zstdcat") }
        if head.starts(with: [0x42, 0x5A, 0x68]) { return ("bzip2", "bzcat") }
        return nil
    }
}

/// Why lines cannot be had from a file.
public struct LineSourceError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable words.
    public enum Code: String, Sendable {
        case notFound = "not_found"
        case noPermission = "no_permission"
        case isDirectory = "is_directory"
        case io
        case damaged
        case unsupportedCompression = "unsupported_compression"
    }

    /// The stable word.
    public let code: Code
    /// What is wrong and what to do.
    public let description: String

    init(_ code: Code, _ description: String) { (self.code, self.description) = (code, description) }

    init(opening path: String, _ problem: Int32) {
        switch problem {
        case ENOENT, ENOTDIR: self.init(.notFound, "\(path) does not exist")
        case EACCES, EPERM: self.init(.noPermission, "\(path) may not be read by this user")
        default: self.init(.io, "\(path) cannot be read: \(String(cString: strerror(problem)))")
        }
    }

    /// The exit code that interfaces.md gives it: 5 without permission, 1 when not found, else 4.
    public var exitCode: Int32 {
        switch code {
        case .noPermission: 5
        case .notFound: 1
        case .isDirectory, .io, .damaged, .unsupportedCompression: 4
        }
    }
}
