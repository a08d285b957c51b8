import Glibc
import ReporterCore
import Runtime

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

    /// A file that is not there under its name before all of it is: what goes wrong leaves nothing, and an old one whole.
    struct Pending {
        let descriptor: Int32
        fileprivate let part: String?
        fileprivate let path: String
        fileprivate let mayReplace: Bool

        /// Gives the file its name.
        func keep() throws(ReportError) {
            guard let part else { return }
            let isKept = mayReplace ? rename(part, path) == 0 : link(part, path) == 0
            let failure = errno
            unlink(part)
            guard isKept else {
                if failure == EEXIST { throw ExportFile.exists(path) }
                throw ReportError(.fileUnwritable, "Cannot write \(path): \(String(cString: strerror(failure))).")
            }
        }

        /// Leaves no trace of it.
        func discard() {
            if let part { unlink(part) }
        }
    }

    /// Opens a file to be written bit by bit. A device or a pipe that may be replaced is written to as it is.
    static func begin(_ path: String, mayReplace: Bool) throws(ReportError) -> Pending {
        if let isRegular = FileText.isRegular(path) {
            guard mayReplace else { throw exists(path) }
            guard isRegular else {
                let descriptor = try make(path, mayReplace: true)
                return Pending(descriptor: descriptor, part: nil, path: path, mayReplace: true)
            }
        }
        let part = "\(path).\(getpid()).part"
        let descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw unwritable(path) }
        return Pending(descriptor: descriptor, part: part, path: path, mayReplace: mayReplace)
    }

    /// Opens the file for writing.
    static func make(_ path: String, mayReplace: Bool) throws(ReportError) -> Int32 {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (mayReplace ? O_TRUNC : O_EXCL)
        let descriptor = open(path, flags, 0o644)
        guard descriptor >= 0 else {
            if errno == EEXIST { throw exists(path) }
            throw unwritable(path)
        }
        return descriptor
    }

    private static func unwritable(_ path: String) -> ReportError {
        ReportError(
            .fileUnwritable, "Cannot write \(path): \(String(cString: strerror(errno))).",
            hint: "Name a file in a directory that you may write to.")
    }

    private static func exists(_ path: String) -> ReportError {
        ReportError(.fileExists, "\(path) is there already.", hint: "Name another file, or add --force to replace it.")
    }
}
