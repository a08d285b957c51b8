import Foundation
import ReporterCore
import Testing
import WeirProtocol

/// Command lines, command strings and URLs, read through the one catalogue.
@Suite struct CommandReaderTests {
    static let now = Timestamp(year: 2026, month: 11, day: 21, hour: 20)
    static let reader = CommandReader(now: now) { $0 == "Europe/Berlin" ? Zone(name: $0, fixedOffset: 3600) : nil }

    static func request(_ command: String) throws -> (ReportRequest, OutputOptions) {
        guard case .report(let request, let options) = try reader.read(command: command) else {
            throw ReportError(.internal, "\(command) is help")
        }
        return (request, options)
    }

    static func code(_ command: String) -> ReportError? {
        do {
            _ = try reader.read(command: command)
            return nil
        } catch { return error }
    }

    /// Word for word from the requirements, with names filled in.
    static let documented: [(String, String)] = [
        ("analytics overview", "overview"), ("analytics overview --since 24h", "overview"),
        ("analytics traffic sources", "traffic.sources"), ("analytics traffic geo --limit 10", "traffic.geo"),
        ("analytics traffic devices", "traffic.devices"), ("analytics traffic bots", "traffic.bots"),
        ("analytics sessions stats", "sessions.stats"), ("analytics sessions trends", "sessions.trends"),
        ("analytics sessions live --limit 20", "sessions.live"), ("analytics content stats", "content.stats"),
        ("analytics content top --limit 10", "content.top"), ("analytics content trends", "content.trends"),
        ("analytics content popular --limit 20", "content.popular"), ("analytics costs summary", "costs.summary"),
        ("analytics costs summary --days 30", "costs.summary"),
        ("analytics costs trends --group-by day", "costs.trends"),
        ("analytics costs breakdown --by model", "costs.breakdown"),
        ("analytics costs breakdown --by agent", "costs.breakdown"), ("analytics agents stats", "agents.stats"),
        ("analytics agents trends --days 7", "agents.trends"), ("analytics agents show writer", "agents.show"),
        ("analytics agents list", "agents.list"), ("analytics tools stats", "tools.stats"),
        ("analytics tools trends", "tools.trends"), ("analytics tools show web_search", "tools.show"),
        ("analytics requests stats", "requests.stats"), ("analytics requests list", "requests.list"),
        ("analytics requests list --limit 50 --model claude", "requests.list"),
        ("analytics requests trends", "requests.trends"), ("analytics requests models", "requests.models"),
        ("analytics conversations stats", "conversations.stats"),
        ("analytics conversations trends", "conversations.trends"),
        ("analytics conversations list", "conversations.list"),
        ("analytics overview --export file.csv", "overview"),
        ("systemprompt analytics overview | sessions".replacingOccurrences(of: " | sessions", with: ""), "overview"),
    ]

    @Test(arguments: documented) func everyDocumentedCommand(_ command: String, _ report: String) throws {
        #expect(try Self.request(command).0.report.id == report)
    }

