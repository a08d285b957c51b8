import DetectorCore
import Testing
import WeirProtocol

@Suite("Forward-confirmed reverse DNS") struct ReverseLookupTests {
    private static let names = "1.66.249.66.in-addr.arpa"
    private static let address: [UInt8] = [66, 249, 66, 1]

    /// What comes of the replies, one after the other; nil is silence. The questions are checked on the way.
    private func outcome(
        _ replies: [DNSPacket?], of ip: String = "66.249.66.1", asking: [String]? = nil
    ) throws -> ReverseLookup.Finding {
        var lookup = ReverseLookup(try #require(IPAddress(ip)), domains: ["googlebot.com", "google.com"])
        var questions = [lookup.firstQuestion]
        for (place, reply) in replies.enumerated() {
            switch lookup.take(try reply.map { try DNSReply($0.bytes) }) {
            case .ask(let question): questions.append(question)
            case .done(let finding):
                #expect(place == replies.count - 1, "decided before the last reply")
                if let asking { #expect(questions.map { "\($0.kind) \($0.name)" } == asking) }
                return finding
            }
        }
        Issue.record("not decided")
        return ReverseLookup.Finding(result: .unknown, host: nil, ttl: 0)
    }

    private func pointers(_ names: String..., ttl: UInt32 = 600) -> DNSPacket {
        names.reduce(DNSPacket(Self.names, DNSPacket.ptr)) {
            $0.with(DNSPacket.ptr, DNSPacket.name($1), ttl: ttl)
        }
    }

    @Test("a name in the domain that has the address verifies, for as long as the shorter record lasts")
    func verified() throws {
        let finding = try outcome(
            [
                pointers("crawl-66-249-66-1.googlebot.com", ttl: 900),
                DNSPacket("crawl-66-249-66-1.googlebot.com", DNSPacket.a)
                    .with(DNSPacket.a, [66, 249, 66, 2]).with(DNSPacket.a, Self.address, ttl: 300),
            ], asking: ["ptr \(Self.names)", "a crawl-66-249-66-1.googlebot.com"])
        #expect(finding == .init(result: .verified, host: "crawl-66-249-66-1.googlebot.com", ttl: 300))
    }

    @Test("aliases on both ways are followed")
    func aliases() throws {
        let finding = try outcome([
            DNSPacket(Self.names, DNSPacket.ptr)
                .with(DNSPacket.cname, DNSPacket.name("1.sub.66.249.66.in-addr.arpa"))
                .with(DNSPacket.ptr, DNSPacket.name("a.google.com"), of: "1.sub.66.249.66.in-addr.arpa"),
            DNSPacket("a.google.com", DNSPacket.a).with(DNSPacket.cname, DNSPacket.name("b.example"))
                .with(DNSPacket.a, Self.address, of: "b.example"),
        ])
        #expect(finding.result == .verified)
    }

    @Test("an IPv6 address is confirmed by an AAAA record")
    func six() throws {
        let ip = try #require(IPAddress("2001:4860:4801:10::1"))
        let name = DNSQuestion(namesOf: ip).name.text
        let finding = try outcome(
            [
                DNSPacket(name, DNSPacket.ptr).with(DNSPacket.ptr, DNSPacket.name("g.googlebot.com")),
                DNSPacket("g.googlebot.com", DNSPacket.aaaa).with(
                    DNSPacket.aaaa, [0x20, 1, 0x48, 0x60, 0x48, 1, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 1]),
            ], of: "2001:4860:4801:10::1", asking: ["ptr \(name)", "aaaa g.googlebot.com"])
        #expect(finding.result == .verified)
    }

    @Test("lies are false claims")
    func lies() throws {
        let lie = "crawl-1.googlebot.com"
        // The address is named like Google's, and Google does not know it.
        let named = try outcome([
            pointers(lie), DNSPacket(lie, DNSPacket.a).with(DNSPacket.a, [66, 249, 66, 9]),
        ])
        #expect(named == .init(result: .falseClaim, host: lie, ttl: 600))
        #expect(try outcome([pointers(lie), DNSPacket(lie, DNSPacket.a).with(status: 3)]).result == .falseClaim)
        // An address of another name, added to the reply, is none of the name asked about.
        let smuggled = DNSPacket(lie, DNSPacket.a).with(DNSPacket.a, Self.address, of: "other.example")
        #expect(try outcome([pointers(lie), smuggled]).result == .falseClaim)
        for name in ["host.example", "googlebot.com.evil.example", "evilgooglebot.com", "com"] {
            let finding = try outcome([pointers(name)])
            #expect(finding.result == .falseClaim && finding.host == name)
        }
        #expect(try outcome([DNSPacket(Self.names, DNSPacket.ptr).with(status: 3)]).result == .falseClaim)
        #expect(try outcome([DNSPacket(Self.names, DNSPacket.ptr)]).host == nil)
    }

    @Test("who cannot be asked about convicts nobody")
    func unknown() throws {
        let name = "a.googlebot.com"
        #expect(try outcome([nil]) == .init(result: .unknown, host: nil, ttl: ReverseLookup.unknownSeconds))
        for status in [1, 2, 4, 5] as [UInt16] {
            #expect(try outcome([DNSPacket(Self.names, DNSPacket.ptr).with(status: status)]).result == .unknown)
            #expect(
                try outcome([pointers(name), DNSPacket(name, DNSPacket.a).with(status: status)]).result == .unknown)
        }
        #expect(try outcome([pointers(name), nil]).result == .unknown)
        var cut = DNSPacket(name, DNSPacket.a).with(DNSPacket.a, [192, 0, 2, 1])
        cut.flags |= 0x0200
        #expect(try outcome([pointers(name), cut]).result == .unknown)
        var cutNames = pointers("host.example")
        cutNames.flags |= 0x0200
        #expect(try outcome([cutNames]).result == .unknown)
    }

    @Test("several names are asked about until one has the address, at most four")
    func several() throws {
        let names = pointers("x.example", "a.google.com", "b.google.com")
        let finding = try outcome(
            [
                names, nil,
                DNSPacket("b.google.com", DNSPacket.a).with(DNSPacket.a, Self.address),
            ], asking: ["ptr \(Self.names)", "a a.google.com", "a b.google.com"])
        #expect(finding.result == .verified && finding.host == "b.google.com")
        var many = DNSPacket(Self.names, DNSPacket.ptr)
        for number in 0..<9 { many = many.with(DNSPacket.ptr, DNSPacket.name("n\(number).google.com")) }
        let empty = (0..<4).map { DNSPacket("n\($0).google.com", DNSPacket.a) }
        #expect(try outcome([many] + empty).result == .falseClaim)
    }
}
