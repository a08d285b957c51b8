import ReporterCore
import Testing
import WeirProtocol

/// Tables, CSV and numbers, on what hostile visitors send.
@Suite struct RenderingTests {
    static func report(_ command: String, _ data: JSONObject, hint: String? = nil) throws -> Report {
        let (request, _) = try CommandReaderTests.request(command)
        return Report(
            request: request, from: Timestamp(year: 2026, month: 11, day: 20),
            to: Timestamp(year: 2026, month: 11, day: 21), data: data, hint: hint)
    }

    static func sources(_ names: [String]) -> JSONObject {
        let rows = names.enumerated().map { index, name -> JSONValue in
            [
                "source": .string(name), "session_count": .integer(Int64(1234 * index + 5)), "percentage": 12.345,
                "visitor_count": 3, "user_count": 0, "page_view_count": 1_234_567,
            ]
        }
        return JSONObject(["sources": .array(rows), "total_sessions": 99])
    }

    static let hostile: [(String, String)] = [
        ("plain", "plain"), ("a\u{1B}[2Jb", "a[2Jb"), ("a\nb\rc\td", "abcd"), ("\u{7}\u{8}bell", "bell"),
        ("\u{9B}31mred", "31mred"), ("rtl\u{202E}gpj.exe", "rtlgpj.exe"), ("zero\u{200B}width\u{FEFF}", "zerowidth"),
        ("line\u{2028}sep", "linesep"), ("tag\u{E0041}s", "tags"), ("日本語", "日本語"), ("naïve é", "naïve é"),
        ("", ""), ("\u{FFFD}", "\u{FFFD}"), ("\u{2066}isolate\u{2069}", "isolate"), ("a\u{0}b", "ab"),
    ]

    @Test(arguments: hostile) func controlCharactersAreStripped(_ text: String, _ expected: String) {
        #expect(TerminalText.stripped(text) == expected)
    }

    /// JSON reads what is shown as what it was.
    @Test(arguments: [
        "plain", "\u{1B}[31m", "a\u{9B}31m", "\u{202E}exe.txt", "\u{E0001}", "grün \u{1F600}", "two\nlines",
    ])
    func dataOnATerminalIsShownInsteadOfObeyed(_ text: String) throws {
        let json = JSONValue.string(text).text
        let shown = TerminalText.shown(json)
        #expect(try JSONValue(parsing: Array(shown.utf8)) == .string(text))
        #expect(TerminalText.stripped(shown) == shown)
    }

    static let widths: [(String, Int)] = [
        ("", 0), ("abc", 3), ("日本語", 6), ("한글", 4), ("ﾊﾝｶｸ", 4), ("Ｗｉｄｅ", 8), ("e\u{301}", 1), ("é", 1), ("👍", 2),
        ("👨‍👩‍👧‍👦", 2), ("🇩🇪", 2), ("…", 1), ("█▋", 2), ("Привет", 6), ("שלום", 4), ("❤\u{FE0F}", 2),
    ]

    @Test(arguments: widths) func displayWidth(_ text: String, _ width: Int) {
        #expect(TerminalText.width(text) == width)
    }

    @Test func clipping() {
        #expect(TerminalText.clipped("abcdef", to: 6) == "abcdef")
        #expect(TerminalText.clipped("abcdef", to: 4) == "abc…")
        #expect(TerminalText.clipped("日本語", to: 4) == "日…")
        #expect(TerminalText.clipped("日本語", to: 5) == "日本…")
        #expect(TerminalText.clipped("abc", to: 0) == "")
    }

    @Test(arguments: [20, 30, 40, 60, 80, 120, 200])
    func tablesFitTheTerminal(_ width: Int) throws {
        let names =
            Self.hostile.map(\.0) + [String(repeating: "long ", count: 2000), String(repeating: "漢", count: 300)]
        let report = try Self.report("traffic sources", Self.sources(names))
        let lines = report.table(on: TerminalShape(width: width, hasColors: false)).split(separator: "\n")
        // The heading and notes are sentences; every line of the table itself fits.
        for line in lines.dropFirst() where !line.hasPrefix("The terminal is too narrow") {
            #expect(TerminalText.width(String(line)) <= width, "\(line)")
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
        }
    }

