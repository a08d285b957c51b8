import CJansson

/// Why a text is not acceptable JSON.
public struct JSONSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong and where.
    public let description: String
}

extension JSONValue {
    /// Reads one JSON text.
    ///
    /// Refused beside what the grammar refuses: a field given twice, invalid UTF-8, NUL characters, integers beyond 64
    /// bits, and nesting over `depthLimit`, which is counted before anything is built.
    public init(parsing text: some Sequence<UInt8>, depthLimit: Int = Envelope.depthLimit) throws(JSONSyntaxError) {
        let parsed: Result<JSONValue, JSONSyntaxError>?
        parsed = text.withContiguousStorageIfAvailable { Self.parse(UnsafeRawBufferPointer($0), depthLimit) }
        if let parsed {
            self = try parsed.get()
        } else {
            self = try Array(text).withUnsafeBytes { Self.parse($0, depthLimit) }.get()
        }
    }

    private static func parse(
        _ text: UnsafeRawBufferPointer, _ depthLimit: Int
    ) -> Result<JSONValue, JSONSyntaxError> {
        guard depth(of: text) <= depthLimit else {
            return .failure(JSONSyntaxError(description: "nested deeper than \(depthLimit)"))
        }
        // jansson overlooks a NUL byte behind a number.
        if let place = text.firstIndex(of: 0) {
            return .failure(JSONSyntaxError(description: "a NUL at byte \(place + 1)"))
        }
        var problem = json_error_t()
        let flags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY)
        guard let start = text.baseAddress,
            let root = json_loadb(start.assumingMemoryBound(to: CChar.self), text.count, flags, &problem)
        else {
            guard !text.isEmpty else { return .failure(JSONSyntaxError(description: "empty")) }
            let reason = withUnsafeBytes(of: problem.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            return .failure(JSONSyntaxError(description: "\(reason) at byte \(problem.position)"))
        }
        defer { json_decref(root) }
        return .success(JSONValue(root))
    }

    /// The deepest nesting of brackets outside strings; broken texts get an answer too, the parser refuses them.
    private static func depth(of text: UnsafeRawBufferPointer) -> Int {
        var (depth, deepest) = (0, 0)
        var inString = false
        var escaped = false
        for byte in text {
            if inString {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
        }
        return deepest
    }

    private init(_ node: UnsafeMutablePointer<json_t>) {
        switch node.pointee.type {
        case JSON_TRUE: self = .bool(true)
        case JSON_FALSE: self = .bool(false)
        case JSON_INTEGER: self = .integer(Int64(json_integer_value(node)))
        case JSON_REAL: self = .number(json_real_value(node))
        case JSON_STRING:
            let bytes = UnsafeRawBufferPointer(start: json_string_value(node), count: json_string_length(node))
            self = .string(String(decoding: bytes, as: UTF8.self))
        case JSON_ARRAY:
            self = .array((0..<json_array_size(node)).map { JSONValue(json_array_get(node, $0)!) })
        case JSON_OBJECT:
            var object = JSONObject()
            var iterator = json_object_iter(node)
            while let current = iterator {
                object.appendUnchecked(
                    String(cString: json_object_iter_key(current)!),
                    JSONValue(json_object_iter_value(current)!))
                iterator = json_object_iter_next(node, current)
            }
            self = .object(object)
        default: self = .null
        }
    }
}
