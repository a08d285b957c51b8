import Runtime
import ThrottleCore
import WeirProtocol
import Yams

/// Policy files, YAML or JSON, as policies.
enum PolicyFile {
    private static let nodeLimit = 200_000

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
        let value = try value(bytes, path)
        do { return try PolicySet(file: value) } catch {
            throw Failure(
                .configuration, "the policies in \(path) are wrong:\n  " + error.problems.joined(separator: "\n  "))
        }
    }

    private static func value(_ bytes: [UInt8], _ path: String) throws(Failure) -> JSONValue {
        // Most YAML readers take JSON too, but not its duplicate keys and not with its messages.
        let first = bytes.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
        if first == UInt8(ascii: "{") {
            do { return try JSONValue(parsing: bytes, depthLimit: 32) } catch {
                // A flow mapping of YAML begins alike; if it is neither, JSON's complaint is the better one.
                if let value = try? yaml(bytes, path) { return value }
                throw Failure(.configuration, "\(path) is not JSON: \(error)")
            }
        }
        return try yaml(bytes, path)
    }

    private static func yaml(_ bytes: [UInt8], _ path: String) throws(Failure) -> JSONValue {
        let node: Node?
        do { node = try Yams.compose(yaml: String(decoding: bytes, as: UTF8.self)) } catch {
            throw Failure(.configuration, "\(path) is not YAML: \(error)")
        }
        guard let node else { throw Failure(.configuration, "\(path) is empty", hint: "start it with `version: 1`") }
        var nodes = 0
        guard let value = value(of: node, &nodes) else {
            throw Failure(.configuration, "\(path) has more than \(nodeLimit) values, or an alias that means nothing")
        }
        return value
    }

    /// Aliases are walked as often as they are named, so that the values are counted as they multiply.
    private static func value(of node: Node, _ nodes: inout Int) -> JSONValue? {
        nodes += 1
        guard nodes <= nodeLimit else { return nil }
        switch node {
        case .scalar(let scalar): return value(of: scalar, node)
        case .sequence(let sequence):
            var elements: [JSONValue] = []
            for element in sequence {
                guard let element = value(of: element, &nodes) else { return nil }
                elements.append(element)
            }
            return .array(elements)
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, item) in mapping {
                guard let item = value(of: item, &nodes) else { return nil }
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
        return node.bool.map { .bool($0) } ?? .string(scalar.string)
    }
}
