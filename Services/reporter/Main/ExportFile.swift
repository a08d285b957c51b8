import Glibc
import ReporterCore

/// The file that --export names.
enum ExportFile {
    /// Refuses a file that is there already before the question is even asked.
    static func check(_ options: OutputOptions) throws(ReportError) {
        guard let path = options.exportPath, !options.mayReplace, access(path, F_OK) == 0 else { return }
        throw exists(path)
    }

    /// Writes the text, replacing a file only when allowed to.
    static func write(_ text: String, _ options: OutputOptions) throws(ReportError) {
        guard let path = options.exportPath else { return }
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (options.mayReplace ? O_TRUNC : O_EXCL)
        let descriptor = open(path, flags, 0o644)
        guard descriptor >= 0 else {
            if errno == EEXIST { throw exists(path) }
            throw ReportError(
                .fileUnwritable, "Cannot write \(path): \(String(cString: strerror(errno))).",
                hint: "Name a file in a directory that you may write to.")
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        let failure = errno
        guard close(descriptor) == 0, rest.isEmpty else {
            throw ReportError(.fileUnwritable, "Cannot write all of \(path): \(String(cString: strerror(failure))).")
        }
    }

    private static func exists(_ path: String) -> ReportError {
        ReportError(.fileExists, "\(path) is there already.", hint: "Name another file, or add --force to replace it.")
    }
}
