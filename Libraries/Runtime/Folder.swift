import Glibc

/// What a folder holds.
public enum Folder {
    /// The names of what is in the folder at `path`, in no order, at most `limit`; none when it cannot be read.
    public static func names(in path: String, limit: Int = .max) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while names.count < limit, let entry = readdir(stream) {
            // Only as much of an entry is there as its name needs: `pointee.d_name` would read 256 bytes whatever it is.
            let start = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
            let name = String(cString: start.assumingMemoryBound(to: CChar.self))
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
