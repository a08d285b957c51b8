public import WeirProtocol

// OTLP's protobuf form of an export, which most exporters send unless told otherwise. It is read into the JSON form, so
// that what spans mean is decided in one place.
extension TraceExport {
    /// Reads an export in protobuf (ExportTraceServiceRequest).
    /// - Throws: `WireError` with `bad_body` when the bytes are no such message.
    public init(protobuf body: [UInt8]) throws(WireError) {
        let value: JSONValue
        do throws(ProtobufReader.Malformed) {
            value = .object(JSONObject(["resourceSpans": .array(try TraceMessage.request(body[...]))]))
        } catch {
            throw WireError(.badBody, "the body is no protobuf message of an export")
        }
        try self.init(value)
    }

    /// The answer to an export in protobuf (ExportTraceServiceResponse).
    public static func protobufAnswer(rejected: Int, message: String) -> [UInt8] {
        guard rejected > 0 else { return [] }
        let text = Array(message.utf8)
        let partial = [0x08] + varint(UInt64(rejected)) + [0x12] + varint(UInt64(text.count)) + text
        return [0x0A] + varint(UInt64(partial.count)) + partial
    }

    private static func varint(_ number: UInt64) -> [UInt8] {
        var (rest, bytes): (UInt64, [UInt8]) = (number, [])
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}

/// The messages inside an export, by the field numbers of opentelemetry-proto. Fields that nothing looks at are passed
/// over; one that is looked at and has another type makes the whole malformed, as every protobuf library has it.
private enum TraceMessage {
    typealias Malformed = ProtobufReader.Malformed

    static func request(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> [JSONValue] {
        var (reader, resources) = (ProtobufReader(bytes), [JSONValue]())
        while let (number, value) = try reader.next() {
            if number == 1 { resources.append(try resourceSpans(try value.message)) }
        }
        return resources
    }

    private static func resourceSpans(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> JSONValue {
        var (reader, object, scopes) = (ProtobufReader(bytes), JSONObject(), [JSONValue]())
        while let (number, value) = try reader.next() {
            switch number {
            case 1:
                object["resource"] = .object(
                    JSONObject(["attributes": .array(try attributes(try value.message, field: 1))]))
            case 2: scopes.append(try scopeSpans(try value.message))
            default: break
            }
        }
        object["scopeSpans"] = .array(scopes)
        return .object(object)
    }

    private static func scopeSpans(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> JSONValue {
        var (reader, spans) = (ProtobufReader(bytes), [JSONValue]())
        while let (number, value) = try reader.next() {
            if number == 2 { spans.append(try span(try value.message)) }
        }
        return .object(JSONObject(["spans": .array(spans)]))
    }

    private static func span(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> JSONValue {
        var (reader, object) = (ProtobufReader(bytes), JSONObject())
        while let (number, value) = try reader.next() {
            switch number {
            case 1: object["traceId"] = .string(hexadecimal(try value.message))
            case 2: object["spanId"] = .string(hexadecimal(try value.message))
            case 4: object["parentSpanId"] = .string(hexadecimal(try value.message))
            case 7: object["startTimeUnixNano"] = moment(try value.fixed)
            case 8: object["endTimeUnixNano"] = moment(try value.fixed)
            case 15: object["status"] = try status(try value.message)
            default: break
            }
        }
        object["attributes"] = .array(try attributes(bytes, field: 9))
        return .object(object)
    }

    private static func status(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> JSONValue {
        var (reader, object) = (ProtobufReader(bytes), JSONObject())
        while let (number, value) = try reader.next() {
            switch number {
            case 2: object["message"] = .string(try value.text)
            case 3: object["code"] = .integer(Int64(bitPattern: try value.number))
            default: break
            }
        }
        return .object(object)
    }

    /// The attributes that a message holds in its field of the given number.
    private static func attributes(_ bytes: ArraySlice<UInt8>, field: UInt64) throws(Malformed) -> [JSONValue] {
        var (reader, found) = (ProtobufReader(bytes), [JSONValue]())
        while let (number, value) = try reader.next() {
            if number == field { found.append(try attribute(try value.message)) }
        }
        return found
    }

    private static func attribute(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> JSONValue {
        var (reader, object) = (ProtobufReader(bytes), JSONObject())
        while let (number, value) = try reader.next() {
            switch number {
            case 1: object["key"] = .string(try value.text)
            case 2: object["value"] = try plain(try value.message)
            default: break
            }
        }
        return .object(object)
    }

    /// Lists, maps and bytes are only known to be there: nothing looks at them.
    private static func plain(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> JSONValue {
        var (reader, object) = (ProtobufReader(bytes), JSONObject())
        while let (number, value) = try reader.next() {
            switch number {
            case 1: object = JSONObject(["stringValue": .string(try value.text)])
            case 2: object = JSONObject(["boolValue": .bool(try value.number != 0)])
            case 3: object = JSONObject(["intValue": .integer(Int64(bitPattern: try value.number))])
            case 4: object = JSONObject(["doubleValue": .number(Double(bitPattern: try value.fixed))])
            default: object = JSONObject(["bytesValue": .bool(true)])
            }
        }
        return .object(object)
    }

    private static func moment(_ nanoseconds: UInt64) -> JSONValue {
        .integer(Int64(exactly: nanoseconds) ?? 0)
    }

    private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        // What is too long for an identifier is refused by its length; there is no need to write it all out.
        return String(
            decoding: bytes.prefix(32).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension ProtobufReader.Value {
    fileprivate var message: ArraySlice<UInt8> {
        get throws(ProtobufReader.Malformed) {
            guard case .bytes(let bytes) = self else { throw ProtobufReader.Malformed() }
            return bytes
        }
    }

    /// Without NUL, which no column takes.
    fileprivate var text: String {
        get throws(ProtobufReader.Malformed) {
            String(decoding: try message.filter { $0 != 0 }, as: UTF8.self)
        }
    }

    fileprivate var number: UInt64 {
        get throws(ProtobufReader.Malformed) {
            guard case .varint(let number) = self else { throw ProtobufReader.Malformed() }
            return number
        }
    }

    fileprivate var fixed: UInt64 {
        get throws(ProtobufReader.Malformed) {
            guard case .fixed64(let bits) = self else { throw ProtobufReader.Malformed() }
            return bits
        }
    }
}
