import Glibc
import Yams

/// The effective configuration: one file, overridden by `WEIR_*` variables, checked as a whole before anything starts.
public struct Settings: Sendable {
    /// Where the file is looked for when none is named.
    public static let defaultFile = "/etc/weir/weir.yaml"

    private let values: [String: String]
    /// Wrong keys that are listed one by one.
    private static let listedKeys = 50

    /// Checks `file` (the text of a YAML file) and `environment` together.
    /// - Throws: `Failure` with status `configuration` that lists every problem at once.
    public init(file: String?, environment: [String: String]) throws(Failure) {
        var problems: [String] = []
        var values: [String: String] = [:]
        let known = Dictionary(uniqueKeysWithValues: Self.catalogue.map { ($0.key, $0) })

        if let file {
            do {
                if let node = try ConfigurationText.document(file) {
                    var reader = FileValues()
                    reader.read(node, "")
                    (values, problems) = (reader.values, reader.problems)
                }
            } catch {
                problems.append("the file is not YAML: \(error)")
            }
        }
        let unknown = values.keys.filter { known[$0] == nil }.sorted()
        if unknown.count > Self.listedKeys {
            problems.append("\(unknown.count) keys are not settings; the first are these")
        }
        for key in unknown.prefix(Self.listedKeys) {
            let near = NearestKey.nearest(to: key, among: known.keys)
            problems.append("\(key) is not a setting" + (near.map { "; did you mean \($0)?" } ?? ""))
        }
        let variables = Dictionary(uniqueKeysWithValues: Self.catalogue.map { ($0.variable, $0.key) })
        for (name, text) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("WEIR_") {
            if let key = variables[name] { values[key] = text } else { Self.doubt(name, variables, &problems) }
        }
        for setting in Self.catalogue {
            if let text = values[setting.key], !setting.accepts(text) {
                problems.append("\(setting.key) is \"\(text)\" but must be \(setting.form)")
            }
        }
        guard problems.isEmpty else {
            throw Failure(.configuration, "the configuration is wrong:\n  " + problems.joined(separator: "\n  "))
        }
        self.values = values
    }

    /// Reads the file at `path`, or the default one when it exists.
    /// - Throws: `Failure`: the named file is missing or unreadable, or a setting is wrong.
    public static func load(path: String?, environment: [String: String]) throws(Failure) -> Settings {
        let chosen = path ?? environment["WEIR_CONFIG"] ?? defaultFile
        let text: String?
        do {
            text = try FileText.read(chosen)
        } catch {
            guard error.missing, path == nil, environment["WEIR_CONFIG"] == nil else {
                throw Failure(error.denied ? .noPermission : .configuration, "cannot read \(chosen): \(error.reason)")
            }
            text = nil
        }
        do { return try Settings(file: text, environment: environment) } catch {
            throw Failure(error.status, "\(text == nil ? "" : chosen + ": ")\(error.message)", hint: error.hint)
        }
    }

    /// A setting's value.
    public subscript<Value>(setting: Setting<Value>) -> Value {
        values[setting.key].flatMap(setting.read) ?? setting.fallback
    }

    /// The configuration as a file would say it, defaults included; passwords in URLs are masked.
    public var effective: String {
        Self.catalogue.map { setting in
            "\(setting.key): \(Self.quoted(Self.masked(values[setting.key] ?? setting.fallbackText)))"
        }.joined(separator: "\n")
    }

    /// The database's URL with `role` as its user unless it names one.
    public func databaseURL(role: String, reading: Bool = false) -> String {
        let readURL = self[.databaseReadURL]
        let url = reading && !readURL.isEmpty ? readURL : self[.databaseURL]
        return Self.url(url, withUser: role)
    }

    /// The path of a socket: `throttle.sock` in the runtime directory.
    public func socketPath(_ name: String) -> String { self[.runtimeDirectory] + "/" + name }

    static func url(_ url: String, withUser role: String) -> String {
        guard let scheme = url.range(of: "://") else {
            return url.contains("user=") ? url : "\(url) user=\(role)"
        }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        if authority.contains("@") || rest.contains("user=") { return url }
        return url[..<scheme.upperBound] + "\(role)@" + rest
    }

    private static func masked(_ text: String) -> String {
        if let word = text.range(of: "password=") {
            let rest = text[word.upperBound...]
            let end = rest.firstIndex { $0 == "&" || $0 == " " } ?? rest.endIndex
            // In words a password may stand in quotes, and have spaces.
            return text[..<word.upperBound] + "****" + (rest.hasPrefix("'") ? "" : rest[end...])
        }
        guard let scheme = text.range(of: "://"), let at = text[scheme.upperBound...].firstIndex(of: "@"),
            let colon = text[scheme.upperBound..<at].firstIndex(of: ":")
        else { return text }
        return text[...colon] + "****" + text[at...]
    }

    private static func quoted(_ text: String) -> String {
        text.isEmpty || text.contains(where: { ":#{}[],&*!|>'\"%@`".contains($0) }) ? "\"\(text)\"" : text
    }

    /// A variable a letter or two from a setting's; what else is called WEIR_… is not ours to judge.
    private static func doubt(_ name: String, _ variables: [String: String], _ problems: inout [String]) {
        guard let near = variables.keys.filter({ NearestKey.changes(from: name, to: $0) <= 2 }).min() else { return }
        problems.append("\(name) is not a setting; did you mean \(near)?")
    }
}

extension String {
    fileprivate func range(of needle: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(needle) { return start..<index(start, offsetBy: needle.count) }
            start = index(after: start)
        }
        return nil
    }
}
