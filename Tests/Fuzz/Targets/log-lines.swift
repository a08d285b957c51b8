import CollectorCore
import WeirProtocol

/// Access-log lines in every format. A line that is read becomes a record that the wire accepts.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let log = UnsafeRawBufferPointer(start: start, count: count)
    if let message = SyslogFrame.message(in: log) {
        expect(message.upperBound <= count, "a message is a part of its datagram")
    }
    for format in LogFormat.allCases {
        var parser = LogLineParser(format: format)
        var identity = LineIdentity(site: "shop.example", capacity: 4)
        for part in log.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            let line = UnsafeRawBufferPointer(rebasing: part)
            guard case .success(let entry) = parser.parse(line) else { continue }
            let record = entry.record(id: identity.id(of: entry, line: line), site: "shop.example")
            guard let read = try? JSONValue(encoding: record).decoded(as: RequestRecord.self) else {
                fail("a record that the wire refuses: \(record)")
            }
            expect(read == record)
        }
    }
    return 0
}
