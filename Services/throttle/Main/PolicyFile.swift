import Runtime
import ThrottleCore

/// Policy files, YAML or JSON, as policies.
enum PolicyFile {
    /// The policies of the file at `path`, or the built-in ones for an empty path.
    /// - Throws: `Failure` with every problem in the file.
    static func load(_ path: String) throws(Failure) -> PolicySet {
        if path.isEmpty { return .standard }
        let bytes: [UInt8]
        do { bytes = Array(try FileText.read(path).utf8) } catch {
            throw Failure(error.denied ? .noPermission : .configuration, "cannot read \(path): \(error.reason)")
        }
        return try read(bytes, path)
    }

    /// The policies of a file's contents; `path` names it in messages.
    /// - Throws: `Failure` with every problem.
    static func read(_ bytes: [UInt8], _ path: String) throws(Failure) -> PolicySet {
        let value = try ConfigurationText.value(bytes, path, hint: "start it with `version: 1`")
        do { return try PolicySet(file: value) } catch {
            throw Failure(
                .configuration, "the policies in \(path) are wrong:\n  " + error.problems.joined(separator: "\n  "))
        }
    }
}
