public import WeirProtocol
public import Yams

/// YAML and JSON that people write, read within bounds and with messages of one line.
public enum ConfigurationText {
    /// Values in one file. Aliases are walked as often as they are named, so that they are counted as they multiply.
    public static let valueLimit = 200_000
    private static let depthLimit = 64
    private static let problemLimit = 200

    /// Why a text is no YAML, with the place.
    public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        /// One line of at most some 250 characters.
        public let description: String
    }

    /// The document of a text; nil when it has none. Its scalars are texts: what they mean is asked where they are used,
    /// and the library's own rules for it are regular expressions, which would cost every process two megabytes.
    public static func document(_ text: String) throws(Problem) -> Node? {
        do { return try Yams.compose(yaml: text, .basic, .default, .utf8) } catch {
            throw Problem(description: sentence(error))
        }
    }

    /// A file's contents as a value; `path` names it in messages, `hint` says how to begin an empty one.
    /// - Throws: `Failure` with status `configuration`: it is neither YAML nor JSON, empty, or has more than `valueLimit`
    ///   values.
    public static func value(_ bytes: [UInt8], _ path: String, hint: String) throws(Failure) -> JSONValue {
        // Most YAML readers take JSON too, but not its duplicate keys and not with its messages.
        let first = bytes.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
        if first == UInt8(ascii: "{") {
            do { return try JSONValue(parsing: bytes, depthLimit: depthLimit) } catch {
                // A flow mapping of YAML begins alike; if it is neither, JSON's complaint is the better one.
                if let value = try? yaml(bytes, path, hint) { return value }
                throw Failure(.configuration, "\(path) is not JSON: \(error)")
            }
        }
        return try yaml(bytes, path, hint)
    }

    private static func yaml(_ bytes: [UInt8], _ path: String, _ hint: String) throws(Failure) -> JSONValue {
        let node: Node?
        do { node = try document(String(decoding: bytes, as: UTF8.self)) } catch {
            throw Failure(.configuration, "\(path) is not YAML: \(error)")
        }
        guard let node else { throw Failure(.configuration, "\(path) is empty", hint: hint) }
        var values = 0
        guard let value = value(of: node, depth: 0, &values) else {
            throw Failure(
                .configuration,
                "\(path) has more than \(valueLimit) values, or is nested deeper than \(depthLimit), its aliases included"
            )
        }
        return value
    }

    private static func value(of node: Node, depth: Int, _ values: inout Int) -> JSONValue? {
        values += 1
        guard values <= valueLimit, depth <= depthLimit else { return nil }
        switch node {
        case .scalar(let scalar): return value(of: scalar, node)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence {
                guard let element = value(of: element, depth: depth + 1, &values) else { return nil }
                elements.append(element)
            }
            return .array(elements)
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, item) in mapping {
                guard let item = value(of: item, depth: depth + 1, &values) else { return nil }
                object[key.scalar?.string ?? ""] = item
            }
            return .object(object)
        case .alias: return nil
        }
    }

    private static func value(of scalar: Node.Scalar, _ node: Node) -> JSONValue {
        guard scalar.style == .plain else { return .string(scalar.string) }
        if node.null != nil { return .null }
        if let whole = Int64(scalar.string) { return .integer(whole) }
        if let number = Double(scalar.string) { return .number(number) }
        switch scalar.string.lowercased() {
        case "true", "yes", "on": return .bool(true)
        case "false", "no", "off": return .bool(false)
        default: return .string(scalar.string)
        }
    }

    /// The library's own words hold the whole text that is wrong.
    private static func sentence(_ error: any Error) -> String {
        switch error as? YamlError {
        case .reader(let problem, let offset, _, _):
            line(problem) + (offset.map { " at byte \($0)" } ?? "")
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line), column \(mark.column): \(line(problem))"
        case .duplicatedKeysInMapping(let duplicates, let context):
            "\(line(duplicates.joined(separator: ", "))) is there twice in the mapping that begins in line "
                + "\(context.mark.line)"
        default: line("\(error)")
        }
    }

    private static func line(_ text: String) -> String {
        let line = String(text.withoutControls.prefix(problemLimit))
        return line.utf8.count < text.utf8.count ? line + "…" : line
    }
}
