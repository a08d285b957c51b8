import DetectorCore
import Foundation
import Testing
import WeirProtocol

@testable import detector

@Suite("User agents") struct UserAgentTests {
    static let chrome =
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"

    @Test(
        "the bots that the requirement names are found by name and category",
        arguments: [
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot", "search"),
            ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "Bingbot", "search"),
            ("DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)", "DuckDuckBot", "search"),
            (
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot",
                "ChatGPT-User", "ai_assistant"
            ),
            ("Claude-Web/1.0", "Claude-Web", "ai_assistant"),
            ("Mozilla/5.0 (compatible; PerplexityBot/1.0; +https://perplexity.ai/bot)", "PerplexityBot", "ai_crawler"),
            ("Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "AhrefsBot", "seo"),
            ("Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)", "SemrushBot", "seo"),
            ("rogerbot/1.0 (http://moz.com/help/pro/what-is-rogerbot-)", "rogerbot", "seo"),
            ("Mozilla/5.0 (compatible; DotBot/1.2; https://opensiteexplorer.org/dotbot)", "DotBot", "seo"),
        ])
    func namedBots(agent: String, name: String, category: String) {
        let found = UserAgentClassifier.builtIn.classify(agent)
        #expect(found.isBot)
        #expect(found.name == name)
        #expect(found.category?.rawValue == category)
        #expect(found.reason == .catalogue)
    }

    @Test(
        "bots that nobody has listed say what they are",
        arguments: [
            ("Mozilla/5.0 (compatible; Zorblaxcrawler/3.1)", AgentClass.Reason.trade),
            ("QuuxBot/0.1", .trade), ("acme-link-checker/2", .trade),
            ("Mozilla/5.0 (X11; Linux x86_64) Chrome/99 (+https://quux.example/about)", .contact),
            ("Mozilla/5.0 (compatible; Zorblax/3.1)", .compatible), ("quuxlib/1.0", .notABrowser), ("", .empty),
            ("-", .empty), ("  ", .empty), ("Mozilla/5.0", .malformed), ("{\"a\":1}", .malformed),
            ("null", .notABrowser),
            ("Mozilla/5.0 <script>alert(1)</script>", .malformed),
        ])
    func unlisted(agent: String, reason: AgentClass.Reason) {
        let found = UserAgentClassifier.builtIn.classify(agent)
        #expect(found.isBot)
        #expect(found.reason == reason || (agent == "null" && found.reason == .malformed))
    }

    @Test(
        "people are not called bots for what their telephone or program is named",
        arguments: [
            chrome,
            "Mozilla/5.0 (Linux; Android 7.0; CUBOT KING KONG) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/71.0.3578.99 "
                + "Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 6.0; VR BOT 552) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/72.0 Mobile "
                + "Safari/537.36",
            "[FBAN/FB4A;FBAV/26.0.0.22.16;FBBV/6590638;FBDM/{density=1.5,width=791,height=480}]",
            "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.0; SLCC1; .NET CLR 2.0.50727)",
            "Mozilla/5.0 (Linux; U; Android 4.4.3; KFTHWI Build/KTU84M) AppleWebKit/537.36 (KHTML, like Gecko) Silk/47.1 "
                + "like Chrome/47.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
                + "MicroMessenger/8.0.42",
            "Dalvik/2.1.0 (Linux; U; Android 9; SM-G960F Build/PPR1)", "Podcasts/1575 CFNetwork/1335 Darwin/21.6.0",
        ])
    func people(agent: String) {
        let found = UserAgentClassifier.builtIn.classify(agent)
        #expect(!found.isBot, "\(found.reason) \(found.token)")
    }

