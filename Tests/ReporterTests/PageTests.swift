import Database
import Foundation
import PostgresSupport
import ReporterCore
import Testing
import WeirProtocol

@testable import reporter

/// The page in a real browser. Numbers are compared with the scene that the database was filled from.
@Suite(
    .serialized,
    .enabled(
        if: Browser.isInstalled || ProcessInfo.processInfo.environment["CI"] == "true",
        "chromium is not installed; scripts/install-packages --tests does it"))
struct PageTests {
    static let hostile = "</script><img src=x onerror=\"window.harmed=1\">"
    static let hostilePath = "/\"><script>window.harmed=1</script>\u{202E}gpj.exe"
    /// Every session of the scene, at fixed dates, whatever the clock says.
    static let days = "since=2026-11-10&until=2026-11-22"

    /// The scene, and three sessions whose every text means harm.
    static let stored = Task {
        let database = try await TrafficReportTests.scene.store()
        let connection = try database.connection(as: "postgres")
        for number in 0..<3 {
            try await connection.execute(
                """
                insert into user_sessions (session_id, site, started_at, last_activity_at, ended_at, duration_seconds,
                    request_count, fingerprint_hash, user_agent, browser, device_type, country, referrer_source,
                    referrer_url, landing_page, entry_url, bot_name, is_bot, verdict_class)
                values ($1, 'a.example', '2026-11-20T12:00Z', '2026-11-21T20:00Z', '2026-11-21T20:00Z', 1, 1, $2, $3, $4::text, $4::text,
                    $4::text, $4::text, 'javascript:window.harmed=1', $5, $5, $4::text, $6, case when $6 then 'declared_bot' else 'human' end)
                """,
                [
                    .text("hostile-\(number)"), .text("fp-hostile-\(number)"),
                    .text(hostile + String(repeating: "A", count: 10_000)), .text(hostile), .text(hostilePath),
                    .bool(number > 0),
                ])
        }
        await connection.close()
        return database
    }

    private static var artifacts: URL {
        TestCluster.packageRoot.appendingPathComponent(".build/screenshots", isDirectory: true)
    }

    private func keep(_ picture: Data, _ name: String) throws {
        try FileManager.default.createDirectory(at: Self.artifacts, withIntermediateDirectories: true)
        try picture.write(to: Self.artifacts.appendingPathComponent(name + ".png"))
        #expect(picture.count > 20_000, "\(name) shows next to nothing")
    }

    /// Nothing went wrong in the browser, and it asked nobody but `origin`.
    private func expectPeace(_ browser: Browser, origin: String) {
        #expect(browser.events("Runtime.exceptionThrown") == [])
        #expect(browser.events("Log.entryAdded") == [])
        #expect(browser.events("Runtime.consoleAPICalled") == [])
        for request in browser.events("Network.requestWillBeSent") {
            #expect(request.contains("\"url\":\"\(origin)"), "asked somebody else: \(request.prefix(400))")
        }
    }

    private let harmed = "String(window.harmed) + document.querySelectorAll('main img, main script, main a').length"

    @Test(.timeLimit(.minutes(3))) func showsWhatIsStored() async throws {
        let database = try await Self.stored.value
        let served = try ServedPage(database, withToken: false)
        let browser = try await Browser.open(width: 1360, height: 2700)
        try await browser.prefer("light")
        #expect(try await browser.visit(served.address + "?" + Self.days) == "ready")
        let numbers: [String] = try await browser.evaluate(
            "[...document.querySelectorAll('.tile .number')].map((e) => e.title)")
        let sessions = TrafficReportTests.scene.sessions
        let people = sessions.filter { !$0.isAutomated }
        #expect(numbers[0] == "\(Set(people.map(\.visitor)).count + 1)")
        #expect(numbers[1] == "\(people.count + 1)")
        #expect(numbers[2] == "\(people.flatMap(\.requests).filter { $0.kind == .document }.count)")
        #expect(numbers[3].filter(\.isNumber) == "\(sessions.flatMap(\.requests).count)")
        let sources: [String] = try await browser.evaluate(
            "[...document.querySelectorAll('#sources tbody tr')].map((e) => e.children[1].textContent)")
        let bySource = Dictionary(grouping: people) { $0.source ?? "direct" }.values.map(\.count)
        #expect(sources == (bySource + [1]).sorted(by: >).map(String.init))
        // The chart's table has each day's people, undecided and bots.
        let totals: [Int] = try await browser.evaluate(
            """
            [1, 2, 3].map((column) => [...document.querySelectorAll('#trends tbody tr')]
                .reduce((sum, row) => sum + Number(row.children[column].textContent.replace(',', '')), 0))
            """)
        #expect(totals[0] == sessions.count { $0.kind == .human } + 1)
        #expect(totals[1] == sessions.count { $0.kind == .undecided })
        #expect(totals[2] == sessions.count { $0.isAutomated } + 2)
        // Hostile texts are there to be read, and nothing came of them.
        #expect(try await browser.evaluate(harmed) == "undefined0")
        let text: String = try await browser.evaluate("document.body.textContent")
        #expect(text.contains(Self.hostile))
        #expect(text.contains("<script>window.harmed=1</script>\u{FFFD}gpj.exe"))
        #expect(!text.unicodeScalars.contains("\u{202E}"))
        expectPeace(browser, origin: served.address)
        try keep(try await browser.screenshot(), "page-light")
        try await browser.prefer("dark")
        try keep(try await browser.screenshot(), "page-dark")
        // What is refused by the policy is refused even to somebody who got a script in.
        let refused: Bool = try await browser.evaluate(
            "(() => { try { document.body.innerHTML = '<b>x</b>'; return false; } catch { return true; } })()")
        #expect(refused)
    }

