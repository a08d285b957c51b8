import Database
import Foundation
import PostgresSupport
import ReporterCore
import Testing
import WeirProtocol

/// Every command of the requirements, and more, on a site whose truth `Tests/Fixtures/reports/generate` made up and
/// counted: the whole answer as `--json` prints it.
@Suite struct GoldenAnswerTests {
    struct Golden: Sendable, CustomTestStringConvertible {
        let command: String
        let answer: JSONValue

        var testDescription: String { command }
    }

    static let folder = TestCluster.packageRoot.appendingPathComponent("Tests/Fixtures/reports")

    static let answers: [Golden] = {
        do {
            let lines = try String(contentsOf: folder.appendingPathComponent("answers.ndjson"), encoding: .utf8)
            return try lines.split(separator: "\n").map { line in
                let golden = try JSONValue(parsing: line.utf8)
                return Golden(command: golden["command"]?.stringValue ?? "", answer: golden["answer"] ?? .null)
            }
        } catch { fatalError("Tests/Fixtures/reports/answers.ndjson: \(error)") }
    }()

    static let stored = Task { try await seeded() }

    /// Everything is rolled up.
    private static let rolled = Task {
        let database = try await seeded()
        try await database.rollUp()
        return database
    }

    /// Three hours of every fifty, and all of one day, are not rolled up.
    private static let partlyRolled = Task {
        let database = try await seeded()
        try await database.rollUp()
        let connection = try database.connection(as: "postgres")
        _ = try await connection.query(
            """
            select unroll_hours(array(select hour from rolled_hours
                where extract(epoch from hour)::bigint / 3600 % 50 < 3 or hour::date = '2026-11-17'))
            """)
        await connection.close()
        return database
    }

    static func seeded() async throws -> TestDatabase {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try database.connection(as: "postgres")
        let seed = try String(contentsOf: folder.appendingPathComponent("seed.sql"), encoding: .utf8)
        try await connection.script(seed)
        await connection.close()
        return database
    }

    @Test(arguments: answers) func isTheTruth(_ golden: Golden) async throws {
        for database in [Self.stored, Self.rolled, Self.partlyRolled] {
            let answer = try await database.value.report(golden.command).json
            let found = Self.differences(answer, golden.answer)
            #expect(found.isEmpty, "\(golden.command)\n\(found.prefix(10).joined(separator: "\n"))")
        }
    }

    /// Every command that the README lists has its answer here, and the requirements' are all on that page.
    @Test func noCommandIsLeftOut() throws {
        let page = try String(
            contentsOf: TestCluster.packageRoot.appendingPathComponent("README.md"), encoding: .utf8)
        let listed = page.split(separator: "\n").compactMap { line -> String? in
            guard line.hasPrefix("| `analytics "), let end = line.dropFirst(3).firstIndex(of: "`") else { return nil }
            return String(line[line.index(line.startIndex, offsetBy: 3)..<end])
        }
        #expect(listed.count >= 34)
        // A file comes out of it, which CommandLineTests looks at.
        let known = Set(Self.answers.map(\.command)).union(["analytics overview --export file.csv"])
        #expect(listed.filter { !known.contains($0) } == [])
        let requirements = TestCluster.packageRoot.appendingPathComponent("../shared/requirements/tracking.txt")
        guard let text = try? String(contentsOf: requirements, encoding: .utf8) else { return }
        let ordered = text.split(separator: "\n").compactMap { line -> String? in
            guard let start = line.range(of: "\"command\": \"")?.upperBound else { return nil }
            return String(line[start...].prefix { $0 != "\"" }).replacingOccurrences(
                of: "show <name>", with: "show librarian"
            )
            .replacingOccurrences(of: "show <tool-name>", with: "show search")
        }
        #expect(ordered.count == 33)
        #expect(ordered.filter { !listed.contains($0) } == [])
    }

    /// The committed files are what the generator makes.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "needs python3"))
    func nobodyEditedTheTruth() async throws {
        try await Program.run(
            URL(fileURLWithPath: "/usr/bin/python3"), [Self.folder.appendingPathComponent("generate").path, "--check"])
    }

    /// Where two values differ, each as its place and both sides; numbers may differ by their last binary digits.
    static func differences(_ found: JSONValue, _ expected: JSONValue, at place: String = "") -> [String] {
        switch (found, expected) {
        case (.object(let left), .object(let right)):
            let missing = right.fields.filter { left[$0.name] == nil }.map { "\(place).\($0.name) is missing" }
            return missing
                + left.fields.flatMap { field -> [String] in
                    guard let other = right[field.name] else { return ["\(place).\(field.name) is not expected"] }
                    return differences(field.value, other, at: "\(place).\(field.name)")
                }
        case (.array(let left), .array(let right)):
            let lengths = left.count == right.count ? [] : ["\(place) has \(left.count), not \(right.count)"]
            return lengths
                + zip(left, right).enumerated().flatMap { differences($1.0, $1.1, at: "\(place)[\($0)]") }
        default:
            if found == expected { return [] }
            if let left = found.doubleValue, let right = expected.doubleValue,
                abs(left - right) <= 1e-9 * max(1, abs(right))
            {
                return []
            }
            return ["\(place) is \(found.text), not \(expected.text)"]
        }
    }
}
