import Glibc

/// What every offline verb does: reads lines, writes one answer for each to standard output, in order.
public enum LineAnswers {
    /// Answers each line of `path` (`-` is standard input, .gz is read).
    /// - Parameter answer: Gets the line's number from 1 and the line, and appends its answer, newline included, to the
    ///   bytes. Returns whether the line could be used.
    /// - Throws: `Failure`: the file cannot be read, or no line of it could be used. Answers before it are written.
    public static func write(
        _ path: String, lineLimit: Int = 64 * 1024, _ answer: (Int, LineSource.Line, inout [UInt8]) -> Bool
    ) throws(Failure) {
        var buffer: [UInt8] = []
        var (number, usable) = (0, 0)
        do throws(LineSourceError) {
            let source = try LineSource(path: path, lineLimit: lineLimit)
            while let line = try source.next() {
                number += 1
                if answer(number, line, &buffer) { usable += 1 }
                if buffer.count >= 1 << 16 { flush(&buffer) }
            }
        } catch {
            flush(&buffer)
            throw Failure(ExitStatus(rawValue: error.exitCode) ?? .unusableInput, error.description)
        }
        flush(&buffer)
        guard usable == 0 else { return }
        let name = path == "-" ? "standard input" : path
        throw Failure(
            .unusableInput, number == 0 ? "\(name) is empty" : "none of the \(number) lines of \(name) is usable")
    }

    /// Ends the process quietly when the reader has gone, as `| head` does.
    private static func flush(_ buffer: inout [UInt8]) {
        var written = 0
        while written < buffer.count {
            let count = buffer.withUnsafeBytes { Glibc.write(1, $0.baseAddress! + written, $0.count - written) }
            if count < 0, errno == EINTR { continue }
            if count < 0 { exit(errno == EPIPE ? ExitStatus.ok.rawValue : ExitStatus.unusableInput.rawValue) }
            written += count
        }
        buffer.removeAll(keepingCapacity: true)
    }
}
