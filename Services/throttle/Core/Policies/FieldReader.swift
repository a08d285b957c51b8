import WeirProtocol

/// Everything wrong with a policy file, at once.
public struct PolicyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence each, beginning with the place: `policies[1].limits[0].capacity is missing`.
    public let problems: [String]

    /// The sentences, a line each.
    public var description: String { problems.joined(separator: "\n") }
}

/// Reads the fields of one object, and notes what is wrong with them instead of stopping at the first.
struct FieldReader {
    let place: String
    private let object: JSONObject
    private(set) var problems: [String] = []
    private var known: [String] = []

    /// Nil, with a problem noted in `problems`, when the value is not an object.
    init?(_ value: JSONValue, at place: String, _ problems: inout [String]) {
        guard case .object(let object) = value else {
            problems.append("\(place.isEmpty ? "the file" : place) must be a mapping of fields")
            return nil
        }
        self.place = place
        self.object = object
    }

    func path(_ name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }

    mutating func fail(_ name: String, _ sentence: String) { problems.append("\(path(name)) \(sentence)") }

    mutating func value(_ name: String) -> JSONValue? {
        known.append(name)
        let found = object[name]
        return found == .null ? nil : found
    }

    mutating func string(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.stringValue, !text.isEmpty else {
            fail(name, "must be a text that is not empty")
            return nil
        }
        return text
    }

    /// One text or a list of texts.
    mutating func strings(_ name: String) -> [String] {
        guard let value = value(name) else { return [] }
        let texts = (value.arrayValue ?? [value]).map(\.stringValue)
        guard !texts.isEmpty, texts.allSatisfy({ $0?.isEmpty == false }) else {
            fail(name, "must be a text or a list of texts")
            return []
        }
        return texts.map { $0! }
    }

    mutating func bool(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let flag = value.boolValue else {
            fail(name, "must be true or false")
            return nil
        }
        return flag
    }

    mutating func list(_ name: String) -> [JSONValue]? {
        guard let value = value(name) else { return nil }
        guard let elements = value.arrayValue else {
            fail(name, "must be a list")
            return nil
        }
        return elements
    }

    mutating func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = value(name) else { return nil }
        guard let number = value.doubleValue, range.contains(number) else {
            fail(name, "must be a number from \(Self.text(range.lowerBound)) to \(Self.text(range.upperBound))")
            return nil
        }
        return number
    }

    mutating func ratio(_ name: String, in range: ClosedRange<Double>) -> Ratio? {
        guard let number = number(name, in: range) else { return nil }
        guard let ratio = Ratio(decimal: number) else {
            fail(name, "is too small to be told from 0, or has too many digits; round it")
            return nil
        }
        return ratio
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = value(name) else { return nil }
        guard let number = value.integerValue, range.contains(number) else {
            fail(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// Seconds, with fractions down to a millisecond, as milliseconds.
    mutating func seconds(_ name: String, upTo limit: Int64) -> Int64? {
        number(name, in: 0.001...Double(limit)).map { Int64(($0 * 1000).rounded()) }
    }

    /// Hands over what was found wrong, unknown fields included.
    mutating func finish(into all: inout [String]) {
        for field in object.fields where !known.contains(field.name) {
            problems.append("\(path(field.name)) is not known here; known are \(known.joined(separator: ", "))")
        }
        all += problems
        problems = []
    }

    private static func text(_ number: Double) -> String { JSONValue.number(number).text }
}
