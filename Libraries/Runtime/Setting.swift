/// One thing that can be configured: its key, its default, what values it takes, and what it is for.
///
/// A setting is read from `WEIR_SECTION_KEY` in the environment, else from the configuration file, else it has its
/// default.
public struct Setting<Value: Sendable>: Sendable {
    /// The dotted key in the file: `collector.spool.directory`.
    public let key: String
    /// The value when nothing is configured.
    public let fallback: Value
    /// What values it takes, as in "must be …".
    public let form: String
    /// What it is for, in one sentence.
    public let purpose: String
    let read: @Sendable (String) -> Value?
    let show: @Sendable (Value) -> String

    init(
        _ key: String, _ fallback: Value, form: String, _ purpose: String,
        read: @escaping @Sendable (String) -> Value?, show: @escaping @Sendable (Value) -> String = { "\($0)" }
    ) {
        self.key = key
        self.fallback = fallback
        self.form = form
        self.purpose = purpose
        self.read = read
        self.show = show
    }

    /// The variable that overrides the file.
    public var variable: String { "WEIR_" + key.uppercased().map { $0 == "." ? "_" : String($0) }.joined() }
}

/// A setting whatever its type: what a list of all settings holds.
public protocol AnySetting: Sendable {
    /// The dotted key in the file.
    var key: String { get }
    /// The variable that overrides the file.
    var variable: String { get }
    /// What values it takes.
    var form: String { get }
    /// What it is for.
    var purpose: String { get }
    /// The default as it would be written.
    var fallbackText: String { get }
    /// Whether the text is a value of this setting.
    func accepts(_ text: String) -> Bool
}

extension Setting: AnySetting {
    public var fallbackText: String { show(fallback) }
    public func accepts(_ text: String) -> Bool { read(text) != nil }
}

extension Setting {
    static func text(_ key: String, _ fallback: String, form: String = "a text", _ purpose: String) -> Setting
    where Value == String {
        Setting(key, fallback, form: form, purpose, read: { $0 })
    }

    static func choice(_ key: String, _ choices: [String], _ purpose: String) -> Setting where Value == String {
        Setting(
            key, choices[0], form: "one of " + choices.joined(separator: ", "), purpose,
            read: { choices.contains($0) ? $0 : nil })
    }

    static func list(
        _ key: String, form: String, _ purpose: String, accepts: @escaping @Sendable (String) -> Bool = { _ in true }
    ) -> Setting where Value == [String] {
        Setting(
            key, [], form: form, purpose,
            read: { text in
                let entries = text.split(separator: ",").map { entry in
                    String(entry.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
                }.filter { !$0.isEmpty }
                // Blanks alone are a list that somebody meant to fill, and an empty list may stand for everybody.
                guard text.isEmpty || !entries.isEmpty else { return nil }
                return entries.allSatisfy(accepts) ? entries : nil
            }, show: { $0.joined(separator: ",") })
    }

    static func flag(_ key: String, _ fallback: Bool, _ purpose: String) -> Setting where Value == Bool {
        Setting(
            key, fallback, form: "true or false", purpose,
            read: {
                [
                    "true": true, "yes": true, "on": true, "1": true, "false": false, "no": false, "off": false,
                    "0": false,
                ][$0.lowercased()]
            })
    }

    static func number(_ key: String, _ fallback: Int64, _ range: ClosedRange<Int64>, _ purpose: String) -> Setting
    where Value == Int64 {
        Setting(
            key, fallback, form: "a whole number from \(range.lowerBound) to \(range.upperBound)", purpose,
            read: { text in Int64(text).flatMap { range.contains($0) ? $0 : nil } })
    }

    static func optionalNumber(
        _ key: String, _ fallback: Int64?, _ range: ClosedRange<Int64>, _ purpose: String
    ) -> Setting where Value == Int64? {
        Setting(
            key, fallback, form: "a whole number from \(range.lowerBound) to \(range.upperBound), or off", purpose,
            read: { text in
                if text == "off" { return .some(nil) }
                return Int64(text).flatMap { range.contains($0) ? .some($0) : nil }
            }, show: { $0.map { "\($0)" } ?? "off" })
    }
}
