import Foundation
import PostgresSupport
import Testing

/// The real data beside the checkout. Tests over it are skipped, by name, where it is missing; in CI it must be there.
enum SharedData {
    static let folder = TestCluster.packageRoot.deletingLastPathComponent().appendingPathComponent("shared/data")

    static let isHere =
        ProcessInfo.processInfo.environment["CI"] == "true" || FileManager.default.fileExists(atPath: folder.path)

    static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
}

extension Trait where Self == ConditionTrait {
    /// Skips where ../shared/data is not there.
    static var needsSharedData: Self { .enabled(if: SharedData.isHere, "../shared/data is not here") }
    /// Skips where nobody can become another user.
    static var needsRoot: Self { .enabled(if: geteuid() == 0, "only root can run a program as another user") }
}
