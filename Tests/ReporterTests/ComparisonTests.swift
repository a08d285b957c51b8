import ReporterCore
import Testing
import WeirProtocol

/// Which numbers of two windows are set beside each other, and where their change is shown.
@Suite struct ComparisonTests {
    private static func page(_ site: String, _ path: String, _ views: Int64, _ trend: String) -> JSONValue {
        [
            "content_id": .string(path), "site": .string(site), "path": .string(path), "title": nil,
            "views": .integer(views), "unique_visitors": 1, "avg_time_seconds": nil, "percentage": 10,
            "trend": .string(trend),
        ]
    }

    private static func compared(
        _ command: String, _ data: JSONObject, _ earlier: JSONObject
    ) throws -> Report {
        var report = try RenderingTests.report("\(command) --compare previous", data)
        report.compare(with: earlier, from: Timestamp(year: 2026, month: 11, day: 19))
        return report
    }

    /// The cells of a table's lines, parted where two spaces are.
    private static func cells(_ report: Report) -> [[String]] {
        report.table(on: TerminalShape(width: nil, hasColors: false)).split(separator: "\n").map { line in
            var cells: [String] = []
            for part in line.split(separator: " ", omittingEmptySubsequences: false) {
                if part.isEmpty {
                    cells.append("")
                } else if cells.last?.isEmpty ?? true {
                    cells.append(String(part))
                } else {
                    cells[cells.count - 1] += " \(part)"
                }
            }
            return cells.filter { !$0.isEmpty }
        }
    }

    /// Neither another trend nor another site's page of the same path comes between a row and its partner.
    @Test func rowsArePairedByWhatTheyAreAbout() throws {
        let report = try Self.compared(
            "content top",
            JSONObject([
                "content": .array([
                    Self.page("a.example", "/", 30, "up"), Self.page("b.example", "/", 12, "down"),
                    Self.page("a.example", "/new", 5, "up"),
                ]), "total_views": 47,
            ]),
            JSONObject([
                "content": .array([
                    Self.page("b.example", "/", 24, "up"), Self.page("a.example", "/", 20, "stable"),
                ]), "total_views": 44,
            ]))
        let lines = report.csv.split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines[0].hasSuffix(",trend,views_change_percent"))
        #expect(
            lines[1...3].map { $0.split(separator: ",", omittingEmptySubsequences: false).last } == ["50", "-50", ""])
        let table = Self.cells(report)
        #expect(table[1] == ["site", "page", "title", "views", "change", "visitors", "time on page", "share", "trend"])
        #expect(table[2].prefix(5) == ["a.example", "/", "–", "30", "+50.0%"])
        #expect(table[3].prefix(5) == ["b.example", "/", "–", "12", "-50.0%"])
        #expect(table[4].prefix(5) == ["a.example", "/new", "–", "5", "–"])
    }

    /// One site's rows need no column to be told apart.
    @Test func theSiteIsShownWhereThereAreSeveral() throws {
        let report = try RenderingTests.report(
            "content popular",
            JSONObject([
                "content": .array([Self.page("a.example", "/", 3, "up"), Self.page("a.example", "/b", 2, "up")]),
                "total_views": 5,
            ]))
        #expect(Self.cells(report)[1].prefix(2) == ["page", "title"])
        #expect(report.csv.contains("\r\n/,a.example,/,"))
    }

    @Test func theChangeStandsBesideWhatChanged() throws {
        func point(_ day: String, _ people: Int64) -> JSONValue {
            [
                "timestamp": .string(day), "start": .string("\(day)T00:00:00Z"), "human_sessions": .integer(people),
                "undecided_sessions": 1, "bot_sessions": 2, "session_count": .integer(people + 3),
            ]
        }
        let report = try Self.compared(
            "traffic trends", JSONObject(["points": [point("2026-11-20", 15)], "total_sessions": 18]),
            JSONObject(["points": [point("2026-11-19", 10)], "total_sessions": 13]))
        let table = Self.cells(report)
        #expect(table[1] == ["when", "people", "change", "undecided", "bots", "sessions"])
        #expect(table[2].prefix(3) == ["2026-11-20", "15", "+50.0%"])
        #expect(
            report.csv.hasPrefix(
                "timestamp,start,human_sessions,undecided_sessions,bot_sessions,session_count,"
                    + "human_sessions_change_percent\r\n"
            ))
    }

    /// Steps are counted from the first; their number is no amount.
    @Test func numbersThatNameARowAreNotCompared() throws {
        func step(_ number: Int64, _ name: String, _ entered: Int64) -> JSONValue {
            ["step_order": .integer(number), "name": .string(name), "entered_count": .integer(entered)]
        }
        let report = try Self.compared(
            "funnels stats signup", JSONObject(["steps": [step(0, "Visit", 9), step(1, "Visit", 6)]]),
            JSONObject(["steps": [step(0, "Visit", 6), step(1, "Visit", 3)]]))
        let lines = report.csv.split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines[0].hasSuffix(",entered_count_change_percent"))
        #expect(lines[1].hasSuffix(",50") && lines[2].hasSuffix(",100"))
    }

    /// What is going on now was not going on before, whatever the window.
    @Test func thePresentHasNoChange() throws {
        let data = JSONObject(["sessions": ["currently_active": 6, "created_in_period": 20]])
        let earlier = JSONObject(["sessions": ["currently_active": 3, "created_in_period": 10]])
        let report = try Self.compared("overview", data, earlier)
        #expect(report.previous?.data == JSONObject(["sessions": ["created_in_period": 10]]))
        #expect(!report.csv.contains("sessions_currently_active_change_percent"))
        let lines = Self.cells(report)
        #expect(lines.contains(["Active now", "6"]))
        #expect(lines.contains(["Sessions", "20", "+100.0%"]))
    }

    /// As many rows as the report may show, and the partners of those that it shows, stay of the window before.
    @Test func partnersFarBehindAreKept() throws {
        func source(_ name: String, _ count: Int64) -> JSONValue {
            [
                "source": .string(name), "session_count": .integer(count), "percentage": 1, "visitor_count": 1,
                "user_count": 0, "page_view_count": 1,
            ]
        }
        let report = try Self.compared(
            "traffic sources --limit 1", JSONObject(["sources": [source("social", 20)], "total_sessions": 20]),
            JSONObject([
                "sources": [source("direct", 9), source("email", 5), source("social", 4)], "total_sessions": 18,
            ]))
        let kept = report.previous?.data["sources"]?.arrayValue?.map { $0["source"]?.stringValue }
        #expect(kept == ["direct", "social"])
        #expect(report.csv.contains("social,20,1,1,0,1,400\r\n"))
    }
}
