/// What the detector says a session is. Human means that none of the three bot flags holds.
public enum VerdictClass: String, Sendable, Codable, CaseIterable {
    case human
    case declaredBot = "declared_bot"
    case verifiedBot = "verified_bot"
    case falseClaim = "false_claim"
    case scanner
    case behavioralBot = "behavioral_bot"
    case undecided

    /// Whether reports on people leave it out.
    public var isAutomated: Bool { self != .human && self != .undecided }
}

/// One piece of evidence: what was seen, what the rule set allows, and how many points that cost.
public struct Signal: Hashable, Sendable, Codable {
    /// The rule's name, as in the rule set: `high_request_count`.
    public var name: String
    /// Points it adds to the behavioural score, 0 for a signal that decides a tier alone.
    public var points: Int
    /// What was measured, in the unit that the rule's name says.
    public var observed: SignalValue
    /// What the measurement was held against.
    public var threshold: SignalValue

    /// One piece of evidence.
    public init(name: String, points: Int, observed: SignalValue, threshold: SignalValue) {
        (self.name, self.points, self.observed, self.threshold) = (name, points, observed, threshold)
    }
}

/// A measured number, or the text that decided (a user-agent token, a probe path).
public enum SignalValue: Hashable, Sendable, Codable {
    case number(Double)
    case text(String)

    /// Reads a JSON number or string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    /// Writes a JSON number (an integer where it is one) or string; JSON has no word for a number that is not finite, so
    /// that travels as text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let value) where !value.isFinite: try container.encode(value.description)
        case .number(let value):
            if let whole = Int64(exactly: value) { try container.encode(whole) } else { try container.encode(value) }
        case .text(let value): try container.encode(value)
        }
    }
}
