import Yams

/// The settings of a file, each by its whole key: `collector: {http: x}` is `collector.http: x`.
struct FileValues {
    private(set) var values: [String: String] = [:]
    private(set) var problems: [String] = []
    private var count = 0
    /// Aliases are walked as often as they are named. There are some hundred settings, and lists of hosts in them.
    private static let limit = 20_000

    /// Reads what stands under `key`, which is empty for the document itself.
    mutating func read(_ node: Node, _ key: String) {
        count += 1
        guard count <= Self.limit else {
            values = [:]
            problems = ["the file has more than \(Self.limit) values, its aliases included"]
            return
        }
        switch node {
        case .scalar(let scalar):
            guard node.null == nil else { return }
            set(key, scalar.string)
        case .sequence(let sequence):
            let words = sequence.map { $0.null == nil ? $0.scalar?.string ?? "" : "" }
            set(key, words.count == 1 && words[0].isEmpty ? "," : words.joined(separator: ","))
        case .mapping(let mapping):
            for (name, value) in mapping {
                guard let name = name.scalar?.string else {
                    problems.append("a key under \(key.isEmpty ? "the file's top" : key) is not a word")
                    continue
                }
                read(value, key.isEmpty ? name : "\(key).\(name)")
                guard count <= Self.limit else { return }
            }
        case .alias: problems.append("\(key) is a YAML alias, which is not understood here")
        }
    }

    private mutating func set(_ key: String, _ text: String) {
        guard !key.isEmpty else {
            problems.append("the file holds no settings; they are written as KEY: VALUE, one on a line")
            return
        }
        if values.updateValue(text, forKey: key) != nil { problems.append("\(key) is given twice") }
    }
}