    @Test(.timeLimit(.minutes(3))) func isUsableByEverybody() async throws {
        let served = try ServedPage(try await Self.stored.value, withToken: false)
        let browser = try await Browser.open(width: 1360, height: 1200)
        for scheme in ["light", "dark"] {
            try await browser.prefer(scheme)
            try await browser.visit(served.address + "?class=all&country=de&" + Self.days)
            try await browser.evaluate(
                "document.querySelectorAll('details').forEach((d) => { d.open = true; }); 1", as: Int.self)
            #expect(try await browser.evaluate(PageAudit.script, as: [String].self) == [], "\(scheme)")
        }
        // Names as the browser computes them for a screen reader.
        let tree = try await browser.send("Accessibility.getFullAXTree")["nodes"] as? [[String: Any]] ?? []
        #expect(tree.count > 200)
        let named: Set = [
            "button", "link", "textbox", "combobox", "radio", "table", "region", "group", "dialog", "heading", "list",
        ]
        for node in tree where node["ignored"] as? Bool != true {
            let role = (node["role"] as? [String: Any])?["value"] as? String ?? ""
            let name = (node["name"] as? [String: Any])?["value"] as? String ?? ""
            if named.contains(role), role != "list" { #expect(!name.isEmpty, "a \(role) without a name: \(node)") }
        }
        // At 320 pixels nothing has to be scrolled sideways.
        try await browser.resize(width: 320, height: 900)
        #expect(try await browser.evaluate("document.documentElement.scrollWidth", as: Int.self) <= 320)
        try keep(try await browser.screenshot(), "page-narrow")
        #expect(try await browser.evaluate(PageAudit.script, as: [String].self) == [], "narrow")
    }

    @Test(.timeLimit(.minutes(3))) func worksFromTheKeyboard() async throws {
        let served = try ServedPage(try await Self.stored.value, withToken: false)
        let browser = try await Browser.open(width: 1360, height: 1200)
        try await browser.visit(served.address + "?class=all&" + Self.days)
        try await browser.press("Tab")
        #expect(try await browser.evaluate("document.activeElement.className") == "skip")
        try await browser.press("Enter")
        #expect(try await browser.evaluate("document.activeElement.id") == "main")

        try await browser.evaluate("document.querySelector('.chart').focus(); 1", as: Int.self)
        try await browser.press("End")
        try await browser.press("ArrowLeft")
        let spoken: String = try await browser.evaluate("document.getElementById('status').textContent")
        #expect(spoken.contains("people") && spoken.contains("bots") && spoken.contains("Nov"))
        try await browser.press("Escape")
        #expect(try await browser.evaluate("document.querySelector('.tip').hidden", as: Bool.self))

        // A verdict's reasons, and back to where one was.
        try await browser.evaluate("document.querySelector('#sessions td button').focus(); 1", as: Int.self)
        try await browser.press("Enter")
        let opened: Bool = try await browser.evaluate(
            """
            new Promise((resolve) => { const look = () => document.querySelector('#session dl')
                ? resolve(document.getElementById('session').open) : setTimeout(look, 20); look(); })
            """)
        #expect(opened)
        #expect(try await browser.evaluate(PageAudit.script, as: [String].self) == [])
        try keep(try await browser.screenshot(), "page-session")
        #expect(try await browser.evaluate(harmed) == "undefined0")
        // The table is drawn anew meanwhile, and the button that one came from is another.
        try await browser.evaluate(
            """
            window.redrawn = new Promise((resolve) => new MutationObserver(() => resolve(true))
                .observe(document.querySelector('#sessions .body'), { childList: true }));
            history.replaceState(null, '', location.search.replace('since=2026-11-10', 'since=2026-11-09'));
            window.dispatchEvent(new PopStateEvent('popstate'));
            window.redrawn
            """, as: Bool.self)
        let closed =
            "window.isClosed = new Promise((resolve) => document.getElementById('session').onclose = resolve); 1"
        try await browser.evaluate(closed, as: Int.self)
        try await browser.press("Escape")
        #expect(
            try await browser.evaluate("window.isClosed.then(() => document.activeElement.textContent)") == "Why?")

        // A row narrows the page to itself, the address says so, and the chip undoes it.
        let narrowed: String = try await browser.evaluate(
            """
            (() => { document.querySelector('#countries button.name').click(); return location.search; })()
            """)
        #expect(narrowed.contains("country="))
        try await browser.evaluate("document.querySelector('#chips button').click(); 1", as: Int.self)
        #expect(try await !browser.evaluate("location.search", as: String.self).contains("country="))
        expectPeace(browser, origin: served.address)
    }

