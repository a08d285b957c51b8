import CollectorCore
import Foundation
import Testing

/// What a regular expression needs of a text before it is worth a try.
@Suite struct AgentPairsTests {
    /// Texts that a pattern cannot match for want of a pair, by hand.
    @Test(arguments: [
        ("Firefox/(\\d+)", "Mozilla/5.0 Chrome/120"), ("(Firefox)/", "Fire fox/1"), ("(?:Opera Mini)+ x", "Opera/9"),
        ("a\\.b", "a-b a. .c"), ("^bot$", "bo"), ("foo(?=bar)", "foo ba"), ("ab?cd", "ab bcx"),
        ("(?!xy)zz", "z z"), ("[^x]pq", "p q"), ("\\d+ab", "12a b"),
    ])
    func saysNoWhereAPairIsMissing(pattern: String, text: String) {
        #expect(!AgentPairs(text).mayMatch(NeededPairs(pattern, ignoresCase: false)))
    }

    /// Texts that a pattern matches, by hand: none may be refused.
    @Test(arguments: [
        ("Firefox/(\\d+)", "x Firefox/1"), ("ab?cd", "acd"), ("ab*", "a"), ("ab{0,2}c", "ac"), ("(ab)?cd", "cd"),
        ("(ab)*cd", "cd"), ("(?:ab){0}cd", "cd"), ("ab|cd", "cd"), ("(ab|cd)e", "cde"), ("(?!ab)cd", "cd"),
        ("(?i)ab", "AB"), ("(?x) a b", "ab"), ("\\x41bc", "Abc"), ("\\Qa(b\\E", "a(b"), ("[ab[cd]]e", "ce"),
        ("[\\]ab]c", "]c"), ("[]ab]c", "bc"), ("a.b", "axb"), ("a\\/b", "a/b"), ("a+?b", "aab"), ("aé+b", "aéb"),
        ("(a(b(c)?)?)?d", "d"), ("ab??c", "ac"), ("\\bab", "-ab"), ("(?<=x)ab", "xab"), ("", ""), ("a", "a"),
        ("(", "x"), ("[a", "x"), ("a{1", "x"), ("a\\", "x"),
    ])
    func neverRefusesAMatch(pattern: String, text: String) {
        #expect(AgentPairs(text).mayMatch(NeededPairs(pattern, ignoresCase: false)))
    }

    /// Every pattern of up to four pieces before every text of up to two, as the engine has it.
    @Test func agreesWithTheEngine() {
        let pieces = [
            "ab", "(ab", ")", "|cd", "?", "*", "{0}", "+", "[ab]", "(?!", "(?=", "(?i)", "\\Q", "\\.",
        ]
        let words = ["", "a", "b", "cd", ".", "AB", "é"]
        let texts = words.flatMap { first in words.map { first + $0 } }.map { (text: $0, pairs: AgentPairs($0)) }
        var patterns = [""]
        var refused = 0
        for _ in 1...4 {
            patterns = patterns.flatMap { start in pieces.map { start + $0 } }
            for pattern in patterns {
                guard let regex = try? NSRegularExpression(pattern: pattern) else { continue }
                let needed = NeededPairs(pattern, ignoresCase: false)
                for (text, pairs) in texts where !pairs.mayMatch(needed) {
                    refused += 1
                    let whole = NSRange(location: 0, length: text.utf16.count)
                    #expect(regex.firstMatch(in: text, range: whole) == nil, "\(pattern) matches \(text)")
                }
            }
        }
        #expect(refused > 10_000)
    }

    @Test func lettersBeyondASCIIHaveCasesThatBytesDoNotShow() {
        // The long s is an s in another case.
        #expect(AgentPairs("la\u{17F}t").mayMatch(NeededPairs("last", ignoresCase: true)))
        #expect(!AgentPairs("la\u{17F}t").mayMatch(NeededPairs("last", ignoresCase: false)))
        #expect(AgentPairs("LAST").mayMatch(NeededPairs("last", ignoresCase: true)))
    }

    @Test func deepNestingIsNotFollowed() {
        let pattern = String(repeating: "(", count: 100_000) + "ab"
        #expect(AgentPairs("x").mayMatch(NeededPairs(pattern, ignoresCase: false)))
    }
}
