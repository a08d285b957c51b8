import Foundation
import PostgresSupport
import Testing

/// Files that are not simply one whole log.
@Suite(.timeLimit(.minutes(2))) struct ImportSourceTests {
    private static let log = AccessLog.people(200, pages: 4)

    private func packed(_ stack: Stack) async throws -> URL {
        let plain = try Self.log.write(to: stack.directory)
        try await Program.run(URL(fileURLWithPath: "/usr/bin/env"), ["gzip", "-k", plain])
        return URL(fileURLWithPath: plain + ".gz")
    }

    private func pipe(_ stack: Stack) throws -> String {
        let path = stack.directory.appendingPathComponent("pipe").path
        try #require(mkfifo(path, 0o600) == 0)
        return path
    }

    @Test func whatStandsInTwoFilesIsOneRequest() async throws {
        let stack = try await Stack()
        let packed = try await packed(stack)
        let plain = packed.deletingPathExtension().path
        let summary = try ImportSummary(try await stack.importing([plain, packed.path], []))
        #expect(summary.lines == 2 * Self.log.lines.count)
        #expect(summary.accepted == Self.log.lines.count)
        #expect(summary.duplicates == Self.log.lines.count)
        #expect(try await stack.count("select count(*) from analytics_events") == Self.log.lines.count)
    }

    @Test func aNamedPipeIsReadOnce() async throws {
        let stack = try await Stack()
        let pipe = try pipe(stack)
        let plain = try Self.log.write(to: stack.directory)
        // Without a reader it would wait for ever.
        let feeder = ["60", "sh", "-c", "cat '\(plain)' > '\(pipe)'"]
        async let feeding = Program.run(URL(fileURLWithPath: "/usr/bin/timeout"), feeder)
        let summary = try ImportSummary(try await stack.importing([pipe], []))
        _ = try await feeding
        #expect(summary.accepted == Self.log.lines.count)
    }

    @Test func aSilentNamedPipeIsWaitedForUntilInterrupted() async throws {
        let stack = try await Stack()
        let pipe = try pipe(stack)
        let plain = try Self.log.write(to: stack.directory)
        let program = try stack.program("collector").launch(
            ["import", plain, pipe, "--site", "example.org", "--no-progress", "--json-summary"])
        // Once the pipe has a reader, the log before it is read.
        let writer = try await eventually("the import opens the pipe", within: .seconds(60)) {
            let writer = open(pipe, O_WRONLY | O_NONBLOCK)
            return writer < 0 ? nil : writer
        }
        defer { close(writer) }
        program.signal(SIGTERM)
        #expect(await program.end == 130)
        #expect(try await stack.count("select count(*) from analytics_events") == Self.log.lines.count)
    }

    /// What a line is known by has its site in it, as it is stored and not as it is written.
    @Test func aSiteIsTheSameHoweverItIsWritten() async throws {
        let stack = try await Stack()
        let log = try Self.log.write(to: stack.directory)
        for site in ["Example.org", "example.org", "example.org.", "EXAMPLE.ORG:443"] {
            let summary = try ImportSummary(try await stack.importing([log], ["--site", site]))
            #expect(summary.accepted + summary.duplicates == Self.log.lines.count)
        }
        #expect(try await stack.count("select count(*) from analytics_events") == Self.log.lines.count)
        #expect(try await stack.column("select distinct site from user_sessions") == ["example.org"])
        for site in ["http://example.org/", "exa mple", "", "."] {
            let outcome = try await stack.importing([log], ["--site", site])
            #expect(outcome.status == 64 && outcome.errors.contains("takes a host"), "\(outcome.errors.suffix(300))")
        }
    }

    @Test func aPipeThatNobodyReadsTakesNoRejects() async throws {
        let stack = try await Stack()
        let pipe = try pipe(stack)
        let log = try Self.log.write(to: stack.directory)
        let program = try stack.program("collector").launch(
            ["import", log, "--site", "example.org", "--no-progress", "--rejects", pipe])
        #expect(await program.end == 64)
        #expect(try await stack.count("select count(*) from analytics_events") == 0)
    }

    @Test(arguments: ["WEIR_CONFIG", "WEIR_COLLECTOR_AGENTS_FILE", "WEIR_COLLECTOR_COOKIE_KEY_FILE"])
    func aNamedPipeIsNoConfiguration(variable: String) async throws {
        let stack = try await Stack()
        let pipe = try pipe(stack)
        stack.environment[variable] = pipe
        let outcome = try await stack.program("collector").run(["serve"], limit: .seconds(20))
        #expect(outcome.status == 78 && outcome.errors.contains("not a regular file"), "\(outcome.errors)")
    }

    @Test func aCutOffArchiveGivesWhatItHasAndSaysSo() async throws {
        let stack = try await Stack()
        let packed = try await packed(stack)
        let whole = try Data(contentsOf: packed)
        try whole.prefix(whole.count * 9 / 10).write(to: packed)
        let outcome = try await stack.importing([packed.path], [])
        #expect(outcome.status == 0, "\(outcome.errors.suffix(500))")
        #expect(outcome.errors.contains("ends in the middle of its gzip data"))
        let summary = try ImportSummary(outcome)
        #expect(summary.accepted > 0 && summary.accepted < Self.log.lines.count)
        #expect(try await stack.count("select count(*) from analytics_events") == summary.accepted)
        // Whole at last, it brings the rest.
        try whole.write(to: packed)
        let again = try ImportSummary(try await stack.importing([packed.path], []))
        #expect(again.duplicates == summary.accepted)
        #expect(try await stack.count("select count(*) from analytics_events") == Self.log.lines.count)
    }

    @Test func anInterruptedImportStoresWhatItHasReadAndSaysSo() async throws {
        let stack = try await Stack()
        let log = AccessLog.people(20_000, pages: 4)
        let program = try stack.program("collector").launch(
            ["import", try log.write(to: stack.directory), "--no-progress", "--json-summary"])
        _ = try await eventually("the import stores something", within: .seconds(60)) {
            try await stack.count("select count(*) from analytics_events") > 0 ? true : nil
        }
        program.signal(SIGINT)
        #expect(await program.end == 130)
        #expect(program.errors.contains("interrupted; import again"))
        let object = try JSONSerialization.jsonObject(
            with: Data((program.output.split(separator: "\n").last ?? "").utf8))
        let fields = try #require(object as? [String: Any])
        #expect(fields["interrupted"] as? Bool == true)
        let accepted = try #require(fields["accepted"] as? Int)
        #expect(accepted < log.lines.count)
        #expect(try await stack.count("select count(*) from analytics_events") == accepted)
    }
}
