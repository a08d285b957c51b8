import DetectorCore
import Runtime
import WeirProtocol
import Yams

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
        let value: JSONValue
        do {
            guard let node = try Yams.compose(yaml: text) else {
                throw Failure(.configuration, "\(path) is empty", hint: "start it with a version")
            }
            value = Self.value(node)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(.configuration, "\(path) is not YAML: \(error)")
        }
        do { return try RuleSet(overriding: value) } catch {
            throw Failure(
                .configuration, "the rules in \(path) are wrong:\n  " + error.problems.joined(separator: "\n  "))
        }
    }

    private static func value(_ node: Node) -> JSONValue {
        switch node {
        case .scalar(let scalar):
            if scalar.style != .plain { return .string(scalar.string) }
            if node.null != nil { return .null }
            if let whole = Int64(scalar.string) { return .integer(whole) }
            if let number = Double(scalar.string) { return .number(number) }
            if let flag = node.bool { return .bool(flag) }
            return .string(scalar.string)
        case .sequence(let sequence): return .array(sequence.map(value))
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, item) in mapping { object[key.scalar?.string ?? ""] = value(item) }
            return .object(object)
        case .alias: return .null
        }
    }
}
