import WeirProtocol

/// An answer: the question, and the data that the store found for it.
public struct Report: Sendable {
    /// What was asked.
    public var request: ReportRequest
    /// The window that it came to, in which everything that is stored has a beginning.
    public var from: Timestamp
    /// The first moment after the window.
    public var to: Timestamp
    /// The fields of the report's own contract.
    public var data: JSONObject
    /// A sentence for whoever finds nothing in it.
    public var hint: String?
    /// When what is stored begins and ends, for whoever finds nothing in the window.
    public var stored: ClosedRange<Timestamp>?
    /// How many rows there are of each section that the limit has cut, where that was asked for; counting ends one row
    /// after the largest limit.
    public var totals: [String: Int] = [:]
    /// The same question over the window of the same length before, when the request compares.
    public var previous: Previous?

    /// The window before and what was found in it.
    public struct Previous: Sendable {
        /// Its first moment.
        public var from: Timestamp
        /// The fields that `Report.data` has too.
        public var data: JSONObject

        /// An answer to compare with.
        public init(from: Timestamp, data: JSONObject) { (self.from, self.data) = (from, data) }
    }

    /// An answer.
    public init(request: ReportRequest, from: Timestamp, to: Timestamp, data: JSONObject, hint: String? = nil) {
        (self.request, self.from, self.to, self.data, self.hint) = (request, from, to, data, hint)
    }

    /// Whether there was nothing to report.
    public var isEmpty: Bool {
        guard let measure = request.report.measure else { return false }
        return measure.split(separator: "+").allSatisfy { path in
            switch value(at: String(path)) {
            case nil, .null?: true
            case .array(let elements)?: elements.isEmpty
            case let number?: number.doubleValue == 0
            }
        }
    }

    /// The field at a dotted path of `data`.
    func value(at path: String) -> JSONValue? {
        Self.value(at: path, of: data)
    }

    static func value(at path: String, of data: JSONObject) -> JSONValue? {
        path.split(separator: ".").reduce(JSONValue.object(data)) { $0?[String($1)] }
    }

    /// The stable form: the envelope around `data`.
    public var json: JSONValue { .object(envelope) }

    /// The stable form with the same rows as CSV beside it, for an answer that travels as JSON.
    public var jsonWithCSV: JSONValue {
        var fields = envelope
        fields["csv"] = .string(csv)
        return .object(fields)
    }

    private var envelope: JSONObject {
        var filters = JSONObject()
        for filter in Filter.allCases {
            if let value = request.filters[filter] { filters[filter.rawValue] = .string(value) }
        }
        if let argument = request.argument, let name = request.report.argument?.name {
            filters[String(name.map { $0 == "-" ? "_" : $0 })] = .string(argument)
        }
        var fields = JSONObject()
        fields["report"] = .string(request.report.id)
        fields["version"] = 1
        fields["from"] = .string(from.iso8601)
        fields["to"] = .string(to.iso8601)
        fields["timezone"] = .string(request.zone.name)
        fields["population"] = .string((request.population ?? .all).rawValue)
        fields["filters"] = .object(filters)
        fields["data"] = .object(data)
        if let previous {
            var before = JSONObject()
            before["from"] = .string(previous.from.iso8601)
            before["to"] = .string(from.iso8601)
            before["data"] = .object(previous.data)
            fields["previous"] = .object(before)
        }
        if let hint { fields["hint"] = .string(hint) }
        if let stored {
            fields["stored"] = ["from": .string(stored.lowerBound.iso8601), "to": .string(stored.upperBound.iso8601)]
        }
        return fields
    }
}

extension JSONValue {
    /// The text over several lines, indented by two spaces.
    public var indentedText: String { indented(by: "") + "\n" }

    private func indented(by margin: String) -> String {
        let inner = margin + "  "
        switch self {
        case .object(let object) where !object.fields.isEmpty:
            let fields = object.fields.map {
                "\(inner)\(JSONValue.string($0.name).text): \($0.value.indented(by: inner))"
            }
            return "{\n\(fields.joined(separator: ",\n"))\n\(margin)}"
        case .array(let elements) where !elements.isEmpty:
            return "[\n\(elements.map { inner + $0.indented(by: inner) }.joined(separator: ",\n"))\n\(margin)]"
        default: return text
        }
    }
}
