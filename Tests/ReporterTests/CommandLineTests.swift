import Database
import Foundation
import PostgresSupport
import ReporterCore
import Testing
import WeirProtocol

/// The built program, run as a person or a script runs it.
@Suite struct CommandLineTests {
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    private static let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("reporter")

    private func run(
        _ arguments: [String], url: String, in folder: URL? = nil, runtime: String = "/nonexistent"
    ) async throws -> Outcome {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("weir-cli-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let errors = directory.appendingPathComponent("errors")
        let script = "cd \"$1\" && shift && exec \"$@\" 2>\"$ERRORS\""
        do {
            let output = try await Program.run(
                URL(fileURLWithPath: "/bin/sh"),
                ["-c", script, "sh", (folder ?? directory).path, Self.program.path] + arguments,
                environment: [
                    "WEIR_DATABASE_URL": url, "WEIR_RUNTIME_DIRECTORY": runtime, "WEIR_CONFIG": "/dev/null",
                    "ERRORS": errors.path,
                ])
            return Outcome(status: 0, output: output, errors: (try? String(contentsOf: errors, encoding: .utf8)) ?? "")
        } catch let failure as CommandFailure {
            return Outcome(
                status: failure.status, output: failure.output,
                errors: (try? String(contentsOf: errors, encoding: .utf8)) ?? "")
        }
    }

    private var url: String { get async throws { try await TrafficReportTests.stored.value.url() } }

    @Test func answersInEveryForm() async throws {
        let json = try await run(["traffic", "sources", "--since", "all", "--json"], url: url)
        #expect(json.status == 0)
        #expect(json.errors.isEmpty)
        #expect(try JSONValue(parsing: json.output.utf8)["report"] == "traffic.sources")
        let csv = try await run(["analytics", "traffic", "sources", "--since", "all", "--csv"], url: url)
        #expect(csv.output.hasPrefix("source,session_count,"))
        let table = try await run(["traffic", "sources", "--since", "all"], url: url)
        #expect(table.output.hasPrefix("Traffic Sources"))
        #expect(!table.output.contains("\u{1B}"))
        // Not a terminal: the live view shows itself once.
        #expect(try await run(["sessions", "live", "--since", "all"], url: url).status == 0)
    }

    @Test func withoutPostgreSQLItSaysSo() async throws {
        let outcome = try await run(["overview", "--json"], url: "postgresql:///weir?host=/nonexistent")
        #expect(outcome.status == 3)
        #expect(outcome.errors.hasPrefix("analytics: PostgreSQL is away"))
        #expect(outcome.errors.filter { $0 == "\n" }.count == 1 && outcome.errors.hasSuffix("\n"))
        #expect(try JSONValue(parsing: outcome.output.utf8)["error"]?["code"] == "unavailable")
        #expect(try await run(["overview"], url: "postgresql:///weir?host=/nonexistent").output.isEmpty)
    }

    @Test func withoutAGrantItNamesIt() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try database.connection(as: "weir_owner")
        try await connection.execute("revoke select on user_sessions from weir_reporter")
        await connection.close()
        let outcome = try await run(["overview"], url: database.url())
        #expect(outcome.status == 5)
        #expect(outcome.errors.contains("ermission denied for table user_sessions"))
        #expect(outcome.errors.contains("weir_reporter"))
    }

    @Test func withoutASchemaItSaysMigrate() async throws {
        // The roles are the whole cluster's, so another database's migration makes them.
        _ = try await TestCluster.shared().makeDatabase()
        let database = try await TestCluster.shared().makeDatabase(migrated: false)
        let outcome = try await run(["overview"], url: database.url())
        #expect(outcome.status == 78)
        #expect(outcome.errors.contains("schema/migrate"))
    }

