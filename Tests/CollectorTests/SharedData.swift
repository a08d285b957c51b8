import Foundation
import Runtime
import Testing
import WeirProtocol

/// The real data beside the checkout. Tests over it are skipped, by name, where it is missing; in CI it must be there.
enum SharedData {
    static let folder: URL = {
        var root = URL(fileURLWithPath: #filePath)
        while !FileManager.default.fileExists(atPath: root.appendingPathComponent("Package.swift").path) {
            root.deleteLastPathComponent()
        }
        return root.deletingLastPathComponent().appendingPathComponent("shared/data")
    }()

    static let isHere =
        ProcessInfo.processInfo.environment["CI"] == "true" || FileManager.default.fileExists(atPath: folder.path)

    static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent(name))), depthLimit: 64)
    }

    /// Hands each line to `body`; a line over the limit fails the test.
    static func forEachLine(of name: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let source = try LineSource(path: path(name))
        while let line = try source.next() {
            guard case .bytes(let bytes, _) = line else {
                Issue.record("\(name) has a line over the limit")
                continue
            }
            try body(bytes)
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips where ../shared/data is not there.
    static var needsSharedData: Self { .enabled(if: SharedData.isHere, "../shared/data is not here") }
}