    /// What has no value makes room first, then the day that the heading tells; an id is whole or not there.
    @Test func idsAndTimesAreNotCut() throws {
        let id = "sess_01k9z0000000000000000000aa"
        let row: JSONValue = [
            "session_id": .string(id), "user_type": nil, "class": "human", "started_at_time": "2026-11-21T08:00:00Z",
            "last_activity_time": "2026-11-21T08:10:30Z", "duration_seconds": 630, "request_count": 12, "country": nil,
            "device_type": "desktop", "landing_page": "/a/page/with/a/rather/long/path/to/its/place/in/the/site",
        ]
        func lines(from day: Int64, _ width: Int) throws -> [String] {
            var report = try Self.report("sessions live", JSONObject(["active_count": 1, "sessions": [row]]))
            report.from = Timestamp(year: 2026, month: 11, day: day)
            report.to = Timestamp(year: 2026, month: 11, day: 22)
            return report.table(on: TerminalShape(width: width, hasColors: false)).split(separator: "\n").map(
                String.init)
        }
        let narrow = try lines(from: 21, 80)
        #expect(narrow[2] == "session                          class  started   last activity  duration")
        #expect(narrow[3] == "\(id)  human  08:00:00  08:10:30          10.5m")
        #expect(narrow[4].contains("too narrow for: user, requests, country, device, landing page"))
        let middle = try lines(from: 21, 120)
        #expect(
            middle[3]
                == "\(id)  human  08:00:00  08:10:30          10.5m        12  desktop  /a/page/with/a/rather/lon…")
        #expect(TerminalText.width(middle[3]) == 120)
        // Of several days the day is needed.
        let days = try lines(from: 20, 79)
        #expect(days[3] == "\(id)  human  2026-11-21 08:00:00")
        #expect(try lines(from: 21, 400)[3].contains("2026-11-21 08:10:30"))
    }

    @Test func numbersAlignRight() throws {
        let report = try Self.report("traffic sources", Self.sources(["direct", "日本語"]))
        let text = report.table(on: TerminalShape(width: 100, hasColors: false))
        #expect(
            text.contains(
                """
                source  sessions  share  visitors  users  page views
                direct         5    12%         3      0   1,234,567
                日本語     1,239    12%         3      0   1,234,567
                """), "\(text)")
        #expect(!text.contains("\u{1B}"))
    }

    @Test func coloursOnlyWhereWanted() throws {
        let report = try Self.report("traffic sources", Self.sources(["a\u{1B}[31m"]))
        let text = report.table(on: TerminalShape(width: 80, hasColors: true))
        #expect(text.contains("\u{1B}[1mTraffic Sources\u{1B}[0m"))
        #expect(!text.contains("\u{1B}[31m"))
    }

    @Test func emptyReportsSaySo() throws {
        let report = try Self.report(
            "traffic sources", JSONObject(["sources": [], "total_sessions": 0]), hint: "Data begins 2005.")
        #expect(report.isEmpty)
        let text = report.table(on: TerminalShape(width: 80, hasColors: false))
        #expect(text.contains("Nothing to show."))
        #expect(text.contains("Data begins 2005."))
        #expect(
            report.csv == "source,session_count,percentage,visitor_count,user_count,page_view_count\r\n")
        #expect(report.json["data"]?["sources"] == [])
    }

    @Test func nullsAreDashesAndEmptyCells() throws {
        let row: JSONValue = [
            "path": "/a", "title": nil, "views": 3, "unique_visitors": 2, "avg_time_seconds": nil, "percentage": 100,
            "trend": "up", "content_id": nil, "site": "a.example",
        ]
        let report = try Self.report("content top", JSONObject(["content": .array([row]), "total_views": 3]))
        #expect(report.csv.hasSuffix("\r\n,a.example,/a,,3,2,,100,up\r\n"))
        #expect(report.table(on: TerminalShape(width: nil, hasColors: false)).contains("/a    –          3"))
    }

    static let cells: [(String, String)] = [
        ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""), ("two\nlines", "\"two\nlines\""),
        ("cr\rhere", "\"cr\rhere\""), ("=1+1", "'=1+1"), ("+49", "'+49"), ("-5", "'-5"), ("@cmd", "'@cmd"),
        ("\t=1", "'\t=1"), (" =1", "' =1"),
        ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
        ("\r=1", "\"'\r=1\""), ("＝1", "'＝1"), ("a=b", "a=b"), ("", ""), (" padded ", "\" padded \""), ("é日本", "é日本"),
        // One character to Swift, a quote and something else to whoever reads CSV.
        ("\"\u{301},=1+1", "\"\"\"\u{301},=1+1\""), ("a\"\u{200D},\"=1", "\"a\"\"\u{200D},\"\"=1\""),
        ("\u{200B}=1", "'\u{200B}=1"), ("\u{2003}+1", "'\u{2003}+1"), ("\u{202E}@x", "'\u{202E}@x"),
    ]

    @Test(arguments: cells) func csvCells(_ text: String, _ expected: String) throws {
        let report = try Self.report("traffic sources", Self.sources([text]))
        #expect(
            report.csv
                == "source,session_count,percentage,visitor_count,user_count,page_view_count\r\n"
                + "\(expected),5,12.345,3,0,1234567\r\n")
    }

    @Test func negativeNumbersStayNumbersInCSV() throws {
        let report = try Self.report(
            "costs summary",
            JSONObject([
                "period": "p", "total_cost_microdollars": 1_500_000, "change_percent": -12.5, "total_requests": 2,
                "total_tokens": 30, "avg_cost_per_request_microdollars": 750_000,
            ]))
        #expect(
            report.csv
                == "period,total_cost_microdollars,change_percent,total_requests,total_tokens,"
                + "avg_cost_per_request_microdollars\r\np,1500000,-12.5,2,30,750000\r\n")
    }

    @Test func theEnvelope() throws {
        var report = try Self.report("traffic sources --country DE --class bot", Self.sources([]))
        report.data = JSONObject(["total_sessions": 0])
        #expect(
            report.json.text == #"{"report":"traffic.sources","version":1,"from":"2026-11-20T00:00:00Z","#
                + #""to":"2026-11-21T00:00:00Z","timezone":"UTC","population":"bot","filters":{"country":"DE"},"#
                + #""data":{"total_sessions":0}}"#)
        let indented = report.json.indentedText
        #expect(indented.hasPrefix("{\n  \"report\": \"traffic.sources\",\n"))
        #expect(try JSONValue(parsing: indented.utf8) == report.json)
    }

    @Test func trendsHaveBars() throws {
        let points: [JSONValue] = [
            ["timestamp": "2026-11-19", "session_count": 0], ["timestamp": "2026-11-20", "session_count": 50],
            ["timestamp": "2026-11-21", "session_count": 100],
        ]
        let report = try Self.report("sessions trends", JSONObject(["points": .array(points), "total_sessions": 150]))
        let lines = report.table(on: TerminalShape(width: 120, hasColors: false)).split(separator: "\n")
        func bar(_ day: String) -> Int {
            lines.first { $0.hasPrefix(day) }?.filter { $0 == "█" }.count ?? -1
        }
        #expect(bar("2026-11-19") == 0)
        #expect(bar("2026-11-20") == 20)
        #expect(bar("2026-11-21") == 40)
    }
}
