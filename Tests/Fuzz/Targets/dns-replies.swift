import DetectorCore
import WeirProtocol

/// Datagrams from whoever answers for a resolver: read or refused, within bounds; and a look-up ends whatever it is told.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let reply = try? DNSReply(bytes) else { return 0 }
    expect(reply.records.count <= DNSReply.recordLimit)
    for record in reply.records {
        expect(record.name.labels.allSatisfy { (1...63).contains($0.utf8.count) })
        let (canonical, _) = reply.canonical(record.name)
        expect(DNSQuestion(canonical, .a).datagram(id: 1).count <= 300)
    }
    if let question = reply.question { expect((try? DNSReply(question.datagram(id: reply.id))) == nil) }
    for address in [IPAddress.v4(0x42F9_4201), .v6(0x2001_4860_4801_0010, 1)] {
        var lookup = ReverseLookup(address, domains: ["googlebot.com", "com"])
        var questions = 1
        while case .ask = lookup.take(reply) {
            questions += 1
            expect(questions <= 1 + ReverseLookup.nameLimit, "a look-up that goes on")
        }
    }
    return 0
}
