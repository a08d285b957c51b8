import CPlatform
import Glibc

/// The files beside a log that bear its name: what rotation has made of it.
struct LogSiblings {
    /// A file as it stood when it was looked at.
    struct File {
        let path: String
        let device: UInt64
        let inode: UInt64
        /// When it was made, in ns since 1970; nil where the file system does not say.
        let born: Int64?
        /// When it was last written to, in ns since 1970.
        let changed: Int64
        /// Whether its name is the log's with nothing but a number or a date added.
        let isNumbered: Bool

        var identity: Identity { Identity(device: device, inode: inode, born: born) }
    }

    /// A file under whatever name. An inode is given to another file when the first is gone.
    struct Identity: Hashable {
        let device: UInt64
        let inode: UInt64
        let born: Int64?
    }

    /// The most files that are looked at.
    private static let limit = 10_000
    private static let packers = [".gz", ".xz", ".zst", ".bz2", ".lz4", ".Z"]

    let path: String
    private let folder: String
    private let name: String

    init(path: String) {
        self.path = path
        let slash = path.lastIndex(of: "/")
        folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    }

    /// The clock that files' times are taken from, in ns since 1970.
    static var clock: Int64 {
        var moment = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &moment)
        return nanoseconds(moment)
    }

    /// Every path in the log's directory, the log's first.
    func everything() -> [String] {
        [path] + Folder.names(in: folder, limit: Self.limit - 1).map { folder == "/" ? "/" + $0 : folder + "/" + $0 }
    }

    /// The regular files that bear the log's name, the log itself among them.
    func files() -> [File] {
        everything().dropFirst().compactMap { path in
            guard let rest = addition(to: path) else { return nil }
            return Self.file(path, isNumbered: Self.isNumber(rest))
        }
    }

    /// The file that has the log's name now, whatever it is.
    func named() -> File? { Self.file(path, isNumbered: false, isRegular: false) }

    /// What may hold lines from between two files that had the log's name.
    /// - Parameters:
    ///   - old: when the earlier one was last written to, in ns since 1970.
    ///   - since: when the earlier one was still the log, in ns since 1970; nil when unknown.
    /// - Returns: `sure`, in the order in which they were made, those that can have been nothing but the log; `unsure` the
    ///   rest.
    func between(_ files: [File], old: Int64, since: Int64?, new: File) -> (sure: [File], unsure: [File]) {
        var (sure, unsure): ([File], [File]) = ([], [])
        for file in files where file.device != new.device || file.inode != new.inode {
            if file.isNumbered, let since, let born = file.born, born >= since, born <= new.born ?? .max {
                sure.append(file)
            } else if Self.packers.contains(where: file.path.hasSuffix) {
                // The earlier file itself keeps its time when it is packed.
                if file.changed > old { unsure.append(file) }
            } else if file.changed >= old || since.map({ file.changed >= $0 && file.born ?? .min >= $0 }) ?? false {
                unsure.append(file)
            }
        }
        return (sure.sorted { ($0.born ?? 0, $0.changed) < ($1.born ?? 0, $1.changed) }, unsure)
    }

    /// When an open file was made, in ns since 1970.
    static func birth(of descriptor: Int32) -> Int64? {
        let born = weir_birth_time(descriptor, "")
        return born < 0 ? nil : born
    }

    /// When a file was last written to, in ns since 1970.
    static func changed(_ status: stat) -> Int64 { nanoseconds(status.st_mtim) }

    private static func nanoseconds(_ moment: timespec) -> Int64 {
        Int64(moment.tv_sec) * 1_000_000_000 + Int64(moment.tv_nsec)
    }

    private static func file(_ path: String, isNumbered: Bool, isRegular: Bool = true) -> File? {
        var status = stat()
        guard stat(path, &status) == 0, !isRegular || status.st_mode & S_IFMT == S_IFREG else { return nil }
        let born = weir_birth_time(AT_FDCWD, path)
        return File(
            path: path, device: UInt64(status.st_dev), inode: UInt64(status.st_ino), born: born < 0 ? nil : born,
            changed: changed(status), isNumbered: isNumbered)
    }

    /// What a file's name has beyond the log's: `.1` of `access.log.1`, `-2026-11-21` of `access-2026-11-21.log`; nil for
    /// another log's.
    private func addition(to path: String) -> Substring? {
        let entry = path.split(separator: "/").last ?? ""
        if entry.hasPrefix(name) { return entry.dropFirst(name.count) }
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex, entry.hasPrefix(name[..<dot]),
            let end = entry.lastIndex(of: ".")
        else { return nil }
        let ending = name[dot...]
        // The packed one has a further ending behind it.
        let plain = entry.hasSuffix(ending) ? entry : entry[..<end]
        guard plain.hasSuffix(ending) else { return nil }
        let middle = plain.dropFirst(name[..<dot].count).dropLast(ending.count)
        guard Self.isNumber(middle) else { return nil }
        return plain.endIndex == entry.endIndex ? middle : middle + entry[plain.endIndex...]
    }

    private static func isNumber(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, "-._".utf8.contains(first) else { return false }
        return text.utf8.allSatisfy { "0123456789-._T".utf8.contains($0) }
            && text.utf8.contains { (0x30...0x39).contains($0) }
    }
}
