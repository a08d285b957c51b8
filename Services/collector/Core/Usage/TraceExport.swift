public import WeirProtocol

/// The spans of an OTLP trace export in JSON. Only the shape is read here; `TraceUsage` knows what they mean.
///
/// A body that is no export is refused as a whole. A span that cannot be read is left out and counted by reason, as
/// OTLP's partial success has it.
public struct TraceExport: Sendable {
    /// One span.
    public struct Span: Sendable {
        /// 32 hexadecimal digits, lower case.
        public var traceID: String
        /// 16 hexadecimal digits, lower case.
        public var spanID: String
        /// The span that this is part of.
        public var parentID: String?
        /// When it began.
        public var start: Timestamp
        /// When it ended; nil when the sender does not say.
        public var end: Timestamp?
        /// Whether its status is an error.
        public var isError: Bool
        /// What the status says.
        public var statusMessage: String?
        /// Its attributes, with null for one that is there but is no plain value; those of the resource where the span has
        /// none of that name.
        public var attributes: [String: JSONValue]
    }

    /// The spans that could be read.
    public private(set) var spans: [Span] = []
    /// Spans that could not, by the word for why.
    public private(set) var rejected: [String: Int] = [:]

    /// Attributes kept of a span or resource; the rest is nothing that is looked at.
    private static let attributeLimit = 256

    /// Reads an export.
    /// - Throws: `WireError` with `bad_body` when the body is no export.
    public init(_ body: JSONValue) throws(WireError) {
        guard case .object = body else { throw WireError(.badBody, "the body is not an object") }
        for resource in try Self.list("resourceSpans", of: body) {
            let shared = Self.attributes(resource["resource"]?["attributes"])
            for scope in try Self.list("scopeSpans", of: resource) {
                for span in try Self.list("spans", of: scope) {
                    do throws(SpanProblem) { spans.append(try Self.span(span, shared)) } catch {
                        rejected[error.rawValue, default: 0] += 1
                    }
                }
            }
        }
    }

    private enum SpanProblem: String, Error {
        case badID = "bad_id"
        case badTime = "bad_time"
    }

    private static func list(_ name: String, of value: JSONValue) throws(WireError) -> [JSONValue] {
        switch value[name] {
        case nil, .null?: return []
        case .array(let elements)?:
            for element in elements {
                guard case .object = element else {
                    throw WireError(.badBody, "\(name) has an element that is no object")
                }
            }
            return elements
        default: throw WireError(.badBody, "\(name) is not an array")
        }
    }

    private static func span(_ value: JSONValue, _ shared: [String: JSONValue]) throws(SpanProblem) -> Span {
        guard let traceID = identifier(value["traceId"], digits: 32),
            let spanID = identifier(value["spanId"], digits: 16)
        else { throw .badID }
        guard let start = moment(value["startTimeUnixNano"]) else { throw .badTime }
        let end = moment(value["endTimeUnixNano"])
        if let end, end < start { throw .badTime }
        let status = value["status"]
        let code = status?["code"]
        return Span(
            traceID: traceID, spanID: spanID, parentID: identifier(value["parentSpanId"], digits: 16), start: start,
            end: end, isError: code?.integerValue == 2 || code?.stringValue == "STATUS_CODE_ERROR",
            statusMessage: status?["message"]?.stringValue,
            attributes: shared.merging(attributes(value["attributes"])) { $1 })
    }

    private static func identifier(_ value: JSONValue?, digits: Int) -> String? {
        guard let text = value?.stringValue, text.utf8.count == digits else { return nil }
        let lower = text.lowercased()
        let isHexadecimal = lower.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
        }
        return isHexadecimal && lower.utf8.contains { $0 != UInt8(ascii: "0") } ? lower : nil
    }

    /// Nanoseconds as a string of digits, which is OTLP's form of 64-bit integers, or as a number; 0 means unknown.
    private static func moment(_ value: JSONValue?) -> Timestamp? {
        let nanoseconds: Int64? =
            switch value {
            case .string(let text)?: Int64(text)
            default: value?.integerValue
            }
        guard let nanoseconds, nanoseconds > 0 else { return nil }
        return Timestamp(milliseconds: nanoseconds / 1_000_000)
    }

    private static func attributes(_ value: JSONValue?) -> [String: JSONValue] {
        var found: [String: JSONValue] = [:]
        for entry in (value?.arrayValue ?? []).prefix(attributeLimit) {
            guard let name = entry["key"]?.stringValue, let plain = plain(entry["value"]) else { continue }
            found[name] = plain
        }
        return found
    }

    /// The value out of OTLP's `AnyValue`; nil for one that is not set, null for what is no plain value: lists, maps, and
    /// numbers that are none or beyond 64 bits.
    private static func plain(_ value: JSONValue?) -> JSONValue? {
        guard case .object(let object)? = value, let field = object.fields.first, field.value != .null else {
            return nil
        }
        switch (field.name, field.value) {
        case ("stringValue", .string), ("boolValue", .bool), ("intValue", .integer), ("doubleValue", .integer),
            ("doubleValue", .number):
            return field.value
        case ("intValue", .string(let text)): return Int64(text).map(JSONValue.integer) ?? .null
        case ("doubleValue", .string(let text)): return Double(text).map(JSONValue.number) ?? .null
        default: return .null
        }
    }
}
