import Foundation
import Testing
import WeirProtocol

@Suite("Identifiers")
struct IdentifierTests {
    @Test("An event's id carries its time and its entropy, in the layout of RFC 9562")
    func layout() {
        let id = EventID(at: Timestamp(milliseconds: 0x0123_4567_89AB), entropy: (.max, .max))
        #expect(id.description == "01234567-89ab-7fff-bfff-ffffffffffff")
        #expect(id.timestamp.milliseconds == 0x0123_4567_89AB)
        let empty = EventID(at: Timestamp(milliseconds: 0), entropy: (0, 0))
        #expect(empty.description == "00000000-0000-7000-8000-000000000000")
        #expect(EventID(at: Timestamp(milliseconds: -5), entropy: (0, 0)) == empty)
        #expect(EventID(at: Timestamp(milliseconds: .max), entropy: (0, 0)).timestamp.milliseconds == 0xFFFF_FFFF_FFFF)
    }

    @Test("An event's id reads back, in either case, as Foundation's UUID does")
    func reading() throws {
        var random = SplitMix(seed: 9)
        for _ in 0..<1000 {
            let id = EventID(
                at: Timestamp(milliseconds: Int64.random(in: 0...0xFFFF_FFFF_FFFF, using: &random)),
                entropy: (random.next(), random.next()))
            #expect(EventID(id.description) == id)
            #expect(EventID(id.description.uppercased()) == id)
            #expect(UUID(uuidString: id.description)?.uuidString == id.description.uppercased())
        }
    }

    @Test(
        "What is no event id",
        arguments: [
            "", "019aa1b2", "019aa1b2-c3d4-7e5f-8a6b-0123456789a", "019aa1b2-c3d4-7e5f-8a6b-0123456789abc",
            "019aa1b2-c3d4-4e5f-8a6b-0123456789ab", "019aa1b2-c3d4-7e5f-0a6b-0123456789ab",
            "019aa1b2-c3d4-7e5f-ca6b-0123456789ab", "019aa1b2c3d47e5f8a6b0123456789ab",
            "{019aa1b2-c3d4-7e5f-8a6b-0123456789ab}", "019aa1b2-c3d4-7e5f-8a6b-0123456789ag",
            "019aa1b2-c3d4-7e5f-8a6b-0123456789٣", "019aa1b2-c3d4-7e5f-8a6b_0123456789ab",
            "019aa1b2-c3d4-7e5f-8a6b-0123456789ab ",
        ])
    func badEventIDs(text: String) { #expect(EventID(text) == nil) }

    @Test("Ids sort by time first")
    func order() {
        let early = EventID(at: Timestamp(milliseconds: 1000), entropy: (.max, .max))
        let late = EventID(at: Timestamp(milliseconds: 1001), entropy: (0, 0))
        #expect(early < late && early.description < late.description)
    }

    @Test(
        "Session ids",
        arguments: [
            ("sess_a", true), ("sess_019aa1b2-c3d4-7e5f-8a6b-0123456789ab", true), ("sess_A-_9", true),
            ("sess_" + String(repeating: "a", count: 123), true), ("sess_" + String(repeating: "a", count: 124), false),
            ("", false), ("sess_", false), ("sess", false), ("Sess_a", false), ("sess_a b", false), ("sess_é", false),
            ("sess_a\n", false), ("sess_a'", false), ("sess_a\u{0}", false), (" sess_a", false),
            ("sess_\u{212A}", false),
        ])
    func sessionIDs(text: String, isOne: Bool) { #expect((SessionID(text) != nil) == isOne) }

    @Test("A session's name is kept letter by letter, whatever it is made of, and sorts and matches as its text")
    func sessionNames() throws {
        let fact = try #require(EventID("019aa1b2-c3d4-7e5f-8a6b-0123456789ab"))
        let texts = [
            "sess_019AA1B2-C3D4-7E5F-8A6B-0123456789AB", "sess_019aa1b2-c3d4-4e5f-8a6b-0123456789ab",
            "sess_019aa1b2-c3d4-7e5f-8a6b-0123456789ab", "sess_019aa1b2-c3d4-7e5f-8a6b-0123456789abc",
            "sess_019aa1b2-c3d4-7e5f-8a6b-0123456789ac", "sess_019aa1b2-c3d4-7e5f-9a6b-0123456789ab",
            "sess_019aa1b2-c3d5-7e5f-8a6b-0123456789ab", "sess_Z", "sess_a",
        ]
        let names = texts.compactMap { SessionID($0) }
        #expect(names.map(\.text) == texts && names.map(\.description) == texts)
        #expect(names.shuffled().sorted().map(\.text) == texts)
        #expect(Set(names + names.reversed()).count == texts.count)
        for name in names {
            var bytes: [UInt8] = []
            name.withUTF8 { bytes = Array($0) }
            #expect(bytes == Array(name.text.utf8))
        }
        #expect(SessionID(first: fact) == names[2] && names[2].first == fact && names[0].first == nil)
    }

    @Test("Levels step within their range")
    func levels() {
        #expect(ThrottleLevel.allCases.map(\.name) == ["normal", "warning", "severe", "blocked"])
        #expect(ThrottleLevel.allCases.map(\.rawValue) == [0, 1, 2, 3])
        #expect(ThrottleLevel.allCases.map(\.multiplier) == [1, 0.5, 0.25, 0])
        #expect(ThrottleLevel.allCases.map(\.raised) == [.warning, .severe, .blocked, .blocked])
        #expect(ThrottleLevel.allCases.map(\.lowered) == [.normal, .normal, .warning, .severe])
        for level in ThrottleLevel.allCases { #expect(ThrottleLevel(name: level.name) == level) }
        #expect(ThrottleLevel(name: "Normal") == nil && ThrottleLevel.normal < .blocked)
    }
}

@Suite struct ControlCharacterTests {
    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("a\u{0}b", "ab"), ("a\tb\r\nc", "a b  c"), ("\u{1B}[31mred", "[31mred"),
        ("\u{7F}", ""), ("a\u{85}b", "a b"), ("\u{80}\u{9F}", ""), ("é© «Ω» \u{A0}", "é© «Ω» \u{A0}"),
        ("12345678\u{1}", "12345678"), ("1234567\u{1F}", "1234567"), ("12345678©", "12345678©"),
        ("1234567\u{9B}K", "1234567K"), ("😀\u{2}😀", "😀😀"),
    ])
    func areTakenOut(text: String, kept: String) {
        #expect(text.withoutControls == kept)
        #expect(text.holdsControls == (text != kept))
        #expect(!text.withoutControls.holdsControls)
    }
}