    /// What is over says nothing of now, shows its days in the fields whatever the address gives them to, and has each day
    /// once below its hours.
    @Test(.timeLimit(.minutes(3))) func aWindowOfThePastIsOfThePast() async throws {
        let served = try ServedPage(try await Self.stored.value, withToken: false)
        let browser = try await Browser.open(width: 1360, height: 900)
        try await browser.visit(served.address + "?since=24h")
        let titles = "[...document.querySelectorAll('.tile dt')].map((e) => e.textContent)"
        #expect(try await browser.evaluate(titles, as: [String].self).last == "Active now")
        let live =
            "[document.getElementById('live').hidden, document.getElementById('h-sessions').textContent, "
            + "active.textContent.replace(/\\d+/, 'N')].join()"
        #expect(try await browser.evaluate(live, as: String.self) == "false,Live sessions,N active")
        try await browser.visit(served.address + "?class=all&since=2026-11-19T06:00Z&until=2026-11-21T23:30Z")
        #expect(try await browser.evaluate(titles, as: [String].self).last == "Bots")
        #expect(try await browser.evaluate(live, as: String.self) == "true,Sessions,N active in this window")
        #expect(
            try await browser.evaluate("[from.value, until.value]", as: [String].self) == ["2026-11-19", "2026-11-21"])
        let labels: [String] = try await browser.evaluate(
            "[...document.querySelectorAll('#trends svg text')].map((e) => e.textContent).filter((t) => t.includes('Nov'))"
        )
        #expect(labels == ["19 Nov", "20 Nov", "21 Nov"])
        // Each stands where its day begins: 18 and 42 hours from the start.
        let places: [Double] = try await browser.evaluate(
            """
            (() => { const bars = [...document.querySelectorAll('#trends svg .cursor')].map((e) => Number(e.getAttribute('x')));
                return [...document.querySelectorAll('#trends svg text')].filter((t) => t.textContent.includes('Nov'))
                    .map((t) => bars.filter((x) => x <= Number(t.getAttribute('x'))).length - 1); })()
            """)
        #expect(places == [0, 18, 42])
        // What ends as a day begins has nothing of that day.
        try await browser.visit(served.address + "?class=all&since=2026-11-19T06:00Z&until=2026-11-21T00:00Z")
        #expect(
            try await browser.evaluate("[from.value, until.value]", as: [String].self) == ["2026-11-19", "2026-11-20"])
        // Passed on, the address means the days of whoever passed it on.
        try await browser.visit(served.address + "?class=all&since=2026-11-19&until=2026-11-20&tz=Asia/Tokyo")
        #expect(try await browser.evaluate("asof.textContent", as: String.self).contains("Asia/Tokyo"))
        #expect(
            try await browser.evaluate("[from.value, until.value]", as: [String].self) == ["2026-11-19", "2026-11-20"])
        try await browser.visit(served.address + "?since=2026-11-19&until=2026-11-20&tz=Mars/Base")
        #expect(try await !browser.evaluate("asof.textContent", as: String.self).contains("Mars"))
        expectPeace(browser, origin: served.address)
    }

    /// After the import of an old log the last hours are empty, and one press away from what there is.
    @Test(.timeLimit(.minutes(3))) func anEmptyWindowLeadsToEverything() async throws {
        let served = try ServedPage(try await Self.stored.value, withToken: false)
        let browser = try await Browser.open(width: 900, height: 700)
        #expect(try await browser.visit(served.address + "?since=2001-01-01&until=2001-01-02") == "ready")
        let said: String = try await browser.evaluate("document.querySelector('#trends .empty').textContent")
        #expect(said.contains("What is stored reaches from") && !said.contains("--"))
        #expect(try await browser.evaluate(PageAudit.script, as: [String].self) == [])
        let found: String = try await browser.evaluate(
            """
            new Promise((resolve) => {
                document.getElementById('show-all').click();
                const limit = Date.now() + 20000;
                const look = () => document.querySelector('#trends .chart') || Date.now() > limit
                    ? resolve(location.search + document.querySelector('[name=range]:checked').value) : setTimeout(look, 20);
                look();
            })
            """)
        #expect(found == "?since=allall")
        #expect(try await browser.evaluate("document.querySelector('#trends .chart') != null", as: Bool.self))
        expectPeace(browser, origin: served.address)
    }

    @Test(.timeLimit(.minutes(3))) func opensToHoldersOfAToken() async throws {
        let served = try ServedPage(try await Self.stored.value, withToken: true)
        let browser = try await Browser.open(width: 900, height: 700)
        #expect(try await browser.visit(served.address) == "failed")
        #expect(try await !browser.evaluate("document.getElementById('token-form').hidden", as: Bool.self))
        #expect(try await browser.visit(served.address + "?" + Self.days + "#token=" + ServedPage.token) == "ready")
        // The token has left the address, so that it is in no history and on no screen.
        #expect(try await browser.evaluate("location.href", as: String.self) == served.address + "?" + Self.days)
    }

    @Test(.timeLimit(.minutes(3))) func isOneFileOnRequest() async throws {
        let database = try await Self.stored.value
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("weir-html-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("report.html")
        let arguments = [
            "report", "--since", "2026-11-10", "--until", "2026-11-22", "--class", "human", "--html", file.path,
        ]
        try await Program.run(
            ServedPage.program, arguments,
            environment: ["WEIR_CONFIG": "/dev/null", "WEIR_DATABASE_URL": database.url()])
        await #expect(throws: CommandFailure.self) {
            try await Program.run(
                ServedPage.program, arguments,
                environment: ["WEIR_CONFIG": "/dev/null", "WEIR_DATABASE_URL": database.url()])
        }
        let browser = try await Browser.open(width: 1360, height: 2700)
        #expect(try await browser.visit("file://\(file.path)") == "ready")
        let numbers: [String] = try await browser.evaluate(
            "[...document.querySelectorAll('.tile .number')].map((e) => e.title)")
        let people = TrafficReportTests.scene.sessions.filter { !$0.isAutomated }
        #expect(numbers.prefix(2) == ["\(Set(people.map(\.visitor)).count + 1)", "\(people.count + 1)"])
        #expect(try await browser.evaluate(harmed) == "undefined0")
        #expect(try await browser.evaluate(PageAudit.script, as: [String].self) == [])
        expectPeace(browser, origin: "file://\(file.path)")
        try keep(try await browser.screenshot(), "page-file")
    }

    @Test func theDocumentAsksWhatTheReportsTake() throws {
        #expect(PageFiles.parts.count == 12)
        let reader = CommandReader(now: Scene.now) { Zones.named($0) }
        for part in PageFiles.parts {
            guard case .report(let request, _) = try reader.read(path: part.path, query: part.query) else {
                Issue.record("\(part.question) is no report")
                continue
            }
            let flags = Set(request.report.allFlags.map(\.name))
            let takes = Set(part.takes)
            func agree(_ words: Set<String>, _ flag: String) {
                let isTaken = !takes.isDisjoint(with: words)
                #expect(isTaken == flags.contains(flag), "\(part.question): \(flag)")
            }
            agree(["window", "recent"], "since")
            agree(["grouping"], "group-by")
            // What counts everything by default would lose what belongs to no session.
            if request.report.defaultPopulation != .all { agree(["class"], "class") }
            agree(["filters"], "country")
            agree(["site", "filters"], "site")
        }
    }
}
