import DetectorCore
import Runtime

/// Rule files, YAML or JSON, as rule sets.
enum RuleFile {
    /// The rules of the file at `path`, or the built-in ones for an empty path.
    /// - Throws: `Failure` with every problem in the file.
    static func load(_ path: String) throws(Failure) -> RuleSet {
        if path.isEmpty { return .standard }
        let text: String
        do { text = try FileText.read(path) } catch {
            throw Failure(
                error.denied ? .noPermission : .configuration, "cannot read the rules in \(path): \(error.reason)")
        }
        let value = try ConfigurationText.value(Array(text.utf8), path, hint: "start it with a version")
        do { return try RuleSet(overriding: value) } catch {
            throw Failure(
                .configuration, "the rules in \(path) are wrong:\n  " + error.problems.joined(separator: "\n  "))
        }
    }
}
