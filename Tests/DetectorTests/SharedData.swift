import Foundation
import PostgresSupport
import Testing

/// The real data beside the checkout, for the measured gates; absent on most machines, never in CI.
enum SharedData {
    static let root: URL = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data")

    static let isThere: Bool =
        FileManager.default.fileExists(atPath: root.path) || ProcessInfo.processInfo.environment["CI"] == "true"

    static let skipped: Comment = "../shared/data is not here"

    /// A file's text, unpacked when it is gzip.
    static func text(_ path: String) async throws -> String {
        let file = root.appending(path: path)
        guard path.hasSuffix(".gz") else { return String(decoding: try Data(contentsOf: file), as: UTF8.self) }
        return try await Program.run(URL(filePath: "/bin/gzip"), ["-dc", file.path])
    }
}