    @Test(arguments: documented) func everyDocumentedCommandTakesTheCommonFlags(_ command: String, _ report: String)
        throws
    {
        let (request, options) = try Self.request(
            "\(command) --since 2026-11-01 --until 2026-11-02 --json --tz Europe/Berlin"
                .replacingOccurrences(of: #"--days \d+ "#, with: "", options: .regularExpression))
        #expect(options.format == .json)
        #expect(request.zone.name == "Europe/Berlin")
        #expect(request.window.from == Timestamp(year: 2026, month: 10, day: 31, hour: 23))
        #expect(request.window.to == Timestamp(year: 2026, month: 11, day: 2, hour: 23))
    }

    @Test func theThreeWaysOfAskingAreOne() throws {
        let line = try Self.reader.read(arguments: [
            "--limit=5", "traffic", "geo", "--since", "7d", "--class", "bot", "--utm-source", "a b",
        ])
        let text = try Self.reader.read(
            command: "analytics traffic geo --limit 5 --since 7d --class bot --utm-source 'a b'")
        let url = try Self.reader.read(
            path: ["traffic", "geo"],
            query: [("limit", "5"), ("since", "7d"), ("class", "bot"), ("utm_source", "a b")])
        for command in [line, text, url] {
            guard case .report(let request, _) = command else {
                Issue.record("not a report")
                continue
            }
            #expect(request.report.id == "traffic.geo")
            #expect(request.limit == 5)
            #expect(request.population == .bot)
            #expect(request.filters == [.utmSource: "a b"])
            #expect(request.window.from == Self.now - 7 * 86_400_000)
        }
    }

    @Test func defaults() throws {
        let (request, options) = try Self.request("overview")
        #expect(request.population == .human)
        #expect(request.limit == 20)
        #expect(request.grouping == nil)
        #expect(request.window.from == Self.now - 86_400_000)
        #expect(options == OutputOptions())
        #expect(try Self.request("sessions trends").0.window.from == Self.now - 7 * 86_400_000)
        #expect(try Self.request("sessions live").0.window.from == Self.now - 1_800_000)
        #expect(try Self.request("costs summary").0.population == .all)
        #expect(try Self.request("platform stats").0.population == nil)
        #expect(try Self.request("overview --include-all").0.population == .all)
        #expect(try Self.request("costs summary --days 30").0.window.from == Self.now - 30 * 86_400_000)
        #expect(try Self.request("traffic geo -n 3").0.limit == 3)
        #expect(try Self.request("traffic geo -n3").0.limit == 3)
        #expect(try Self.request("traffic geo --from 1h --to now").0.window.from == Self.now - 3_600_000)
        #expect(try Self.request("tools list --sort-by avg-time").0.choices == ["sort-by": "avg-time"])
        #expect(try Self.request("agents list --sort-by cost").0.choices == ["sort-by": "cost"])
        #expect(try Self.request("agents show the long name").0.argument == "the long name")
        #expect(try Self.request("agents show -- --odd").0.argument == "--odd")
        #expect(try Self.request("sessions live --no-refresh").1.isSingleShot)
    }

    static let refused: [(String, ReportError.Code, String)] = [
        ("", .unknownCommand, "analytics overview"),
        ("overvew", .unknownCommand, "Did you mean overview?"),
        ("trafic sources", .unknownCommand, "Did you mean traffic?"),
        ("traffic sorces", .unknownCommand, "Did you mean traffic sources?"),
        ("traffic", .unknownCommand, "traffic sources"),
        ("xyzzy --json", .unknownCommand, "There are overview, traffic"),
        ("xyzzy --nonsense", .unknownCommand, "There are overview, traffic"),
        ("overview --sicne 1h", .unknownFlag, "Did you mean --since?"),
        ("overview --limit 5", .unknownFlag, "It takes --since"),
        ("traffic bots --group-by day", .unknownFlag, "--limit"),
        ("traffic geo -z", .unknownFlag, "--limit"),
        ("traffic trends --class bot", .unknownFlag, "--since"),
        ("overview extra", .badCommand, "overview --help"),
        ("agents show", .missingValue, "agents list"),
        ("sessions show sess_1 extra", .badCommand, "sessions show --help"),
        ("bots explain sess_1 extra", .badCommand, "bots explain --help"),
        ("bots reclasify", .unknownCommand, "Did you mean bots reclassify?"),
        ("privacy", .unknownCommand, "privacy erase"),
        ("overview --since", .missingValue, "--since TIME"),
        ("overview --since --json", .missingValue, "--since TIME"),
        ("overview --since yesterdat", .badTime, "Give a span"),
        ("overview --since 2h --until 3h", .emptyWindow, "Exchange"),
        ("overview --since 7d --until 2015-05-20", .emptyWindow, "counted back from now"),
        ("overview --since 2015-05-21 --until 2015-05-19", .emptyWindow, "Exchange"),
        ("overview --since 2h --days 3", .badValue, "one"),
        ("overview --json --csv", .badValue, "one of them"),
        ("overview --json=yes", .badValue, "alone"),
        ("overview --class humans", .badValue, "Did you mean human?"),
        ("overview --include-all --class bot", .badValue, "one of them"),
        ("sessions trends --group-by fortnight", .badValue, "hour, day, week, month"),
        ("traffic geo --limit 0", .badValue, ""), ("traffic geo --limit -5", .badValue, ""),
        ("traffic geo --limit ten", .badValue, ""), ("traffic geo --limit 99999999999999999999", .badValue, ""),
        ("overview --tz Mars/Olympus", .badValue, "IANA"),
        ("overview --tz ../../etc/passwd", .badValue, "IANA"),
        ("overview 'open", .badCommand, "Close it"),
        ("costs breakdown --by colour", .badValue, "model, agent"),
        ("bots flag --user-agent '%x%'", .forbidden, "weir_operator"),
        ("analytics throttle block 192.0.2.1", .forbidden, "weir_operator"),
    ]

    @Test(arguments: refused) func errorsSayWhatToDo(_ command: String, _ code: ReportError.Code, _ hint: String) {
        let error = Self.code(command)
        #expect(error?.code == code, "\(String(describing: error))")
        if !hint.isEmpty { #expect(error?.hint?.contains(hint) == true, "\(String(describing: error?.hint))") }
        #expect(error?.exitCode == (code == .forbidden ? 5 : 64))
    }

    @Test func errorsAreJSON() throws {
        let error = try #require(Self.code("overvew"))
        #expect(
            error.json.text == #"{"error":{"code":"unknown_command","message":"There is no command \"overvew\".","#
                + #""hint":"Did you mean overview?"}}"#)
    }

    @Test func hostileWordsComeBackHarmless() throws {
        let error = try #require(Self.code("'over\u{1B}[31mview\u{202E}'"))
        #expect(error.message == "There is no command \"over[31mview\".")
        #expect(Self.code(String(repeating: "x ", count: 3000))?.code == .badCommand)
        #expect(Self.code("overview --site '" + String(repeating: "x", count: 1025) + "'")?.code == .badValue)
    }

    @Test func urls() throws {
        func refusal(_ path: [String], _ query: [(name: String, value: String)]) -> ReportError.Code? {
            do {
                _ = try Self.reader.read(path: path, query: query)
                return nil
            } catch { return error.code }
        }
        #expect(refusal(["traffic", "geo"], [("limit", "x")]) == .badValue)
        #expect(refusal(["traffic", "geo"], [("nope", "x")]) == .unknownFlag)
        #expect(refusal(["traffic", "geo"], [("format", "xml")]) == .badValue)
        #expect(refusal(["traffic", "geo"], [("include_all", "maybe")]) == .badValue)
        #expect(refusal([], []) == .unknownCommand)
        guard
            case .report(let request, let options) = try Self.reader.read(
                path: ["agents", "show"],
                query: [("name", "the agent"), ("format", "csv"), ("group_by", "day")].filter {
                    $0.0 != "group_by"
                })
        else { throw ReportError(.internal, "help") }
        #expect(request.argument == "the agent")
        #expect(options.format == .csv)
    }

    @Test func help() throws {
        for command in ["help", "--help", "analytics -h"] {
            guard case .help(let words) = try Self.reader.read(command: command) else {
                Issue.record("\(command) is no help")
                continue
            }
            #expect(Catalogue.all.help(for: words).contains("traffic sources"))
        }
        guard case .help(let words) = try Self.reader.read(command: "traffic geo --help") else { return }
        #expect(Catalogue.all.help(for: words).contains("--limit N"))
        // Every flag that help names is one that the command takes.
        for report in Catalogue.all.reports {
            let text = Catalogue.all.help(for: report.words)
            #expect(report.allFlags.allSatisfy { text.contains("--\($0.name)") }, "\(report.id)")
        }
    }

    @Test func helpKnowsEveryVerb() throws {
        let all = Catalogue.all.help(for: [])
        let manual = Catalogue.all.manual(version: "1")
        for verb in Catalogue.all.verbs {
            let words = verb.words.joined(separator: " ")
            #expect(all.contains("  \(words) "), "\(words)")
            #expect(Catalogue.all.help(for: [verb.words[0]]).contains("  \(words) "), "\(words)")
            #expect(manual.contains(".B \(words)\n"), "\(words)")
            let error = Self.code("\(words) something")
            #expect(verb.changes == (error?.code == .forbidden), "\(words): \(String(describing: error))")
        }
        // A group's help names its reports and verbs, and no others.
        let links = Catalogue.all.help(for: ["links"])
        #expect(links.contains("Usage: analytics links [flags]") && !links.contains("funnels create"))
        #expect(all.contains("4 nothing usable in the input") && manual.contains("4 nothing usable in the input"))
    }

    @Test func noTwoReportsShareAName() {
        let ids = Catalogue.all.reports.map(\.id)
        #expect(Set(ids).count == ids.count)
    }
}
