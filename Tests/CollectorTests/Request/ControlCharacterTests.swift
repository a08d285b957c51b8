import CollectorCore
import Testing
import WeirProtocol

/// One rule for every text that is kept, whichever door it comes by.
@Suite struct KeptTextTests {
    private static let sent = "a\u{1B}[1m\nb\u{9B}"
    private static let kept = "a[1m b"
    private let at = Timestamp(year: 2026, month: 5, day: 1)

    @Test func ofARequest() throws {
        let sent = Self.sent
        var record = RequestRecord(
            eventID: EventID(at: at, entropy: (1, 2)), at: at, method: "GE\u{1}T", path: "/" + sent, status: 200,
            ip: "192.0.2.7")
        record.query = "to\u{1}ken=x&y=" + sent
        record.referrer = "https://x.org/" + sent + "?to\u{1}ken=x"
        (record.userAgent, record.acceptLanguage, record.contentType, record.userID) = (sent, sent, sent, sent)
        record.headers = ["accept": sent]
        let request = try RequestIntake().request(record)
        #expect(request.method == "GET")
        #expect(request.url == "/" + Self.kept + "?token=REDACTED&y=" + Self.kept)
        #expect(request.referrer == "https://x.org/" + Self.kept + "?token=REDACTED")
        let texts = [request.userAgent, request.acceptLanguage, request.contentType, request.userID]
        #expect(texts.allSatisfy { $0 == Self.kept } && request.headers["accept"] == Self.kept)
        // The throttle makes it of what was sent.
        #expect(request.fingerprint == Fingerprint.word(userAgent: sent, acceptLanguage: sent))
    }

    @Test(arguments: [("-", "\u{16}\u{3}", "-"), ("-", "\u{16}x", "x"), ("GET", "\u{1}", "/"), ("\u{1}", "/", nil)])
    func ofARequestWithNothingElse(method: String, path: String, kept: String?) {
        let record = RequestRecord(
            eventID: EventID(at: at, entropy: (1, 2)), at: at, method: method, path: path, status: 400, ip: "192.0.2.7")
        #expect((try? RequestIntake().request(record))?.path == kept)
    }

    @Test func ofUsage() {
        var record = UsageRecord(eventID: EventID(at: at, entropy: (1, 2)), at: at, kind: .tool)
        let texts: [WritableKeyPath<UsageRecord, String?>] = [
            \.userID, \.traceID, \.name, \.agentName, \.toolName, \.serverName, \.provider, \.model, \.errorMessage,
        ]
        for text in texts { record[keyPath: text] = Self.sent }
        record.metadata = ["a": .string(Self.sent)]
        let kept = UsageIntake().kept(record)
        #expect(record.rangeProblem == nil && kept.metadata == record.metadata)
        for text in texts { #expect(kept[keyPath: text] == Self.kept, "\(text)") }
        record.toolName = "\u{1}"
        #expect(record.rangeProblem == "tool_name is missing for a tool")
    }

    /// Two things whose names differ by such a character only would become one.
    @Test func identitiesHaveNone() {
        let ids: [WritableKeyPath<UsageRecord, String?>] = [\.id, \.contextID, \.taskID, \.messageID]
        for id in ids {
            var record = UsageRecord(eventID: EventID(at: at, entropy: (1, 2)), at: at, kind: .aiRequest)
            record[keyPath: id] = "a\nb"
            #expect(record.rangeProblem?.contains("control character") == true, "\(id)")
        }
    }

    @Test func ofAnEvent() {
        var record = EventRecord(eventID: EventID(at: at, entropy: (1, 2)), at: at, eventType: Self.sent)
        (record.userID, record.pageURL) = (Self.sent, "/?to\u{1}ken=x")
        let kept = UsageIntake().kept(record)
        #expect(record.rangeProblem == nil && kept.eventType == Self.kept && kept.userID == Self.kept)
        #expect(kept.pageURL == "/?token=REDACTED")
        record.eventType = "\u{1}"
        #expect(record.rangeProblem != nil)
    }

    @Test(arguments: PageEventForm.allCases)
    func ofAPage(form: PageEventForm) throws {
        let sent = JSONValue.string(Self.sent)
        let event = try form.event(
            ["event_type": sent, "page_url": "/?to\u{1}ken=x", "content_id": sent, "referrer": sent], now: at)
        #expect([event.type, event.contentID, event.referrer].allSatisfy { $0 == Self.kept })
        #expect(event.pageURL == "/?token=REDACTED")
    }
}