    @Test("one pass finds patterns whatever their case, with anchors")
    func automaton() {
        let automaton = PatternAutomaton(
            ["he", "she", "hers", "~bot~", "^a", "z$"].map { PatternAutomaton.Pattern($0) })
        func found(_ text: String) -> [Int] {
            var text = text
            var all: [Int] = []
            text.withUTF8 { bytes in automaton.forEachMatch(in: bytes) { pattern, _ in all.append(pattern) } }
            return all.sorted()
        }
        #expect(found("uSHErs") == [0, 1, 2])
        #expect(found("a bot, a robot, bots") == [3, 4])
        #expect(found("ba zz") == [5])
        #expect(found("") == [])
    }

    @Test("a list with a mistake names the line")
    func malformedList() {
        for (text, line) in [("aaa\tA\t\tseo\nbbb\tB", 2), ("aaa\tA\t\tsea", 1), ("a\tA\t\tseo", 1)] {
            do {
                _ = try BotCatalogue(parsing: text)
                Issue.record("a wrong list was taken")
            } catch { #expect(error.line == line, "\(error)") }
        }
    }

    @Test(
        "of the labelled agents, at least 99 % of bots and at most 0.3 % of people are called bots",
        .enabled(if: SharedData.isThere, SharedData.skipped))
    func labelledAgents() async throws {
        struct Line: Decodable {
            var label: String
            var ua: String
            var family: String?
            var device_type: String?
        }
        var counts: [String: (bots: Int, all: Int)] = [:]
        let decoder = JSONDecoder()
        for row in try await SharedData.text("user-agents/dev.jsonl.gz").split(separator: "\n") {
            let line = try decoder.decode(Line.self, from: Data(row.utf8))
            // One source files HTTP libraries and feed fetchers (`misc`: Wget, PHP, libwww-perl) under people; another
            // files the same programs under bots.
            let label = line.label == "human" && line.device_type == "misc" ? "human, misc" : line.label
            var count = counts[label] ?? (0, 0)
            count.all += 1
            if UserAgentClassifier.builtIn.classify(line.ua).isBot { count.bots += 1 }
            counts[label] = count
        }
        let bots = try #require(counts["bot"])
        let people = try #require(counts["human"])
        #expect(bots.all > 1000 && people.all > 1000)
        #expect(Double(bots.bots) >= 0.99 * Double(bots.all), "\(counts)")
        #expect(Double(people.bots) <= 0.003 * Double(people.all), "\(counts)")
    }
}

@Suite("Lines about user agents") struct AgentLineTests {
    /// The answer to every kind of agent, written by the fast way and field by field.
    @Test("what is copied and what is written field by field are the same, byte for byte")
    func sameBytes() async throws {
        var agents = [
            UserAgentTests.chrome, "", "-", "  Googlebot/2.1  ", "Mozilla/5.0", "a\"b\\c\u{1}", "é Googlebot", "\u{7F}",
            "Mozilla/5.0 <script>alert(1)</script>", "acme-link-checker/2", "{broken",
            "Mozilla/5.0 (compatible; Zorblax/3.1)",
            "quuxlib/1.0", String(repeating: "x", count: 5000), "sqlmap/1.7", "\tcurl/8.0",
        ]
        if SharedData.isThere {
            struct Line: Decodable { var ua: String }
            for row in try await SharedData.text("user-agents/dev.jsonl.gz").split(separator: "\n") {
                agents.append(try JSONDecoder().decode(Line.self, from: Data(row.utf8)).ua)
            }
        }
        var lines = AgentLines(classifier: .builtIn)
        for (number, agent) in agents.enumerated() {
            var expected = JSONWriter()
            expected.object { writer in
                writer.field("line", number + 1)
                AgentAnswer.write(UserAgentClassifier.builtIn.classify(agent), agent, into: &writer)
            }
            expected.newline()
            let output = LineOutput(descriptor: -1)
            var text = agent
            text.withUTF8 { lines.write(number + 1, $0, to: output) }
            #expect(
                String(decoding: output.unwritten, as: UTF8.self) == String(decoding: expected.bytes, as: UTF8.self))
        }
    }
}
