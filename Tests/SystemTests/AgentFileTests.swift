import Foundation
import PostgresSupport
import Testing
import WeirProtocol

/// Browsers and systems by a file in uap-core's format, as far as the stored rows.
@Suite(.serialized, .timeLimit(.minutes(2))) struct AgentFileTests {
    private static let fixture = URL(fileURLWithPath: #filePath)
        .appendingPathComponent("../../Fixtures/agents/regexes.yaml").standardizedFileURL

    @Test func anImportStoresWhatTheFileSays() async throws {
        let stack = try await Stack()
        stack.environment["WEIR_COLLECTOR_AGENTS_FILE"] = Self.fixture.path
        let log = AccessLog(lines: [
            AccessLog.line("192.0.2.1", at: 0, "/", agent: "Mozilla/5.0 (BurrowOS 4_2) Quokka/3.14"),
            AccessLog.line("192.0.2.2", at: 1, "/", agent: "curl/8.4.0"),
        ])
        let outcome = try await stack.importing([log.write(to: stack.directory)], [])
        #expect(try ImportSummary(outcome).accepted == 2)
        #expect(
            try await stack.column(
                """
                select concat_ws('/', browser, browser_version, os, os_version) from user_sessions order by started_at
                """) == ["Quokka/3.14/BurrowOS/4.2", "curl/8.4.0/Other"])
    }

    @Test func aReloadTakesAGoodFileAndRefusesABadOne() async throws {
        let stack = try await Stack()
        let file = stack.directory.appendingPathComponent("regexes.yaml")
        func place(_ text: String) throws { try Data(text.utf8).write(to: file, options: .atomic) }
        func expectBrowser(from address: String, _ expected: String) async throws {
            let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
            let id = EventID(at: now, entropy: (.random(in: 0 ... .max), .random(in: 0 ... .max)))
            var record = RequestRecord(
                eventID: id, at: now, method: "GET", path: "/", status: 200, ip: address)
            record.userAgent = "Quokka/3.14"
            let session = try await stack.ask("collector.sock", .requestRecord, record)
                .decode(RequestRecorded.self).sessionID
            let found = try await stack.stored("concat_ws(' ', browser, browser_version)", of: session)
            #expect(found == expected, "\(address)")
        }
        let good = try String(contentsOf: Self.fixture, encoding: .utf8)
        try place(good)
        stack.environment["WEIR_COLLECTOR_AGENTS_FILE"] = file.path
        try await stack.start([.collector])
        try await expectBrowser(from: "192.0.2.1", "Quokka 3.14")
        try place(good + "  - regex: '('\n")
        try await stack.reload(.collector, saying: "kept the user agents' expressions")
        #expect(stack.log(of: .collector).contains("device_parsers entry 4"))
        try await expectBrowser(from: "192.0.2.2", "Quokka 3.14")
        try place("user_agent_parsers: [{regex: '(Quok)ka/\\d+\\.(\\d)'}]\nos_parsers: []\ndevice_parsers: []\n")
        try await stack.reload(.collector, saying: "reloaded the user agents' expressions")
        try await expectBrowser(from: "192.0.2.3", "Quok 1")
        await stack.stopAll()
        // At the start a bad file is refused, with its name.
        try place("nothing")
        let outcome = try await stack.program("collector").run(["serve"], limit: .seconds(20))
        #expect(outcome.status == 78 && outcome.errors.contains("regexes.yaml"), "\(outcome.errors)")
    }

    /// An expression in Latin-1 would match what nobody sends.
    @Test func aFileThatIsNotUTF8IsRefusedByItsLine() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("agents-\(UUID().uuidString).yaml")
        try Data("user_agent_parsers:\n  - regex: 'Caf".utf8 + [0xE9] + "'\nos_parsers: []\ndevice_parsers: []\n".utf8)
            .write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let outcome = try await Product(name: "collector").run(
            ["classify", "user-agents", "-", "--agents-file", file.path], input: Data("curl/8\n".utf8))
        #expect(outcome.status == 78 && outcome.output.isEmpty, "\(outcome)")
        #expect(outcome.errors.contains("\(file.lastPathComponent): line 2 is not UTF-8"), "\(outcome.errors)")
    }
}
