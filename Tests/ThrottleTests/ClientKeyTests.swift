import Testing
import WeirProtocol

@testable import ThrottleCore

@Suite struct ClientKeyTests {
    @Test(arguments: [
        "203.0.113.7/32", "2001:db8::/64", "203.0.113.7/32+fp_00", "203.0.113.7/32+", "203.0.113.7/32+a+b", "sess_1",
        "fp_1", "user:a b",
    ])
    func keysReadBackAsWritten(text: String) { #expect(ClientKey(text)?.description == text) }

    @Test(arguments: ["", "nowhere", "203.0.113.7/33", "300.1.1.1", "2001:db8::/129"])
    func keysThatAreNone(text: String) { #expect(ClientKey(text) == nil) }

    /// However long the words are that a gateway sends, what is stored and named elsewhere is short and reads back.
    @Test(arguments: ["x", "é", "漢", "🙂"])
    func longWordsStandInKeysByADigest(character: String) throws {
        let word = String(repeating: character, count: 9000 / character.utf8.count)
        let prefix = try #require(NetworkPrefix("2001:db8:1111:2222:3333:4444:5555:6666/128"))
        let makers: [(ClientWord) -> ClientKey] = [
            { .pair(prefix, $0) }, { .user($0) }, { .fingerprint(ClientWord("fp_" + $0.text)) },
        ]
        for make in makers {
            let key = make(ClientWord(word))
            #expect(key.description.utf8.count <= ClientKey.textLimit)
            #expect(ClientKey(key.description) == key)
            #expect(make(ClientWord(word)) == key)
            for other in [word + "y", "y" + word, String(word.dropLast()), word.replacing(character, with: "z")] {
                #expect(make(ClientWord(other)) != key)
            }
        }
        let hash = word.utf8.withContiguousStorageIfAvailable { ClientKey.hash(4, nil, UnsafeRawBufferPointer($0)) }
        #expect(hash == nil || hash == ClientKey.user(ClientWord(word)).tableHash)
        #expect(ClientKey.hash(4, nil, word) == ClientKey.user(ClientWord(word)).tableHash)
    }

    @Test func aWordAtTheLimitIsItself() {
        let word = String(repeating: "x", count: ClientWord.limit)
        #expect(ClientWord(word).text == word)
        #expect(ClientWord(word + "x").text.utf8.count == ClientWord.limit)
        #expect(ClientWord(word + "x").text.hasPrefix(String(repeating: "x", count: 223) + "~"))
    }

    @Test(arguments: [
        ("203.0.113.7+fp_a", "203.0.113.7/32+fp_a"), ("203.0.113.7/32+sess_1", "203.0.113.7/32+sess_1"),
        ("2001:db8:1::5+fp_x", "2001:db8:1::/64+fp_x"), ("2001:db8:1::/64+fp_x", "2001:db8:1::/64+fp_x"),
        ("2001:db8:1::5/96+fp_x", "2001:db8:1::/64+fp_x"), ("203.0.113.0/24", "203.0.113.0/24"),
        ("2001:db8::1", "2001:db8::1/128"), ("user:eve", "user:eve"), ("fp_a", "fp_a"), ("sess_a", "sess_a"),
    ])
    func typedKeysAreThoseOfChecks(text: String, expected: String) throws {
        #expect(try ClientKey(typed: text, LevelRules()).description == expected)
    }

    @Test(arguments: [
        "", "nowhere", "user:", "fp_", "sess_", "203.0.113.7+", "203.0.113.7+fp_", "203.0.113.7+garbage",
        "203.0.113.7/24+fp_a", "2001:db8::/48+fp_a", "+fp_a",
    ])
    func typedKeysThatNoCheckHasAreRefused(text: String) {
        let error = #expect(throws: WireError.self) { try ClientKey(typed: text, LevelRules()) }
        #expect(error?.code == .badBody)
        #expect(error?.message.hasPrefix("key ") == true)
    }

    @Test func typedPairsFollowThePolicysPrefixes() throws {
        var rules = LevelRules()
        (rules.prefixV4, rules.prefixV6) = (24, 48)
        #expect(try ClientKey(typed: "203.0.113.7+fp_a", rules).description == "203.0.113.0/24+fp_a")
        #expect(try ClientKey(typed: "2001:db8::/48+fp_a", rules).description == "2001:db8::/48+fp_a")
    }
}
