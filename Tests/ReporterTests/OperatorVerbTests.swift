import Database
import Foundation
import PostgresSupport
import Testing
import WeirProtocol

@testable import ReporterCore

/// The verbs that change data, through the built program.
@Suite struct OperatorVerbTests {
    private static let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("reporter")

    /// A database and the command line over it.
    struct Desk {
        let database: TestDatabase
        let owner: Connection
        var environment: [String: String] = [:]

        static func make() async throws -> Desk {
            let database = try await TestCluster.shared().makeDatabase()
            return Desk(database: database, owner: try database.connection(as: "weir_owner"))
        }

        func run(_ arguments: String..., input: String? = nil) async throws -> (status: Int32, output: String) {
            var variables = [
                "WEIR_DATABASE_URL": database.url(), "WEIR_RUNTIME_DIRECTORY": "/nonexistent",
                "WEIR_CONFIG": "/dev/null",
            ]
            variables.merge(environment) { $1 }
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("weir-\(UUID().uuidString)")
            try (input ?? "").write(to: file, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(at: file) }
            do {
                let output = try await Program.run(
                    URL(fileURLWithPath: "/bin/sh"),
                    ["-c", "program=$1; shift; exec \"$program\" \"$@\" 2>&1", "sh", OperatorVerbTests.program.path]
                        + arguments.map { $0 == "FILE" ? file.path : $0 }, environment: variables)
                return (0, output)
            } catch let failure as CommandFailure { return (failure.status, failure.output) }
        }

        func json(_ arguments: String..., input: String? = nil) async throws -> JSONValue {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("weir-\(UUID().uuidString)")
            try (input ?? "").write(to: file, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(at: file) }
            let output = try await Program.run(
                OperatorVerbTests.program, arguments.map { $0 == "FILE" ? file.path : $0 } + ["--json"],
                environment: [
                    "WEIR_DATABASE_URL": database.url(), "WEIR_RUNTIME_DIRECTORY": "/nonexistent",
                    "WEIR_CONFIG": "/dev/null",
                ].merging(environment) { $1 })
            return try JSONValue(parsing: output.utf8)
        }

        func value(_ sql: String) async throws -> String {
            try await owner.query("select coalesce((\(sql))::text, 'null')").single()
        }
    }

