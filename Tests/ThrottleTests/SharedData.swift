import Foundation
import Testing
import WeirProtocol

/// The real data beside the checkout. Tests over it are skipped, by name, where it is missing; in CI it must be there.
enum SharedData {
    static let folder: URL = {
        var root = URL(fileURLWithPath: #filePath)
        while !FileManager.default.fileExists(atPath: root.appendingPathComponent("Package.swift").path) {
            root.deleteLastPathComponent()
        }
        return root.deletingLastPathComponent().appendingPathComponent("shared/data/rate-limit")
    }()

    static let isHere =
        ProcessInfo.processInfo.environment["CI"] == "true" || FileManager.default.fileExists(atPath: folder.path)

    /// Every file of vectors, whatever it is called.
    static func vectors() throws -> [(file: String, content: JSONValue)] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }.sorted().map {
            ($0, try JSONValue(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent($0)))))
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips where ../shared/data is not there.
    static var needsSharedData: Self { .enabled(if: SharedData.isHere, "../shared/data is not here") }
}
