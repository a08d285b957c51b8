import CollectorCore
import WeirProtocol

/// Any JSON or protobuf that is an export gives records that the wire accepts, that the spool gives back, and that are the same
/// when it comes again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = UnsafeRawBufferPointer(start: start, count: count)
    let exports = [
        (try? JSONValue(parsing: text, depthLimit: 64)).flatMap { try? TraceExport($0) },
        try? TraceExport(protobuf: Array(text)),
    ]
    for export in exports.compactMap(\.self) { check(export) }
    return 0
}

private func check(_ export: TraceExport) {
    let now = Timestamp(milliseconds: 1_764_000_000_000)
    let usage = TraceUsage(export, now: now)
    let intake = UsageIntake()
    for record in usage.records {
        let kept = intake.kept(record)
        expect(kept.rangeProblem == nil)
        expect(SpooledUsage(payload: SpooledUsage.usage(kept).payload) == .usage(kept))
    }
    expect(TraceUsage(export, now: now).records == usage.records)
}
