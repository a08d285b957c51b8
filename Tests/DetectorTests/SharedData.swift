import Foundation
import Testing

/// The real data beside the checkout, for the measured gates; absent on most machines, never in CI.
enum SharedData {
    static let root: URL = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data")

    static let isThere: Bool =
        FileManager.default.fileExists(atPath: root.path) || ProcessInfo.processInfo.environment["CI"] == "true"

    static let skipped: Comment = "../shared/data is not here"

    /// A file's text, unpacked when it is gzip.
    static func text(_ path: String) throws -> String {
        let file = root.appending(path: path)
        guard path.hasSuffix(".gz") else { return String(decoding: try Data(contentsOf: file), as: UTF8.self) }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-dc", file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self)
    }
}
