import CollectorCore
import Testing
import WeirProtocol

/// What a page may say, and what is made of it.
@Suite struct PageEventTests {
    private let today = Timestamp(year: 2026, month: 5, day: 1)

    private func event(_ json: String, _ form: PageEventForm = .engagement) throws -> PageEvent {
        try form.event(JSONValue(parsing: json.utf8), now: today)
    }

    @Test func everythingIsOptionalInEngagement() throws {
        let event = try event("{}")
        #expect(event.type == "page_exit")
        #expect(event.pageURL == "")
        #expect(event.path == nil)
        #expect(event.id == nil)
        #expect(event.metrics == EngagementMetrics())
        #expect(event.readingPattern == .bounce)
    }

    @Test func everyMeasureIsTaken() throws {
        let event = try event(
            """
            {"page_url":"https://shop.example/a?token=x&b=1#top","time_on_page_ms":45000,
             "time_to_first_interaction_ms":100,"time_to_first_scroll_ms":200,"max_scroll_depth":90,
             "scroll_velocity_avg":12.5,"scroll_direction_changes":3,"click_count":4,"mouse_move_distance_px":5,
             "keyboard_events":6,"copy_events":7,"focus_time_ms":8,"blur_count":9,"tab_switches":10,
             "visible_time_ms":11,"hidden_time_ms":12,"is_rage_click":true,"is_dead_click":false,
             "reading_pattern":"bounce","content_id":"guide","unknown":[1],"event_data":{"a":{"url":"/x?password=p"}}}
            """)
        var metrics = EngagementMetrics()
        metrics.timeOnPageMs = 45_000
        metrics.timeToFirstInteractionMs = 100
        metrics.timeToFirstScrollMs = 200
        metrics.maxScrollDepth = 90
        metrics.scrollVelocityAvg = 12.5
        metrics.scrollDirectionChanges = 3
        metrics.clickCount = 4
        metrics.mouseMoveDistancePx = 5
        metrics.keyboardEvents = 6
        metrics.copyEvents = 7
        metrics.focusTimeMs = 8
        metrics.blurCount = 9
        metrics.tabSwitches = 10
        metrics.visibleTimeMs = 11
        metrics.hiddenTimeMs = 12
        metrics.isRageClick = true
        metrics.isDeadClick = false
        #expect(event.metrics == metrics)
        #expect(event.pageURL == "https://shop.example/a?token=REDACTED&b=1#top")
        #expect(event.path == "/a")
        #expect(event.contentID == "guide")
        #expect(event.readingPattern == .engaged)
        #expect(event.data.map { JSONValue.object($0).text } == #"{"a":{"url":"/x?password=REDACTED"}}"#)
    }

    @Test(
        arguments: [
            ("https://a.example", "/"), ("https://a.example?x", "/"), ("http://a.example/b/c?d#e", "/b/c"),
            ("/p#x", "/p"),
            ("about:blank", nil), ("", nil), ("relative/path", nil),
        ] as [(String, String?)])
    func aPageIsKnownByItsPath(url: String, path: String?) throws {
        #expect(try event(#"{"page_url":"\#(url)"}"#).path == path)
    }

    @Test func secretsNeverPass() throws {
        let event = try event(
            """
            {"page_url":"https://a:p@shop.example/x","referrer":"https://a:p@x.org/","event_data":
             {"url":"https://a:p@x.org/","list":["/?token=x"],"token":"theirs"}}
            """)
        #expect(event.pageURL == "https://REDACTED@shop.example/x" && event.path == "/x")
        #expect(event.referrer == "https://REDACTED@x.org/")
        #expect(
            event.data.map { JSONValue.object($0).text }
                == #"{"url":"https://REDACTED@x.org/","list":["/?token=REDACTED"],"token":"theirs"}"#)
    }

    /// The limits of the classification, one step on each side.
    @Test(arguments: [
        (0, 0, "bounce"), (9_999, 24, "bounce"), (9_999, 25, "skimmer"), (10_000, 24, "skimmer"),
        (30_001, 76, "engaged"), (30_000, 76, "reader"), (30_001, 75, "reader"), (15_001, 51, "reader"),
        (15_000, 51, "scanner"), (15_001, 50, "scanner"), (19_999, 31, "scanner"), (19_999, 30, "skimmer"),
        (20_000, 31, "skimmer"), (0, 100, "scanner"), (3_600_000, 0, "skimmer"), (3_600_000, 100, "engaged"),
    ])
    func readingPatternsFollowTheirLimits(time: Int32, depth: Int32, pattern: String) {
        #expect(ReadingPattern(timeOnPageMs: time, depth: depth).rawValue == pattern)
    }

