import FoundationEssentials

/// The variables of the process.
enum Environment {
    /// Name and value of each.
    static var current: [String: String] { ProcessInfo.processInfo.environment }
}
