import DetectorCore
import Testing
import WeirProtocol

@Suite("DNS messages") struct DNSMessageTests {
    @Test("a question is these bytes")
    func question() throws {
        let question = DNSQuestion(namesOf: try #require(IPAddress("66.249.66.1")))
        #expect(question.name.text == "1.66.249.66.in-addr.arpa")
        let expected: [UInt8] =
            [0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1]
            + [1, 0x31, 2, 0x36, 0x36, 3, 0x32, 0x34, 0x39, 2, 0x36, 0x36, 7]
            + [0x69, 0x6E, 0x2D, 0x61, 0x64, 0x64, 0x72, 4, 0x61, 0x72, 0x70, 0x61, 0, 0, 12, 0, 1]
            + [0, 0, 41, 0x04, 0xD0, 0, 0, 0, 0, 0, 0]
        #expect(question.datagram(id: 0x1234) == expected)
        let six = DNSQuestion(namesOf: try #require(IPAddress("2001:db8::567:89ab")))
        #expect(
            six.name.text == "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")
    }

    @Test("a reply's records are read, aliases followed, others skipped")
    func reply() throws {
        let packet = DNSPacket("1.2.0.192.in-addr.arpa", DNSPacket.ptr)
            .with(DNSPacket.cname, DNSPacket.name("1.net.example"), ttl: 90)
            .with(16, [3, 0x61, 0x62, 0x63])
            .with(DNSPacket.ptr, DNSPacket.name("Host-1.Example.COM"), ttl: 300, of: "1.net.example")
        let reply = try DNSReply(packet.bytes)
        #expect(reply.id == 0x1234 && reply.status == 0 && !reply.isTruncated)
        let asked = try #require(DNSName("1.2.0.192.in-addr.arpa"))
        #expect(reply.question == DNSQuestion(asked, .ptr))
        #expect(reply.records.count == 2)
        #expect(reply.canonical(asked).name.text == "1.net.example" && reply.canonical(asked).ttl == 90)
        #expect(reply.records.last?.value == .pointer(try #require(DNSName("host-1.example.com"))))
        let six = try DNSReply(
            DNSPacket("h.example.org", DNSPacket.aaaa).with(DNSPacket.aaaa, Array(0x20...0x2F), ttl: .max).bytes)
        #expect(six.records.map(\.value) == [.address(.v6(0x2021_2223_2425_2627, 0x2829_2A2B_2C2D_2E2F))])
        #expect(six.records.map(\.ttl) == [0])
    }

    @Test("aliases in a circle end, and a label cannot pass for two")
    func tricks() throws {
        let circle = try DNSReply(
            DNSPacket("a.example", 12).with(DNSPacket.cname, DNSPacket.name("b.example"))
                .with(DNSPacket.cname, DNSPacket.name("a.example"), of: "b.example").bytes)
        let name = circle.canonical(try #require(DNSName("a.example"))).name.text
        #expect(["a.example", "b.example"].contains(name))
        // One label of 15 bytes, "x.googlebot.com".
        let forged: [UInt8] = [15] + Array("x.googlebot.com".utf8) + [0]
        let reply = try DNSReply(DNSPacket("a.example", 12).with(12, forged).bytes)
        guard case .pointer(let found)? = reply.records.first?.value else {
            Issue.record("no pointer")
            return
        }
        #expect(found.text == "x?googlebot?com")
        #expect(!found.isIn(try #require(DNSName("googlebot.com"))))
        #expect(try #require(DNSName("x.googlebot.com.")).isIn(try #require(DNSName("GoogleBot.com"))))
        #expect(!(try #require(DNSName("evilgooglebot.com"))).isIn(try #require(DNSName("googlebot.com"))))
    }

    @Test("every beginning of a reply, and every reply with a byte changed, is read or refused, never more")
    func damaged() throws {
        let whole = DNSPacket("1.2.0.192.in-addr.arpa", DNSPacket.ptr)
            .with(DNSPacket.ptr, DNSPacket.name("crawl-1.googlebot.com")).with(DNSPacket.a, [192, 0, 2, 1]).bytes
        for count in whole.indices { #expect(throws: DNSReply.Malformed.self) { try DNSReply(Array(whole[..<count])) } }
        for place in whole.indices {
            for value in [0, 1, 0x3F, 0x40, 0x7F, 0x80, 0xC0, 0xFF] as [UInt8] {
                var bytes = whole
                bytes[place] = value
                if let reply = try? DNSReply(bytes) { #expect(reply.records.count <= 2) }
            }
        }
    }

    @Test(
        "hostile datagrams are refused",
        arguments: [
            [], [UInt8](repeating: 0, count: 12), [UInt8](repeating: 0xFF, count: 1232),
            [UInt8](repeating: 0xC0, count: 100), [UInt8](repeating: 0, count: 1233),
            // A name that points at itself, one that points ahead, and one that never ends.
            DNSPacket.word(1) + [0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 12, 0, 12, 0, 1],
            DNSPacket.word(1) + [0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 0xC0, 14, 0, 12, 0, 1],
            DNSPacket.word(1) + [0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0]
                + (0..<30).flatMap { _ in [9] + [UInt8](repeating: 0x61, count: 9) } + [0, 0, 12, 0, 1],
            // A question, not a reply; two questions; another class.
            DNSPacket.word(1) + [0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 12, 0, 1],
            DNSPacket.word(1) + [0x81, 0x80, 0, 2, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 12, 0, 1],
            DNSPacket.word(1) + [0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 0, 0, 12, 0, 3],
        ])
    func hostile(_ bytes: [UInt8]) {
        #expect(throws: DNSReply.Malformed.self) { try DNSReply(bytes) }
    }

    @Test("more records than are read count as left out")
    func many() throws {
        var packet = DNSPacket("a.example", DNSPacket.a)
        for number in 0..<70 as Range<UInt8> { packet = packet.with(DNSPacket.a, [192, 0, 2, number]) }
        let reply = try DNSReply(packet.bytes)
        #expect(reply.records.count == DNSReply.recordLimit && reply.isTruncated)
        packet.claimedRecords = 64000
        packet.records.removeLast(60)
        #expect(throws: DNSReply.Malformed.self) { try DNSReply(packet.bytes) }
    }
}
