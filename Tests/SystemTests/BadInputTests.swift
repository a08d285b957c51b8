import Foundation
import PostgresSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct BadInputTests {
    static let good = AccessLog.people(5, pages: 2).lines

    @Test func whatHasNoUsableLineEndsWithFourAndStoresNothing() async throws {
        let stack = try await Stack()
        var random = SystemRandomNumberGenerator()
        let binary = Data((0..<200_000).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        for (name, content) in [("binary", binary), ("empty", Data()), ("prose", Data("no log\nat all\n".utf8))] {
            let file = stack.directory.appendingPathComponent(name)
            try content.write(to: file)
            let outcome = try await stack.importing([file.path], [])
            #expect(outcome.status == 4, "\(name): \(outcome.errors.suffix(500))")
            #expect(!outcome.errors.isEmpty, "\(name) needs its words")
        }
        #expect(try await stack.count("select count(*) from analytics_events") == 0)
    }

    @Test func aBadLineIsRefusedWithItsReasonAndTheOthersAreCounted() async throws {
        let torn = String(Self.good[3].prefix(40))
        let long = AccessLog.line("198.18.0.9", at: 5, "/" + String(repeating: "a", count: 1 << 20), agent: "x")
        for (name, bad) in [("torn", torn), ("long", long)] {
            let stack = try await Stack()
            let log = AccessLog(lines: Array(Self.good[..<3]) + [bad] + Array(Self.good[3...]))
            let rejects = stack.directory.appendingPathComponent("rejects")
            let outcome = try await stack.importing([log.write(to: stack.directory)], ["--rejects", rejects.path])
            #expect(outcome.status == 0, "\(name): \(outcome.errors.suffix(500))")
            let summary = try ImportSummary(outcome)
            #expect(summary.lines == Self.good.count + 1, "\(name)")
            #expect(summary.accepted == Self.good.count, "\(name)")
            #expect(summary.refused == 1, "\(name)")
            #expect(summary.refusedByReason.values.reduce(0, +) == 1, "\(name)")
            #expect(try await stack.count("select count(*) from analytics_events") == Self.good.count, "\(name)")
            #expect(try !Data(contentsOf: rejects).isEmpty, "\(name)")
        }
    }

    @Test(.needsRoot) func aFileThatMayNotBeReadEndsWithFive() async throws {
        let stack = try await Stack()
        let file = try AccessLog(lines: Self.good).write(to: stack.directory)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        // A copy, because the build's folder may be closed to others.
        let copy = stack.directory.appendingPathComponent("collector")
        // Made by another process: one that this one had open for writing could be busy still when it is to run.
        try await Program.run(
            URL(fileURLWithPath: "/usr/bin/env"), ["cp", stack.program("collector").path, copy.path])
        var program = stack.program("collector", as: "nobody")
        program.location = copy.path
        let outcome = try await program.run(["import", file, "--no-progress"])
        #expect(outcome.status == 5, "\(outcome.errors.suffix(500))")
        #expect(outcome.errors.contains(file))
    }

    @Test func aFileThatIsNotThereIsNamed() async throws {
        let stack = try await Stack()
        let outcome = try await stack.importing(["/nonexistent/access.log"], [])
        #expect(outcome.status == 1, "\(outcome.errors.suffix(500))")
        #expect(outcome.errors.contains("/nonexistent/access.log"))
    }

    @Test(arguments: ["collector", "detector", "throttle", "reporter", "traffic"])
    func anUnknownFlagEndsWithSixtyFour(_ name: String) async throws {
        let outcome = try await Product(name: name).run(["--no-such-flag"])
        #expect(outcome.status == 64, "\(outcome.errors.suffix(500))")
        #expect(outcome.errors.contains("no-such-flag"))
        #expect(outcome.output.isEmpty)
    }

    @Test(arguments: ["collector", "detector", "throttle", "reporter"])
    func aWrongSettingEndsWithSeventyEight(_ name: String) async throws {
        let program = Product(
            name: name,
            environment: [
                "WEIR_CONFIG": "/dev/null", "WEIR_COLLECTOR_SESSION_IDLE_SECONDS": "soon", "WEIR_LOG_LEVEL": "x",
            ])
        let outcome = try await program.run(["--check"])
        #expect(outcome.status == 78, "\(outcome.errors.suffix(500))")
        #expect(outcome.errors.contains("collector.session.idle_seconds") && outcome.errors.contains("log.level"))
    }

    @Test(arguments: [
        ("collector", "WEIR_COLLECTOR_COOKIE_KEY_FILE", "collector.cookie.key_file"),
        ("reporter", "WEIR_REPORTER_TOKENS_FILE", "reporter.tokens_file"),
    ])
    func aFileOfSecretsThatIsNotThereIsAWrongSetting(_ name: String, _ variable: String, _ setting: String) async throws
    {
        let program = Product(name: name, environment: ["WEIR_CONFIG": "/dev/null", variable: "/nonexistent"])
        let outcome = try await program.run(["--check"])
        #expect(outcome.status == 78 && outcome.errors.contains(setting), "\(outcome.errors.suffix(500))")
    }

    /// Before anything is stopped for it.
    @Test(arguments: [
        ("COLLECTOR_GEOIP", "not a database"), ("COLLECTOR_AGENTS_FILE", "{"), ("THROTTLE_POLICY", "{"),
        ("DETECTOR_RULES", "{"),
    ])
    func aFileThatIsNoneIsFoundByTheCheck(_ setting: String, _ text: String) async throws {
        let name = setting.prefix { $0 != "_" }.lowercased()
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("weir-check-\(UUID().uuidString)")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        for path in [file.path, "/nonexistent"] {
            let program = Product(name: name, environment: ["WEIR_CONFIG": "/dev/null", "WEIR_\(setting)": path])
            let outcome = try await program.run(["--check"])
            #expect(outcome.status == 78 && outcome.errors.contains(path), "\(outcome.errors.suffix(500))")
        }
    }

    /// A setting in a variable is misspelt as easily as one in a file.
    @Test func aVariableThatIsNoSettingEndsWithSeventyEight() async throws {
        let program = Product(
            name: "throttle",
            environment: ["WEIR_CONFIG": "/dev/null", "WEIR_THROTTLE_SHADO": "true", "WEIR_BUILD": "/elsewhere"])
        let outcome = try await program.run(["--check"])
        #expect(outcome.status == 78, "\(outcome.errors.suffix(500))")
        #expect(outcome.errors.contains("WEIR_THROTTLE_SHADO is not a setting; did you mean WEIR_THROTTLE_SHADOW?"))
        #expect(!outcome.errors.contains("WEIR_BUILD"))
    }

    @Test func withoutPostgreSQLReportsAndImportsEndWithThree() async throws {
        let stack = try await Stack()
        stack.environment["WEIR_DATABASE_URL"] = "postgresql:///weir?host=/nonexistent"
        let file = try AccessLog(lines: Self.good).write(to: stack.directory)
        let imported = try await stack.importing([file], [])
        #expect(imported.status == 3, "\(imported.errors.suffix(500))")
        let report = try await stack.program("reporter").run(["overview"])
        #expect(report.status == 3, "\(report.errors.suffix(500))")
        #expect(report.errors.contains("/nonexistent"))
    }

    @Test func aSchemaNewerThanTheProgramEndsWithSeventyEight() async throws {
        let stack = try await Stack()
        _ = try await stack.column(
            "insert into schema_migrations (version, name, checksum) values (9999, 'from_the_future', '')",
            as: "weir_owner")
        let file = try AccessLog(lines: Self.good).write(to: stack.directory)
        let imported = try await stack.importing([file], [])
        #expect(imported.status == 78, "\(imported.errors.suffix(500))")
        let report = try await stack.program("reporter").run(["overview"])
        #expect(report.status == 78, "\(report.errors.suffix(500))")
        #expect(try await stack.count("select count(*) from analytics_events") == 0)
    }

    @Test(arguments: Stack.Service.all)
    func aSocketInUseIsLeftToItsOwner(_ service: Stack.Service) async throws {
        let stack = try await Stack()
        try await stack.start([service])
        let second = try await stack.program(service.program).run(service.arguments, limit: .seconds(20))
        #expect(second.status == 3, "\(second.errors.suffix(500))")
        #expect(
            [".sock is in use", "running already", "another collector uses the spool"]
                .contains { second.errors.contains($0) }, "\(second.errors.suffix(500))")
        _ = try await stack.status(of: service)
        #expect(await stack.stop(service) == 0)
    }
}
