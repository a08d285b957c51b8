import Glibc
import ReporterCore
import Runtime

/// The files that --export and --html name.
enum ExportFile {
    /// Refuses files that are there already before the question is even asked.
    static func check(_ options: OutputOptions) throws(ReportError) {
        if let export = options.exportPath, let page = options.htmlPath, place(of: export) == place(of: page) {
            throw ReportError(
                .badFileName, "--export and --html name the same file.", hint: "Give each a file of its own.")
        }
        guard !options.mayReplace else { return }
        for path in [options.exportPath, options.htmlPath].compactMap({ $0 })
        where access(path, F_OK) == 0 || errno == ELOOP {
            throw exists(path)
        }
    }

    /// The file's own path, however it is spelt and linked to; that of the name where there is no file yet.
    private static func place(of path: String, depth: Int = 0) -> String {
        func resolved(_ path: String) -> String? {
            guard let found = realpath(path, nil) else { return nil }
            defer { free(found) }
            return String(cString: found)
        }
        let name = path.split(separator: "/").last ?? ""
        // A link to where there is no file yet.
        if resolved(path) == nil, depth < 8, let target = target(ofLink: path) {
            return place(of: target.hasPrefix("/") ? target : "\(folder(of: path))/\(target)", depth: depth + 1)
        }
        return resolved(path) ?? "\(resolved(folder(of: path)) ?? folder(of: path))/\(name)"
    }

    private static func target(ofLink path: String) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { text in
            let count = readlink(path, text.baseAddress!, text.count)
            return count > 0 ? String(decoding: UnsafeRawBufferPointer(text)[..<count], as: UTF8.self) : nil
        }
    }

    /// Writes the text, replacing a file only when allowed to.
    static func write(_ text: String, to path: String, mayReplace: Bool) throws(ReportError) {
        let file = try begin(path, mayReplace: mayReplace)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file.descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        guard rest.isEmpty else {
            let failure = errno
            file.discard()
            throw unwritable(path, failure)
        }
        try file.keep()
    }

    /// A file that is not there under its name before all of it is: what goes wrong leaves nothing, and an old one whole.
    struct Pending {
        let descriptor: Int32
        /// What it is called until then; empty while it has no name at all, nil where it is written to in place.
        fileprivate let part: String?
        fileprivate let path: String
        fileprivate let mayReplace: Bool

        /// Gives the file its name, and closes it.
        func keep() throws(ReportError) {
            var failure: Int32 = 0
            if let part { failure = name(part) }
            if close(descriptor) != 0, failure == 0 { failure = errno }
            guard failure == 0 else {
                if failure == EEXIST { throw ExportFile.exists(path) }
                throw ExportFile.unwritable(path, failure)
            }
        }

        /// Leaves no trace of it.
        func discard() {
            close(descriptor)
            if let part, !part.isEmpty { unlink(part) }
        }

        private func name(_ part: String) -> Int32 {
            let unnamed = "/proc/self/fd/\(descriptor)"
            if part.isEmpty, !mayReplace {
                return linkat(AT_FDCWD, unnamed, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno
            }
            let temporary = part.isEmpty ? ExportFile.partName(of: path) : part
            if part.isEmpty, linkat(AT_FDCWD, unnamed, AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) != 0 { return errno }
            let isKept = mayReplace ? rename(temporary, path) == 0 : link(temporary, path) == 0
            let failure = isKept ? 0 : errno
            unlink(temporary)
            return failure
        }
    }

    /// Opens a file to be written. A link, a device or a pipe that may be replaced is written to as it is; a file that is
    /// replaced passes on its permissions.
    static func begin(_ path: String, mayReplace: Bool) throws(ReportError) -> Pending {
        let isRegular = FileText.isRegular(path)
        if isRegular != nil, !mayReplace { throw exists(path) }
        if isRegular == false {
            let descriptor = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
            guard descriptor >= 0 else { throw unwritable(path, errno) }
            return Pending(descriptor: descriptor, part: nil, path: path, mayReplace: true)
        }
        // Without a name where the file system can: whatever ends this program leaves nothing then.
        var part = ""
        var descriptor = open(folder(of: path), unnamedFile | O_WRONLY | O_CLOEXEC, 0o644)
        if descriptor < 0 {
            part = partName(of: path)
            descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        }
        guard descriptor >= 0 else { throw unwritable(path, errno) }
        if isRegular == true { FileText.takeOver(path, onto: descriptor) }
        return Pending(descriptor: descriptor, part: part, path: path, mayReplace: mayReplace)
    }

    /// O_TMPFILE, which Glibc's module hides without _GNU_SOURCE.
    private static let unnamedFile: Int32 = 0o20_200_000

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Short, so that it fits wherever the name does.
    private static func partName(of path: String) -> String { "\(folder(of: path))/.\(getpid()).part" }

    /// Why a file could not be written, by the system's number for it.
    static func unwritable(_ path: String, _ number: Int32) -> ReportError {
        let message = "Cannot write \(path): \(String(cString: strerror(number)))."
        switch number {
        case ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG, ELOOP:
            return ReportError(
                .badFileName, message, hint: "Name a file in a directory that is there; a link has to lead to one.")
        case ENOSPC, EDQUOT, EFBIG, EIO:
            return ReportError(.storageFull, message, hint: "Make room, or name a file on another disk.")
        default:
            return ReportError(.fileUnwritable, message, hint: "Name a file in a directory that you may write to.")
        }
    }

    private static func exists(_ path: String) -> ReportError {
        // What no --force replaces: a folder, and a link that leads nowhere.
        if access(path, F_OK) != 0 { return unwritable(path, errno) }
        if access("\(path)/.", F_OK) == 0 { return unwritable(path, EISDIR) }
        return ReportError(
            .fileExists, "\(path) is there already.", hint: "Name another file, or add --force to replace it.")
    }
}
