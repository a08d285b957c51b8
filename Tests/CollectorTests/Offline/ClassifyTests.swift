import Foundation
import PostgresSupport
import Testing
import WeirProtocol

/// The offline verbs as other programs see them: the built executable, its answers and its exit codes.
@Suite struct ClassifyTests {
    private func run(_ arguments: [String], _ input: String) async throws -> (
        lines: [JSONValue], status: Int32, errors: String
    ) {
        let ending = try await Program.end(
            of: collectorExecutable(), ["classify"] + arguments, input: Data(input.utf8))
        let lines = try ending.output.split(separator: 10).map { try JSONValue(parsing: [UInt8]($0)) }
        return (lines, ending.status, ending.errors)
    }

    /// The executable stands beside the test bundle.
    private func collectorExecutable() -> URL {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        for _ in 0..<6 {
            let candidate = folder.appendingPathComponent("collector")
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
            folder.deleteLastPathComponent()
        }
        return URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../.build/debug/collector").standardizedFileURL
    }

    @Test func everyLineHasOneAnswerInOrder() async throws {
        let (lines, status, errors) = try await run(
            ["referrers", "-"],
            """
            https://www.google.com/search?q=weir
            {"referrer":"https://t.co/x","utm_medium":"cpc"}
            {"referrer":"https://example.org/a","url":"https://example.org/b"}
            {"referrer":7}
            {"referrer"
            \(String(repeating: "x", count: 70_000))

            """)
        #expect(status == 0)
        #expect(errors.isEmpty)
        #expect(lines.map { $0["line"]?.integerValue } == [1, 2, 3, 4, 5, 6])
        #expect(lines.map { $0["source"]?.stringValue } == ["organic_search", "paid", "direct", nil, nil, nil])
        #expect(lines[0]["search_terms"] == "weir")
        #expect(lines[3...].allSatisfy { $0["error"]?.stringValue?.isEmpty == false })
    }

    @Test func logLinesAreTheFieldsOfTheWire() async throws {
        let line = #"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /a?b HTTP/1.1" 200 5 "-" "x""#
        let (lines, status, _) = try await run(
            ["log-lines", "-", "--format", "combined"], line + "\n" + line + "\nnoise\n")
        #expect(status == 0)
        let record = try lines[0].decoded(as: RequestRecord.self)
        #expect(record.path == "/a")
        #expect(record.query == "b")
        #expect(record.at == Timestamp(milliseconds: 1_431_857_103_000))
        #expect(lines[0]["event_id"] != lines[1]["event_id"])
        #expect(lines[2] == ["line": 3, "error": "not_a_log_line"])
    }

    @Test(arguments: [
        (["user-agents", "/nonexistent"], "", Int32(1)), (["user-agents", "-"], "", 4),
        (["log-lines", "-"], "noise\n", 4),
        (["user-agents"], "", 64), (["log-lines", "-", "--format", "xml"], "", 64),
        (["addresses", "-", "--geoip", "/nonexistent"], "192.0.2.1\n", 78),
        (["user-agents", "-", "--agents-file", "/nonexistent"], "curl/8.4.0\n", 78),
    ])
    func exitCodes(arguments: [String], input: String, status: Int32) async throws {
        let result = try await run(arguments, input)
        #expect(result.status == status)
        #expect(!result.errors.isEmpty)
    }

    @Test func agentsHaveTheDocumentedFields() async throws {
        let (lines, _, _) = try await run(["user-agents", "-"], "curl/8.4.0\n")
        #expect(
            lines == [
                [
                    "line": 1, "device_type": "other", "browser": "curl", "browser_version": "8.4.0", "os": "Other",
                    "os_version": nil,
                ]
            ])
    }

    @Test func aFileNamesAgentsBeforeTheBuiltInParser() async throws {
        let (lines, status, _) = try await run(
            ["user-agents", "-", "--agents-file", AgentReaderTests.fixture], "Quokka/3.14 BurrowOS 4.2\ncurl/8.4.0\n")
        #expect(status == 0)
        #expect(
            lines[0] == [
                "line": 1, "device_type": "other", "browser": "Quokka", "browser_version": "3.14", "os": "BurrowOS",
                "os_version": "4.2",
            ])
        #expect(lines[1]["browser"] == "curl")
    }

    @Test(.needsSharedData) func addressesHaveTheDocumentedFields() async throws {
        let (lines, status, _) = try await run(
            ["addresses", "-", "--geoip", SharedData.path("geoip/test-data/GeoIP2-City-Test.mmdb")],
            "2.125.160.216\n192.0.2.1\nnowhere\n")
        #expect(status == 0)
        #expect(
            lines[0] == ["line": 1, "address": "2.125.160.216", "country": "GB", "region": "ENG", "city": "Boxford"])
        #expect(lines[1]["country"] == .null)
        #expect(lines[2]["error"]?.stringValue != nil)
    }
}
