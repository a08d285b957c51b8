import DetectorCore
import WeirProtocol

private let judge = Judge()

/// Any evidence that the wire accepts gets a verdict that the wire accepts.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = UnsafeRawBufferPointer(start: start, count: count)
    guard let evidence = try? JSONValue(parsing: text).decoded(as: SessionEvidence.self) else { return 0 }
    let verdict = judge.verdict(on: evidence)
    expect(judge.verdict(on: evidence) == verdict)
    expect((try? JSONValue(encoding: verdict).decoded(as: SessionVerdict.self)) != nil)
    return 0
}
