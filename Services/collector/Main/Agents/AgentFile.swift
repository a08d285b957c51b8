import CollectorCore
import Runtime
import Yams

/// What a file of the uap-core kind says, before its expressions are compiled.
struct AgentFile {
    /// Bytes; the file that uap-core publishes has 200,000.
    static let sizeLimit = 4 << 20
    /// Entries of all three lists together; uap-core's has 1,200.
    static let entryLimit = 10_000
    private static let listedProblems = 20

    /// Browsers and apps, the first that matches is meant.
    private(set) var browsers: [AgentExpression] = []
    /// Operating systems, likewise.
    private(set) var systems: [AgentExpression] = []
    /// Devices, likewise; the name is all that is used of them.
    private(set) var devices: [AgentExpression] = []
    private(set) var problems: [String] = []

    /// Reads the file at `path`.
    /// - Throws: `Failure` when it cannot be read, and with every problem in it.
    init(path: String) throws(Failure) {
        let text: String
        do { text = try FileText.read(path) } catch {
            throw Failure(
                error.denied ? .noPermission : .configuration, "cannot read \(path): \(error.reason)",
                hint: Self.hint)
        }
        guard text.utf8.count <= Self.sizeLimit else {
            throw Failure(
                .configuration, "\(path) has \(text.utf8.count) bytes, more than \(Self.sizeLimit)", hint: Self.hint)
        }
        let node: Node?
        do { node = try ConfigurationText.document(text) } catch {
            throw Failure(.configuration, "\(path) is not YAML: \(error)", hint: Self.hint)
        }
        browsers = entries(node, "user_agent_parsers", name: "family_replacement", version: "v", parts: 3)
        systems = entries(node, "os_parsers", name: "os_replacement", version: "os_v", parts: 4)
        devices = entries(node, "device_parsers", name: "device_replacement", version: "", parts: 0)
        let count = browsers.count + systems.count + devices.count
        if count > Self.entryLimit { problems.append("it has \(count) entries, more than \(Self.entryLimit)") }
        if let failure = Self.failure(path, problems) { throw failure }
    }

    /// The problems in the file at `path` as one failure; nil when there are none.
    static func failure(_ path: String, _ problems: [String]) -> Failure? {
        guard !problems.isEmpty else { return nil }
        var lines = problems.prefix(listedProblems)
        if problems.count > listedProblems { lines.append("and \(problems.count - listedProblems) more") }
        return Failure(
            .configuration, "\(path) is not usable:\n  " + lines.joined(separator: "\n  "), hint: hint)
    }

    /// How a message names an entry; `index` counts from 0, people from 1.
    static func label(_ section: String, _ index: Int) -> String { "\(section) entry \(index + 1)" }

    private static let hint = "name a readable file in uap-core's format, or none for the built-in parser alone"

    private mutating func entries(
        _ file: Node?, _ section: String, name: String, version: String, parts: Int
    ) -> [AgentExpression] {
        guard let list = file?[section]?.sequence else {
            problems.append("\(section) is missing or not a list")
            return []
        }
        return list.enumerated().compactMap { index, entry in
            let label = Self.label(section, index)
            guard let pattern = text(entry, "regex", label), !pattern.isEmpty else {
                problems.append("\(label) has no regex")
                return nil
            }
            let flag = text(entry, "regex_flag", label)
            if let flag, flag != "i" { problems.append("\(label) has the regex_flag \(flag.debugDescription), not i") }
            return AgentExpression(
                pattern: pattern, ignoresCase: flag == "i", name: text(entry, name, label),
                version: (0..<parts).map { text(entry, "\(version)\($0 + 1)_replacement", label) })
        }
    }

    private mutating func text(_ entry: Node, _ key: String, _ label: String) -> String? {
        guard let node = entry[key], node.null == nil else { return nil }
        if let scalar = node.scalar { return scalar.string }
        problems.append("\(label): \(key) is not a text")
        return nil
    }
}
