/// One entry of a file of the uap-core kind: a regular expression, and how what it captures becomes a name.
public struct AgentExpression: Sendable {
    /// The regular expression, in ICU's syntax.
    public let pattern: String
    /// Whether upper and lower case are alike to it.
    public let ignoresCase: Bool
    /// What an agent must have to be worth a try.
    public let needed: NeededPairs
    private let name: String
    private let version: [String]

    /// An entry.
    /// - Parameters:
    ///   - name: the replacement for the first capture, with `$1` to `$9` for captures; nil for the capture itself.
    ///   - version: the replacements for the captures that follow, one for each part of a version.
    public init(pattern: String, ignoresCase: Bool, name: String?, version: [String?]) {
        self.pattern = pattern
        self.ignoresCase = ignoresCase
        needed = NeededPairs(pattern, ignoresCase: ignoresCase)
        self.name = name ?? "$1"
        self.version = version.enumerated().map { $1 ?? "$\($0 + 2)" }
    }

    /// The name and the version that follow from what was captured, at most `FieldLimits.agentName` and
    /// `.agentVersion` bytes; nil without a name. A version ends before its first missing part.
    /// - Parameter captures: from the first group on; nil for a group that took no part.
    public func found(_ captures: [String?]) -> (name: String, version: String?)? {
        guard let name = Self.filled(name, captures) else { return nil }
        var parts: [String] = []
        for template in version {
            guard let part = Self.filled(template, captures) else { break }
            parts.append(part)
        }
        let version = parts.joined(separator: ".")
        return (
            FieldLimits.clamp(name, to: FieldLimits.agentName),
            version.isEmpty ? nil : FieldLimits.clamp(version, to: FieldLimits.agentVersion)
        )
    }

    /// The text with its captures in place, without blanks around it; nil when nothing is left.
    private static func filled(_ template: String, _ captures: [String?]) -> String? {
        var text = ""
        var rest = template[...]
        while let dollar = rest.firstIndex(of: "$") {
            text += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            guard let digit = rest.first?.wholeNumberValue, 1...9 ~= digit else {
                text += "$"
                continue
            }
            rest = rest.dropFirst()
            if digit <= captures.count { text += captures[digit - 1] ?? "" }
        }
        text += rest
        let trimmed = text[...].trimmedOfBlanks
        return trimmed.isEmpty ? nil : String(trimmed)
    }
}
