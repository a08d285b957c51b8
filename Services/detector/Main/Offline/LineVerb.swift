import Glibc
import Runtime
import WeirProtocol

/// What the offline verbs share: one line in, exactly one JSON object out, in order, each with the line's number. A line
/// that cannot be used becomes an `error` and the run goes on.
enum LineVerb {
    /// Why a line cannot be used.
    struct Unusable: Error {
        let reason: String
    }

    /// Runs `answer` over each line of `path` (`-` is standard input, .gz is read). `answer` writes the fields that
    /// follow `line`. A first line that is a `header` is counted and not answered.
    /// - Throws: `Failure`: the file cannot be read, or no line of it could be used.
    static func run(
        _ path: String, lineLimit: Int = 64 * 1024, header: (UnsafeRawBufferPointer) -> Bool = { _ in false },
        _ answer: (UnsafeRawBufferPointer, inout JSONWriter) throws(Unusable) -> Void
    ) throws(Failure) {
        let output = LineOutput()
        defer { output.flush() }
        var fields = JSONWriter(capacity: 2048)
        try forEachLine(of: path, lineLimit: lineLimit, header: header) { number, line throws(Unusable) in
            fields.removeAll()
            var problem: Unusable?
            fields.object { writer in
                writer.key("line")
                writer.integer(number)
                do throws(Unusable) { try answer(try line.get(), &writer) } catch { problem = error }
            }
            if let problem {
                fields.removeAll()
                fields.object { writer in
                    writer.field("line", number)
                    writer.field("error", problem.reason)
                }
            }
            fields.newline()
            output.write(fields.bytes)
            if let problem { throw problem }
        }
    }

    /// Calls `body` with the number of each line of `path` (`-` is standard input, .gz is read) and its bytes, or why it
    /// has none. A first line that is a `header` is counted and passed over.
    /// - Throws: `Failure`: the file cannot be read, or `body` threw for every line of it.
    static func forEachLine(
        of path: String, lineLimit: Int = 64 * 1024, header: (UnsafeRawBufferPointer) -> Bool = { _ in false },
        _ body: (Int, Result<UnsafeRawBufferPointer, Unusable>) throws(Unusable) -> Void
    ) throws(Failure) {
        var number = 0
        var usable = 0
        var firstProblem: String?
        do throws(LineSourceError) {
            try LineSource(path: path, lineLimit: lineLimit).forEach { line in
                number += 1
                let content: Result<UnsafeRawBufferPointer, Unusable>
                switch line {
                case .tooLong(_, let length):
                    content = .failure(
                        Unusable(reason: "the line has \(length) bytes, more than \(lineLimit)"))
                case .bytes(var bytes, _):
                    if number == 1, header(bytes) { return }
                    if bytes.last == UInt8(ascii: "\r") { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast()) }
                    content = .success(bytes)
                }
                do throws(Unusable) {
                    try body(number, content)
                    usable += 1
                } catch { if firstProblem == nil { firstProblem = "line \(number): \(error.reason)" } }
            }
        } catch {
            throw Failure(ExitStatus(rawValue: error.exitCode) ?? .unusableInput, error.description)
        }
        guard usable > 0 else {
            throw Failure(
                .unusableInput,
                number == 0
                    ? "\(path == "-" ? "standard input" : path) is empty" : "none of \(number) lines could be used",
                hint: firstProblem)
        }
    }

    /// The line as a JSON object when it starts with a brace; nil for raw text.
    static func object(_ bytes: UnsafeRawBufferPointer) throws(Unusable) -> JSONValue? {
        guard bytes.first == UInt8(ascii: "{") else { return nil }
        do { return try JSONValue(parsing: bytes) } catch { throw Unusable(reason: "not JSON: \(error.description)") }
    }
}

/// Standard output, written in large pieces. Ends the process quietly when the reader has gone.
final class LineOutput {
    private static let size = 1 << 17

    private var buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * size, alignment: 16)
    private var count = 0
    private let descriptor: Int32

    /// - Parameter descriptor: Where to, standard output as a rule.
    init(descriptor: Int32 = STDOUT_FILENO) { self.descriptor = descriptor }

    /// What has not been written yet.
    var unwritten: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[..<count]) }

    deinit { buffer.deallocate() }

    func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            append(upTo: bytes.count) {
                $0.copyMemory(from: bytes); return bytes.count
            }
        }
    }

    /// Appends what `body` writes to the beginning of the room it is given, at least `most` bytes, and says how much.
    @inline(__always)
    func append(upTo most: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int) {
        if buffer.count - count < most { makeRoom(for: most) }
        count += body(UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
        if count >= Self.size { flush() }
    }

    private func makeRoom(for most: Int) {
        flush()
        guard buffer.count < most else { return }
        buffer.deallocate()
        buffer = .allocate(byteCount: most, alignment: 16)
    }

    func flush() {
        var written = 0
        while written < count {
            let length = Glibc.write(descriptor, buffer.baseAddress! + written, count - written)
            if length < 0, errno == EINTR { continue }
            if length < 0 { exit(errno == EPIPE ? ExitStatus.ok.rawValue : ExitStatus.unusableInput.rawValue) }
            written += length
        }
        count = 0
    }
}
