import ReporterCore
import Testing
import WeirProtocol

/// What the keys of a live view do, without a terminal.
@Suite struct LiveViewTests {
    private static func request(_ command: String = "top") throws -> ReportRequest {
        try CommandReaderTests.request(command).0
    }

    /// Rows with the requests a minute, the class and the page given.
    private static func answer(
        _ rows: [(rate: Double, name: String, page: String)], to request: ReportRequest
    ) -> Report {
        let elements = rows.map { row -> JSONValue in
            [
                "requests_per_minute": .number(row.rate), "request_count": 1, "error_count": 0,
                "class": .string(row.name), "bot_name": .null, "throttle_level": "normal", "duration_seconds": 5,
                "country": .null, "device_type": "mobile", "exit_page": .string(row.page), "ip_address": "192.0.2.1",
                "last_activity_time": "2026-11-21T19:59:00Z", "session_id": .string("sess_\(row.page)"),
            ]
        }
        return Report(
            request: request, from: request.now - 1, to: request.now,
            data: JSONObject([
                "active_count": .integer(Int64(rows.count)), "human_sessions": 1, "undecided_sessions": 0,
                "bot_sessions": 1, "requests_per_minute": 12.5, "sessions": .array(elements),
            ]))
    }

    private static let rows: [(rate: Double, name: String, page: String)] = [
        (9, "scanner", "/c"), (2, "human", "/a"), (0.5, "human", "/b"),
    ]

    private static func view(_ rows: [(rate: Double, name: String, page: String)] = rows) throws -> LiveView {
        var view = try #require(LiveView(of: request()))
        view.show(answer(rows, to: view.request(now: CommandReaderTests.now)))
        return view
    }

    private static func lines(_ view: inout LiveView, width: Int = 160, height: Int = 10) -> [String] {
        view.picture(on: TerminalShape(width: width, hasColors: false), height: height, refreshSeconds: 5)
    }

    /// The pages shown, from the top.
    private static func pages(_ view: inout LiveView, height: Int = 10) -> [String] {
        lines(&view, height: height).dropFirst(3).compactMap { line in
            line.split(separator: " ").first { $0.hasPrefix("/") && $0 != "/" }.map(String.init)
        }
    }

    private static func keys(_ text: String) -> [LiveKey] {
        var reader = LiveKeyReader()
        return reader.read(Array(text.utf8))
    }

    private static func press(_ text: String, _ view: inout LiveView) -> LiveView.Action {
        keys(text).reduce(.nothing) { _, key in view.press(key) }
    }

    static let sequences: [(String, [LiveKey])] = [
        ("q", [.character("q")]), ("\u{1B}[A\u{1B}[B", [.up, .down]), ("\u{1B}OA", [.up]), ("\u{1B}", [.escape]),
        ("\u{1B}[5~\u{1B}[6~", [.pageUp, .pageDown]), ("\u{1B}[H\u{1B}[4~", [.home, .end]), ("\u{3}", [.interrupt]),
        ("\u{1A}\u{C}", [.suspend, .redraw]), ("\r\u{7F}", [.enter, .backspace]),
        // Unknown sequences, however long, and what is no ASCII come to nothing.
        ("\u{1B}[1;5C", []), ("\u{1B}[200~x", [.character("x")]), ("ä\u{1}", []),
        ("\u{1B}[\(String(repeating: "1;", count: 5000))A", [.up]), ("\u{1B}q", [.escape, .character("q")]),
        ("\u{1B}[1\u{3}", [.interrupt]),
    ]

    @Test(arguments: sequences) func bytesAreKeys(_ text: String, _ expected: [LiveKey]) {
        #expect(Self.keys(text) == expected)
    }

    @Test func aSequenceMayComeInPieces() {
        var reader = LiveKeyReader()
        #expect(reader.read(Array("\u{1B}[".utf8)) == [])
        #expect(reader.read(Array("A".utf8)) == [.up])
    }

    @Test func sortingGoesThroughTheColumns() throws {
        var view = try Self.view()
        #expect(Self.pages(&view) == ["/c", "/a", "/b"])
        #expect(Self.press("s", &view) == .draw)
        // Requests a minute, the largest first.
        #expect(Self.pages(&view) == ["/c", "/a", "/b"])
        #expect(Self.lines(&view)[2].contains("req/min ↓"))
        _ = Self.press("r", &view)
        #expect(Self.pages(&view) == ["/b", "/a", "/c"])
        #expect(Self.lines(&view)[2].contains("req/min ↑"))
        // The page is the tenth column.
        _ = Self.press("sssssssss", &view)
        #expect(Self.pages(&view) == ["/a", "/b", "/c"])
        _ = Self.press("SSSSSSSSSS", &view)
        #expect(!Self.lines(&view)[2].contains("↑"))
    }