    @Test func linksAreMadeListedAndSwitched() async throws {
        let desk = try await Desk.make()
        let made = try await desk.json(
            "links", "create", "https://shop.example/spring?x=1", "--campaign", "spring", "--utm-source", "news",
            "--site", "Shop.example", "--expires", "30d")
        let code = try #require(made["short_code"]?.stringValue)
        #expect(code.utf8.count == 8 && made["path"]?.stringValue == "/r/\(code)")
        #expect(try await desk.run("links", "create", "/x", "--code", "mine").status == 0)
        #expect(try await desk.run("links", "create", "/y", "--code", "mine").status == 64)
        #expect(
            try await desk.value(
                "select string_agg(concat_ws(' ', site, target_url, link_type, campaign_name, destination_type, utm_params ->> 'source'), ', ' order by target_url) from campaign_links"
            )
                == "localhost /x redirect internal, shop.example https://shop.example/spring?x=1 both spring internal news"
        )
        let listed = try await desk.json("links", "list")
        #expect(listed["report"] == "links" && listed["data"]?["links"]?.arrayValue?.count == 2)
        #expect(try await desk.run("links", "disable", "mine").status == 0)
        #expect(try await desk.value("select is_active from campaign_links where short_code = 'mine'") == "false")
        #expect(try await desk.run("analytics", "links", "enable", "mine").status == 0)
        #expect(try await desk.run("links", "disable", "nothing").status == 1)
    }

    @Test(arguments: [
        "javascript:alert(1)", "//evil.example/", "ftp://x.example/", "/a b", "https://", "shop.example", "/a\\b",
        "http://[::1", "http://[::g]/", "http://[127.0.0.1]/", "http://[::1]8/", "https://ok.example:99999999/",
        "https://ok.example:0/", "https://ok.example:8o/", "https://:80/", "https://a..example/", "https://a%2eb/",
        "https://user@/", "https://?x", "https://u:p@shop.example/", "http://999.1.1.1/", "http://shop.1/",
        "http://-shop.example/", "http://shop-.example/", "http://./",
    ])
    func aLinkLeadsNowhereElse(target: String) async throws {
        let desk = try await Desk.make()
        #expect(try await desk.run("links", "create", target).status == 64)
        #expect(try await desk.value("select count(*) from campaign_links") == "0")
    }

    @Test func aLinkOfAnyAddressAndNoneOfABadSiteOrEnd() async throws {
        let desk = try await Desk.make()
        let targets = [
            "http://[2001:db8::1]:8080/x", "https://192.0.2.1", "https://b\u{FC}cher.example:443?x",
            "http://localhost:/", "https://4shop.example/a@b:c", "http://a-b.example./",
        ]
        for target in targets { #expect(try await desk.run("links", "create", target).status == 0, "\(target)") }
        for (option, value, word) in [
            ("--site", "b ad/..", "host name"), ("--site", "", "host name"), ("--expires", "99999999d", "to come"),
            ("--expires", "2020-01-01", "to come"), ("--expires", "soon", "to come"), ("--expires", "all", "to come"),
        ] {
            let outcome = try await desk.run("links", "create", "/x", option, value)
            #expect(outcome.status == 64 && outcome.output.contains(word), "\(value): \(outcome.output)")
            #expect(!outcome.output.contains("back"))
        }
        #expect(try await desk.value("select count(*) from campaign_links") == String(targets.count))
    }

    @Test func funnelsAreMadeShownAndSwitched() async throws {
        let desk = try await Desk.make()
        #expect(
            try await desk.run(
                "funnels", "create", "Checkout", "--step", "Shop=/shop", "--step", "Cart=exact:/cart", "--step",
                "Order=regex:^/order/[0-9]+$", "--step", "Paid=event:conversion", "--goal", "--description", "x"
            ).status == 0)
        let shown = try await desk.json("funnels", "show", "Checkout")
        #expect(shown["data"]?["is_goal"] == true && shown["data"]?["description"] == "x")
        let steps = try #require(shown["data"]?["steps"]?.arrayValue)
        #expect(steps.map { $0["match_type"]?.stringValue } == ["url_prefix", "url_exact", "url_regex", "event_type"])
        #expect(
            steps.map { $0["match_pattern"]?.stringValue } == ["/shop", "/cart", "^/order/[0-9]+$", "conversion"])
        for (arguments, status) in [
            (["Checkout", "--step", "A=/a"], Int32(64)), (["B"], 64), (["B", "--step", "A"], 64),
            (["B", "--step", "A=shop"], 64), (["B", "--step", "A=regex:("], 64), (["B", "--step", "=/a"], 64),
            (["B", "--step", "A=event:"], 64),
        ] {
            let outcome =
                switch arguments.count {
                case 1: try await desk.run("funnels", "create", arguments[0])
                default: try await desk.run("funnels", "create", arguments[0], arguments[1], arguments[2])
                }
            #expect(outcome.status == status, "\(arguments) \(outcome.output)")
        }
        #expect(try await desk.value("select count(*) from funnels") == "1")
        #expect(try await desk.run("funnels", "disable", "Checkout").status == 0)
        #expect(try await desk.json("funnels", "list")["data"]?["funnels"]?.arrayValue?.first?["is_active"] == false)
        #expect(try await desk.run("funnels", "enable", "Checkout").status == 0)
        #expect(try await desk.run("funnels", "show", "Nothing").status == 1)
        #expect(try await desk.run("funnels", "delete", "Checkout").status == 0)
        #expect(try await desk.run("funnels", "delete", "Checkout").status == 1)
    }

    @Test func aSitemapFillsTheCatalogueAndWhatWasReportedBefore() async throws {
        let desk = try await Desk.make()
        try await desk.owner.execute(
            """
            insert into content (content_id, site, path, slug) values ('page_known', 'shop.example', '/known', 'known')
            """)
        try await desk.owner.execute(
            """
            insert into engagement_events (day, id, site, session_id, page_url, path, created_at)
            select current_date, gen_random_uuid(), 'shop.example', 'sess_a', path, path, now()
            from unnest(array['/known', '/new', '/new', '/never']) as path
            """)
        let sitemap = """
            <?xml version="1.0" encoding="UTF-8"?><!-- <loc>https://no.example/</loc> -->
            <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc> https://Shop.example/known </loc></url>
            <url><loc>https://shop.example/new?a=1&amp;b=2</loc><lastmod>2026-01-01</lastmod></url>
            <url><loc><![CDATA[https://shop.example:443/c&d]]></loc></url><url><loc>mailto:x</loc></url></urlset>
            """
        let outcome = try await desk.json("content", "load", "FILE", input: sitemap)
        #expect(outcome["pages"] == 3 && outcome["new"] == 2 && outcome["known"] == 1 && outcome["unusable"] == 1)
        #expect(outcome["engagement_filled"] == 3)
        #expect(
            try await desk.value(
                "select string_agg(path || ' ' || slug || ' ' || origin, ', ' order by path) from content")
                == "/c&d c&d catalogue, /known known catalogue, /new new catalogue")
        #expect(
            try await desk.value("select count(*) from engagement_events where content_id = 'page_known'") == "1")
        // The same id as the collector's own, so that a page seen later is the same page.
        #expect(
            try await desk.value(
                """
                select count(*) from content where path = '/new' and content_id =
                    'page_' || left(encode(sha256(convert_to('shop.example' || E'\\n' || '/new', 'UTF8')), 'hex'), 24)
                """) == "1")
        #expect(try await desk.run("content", "load", "FILE", input: "<html></html>").status == 4)
        #expect(try await desk.run("content", "load", "FILE", input: "<sitemapindex></sitemapindex>").status == 4)
        #expect(try await desk.run("content", "load", "/nonexistent").status == 4)
        #expect(try await desk.run("content", "load", "FILE", "--site", "b ad/..", input: sitemap).status == 64)
    }

    @Test func aSitemapWithNothingUsableIsRefused() async throws {
        let desk = try await Desk.make()
        let page = "<url><loc>https://shop.example/a</loc></url>"
        for (input, word) in [
            ("", "no sitemap"), ("<urlset/>", "names no page"), ("<urlset></urlset>", "names no page"),
            ("<urlset><url><loc>javascript:alert(1)</loc></url><url><loc/></url></urlset>", "none of its 2 locations"),
            ("<urlset>\(page)<url><loc>https://shop.exa", "cut off"), ("<urlset>\(page)</urlse", "cut off"),
            ("<urlset>\(page)\(String(repeating: "<a>", count: 200_000))", "cut off"),
            (
                "<urlset><url><loc>https://a.example/\(String(repeating: "x", count: 5_000_000))</loc></url></urlset>",
                "none of its 1 locations"
            ),
            ("<urlset><url><loc>https://a.example/\u{0}x</loc></url></urlset>", "none of its 1 locations"),
        ] {
            let outcome = try await desk.run("content", "load", "FILE", input: input)
            #expect(outcome.status == 4 && outcome.output.contains(word), "\(input.prefix(60)): \(outcome.output)")
        }
        // What has no end is not read to it.
        for verb in ["content", "prices"] {
            let outcome = try await desk.run(verb, "load", "/dev/zero")
            #expect(outcome.status == 4 && outcome.output.contains("64 MiB"), "\(outcome.output)")
        }
        #expect(try await desk.value("select count(*) from content") == "0")
    }

    @Test func pricesAreLoadedToTheLastDigit() async throws {
        let desk = try await Desk.make()
        let csv = """
            model,provider,valid_from,input,output,cache_read,cache_creation
            m,,2026-01-01,0.15,0.6,0.075,
            m,p,,3,15.0,,3.75
            m,,2026-01-01,0.15,0.6,0.075,
            """
        let outcome = try await desk.json("prices", "load", "FILE", "--valid-from", "2025-06-01", input: csv)
        #expect(outcome["prices"] == 2 && outcome["stored"] == 2)
        #expect(
            try await desk.value(
                """
                select string_agg(concat_ws('/', provider, valid_from, input_microdollars_per_token,
                    output_microdollars_per_token, coalesce(cache_read_microdollars_per_token, -1),
                    coalesce(cache_creation_microdollars_per_token, -1)), ' ' order by provider) from prices
                """) == "/2026-01-01/0.15/0.6/0.075/-1 p/2025-06-01/3/15/-1/3.75")
        let json =
            #"{"n":{"input_cost_per_token":1.25e-07,"output_cost_per_token":3e-06,"cache_read_input_token_cost":1e-8},"image":{"output_cost_per_image":0.04}}"#
        let second = try await desk.json("prices", "load", "FILE", input: json)
        #expect(second["stored"] == 1 && second["skipped"] == 1)
        #expect(
            try await desk.value(
                "select concat_ws('/', valid_from, input_microdollars_per_token, output_microdollars_per_token, cache_read_microdollars_per_token) from prices where model = 'n'"
            ) == "2000-01-01/0.125/3/0.01")
        for bad in [
            "", "{}", "[1]", "{", "model,price\nm,1",
            "model,provider,valid_from,input,output,cache_read,cache_creation\nm,,2026-02-30,1,1,,",
            "model,provider,valid_from,input,output,cache_read,cache_creation\nm,,2026-02-03,-1,1,,",
            "model,provider,valid_from,input,output,cache_read,cache_creation\nm,,2026-02-03,,1,,",
            "model,provider,valid_from,input,output,cache_read,cache_creation\nm,,2026-02-03,1,1",
            "model,provider,valid_from,input,output,cache_read,cache_creation\nm,,2026-02-03,NaN,1,,",
        ] {
            #expect(try await desk.run("prices", "load", "FILE", input: bad).status == 4, "\(bad)")
        }
        let header = "model,provider,valid_from,input,output,cache_read,cache_creation\n"
        for (rows, words) in [
            ("m,p,2026-01-01,1,1,,\nn,p,2026-01-01,1,1,,\nm,p,2026-01-01,1,2,,", "Lines 2 and 4"),
            ("m,,,1,1,,\nm,,2000-01-01,1,1,0.5,", "Lines 2 and 3"), ("m\u{0},,2026-01-01,1,1,,", "Line 2"),
            ("m,,2026-01-01,1,1,,\nm,p\u{0},2026-01-01,1,1,,", "Line 3"), ("m,,2026-01-01,1\u{0},1,,", "Line 2"),
        ] {
            let outcome = try await desk.run("prices", "load", "FILE", input: header + rows)
            #expect(outcome.status == 4 && outcome.output.contains(words), "\(outcome.output)")
        }
        let bad = #"{"n\u0001":{"input_cost_per_token":1,"output_cost_per_token":1}}"#
        #expect(try await desk.run("prices", "load", "FILE", input: bad).status == 4)
    }

    @Test func whatIsOldGoesTableByTable() async throws {
        var desk = try await Desk.make()
        let unset = try await desk.run("maintenance", "retention", "--yes")
        #expect(unset.status == 0 && unset.output.contains("Everything is kept"))
        desk.environment = [
            "WEIR_RETENTION_REQUESTS_DAYS": "30", "WEIR_RETENTION_ENGAGEMENT_DAYS": "30",
            "WEIR_RETENTION_SESSIONS_DAYS": "30", "WEIR_RETENTION_USAGE_DAYS": "30",
            "WEIR_RETENTION_CLICKS_DAYS": "30", "WEIR_RETENTION_DECISIONS_DAYS": "30",
        ]
        #expect(try await desk.run("maintenance", "retention", "--yes").output.contains("Nothing is older"))
        try await desk.owner.script(
            """
            select ensure_event_partitions(array[current_date, current_date - 40, current_date - 20]);
            insert into analytics_events (day, event_id, "timestamp", session_id, event_type, event_category)
                select current_date - back, gen_random_uuid(), now() - back * interval '1 day', 'sess_' || back, 'page_view', 'content'
                from unnest(array[40, 20, 0]) as back;
            insert into user_sessions (session_id, started_at, last_activity_at)
                select 'sess_' || back, now() - back * interval '1 day', now() - back * interval '1 day'
                from unnest(array[40, 20, 0]) as back;
            insert into session_verdicts (session_id, verdict_id, at, class)
                select session_id, 'v', started_at, 'human' from user_sessions;
            insert into session_verdicts (session_id, verdict_id, at, class, created_at)
                select 'sess_erased', back::text, now(), 'human', now() - back * interval '1 day'
                from unnest(array[40, 0]) as back;
            insert into engagement_events (day, id, session_id, page_url, created_at)
                select current_date - back, gen_random_uuid(), 'sess_' || back, '/', now() - back * interval '1 day'
                from unnest(array[40, 20, 0]) as back;
            insert into ai_requests (id, created_at) values ('old', now() - interval '40 days'), ('new', now());
            """)
        let planned = try await desk.json("maintenance", "retention")
        #expect(planned["done"] == false && planned["rows"] == 6)
        #expect(try await desk.value("select count(*) from user_sessions") == "3")
        let done = try await desk.json("maintenance", "retention", "--yes")
        #expect(done["rows"] == 6 && done["tables"]?["user_sessions"] == 1)
        for (table, rows) in [
            ("analytics_events", "2"), ("user_sessions", "2"), ("session_verdicts", "3"), ("engagement_events", "2"),
            ("ai_requests", "1"),
        ] { #expect(try await desk.value("select count(*) from \(table)") == rows, "\(table)") }
    }

    @Test func otherRolesMayNot() async throws {
        var desk = try await Desk.make()
        desk.environment = ["WEIR_DATABASE_URL": desk.database.url(as: "weir_reporter")]
        let outcome = try await desk.run("links", "create", "/x")
        #expect(outcome.status == 5, "\(outcome.output)")
        desk.environment = ["WEIR_DATABASE_URL": "postgresql:///weir?host=/nonexistent"]
        #expect(try await desk.run("links", "create", "/x").status == 3)
        #expect(try await desk.run("links", "create", "--help").status == 0)
    }

    @Test(arguments: [
        ("3e-06", 6, "3" as String?), ("1.25e-07", 6, "0.125"), ("0.0000000123", 6, "0.0123"), ("0", 6, "0"),
        ("10", 0, "10"), ("15.0", 0, "15"), ("1e3", 0, "1000"), ("0.1e1", 0, "1"), ("00.50", 0, "0.5"),
        ("-1", 0, nil), ("", 0, nil), (".5", 0, nil), ("1e", 0, nil), ("1e99", 0, nil), ("nan", 0, nil),
        ("1.2.3", 0, nil), ("1e12", 6, nil),
    ])
    func decimalsAreShiftedExactly(text: String, places: Int, result: String?) {
        #expect(PriceList.shifted(text, by: places) == result)
    }
}
