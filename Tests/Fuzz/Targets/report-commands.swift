import ReporterCore
import WeirProtocol

private let reader = CommandReader(now: Timestamp(milliseconds: 1_763_755_840_000)) { name in
    name == "UTC" ? .utc : nil
}

/// Command strings, times as typed, and zone files.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    let text = String(decoding: bytes, as: UTF8.self)
    _ = try? reader.read(command: text)
    _ = try? TimeExpression(text)
    if let zone = Zone(name: "Fuzz/Zone", tzif: Array(bytes)) {
        for moment in [-62_135_596_800_000, 0, 1_763_755_840_000, 253_402_300_799_999] as [Int64] {
            let wall = zone.wall(at: Timestamp(milliseconds: moment))
            _ = zone.moment(wall: wall)
        }
    }
    return 0
}