    @Test func filterAsksAnew() throws {
        var view = try Self.view()
        #expect(view.request(now: CommandReaderTests.now).population == .all)
        #expect(Self.press("f", &view) == .ask)
        let request = view.request(now: CommandReaderTests.now)
        #expect(request.population == .human)
        // The answer to the question before comes too late.
        var late = try Self.request()
        late.population = .all
        view.show(Self.answer([(1, "human", "/late")], to: late))
        #expect(!Self.pages(&view).contains("/late"))
        view.show(Self.answer([(1, "human", "/now")], to: request))
        #expect(Self.pages(&view) == ["/now"])
        #expect(Self.lines(&view)[0].contains("sessions of people and undecided"))
        for expected in [Population.bot, .scanner, .undecided, .all] {
            _ = Self.press("f", &view)
            #expect(view.request(now: CommandReaderTests.now).population == expected)
        }
    }

    @Test func findingKeepsRowsThatContainIt() throws {
        var view = try Self.view()
        #expect(Self.press("/scann", &view) == .draw)
        #expect(Self.pages(&view) == ["/c"])
        // Keys are letters meanwhile.
        #expect(Self.press("q", &view) == .draw)
        #expect(Self.pages(&view) == [])
        #expect(Self.press("\u{7F}\r", &view) == .draw)
        #expect(Self.pages(&view) == ["/c"])
        _ = Self.press("/", &view)
        #expect(Self.press("\u{1B}", &view) == .draw)
        #expect(Self.pages(&view) == ["/c", "/a", "/b"])
    }

    @Test func aPauseKeepsThePicture() throws {
        var view = try Self.view()
        #expect(Self.press("p", &view) == .draw)
        #expect(view.isPaused)
        view.show(Self.answer([(1, "human", "/new")], to: view.request(now: CommandReaderTests.now)))
        #expect(Self.pages(&view) == ["/c", "/a", "/b"])
        #expect(Self.lines(&view)[0].contains("PAUSED"))
        #expect(Self.press(" ", &view) == .ask)
        #expect(!view.isPaused)
    }

    @Test func scrollingStopsAtTheEnds() throws {
        var view = try Self.view((0..<50).map { (Double(50 - $0), "human", "/p\($0)") })
        #expect(Self.pages(&view, height: 14) == (0..<10).map { "/p\($0)" })
        #expect(Self.press("\u{1B}[A", &view) == .nothing)
        _ = Self.press("\u{1B}[Bj", &view)
        #expect(Self.pages(&view, height: 14).first == "/p2")
        _ = Self.press("\u{1B}[6~", &view)
        #expect(Self.pages(&view, height: 14).first == "/p12")
        _ = Self.press("G", &view)
        #expect(Self.pages(&view, height: 14) == (40..<50).map { "/p\($0)" })
        #expect(Self.press("\u{1B}[B", &view) == .nothing)
        _ = Self.press("g", &view)
        #expect(Self.pages(&view, height: 14).first == "/p0")
    }

    @Test func endsWithAStatus() throws {
        var view = try Self.view()
        #expect(Self.press("q", &view) == .quit(0))
        #expect(Self.press("\u{1B}", &view) == .quit(0))
        #expect(Self.press("\u{3}", &view) == .quit(130))
        #expect(Self.press("\u{1A}", &view) == .suspend)
        #expect(Self.press("z", &view) == .nothing)
    }

    @Test(arguments: [(1, 1), (10, 3), (20, 5), (40, 24), (80, 24), (300, 100)])
    func thePictureFits(_ width: Int, _ height: Int) throws {
        let hostile = "/\u{1B}[2J\u{202E}\u{9B}31m" + String(repeating: "漢", count: 200)
        var view = try Self.view((0..<40).map { (Double($0), "human", "\(hostile)\($0)") })
        view.show(ReportError(.unavailable, "PostgreSQL is \u{1B}[31m away."))
        let lines = Self.lines(&view, width: width, height: height)
        #expect(lines.count <= height)
        for line in lines {
            #expect(TerminalText.width(line) <= width, "\(line)")
            #expect(TerminalText.stripped(line) == line)
        }
        if width >= 40 { #expect(lines[1].contains("PostgreSQL is [31m away.")) }
    }

    @Test func theWindowMovesWithTheClock() throws {
        let view = try #require(LiveView(of: Self.request()))
        let later = view.request(now: CommandReaderTests.now + 60_000)
        #expect(later.window.to == CommandReaderTests.now + 60_000)
        #expect(later.window.from == CommandReaderTests.now + 60_000 - 1_800_000)
        #expect(LiveView(of: try Self.request("overview")) == nil)
    }
}
