@testable import WeirProtocol

/// The scanner beside jansson: what one calls JSON the other does too, and both see the same values. What is written
/// reads back.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = UnsafeRawBufferPointer(start: start, count: count)
    let parsed = try? JSONValue(parsing: text)
    do throws(JSONScanner.Failure) {
        try JSONScanner.validate(text)
        expect(parsed != nil, "only the scanner accepts it")
    } catch {
        expect(error == .unsupported || parsed == nil, "only jansson accepts it")
    }
    do throws(JSONScanner.Failure) {
        var scanner = JSONScanner(text)
        let scanned = try tree(&scanner)
        try scanner.finish()
        if let parsed { expect(scanned == parsed, "the values differ") }
    } catch {
        expect(error == .unsupported || parsed == nil, "only jansson can read it")
    }
    if let parsed {
        let written = parsed.serialized()
        guard let read = try? JSONValue(parsing: written) else { fail("what is written does not read") }
        expect(read.serialized() == written)
    }
    return 0
}

private func tree(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) -> JSONValue {
    if scanner.startsString() { return .string(try scanner.string()) }
    if try scanner.takeNull() { return .null }
    var look = scanner
    if (try? look.bool()) != nil { return .bool(try scanner.bool()) }
    look = scanner
    if (try? look.enterArray()) != nil {
        var elements: [JSONValue] = []
        var more = try scanner.enterArray()
        while more {
            elements.append(try tree(&scanner))
            more = try scanner.nextElement()
        }
        return .array(elements)
    }
    look = scanner
    if (try? look.number()) == nil {
        var object = JSONObject()
        var name = try scanner.enterObject()
        while let current = name {
            object.appendUnchecked(String(decoding: current, as: UTF8.self), try tree(&scanner))
            name = try scanner.nextField()
        }
        return .object(object)
    }
    switch try scanner.number() {
    case .integer(let value): return .integer(value)
    case .real(let value): return .number(value)
    }
}
