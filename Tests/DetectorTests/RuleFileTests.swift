import Foundation
import Runtime
import Testing

@testable import detector

/// What a rule file may be, as a file.
@Suite struct RuleFileTests {
    /// Why a file with these contents is refused; nil when it is taken.
    private func refusal(_ text: String) throws -> Failure? {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("weir-rules-\(UUID()).yaml").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        do throws(Failure) {
            _ = try RuleFile.load(path)
            return nil
        } catch {
            return error
        }
    }

    @Test func aliasesThatMultiplyAreRefused() throws {
        var lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
        for (name, last) in zip("bcdefghij", "abcdefghi") {
            lines.append("\(name): &\(name) [" + Array(repeating: "*\(last)", count: 9).joined(separator: ",") + "]")
        }
        let failure = try #require(try refusal(lines.joined(separator: "\n")))
        #expect(failure.status == .configuration && failure.message.contains("more than 200000 values"))

        // Each one level deeper than the one before, to where a stack would end.
        let chain = ["a0: &a0 [x]"] + (1..<20_000).map { "a\($0): &a\($0) [*a\($0 - 1)]" }
        #expect(try #require(try refusal(chain.joined(separator: "\n"))).message.contains("nested deeper than 64"))
    }

    @Test func mistakesAreToldInOneShortLine() throws {
        let deep = String(repeating: "[", count: 100_000)
        for (text, words) in [
            ("limit: 10\nlimit: 20\n", "limit is there twice"), ("version: [1\n", "line 2"), ("a: \"b", "line 1"),
            (deep, "column"), ("", "is empty"), ("{\"limit\":1,\"limit\":2}", "limit"), ("version: 'a\u{1}b'", "byte"),
        ] {
            let failure = try #require(try refusal(text), "\(text.prefix(40))")
            #expect(failure.message.contains(words), "\(failure.message)")
            #expect(failure.message.utf8.count < 600 && !failure.message.contains("\n"), "\(failure.message)")
        }
    }

    @Test func aVersionIsOneWord() throws {
        for version in ["\"a\\nb\"", "'a b'", "ü", "''", "12345678901234567890123456789012x"] {
            let failure = try #require(try refusal("version: \(version)"), "\(version)")
            #expect(failure.message.contains("version: must be"))
        }
        #expect(try refusal("version: 2026.11-ours") == nil)
    }

    @Test func anAgentNeedsAKnownCategory() throws {
        let failure = try #require(try refusal("agents: [{token: acmebot, name: Acme, category: SEO}]"))
        #expect(failure.message.contains("agents[0].category: must be one of search, ai_crawler"))
    }
}
