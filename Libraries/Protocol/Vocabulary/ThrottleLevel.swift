/// What the throttle holds against a key. The raw value is what `user_sessions.throttle_level` stores.
public enum ThrottleLevel: Int, Sendable, Comparable, CaseIterable {
    case normal = 0
    case warning = 1
    case severe = 2
    case blocked = 3

    /// What rate and burst are multiplied with: 1, 0.5, 0.25, 0.
    public var multiplier: Double {
        switch self {
        case .normal: 1
        case .warning: 0.5
        case .severe: 0.25
        case .blocked: 0
        }
    }

    /// One step harder; blocked stays blocked.
    public var raised: ThrottleLevel { ThrottleLevel(rawValue: rawValue + 1) ?? .blocked }

    /// One step milder; normal stays normal.
    public var lowered: ThrottleLevel { ThrottleLevel(rawValue: rawValue - 1) ?? .normal }

    /// The word on the wire and in reports.
    public var name: String {
        switch self {
        case .normal: "normal"
        case .warning: "warning"
        case .severe: "severe"
        case .blocked: "blocked"
        }
    }

    /// Reads the word on the wire.
    public init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    /// Milder comes first.
    public static func < (left: ThrottleLevel, right: ThrottleLevel) -> Bool { left.rawValue < right.rawValue }
}

extension ThrottleLevel: Codable {
    /// Reads the word.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let level = ThrottleLevel(name: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "not a level: normal, warning, severe or blocked")
        }
        self = level
    }

    /// Writes the word.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(name)
    }
}
