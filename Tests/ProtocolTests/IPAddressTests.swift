import Foundation
import Testing
import WeirProtocol

@Suite("Addresses")
struct IPAddressTests {
    @Test(
        "Text forms and the one that is written",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::7", "2001:db8::7"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"), ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"),
            ("1:0:0:4:0:0:0:8", "1:0:0:4::8"), ("fe80::1:2", "fe80::1:2"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("::FFFF:c000:201", "192.0.2.1"),
            ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"), ("1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201"),
        ])
    func forms(text: String, written: String) { #expect(IPAddress(text)?.description == written) }

    @Test(
        "What is no address",
        arguments: [
            "", " ", "localhost", "192.0.2", "192.0.2.", ".192.0.2", "192.0.2.1.5", "192.0.2.256", "192.0.02.1",
            "0x7f.0.0.1", "192.0.2.1 ", " 192.0.2.1", "192.0.2.1:80", "192.0.2.-1", "192..2.1", "1234567890",
            "+1.2.3.4",
            ":", ":::", "::1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", ":1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7:8:", "12345::", "g::", "::1%eth0", "[::1]", "[::1]:80", "::192.0.2.1:1", "1.2.3.4::",
            "1:2:3:4:5:6:7:192.0.2.1", "::1:2:3:4:5:6:7:8", "::٣", "1:\u{301}2::", "::192.0.2.256",
        ])
    func refusals(text: String) { #expect(IPAddress(text) == nil) }

    @Test("The C library reads the same texts as addresses, to the same bits")
    func likeTheLibrary() {
        var random = SplitMix(seed: 20_261_121)
        let seeds = [
            "192.0.2.1", "10.200.30.4", "2001:db8::1", "::", "1:2:3:4:5:6:7:8", "fe80::a:0:0:b", "::ffff:1.2.3.4",
            "64:ff9b::192.0.2.33",
        ].map { Array($0.utf8) }
        let alphabet = Array("0123456789abcdefABCDEF:::...g% /".utf8)
        var accepted = 0
        for _ in 0..<20_000 {
            var text = seeds.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<max(1, text.count), using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: text.insert(alphabet.randomElement(using: &random)!, at: min(place, text.count))
                case 1 where !text.isEmpty: text.remove(at: place)
                default: if !text.isEmpty { text[place] = alphabet.randomElement(using: &random)! }
                }
            }
            let string = String(decoding: text, as: UTF8.self)
            let ours = IPAddress(string)
            #expect(ours == Self.library(string), "\(string)")
            if let ours {
                accepted += 1
                #expect(IPAddress(ours.description) == ours, "\(string)")
            }
        }
        #expect(accepted > 5000)
    }

    private static func library(_ text: String) -> IPAddress? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            return .v4(bytes[..<4].reduce(0) { $0 << 8 | UInt32($1) })
        }
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        let high = bytes[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let low = bytes[8...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return high == 0 && low >> 32 == 0xFFFF ? .v4(UInt32(truncatingIfNeeded: low)) : .v6(high, low)
    }

    @Test(
        "Prefixes",
        arguments: [
            ("192.0.2.77/24", "192.0.2.0/24"), ("192.0.2.77", "192.0.2.77/32"), ("192.0.2.77/0", "0.0.0.0/0"),
            ("192.0.2.77/31", "192.0.2.76/31"), ("2001:db8:1:2:3::/48", "2001:db8:1::/48"), ("::1", "::1/128"),
            ("2001:db8::ffff:1/65", "2001:db8::/65"), ("ff::1/0", "::/0"), ("ff::1/64", "ff::/64"),
            ("::ffff:192.0.2.77/120", "192.0.2.0/24"), ("::ffff:192.0.2.77/128", "192.0.2.77/32"),
        ])
    func prefixes(text: String, written: String) { #expect(NetworkPrefix(text)?.description == written) }

    @Test(
        "What is no prefix",
        arguments: [
            "", "/", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/08",
            "192.0.2.0/24/1", "192.0.2.0/a", "::/129", "192.0.2/24", "192.0.2.0/ 8", "::ffff:192.0.2.0/95",
            "192.0.2.0/99999999999999999999",
        ])
    func badPrefixes(text: String) { #expect(NetworkPrefix(text) == nil) }

    @Test("Containment stays within the family")
    func containment() throws {
        let network = try #require(NetworkPrefix("192.0.2.0/25"))
        #expect(network.contains(try #require(IPAddress("192.0.2.127"))))
        #expect(!network.contains(try #require(IPAddress("192.0.2.128"))))
        #expect(!network.contains(try #require(IPAddress("::c000:201"))))
        #expect(network.contains(try #require(IPAddress("::ffff:192.0.2.1"))))
        #expect(try #require(NetworkPrefix("::/0")).contains(try #require(IPAddress("ffff::"))))
        #expect(try #require(NetworkPrefix("0.0.0.0/0")).contains(try #require(IPAddress("8.8.8.8"))))
        #expect(try #require(IPAddress("198.51.100.7")).neighbourhood.description == "198.51.100.0/24")
        #expect(try #require(IPAddress("2001:db8:1:2::3")).neighbourhood.description == "2001:db8:1::/48")
    }

    @Test(
        "Private ranges end where the registries say",
        arguments: [
            ("9.255.255.255", false), ("10.0.0.0", true), ("10.255.255.255", true), ("11.0.0.0", false),
            ("100.63.255.255", false), ("100.64.0.0", true), ("100.127.255.255", true), ("100.128.0.0", false),
            ("126.255.255.255", false), ("127.0.0.1", true), ("128.0.0.0", false), ("169.253.255.255", false),
            ("169.254.0.1", true), ("172.15.255.255", false), ("172.16.0.0", true), ("172.31.255.255", true),
            ("172.32.0.0", false), ("192.167.255.255", false), ("192.168.0.1", true), ("192.169.0.0", false),
            ("0.0.0.0", true), ("::", true), ("::1", true), ("::2", false), ("fbff::1", false), ("fc00::1", true),
            ("fdff::1", true), ("fe00::1", false), ("fe80::1", true), ("febf::1", true), ("fec0::1", false),
            ("2001:db8::1", false),
        ])
    func privateRanges(text: String, isPrivate: Bool) throws {
        #expect(try #require(IPAddress(text)).isPrivate == isPrivate)
    }
}