    @Test(arguments: [
        ("page_view", "navigation"), ("page_exit", "navigation"), ("link_click", "interaction"),
        ("scroll", "engagement"), ("engagement", "engagement"), ("conversion", "conversion"), ("signup", "custom"),
    ])
    func typesHaveCategories(type: String, category: String) throws {
        let event = try event(#"{"event_type":"\#(type)","page_url":"/"}"#, .event)
        #expect(event.category == category)
        #expect(event.isReading == (type == "page_exit" || type == "engagement"))
    }

    @Test func anEventOfReadingHasItsMeasuresUnderData() throws {
        let exit = try event(
            #"{"event_type":"page_exit","page_url":"/a","slug":"a","data":{"time_on_page_ms":31000,"max_scroll_depth":80}}"#,
            .event)
        #expect(exit.metrics.timeOnPageMs == 31_000)
        #expect(exit.readingPattern == .engaged)
        #expect(exit.data?["slug"] == "a")
        let scroll = try event(
            #"{"event_type":"scroll","page_url":"/a","data":{"max_scroll_depth":"a word of theirs"}}"#, .event)
        #expect(scroll.metrics == EngagementMetrics())
        #expect(scroll.readingPattern == nil)
    }

    @Test(arguments: [
        (#"{"page_url":"/"}"#, "event_type"), (#"{"event_type":"x"}"#, "page_url"),
        (#"{"event_type":"page_exit","page_url":"/","data":{"click_count":-1}}"#, "data.click_count"),
        (#"{"event_type":"x","page_url":"/","data":[]}"#, "data"),
        (#"{"event_type":"","page_url":"/"}"#, "event_type"),
    ])
    func aRefusalNamesTheField(json: String, field: String) {
        #expect { try event(json, .event) } throws: { ($0 as? PageEventRefusal)?.field == field }
    }

    @Test(arguments: PageEventForm.allCases)
    func aBatchIsNoEvent(form: PageEventForm) throws {
        let json = #"{"events":[{}],"event_type":"x","page_url":"/"}"#
        let refusal = try #require(throws: PageEventRefusal.self) { try event(json, form) }
        #expect(refusal.field == "events" && refusal.code == "bad_event")
        #expect(refusal.sentence.contains("\(form.route)/batch"))
        #expect(try event(#"{"event_type":"x","page_url":"/","events":null}"#, form).type == "x")
    }

    @Test func aBatchKeepsWhatIsGood() throws {
        let items = try PageEventForm.engagement.batch(
            JSONValue(parsing: #"{"events":[{},{"click_count":-1},3,{"click_count":2}]}"#.utf8), now: today)
        #expect(items.map { (try? $0.get())?.metrics.clickCount ?? -9 } == [-9, -9, -9, 2])
        #expect(items.map { (try? $0.get()) == nil } == [false, true, true, false])
    }

    @Test(
        arguments: [(-86_400_000, true), (86_400_000, true), (-86_400_001, false), (86_400_001, false)]
            as [(Int64, Bool)])
    func anIdentityIsOfToday(distance: Int64, isTaken: Bool) throws {
        let id = EventID(at: today + distance, entropy: (1, 2))
        let value: JSONValue = ["id": .string(id.description)]
        if isTaken {
            #expect(try PageEventForm.engagement.event(value, now: today).id == id)
        } else {
            #expect {
                try PageEventForm.engagement.event(value, now: today)
            } throws: { ($0 as? PageEventRefusal)?.code == "event_id_time" }
        }
    }

    @Test func aBatchHasALimit() throws {
        let events = Array(repeating: JSONValue.object(JSONObject()), count: 101)
        #expect(throws: PageEventRefusal.self) {
            try PageEventForm.engagement.batch(["events": .array(events)], now: today)
        }
        #expect(
            try PageEventForm.engagement.batch(["events": .array(Array(events.dropLast()))], now: today).count == 100)
    }

    /// The document says what the code does: each limit of the schema is taken, one more is refused.
    @Test func theSchemaStatesTheLimitsThatAreChecked() throws {
        let schema = PageEventForm.engagement.schema
        guard case .object(let fields)? = schema["properties"] else {
            Issue.record("no properties")
            return
        }
        var checked = 0
        for (name, field) in fields.fields {
            func takes(_ value: JSONValue) -> Bool {
                (try? PageEventForm.engagement.event(
                    .object(JSONObject([name: value])), now: today)) != nil
            }
            let types = field["type"]?.arrayValue?.compactMap(\.stringValue) ?? [field["type"]?.stringValue ?? ""]
            #expect(takes(.null) == types.contains("null"), "\(name): null")
            if types.contains("integer") {
                let limit = try #require(field["maximum"]?.integerValue)
                #expect(takes(.integer(limit)) && takes(0), "\(name)")
                #expect(!takes(.integer(limit + 1)) && !takes(-1) && !takes(0.5) && !takes("1"), "\(name)")
            } else if types.contains("number") {
                let limit = try #require(field["maximum"]?.doubleValue)
                #expect(takes(.number(limit)) && takes(0) && !takes(.number(limit * 1.01)) && !takes(-0.1), "\(name)")
            } else if types.contains("boolean") {
                #expect(takes(true) && takes(false) && !takes(1) && !takes("true"), "\(name)")
            } else if types.contains("object") {
                #expect(takes(.object(JSONObject())) && !takes([]) && !takes("x"), "\(name)")
            } else if let limit = field["maxLength"]?.integerValue {
                let text = String(repeating: "a", count: Int(limit))
                #expect(takes(.string(text)) && !takes(.string(text + "a")) && takes("a\nb") && !takes(1), "\(name)")
                #expect(takes("") == (field["minLength"] == nil), "\(name): empty")
                #expect(takes("\u{1}") == (field["pattern"] == nil), "\(name): nothing but a control character")
            } else {
                #expect((name == "id" || name == "events") && !takes("x") && !takes(1) && !takes([]))
            }
            checked += 1
        }
        #expect(checked == 25)
    }
}

/// Holds what expectations cannot change.
private final class Clients {
    private var pace: AddressPace

    init(perSecond: Int64, burst: Int64, capacity: Int = 100) {
        pace = AddressPace(perSecond: perSecond, burst: burst, capacity: capacity)
    }

    func take(_ address: String, _ now: Timestamp) throws -> Int64? {
        let client = try #require(IPAddress(address))
        return pace.take(client, now: now)
    }
}

/// Who may post, and how fast.
@Suite struct PagePostRuleTests {
    private let start = Timestamp(year: 2026, month: 5, day: 1)
    private let client = "192.0.2.1"

    @Test func aClientMayPostABurstAndThenItsRate() throws {
        let pace = Clients(perSecond: 50, burst: 150)
        for _ in 0..<150 { #expect(try pace.take(client, start) == nil) }
        #expect(try pace.take(client, start) == 20)
        #expect(try pace.take(client, start + 19) == 1)
        #expect(try pace.take(client, start + 20) == nil)
        #expect(try pace.take(client, start + 20) == 20)
        // Quiet for longer than a burst takes to earn: a burst again, not more.
        let allowed = try (0..<200).count { _ in try pace.take(client, start + 60_000) == nil }
        #expect(allowed == 150)
        #expect(try pace.take("192.0.2.2", start) == nil)
    }

    @Test func anIPv6ClientIsItsNetwork() throws {
        let pace = Clients(perSecond: 1, burst: 1)
        #expect(try pace.take("2001:db8::1", start) == nil)
        #expect(try pace.take("2001:db8::ffff:2", start) != nil)
        #expect(try pace.take("2001:db8:0:1::1", start) == nil)
    }

    @Test func aClockThatStepsBackLocksNobodyOut() throws {
        let pace = Clients(perSecond: 10, burst: 5)
        for _ in 0..<5 { #expect(try pace.take(client, start + 3_600_000) == nil) }
        let wait = try pace.take(client, start)
        #expect(try #require(wait) <= 500)
        #expect(try pace.take(client, start + 500) == nil)
    }

    @Test func aFullTableForgetsTheQuietOnes() throws {
        let pace = Clients(perSecond: 1, burst: 1, capacity: 4)
        for number in 0..<20 { #expect(try pace.take("198.51.100.\(number)", start) == nil) }
        #expect(try pace.take("198.51.100.19", start) != nil)
        #expect(try pace.take("198.51.100.0", start) == nil)
    }

    @Test(
        arguments: [
            (nil, "shop.example", .own), ("https://shop.example", "shop.example", .own),
            ("https://shop.example:8443", "SHOP.example:8443", .own),
            ("https://app.example", "shop.example", .allowed("https://app.example")),
            ("HTTPS://APP.EXAMPLE", "shop.example", .allowed("HTTPS://APP.EXAMPLE")),
            ("http://app.example", "shop.example", .refused),
            ("https://app.example.evil.example", "shop.example", .refused),
            ("https://evil.example", "shop.example", .refused), ("null", "shop.example", .refused),
            ("", "shop.example", .refused), ("https://own.example", "10.0.0.1", .allowed("https://own.example")),
            ("https://shop.example", nil, .refused),
        ] as [(String?, String?, PageOrigins.Standing)])
    func onlyOwnAndConfiguredPagesMayPost(origin: String?, host: String?, standing: PageOrigins.Standing) {
        let origins = PageOrigins(origins: ["https://app.example"], hosts: ["own.example"])
        #expect(origins.standing(origin: origin, host: host) == standing)
    }
}