    @Test func exportsNeverReplaceUnasked() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weir-export-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("out.csv")
        let command = ["overview", "--since", "all", "--export", "out.csv"]
        let first = try await run(command, url: url, in: folder)
        #expect(first.status == 0)
        #expect(first.output.isEmpty)
        #expect(first.errors.contains("out.csv"))
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.hasPrefix("period,traffic_requests,"))
        #expect(text.contains("costs_total_cost_microdollars"))
        let second = try await run(command, url: url, in: folder)
        #expect(second.status == 64)
        #expect(second.errors.contains("--force"))
        #expect(try await run(command + ["--force"], url: url, in: folder).status == 0)
        for (path, status, word) in [
            ("/nonexistent/x.csv", Int32(64), "directory that is there"), ("/dev/full", 3, "Make room"),
            (folder.path, 64, "directory that is there"), ("/proc/self/x.csv", 64, "directory that is there"),
        ] {
            let outcome = try await run(["overview", "--force", "--export", path], url: url)
            #expect(outcome.status == status && outcome.errors.contains(word), "\(path): \(outcome.errors)")
        }
        for (export, page) in [
            ("a.csv", "a.csv"), ("a.csv", "./a.csv"), ("out.csv", "link"),
            ("out.csv", "../\(folder.lastPathComponent)/out.csv"), ("later", "b.csv"), ("b.csv", "later"),
        ] {
            for (name, target) in [("link", "out.csv"), ("later", "./b.csv")] {
                let link = folder.appendingPathComponent(name).path
                try? FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
            }
            let words = ["report", "--force", "--export", export, "--html", page]
            let outcome = try await run(words, url: url, in: folder)
            #expect(outcome.status == 64 && outcome.errors.contains("the same file"), "\(page): \(outcome.errors)")
        }
        // What no --force replaces is not promised to be.
        let dangling = folder.appendingPathComponent("dangling")
        try FileManager.default.createSymbolicLink(atPath: dangling.path, withDestinationPath: "/nonexistent/x.csv")
        for path in [folder.path, dangling.path] {
            let outcome = try await run(["overview", "--export", path], url: url)
            #expect(outcome.status == 64 && !outcome.errors.contains("--force"), "\(path): \(outcome.errors)")
        }
    }

    /// A file that is not whole would be taken for one that is.
    @Test func anExportThatFailsLeavesNothing() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weir-export-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let command = ["export", "sessions", "--since", "all", "--export", "out.csv"]
        let away = "postgresql:///weir?host=/nonexistent"
        #expect(try await run(command, url: away, in: folder).status == 3)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        #expect(try await run(command, url: url, in: folder).status == 0)
        let file = folder.appendingPathComponent("out.csv")
        let whole = try Data(contentsOf: file)
        #expect(whole.starts(with: Data("session_id,".utf8)))
        #expect(try await run(command, url: url, in: folder).status == 64)
        #expect(try await run(command + ["--force"], url: away, in: folder).status == 3)
        #expect(try Data(contentsOf: file) == whole)
        #expect(try await run(command + ["--force", "--class", "bot"], url: url, in: folder).status == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out.csv"])
        // A device is written to, and stays one.
        let device = ["export", "sessions", "--since", "all", "--force", "--export", "/dev/null"]
        #expect(try await run(device, url: url, in: folder).status == 0)
        #expect(
            try FileManager.default.attributesOfItem(atPath: "/dev/null")[.type] as? FileAttributeType
                == .typeCharacterSpecial)
    }

    /// Whoever may read the old file may read the new one, and nobody else; a link stays one.
    @Test func aReplacedFileStaysWhatItIs() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weir-export-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (file, link) = (folder.appendingPathComponent("real.csv"), folder.appendingPathComponent("link.csv"))
        try "old".write(to: file, atomically: false, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
        for command in [["export", "sessions"], ["overview"]] {
            let words = command + ["--since", "all", "--force", "--export"]
            #expect(try await run(words + ["real.csv"], url: url, in: folder).status == 0)
            #expect(try String(contentsOf: file, encoding: .utf8) != "old")
            try "old".write(to: file, atomically: false, encoding: .utf8)
            #expect(try await run(words + ["link.csv"], url: url, in: folder).status == 0)
            #expect(try String(contentsOf: file, encoding: .utf8) != "old")
            try "old".write(to: file, atomically: false, encoding: .utf8)
            let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == file.path)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["link.csv", "real.csv"])
        let longest = String(repeating: "n", count: 251) + ".csv"
        #expect(
            try await run(["export", "sessions", "--since", "all", "--export", longest], url: url, in: folder).status
                == 0)
    }

    /// An export is data alone; whose it is stands beside it.
    @Test func anExportSaysWhoseItIs() async throws {
        let people = try await run(["export", "sessions", "--since", "all"], url: url)
        #expect(people.errors == "Only sessions of people and undecided; --class all exports everybody's.\n")
        #expect(people.output.hasPrefix("session_id,"))
        #expect(try await run(["export", "sessions", "--since", "all", "--class", "all"], url: url).errors.isEmpty)
        #expect(try await run(["export", "events", "--since", "all"], url: url).errors.isEmpty)
    }

    /// The detector does it, and help says what people have to type.
    @Test func helpOfAVerbThatIsHandedOver() async throws {
        let text = try await Program.run(ServedPage.program, ["bots", "reclassify", "--help"])
        #expect(text.contains("USAGE: analytics bots reclassify ") && !text.contains("detector operator"))
    }

    @Test func exitCodes() async throws {
        #expect(try await run(["overvew"], url: url).status == 64)
        #expect(try await run(["--help"], url: url).status == 0)
        #expect(try await run([], url: url).output.contains("Usage: analytics"))
        #expect(try await run(["agents", "show", "nobody"], url: url).status == 1)
        #expect(try await run(["status"], url: url).status == 1)
        #expect(try await run(["--config", "/nonexistent.yaml", "overview"], url: url).status == 78)
        #expect(
            try await run(["--check", "--print-config"], url: url).output.contains("runtime.directory: /nonexistent"))
    }
}
