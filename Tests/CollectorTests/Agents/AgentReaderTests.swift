import CollectorCore
import Foundation
import Runtime
import Testing

@testable import collector

/// User agents by a file of the uap-core kind. The expected values follow from the fixture by hand.
@Suite struct AgentReaderTests {
    static let fixture = URL(fileURLWithPath: #filePath)
        .appendingPathComponent("../../../Fixtures/agents/regexes.yaml").standardizedFileURL.path

    struct Case: Sendable {
        var agent: String
        var device: DeviceType
        /// Name and version; empty where the built-in parser's answer stands.
        var browser = ""
        var os = ""
    }

    static let cases = [
        Case(agent: "Quokka/3.14", device: .other, browser: "Quokka 3.14"),
        Case(
            agent: "Mozilla/5.0 (BurrowOS 4_2) Quokka/3.14.159", device: .other, browser: "Quokka 3.14.159",
            os: "BurrowOS 4.2"),
        Case(
            agent: "WOMBAT 12 BurrowOS 1.2.3.4", device: .other, browser: "Wombat Browser 12.7",
            os: "BurrowOS 1.2.3.4"),
        Case(agent: "Numbat/5", device: .other, browser: "Numbat Full 5"),
        Case(agent: "Numbat-Lite/5", device: .other, browser: "Numbat Lite () 5"),
        Case(agent: "Numbat-Lite", device: .other, browser: "Numbat Lite ()"),
        // The first entry that matches, wherever in the agent it does.
        Case(agent: "Wombat/1 Quokka/2.0", device: .other, browser: "Quokka 2.0"),
        // A file that knows the system and not the browser, and the other way about.
        Case(
            agent: "Mozilla/5.0 (Windows NT 5.1; rv:52.0) Gecko/20100101 Firefox/52.0", device: .desktop,
            os: "Windows XP"),
        Case(
            agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 Quokka/9.8",
            device: .mobile, browser: "Quokka 9.8"),
        // A spider is nobody's telephone; a telephone that the file names is what the built-in parser says it is.
        Case(
            agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) crawls-for-me", device: .other),
        Case(agent: "Mozilla/5.0 (Windows NT 10.0; Wombat-Phone 3; crawls-for-me)", device: .desktop),
        // Names nothing, so that the built-in parser answers.
        Case(agent: "curl/8.4.0", device: .other), Case(agent: "Nameless/1", device: .other),
        Case(agent: "quokka/3.14", device: .other), Case(agent: "", device: .other),
    ]

    @Test(arguments: cases.indices)
    func theFileAnswersBeforeTheBuiltInParser(index: Int) throws {
        let expected = Self.cases[index]
        let found = try AgentReader(path: Self.fixture).device(of: expected.agent)
        let builtIn = DeviceClass(userAgent: expected.agent)
        func text(_ name: String, _ version: String?) -> String {
            [name, version].compactMap { $0 }.joined(separator: " ")
        }
        #expect(found.deviceType == expected.device, "\(expected.agent)")
        #expect(
            text(found.browser, found.browserVersion)
                == (expected.browser.isEmpty ? text(builtIn.browser, builtIn.browserVersion) : expected.browser))
        #expect(
            text(found.os, found.osVersion)
                == (expected.os.isEmpty ? text(builtIn.os, builtIn.osVersion) : expected.os))
    }

    @Test func withoutAFileTheBuiltInParserAnswersAlone() throws {
        let reader = try AgentReader(path: "")
        for expected in Self.cases {
            #expect(reader.device(of: expected.agent) == DeviceClass(userAgent: expected.agent))
        }
    }

    /// 2^1000 ways to fail: only a bound on the steps lets this test end.
    @Test func anAgentThatTakesTooLongIsTheBuiltInParsers() throws {
        let reader = try AgentReader(path: Self.fixture)
        let hostile = "BurrowOS 4.2 " + String(repeating: "a", count: 1000)
        #expect(reader.device(of: hostile) == DeviceClass(userAgent: hostile))
        // The same expression has its say where it is quick.
        #expect(reader.device(of: "aaaa! BurrowOS 4.2").browser == "Slow")
        #expect(reader.device(of: "aaaa! BurrowOS 4.2").os == "BurrowOS")
    }

    @Test func onlyTheStartOfALongAgentCounts() throws {
        let reader = try AgentReader(path: Self.fixture)
        let padding = String(repeating: "-", count: FieldLimits.userAgent - 10)
        #expect(reader.device(of: padding + "Quokka/3.1").browser == "Quokka")
        #expect(reader.device(of: padding + " Quokka/3.1").browser != "Quokka")
    }

    @Test func namesAndVersionsAreBounded() throws {
        let path = try temporaryFile(
            """
            user_agent_parsers: [{regex: '(X+)/(\\d+)'}]
            os_parsers: []
            device_parsers: []
            """)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let found = try AgentReader(path: path).device(
            of: String(repeating: "X", count: 100) + "/" + String(repeating: "9", count: 100))
        #expect(found.browser == String(repeating: "X", count: 48))
        #expect(found.browserVersion == String(repeating: "9", count: 32))
    }

    /// Files that must be refused, and what the message must say.
    static let bad: [(text: String, says: [String])] = [
        ("", ["user_agent_parsers is missing", "os_parsers is missing", "device_parsers is missing"]),
        ("just words", ["user_agent_parsers is missing"]),
        ("user_agent_parsers: [}", ["not YAML"]), ("user_agent_parsers: 'open", ["not YAML"]),
        ("a: &x [*x]", ["not YAML"]), ("a: *nothing", ["not YAML"]),
        (String(repeating: "[", count: 100_000), ["not YAML"]),
        (String(repeating: "- ", count: 100_000), ["not YAML"]),
        ("\u{0}\u{1}\u{2}", ["not YAML"]),
        ("user_agent_parsers: []\nos_parsers: []", ["device_parsers is missing"]),
        ("user_agent_parsers: {}\nos_parsers: []\ndevice_parsers: []", ["user_agent_parsers is missing or not a list"]),
        (file("{regex: '(x'}"), ["user_agent_parsers entry 1 is not a regular expression: \"(x\""]),
        (file("{regex: x}, {regex: 'a)(b'}"), ["user_agent_parsers entry 2", "\"a)(b\""]),
        (file("{regex: '[z-a]'}, {regex: '*'}"), ["entry 1", "[z-a]", "entry 2", "\"*\""]),
        (file("{regex: ''}"), ["entry 1 has no regex"]), (file("{family_replacement: x}"), ["entry 1 has no regex"]),
        (file("x"), ["entry 1 has no regex"]), (file("{regex: [x]}"), ["entry 1: regex is not a text"]),
        (file("{regex: x, regex_flag: g}"), ["entry 1 has the regex_flag \"g\""]),
        (file("{regex: x, family_replacement: {a: b}}"), ["entry 1: family_replacement is not a text"]),
        (file("{regex: x, v3_replacement: [1]}"), ["entry 1: v3_replacement is not a text"]),
        (file(String(repeating: "{regex: x},", count: 10_001)), ["10001 entries, more than 10000"]),
        (file(String(repeating: "{regex: '('},", count: 30)), ["entry 20 ", "and 10 more"]),
        (String(repeating: "#", count: AgentFile.sizeLimit + 1), ["more than 4194304"]),
    ]

    private static func file(_ entries: String) -> String {
        "user_agent_parsers: [\(entries)]\nos_parsers: []\ndevice_parsers: []\n"
    }

    @Test(arguments: bad.indices)
    func aBadFileIsRefusedWithWhatIsWrong(index: Int) throws {
        let path = try temporaryFile(Self.bad[index].text)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let failure = #expect(throws: Failure.self) { try AgentReader(path: path) }
        #expect(failure?.status == .configuration)
        for words in Self.bad[index].says + [path] {
            #expect(failure?.message.contains(words) == true, "\(words) in: \(failure?.message.prefix(2000) ?? "")")
        }
    }

    @Test(arguments: [("/nonexistent/regexes.yaml", "No such file"), ("/", "Is a directory")])
    func anUnreadableFileIsRefused(path: String, reason: String) {
        let failure = #expect(throws: Failure.self) { try AgentReader(path: path) }
        #expect(failure?.status == .configuration)
        #expect(failure?.message.contains(path) == true && failure?.message.contains(reason) == true)
    }

    private func temporaryFile(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("agents-\(UUID()).yaml").path
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }
}
