import ThrottleCore
import WeirProtocol

/// Lines of `throttle simulate`, each answered with one JSON object; policy files; checks against a live table; and what a
/// shared server answers.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = UnsafeRawBufferPointer(start: start, count: count)
    var simulation = Simulation(.standard)
    for line in text.split(separator: UInt8(ascii: "\n")) {
        guard case .object = try? JSONValue(parsing: simulation.answer(line)) else {
            fail("an answer that is not an object")
        }
    }
    if let file = try? JSONValue(parsing: text), let policies = try? PolicySet(file: file) {
        var tried = Simulation(policies)
        for at in [0, 1, 1000, Int64.max] {
            _ = tried.answer(#"{"at_ms":\#(at),"key":"a","cost":3}"#.utf8)
        }
    }
    if case .reply(_, let taken) = RedisReply.read(text) {
        guard (1...count).contains(taken) else { fail("read too far") }
    }
    return 0
}
