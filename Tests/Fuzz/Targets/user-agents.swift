import DetectorCore
import WeirProtocol

/// User agents and request targets against the catalogues. Classifying is a function: twice the same.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    let text = String(decoding: bytes, as: UTF8.self)
    let found = UserAgentClassifier.builtIn.classify(text)
    expect(UserAgentClassifier.builtIn.classify(text) == found)
    _ = UserAgentClassifier.builtIn.classify(bytes)
    for status in [200, 404] {
        let probe = RequestClassifier.builtIn.probe(method: "GET", target: text, status: status)
        expect(RequestClassifier.builtIn.probe(method: "GET", target: text, status: status) == probe)
    }
    return 0
}
