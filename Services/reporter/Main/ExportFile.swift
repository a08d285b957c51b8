import Glibc
import ReporterCore

/// The files that --export and --html name.
enum ExportFile {
    /// Refuses files that are there already before the question is even asked.
    static func check(_ options: OutputOptions) throws(ReportError) {
        guard !options.mayReplace else { return }
        for path in [options.exportPath, options.htmlPath].compactMap({ $0 }) where access(path, F_OK) == 0 {
            throw exists(path)
        }
    }

    /// Writes the text, replacing a file only when allowed to.
    static func write(_ text: String, to path: String, mayReplace: Bool) throws(ReportError) {
        let descriptor = try make(path, mayReplace: mayReplace)
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

    /// Opens the file for writing.
    static func make(_ path: String, mayReplace: Bool) throws(ReportError) -> Int32 {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (mayReplace ? O_TRUNC : O_EXCL)
        let descriptor = open(path, flags, 0o644)
        guard descriptor >= 0 else {
            if errno == EEXIST { throw exists(path) }
            throw ReportError(
                .fileUnwritable, "Cannot write \(path): \(String(cString: strerror(errno))).",
                hint: "Name a file in a directory that you may write to.")
        }
        return descriptor
    }

    private static func exists(_ path: String) -> ReportError {
        ReportError(.fileExists, "\(path) is there already.", hint: "Name another file, or add --force to replace it.")
    }
}
