import CollectorCore
import Testing
import WeirProtocol

/// Which session a page's report belongs to.
@Suite struct BeaconPlacementTests {
    private let start = Timestamp(year: 2026, month: 5, day: 1, hour: 12)

    private func request(
        _ seconds: Int64, _ path: String = "/", method: String = "GET", agent: String = "Firefox/140.0",
        language: String? = "de-AT", ip: String = "192.0.2.1", site: String = "a.example"
    ) throws -> IntakeRequest {
        let at = start + seconds * 1000
        var record = RequestRecord(
            eventID: EventID(at: at, entropy: (UInt64(seconds) & 0xFFF, .random(in: 0 ... .max))), at: at,
            method: method, path: path, status: 200, ip: ip)
        record.site = site
        record.userAgent = agent
        record.acceptLanguage = language
        return try RequestIntake().request(record)
    }

    private func beacon(
        _ seconds: Int64, agent: String = "Firefox/140.0", language: String? = "de-AT", ip: String = "192.0.2.1",
        site: String = "a.example"
    ) throws -> IntakeRequest {
        try request(
            seconds, "/api/v1/engagement", method: "POST", agent: agent, language: language, ip: ip, site: site)
    }

    @Test func aReportJoinsTheSessionOfItsPage() throws {
        var book = SessionBook()
        let page = book.place(try request(0))
        let joined = book.place(beacon: try beacon(10), count: 3)
        #expect(joined.session == page.sessionID && !joined.isNew)
        let session = try #require(book[page.sessionID])
        #expect(session.requestCount == 1 && session.beaconCount == 3)
        #expect(session.lastActivityAt == start + 10_000)
        #expect(session.exitPage == "/" && session.entry.path == "/")
    }

    @Test func silenceMeansSomethingWhereATrackerWasHeard() throws {
        var book = SessionBook()
        func isExpected(_ seconds: Int64, ip: String, site: String = "a.example") throws -> Bool {
            let page = book.place(try request(seconds, ip: ip, site: site))
            let evidence = book.evidence(for: page.sessionID, now: start + seconds * 1000)
            return try #require(evidence).trackerExpected
        }
        #expect(try !isExpected(0, ip: "192.0.2.9"))
        // A click on a link is no report of a page.
        _ = book.place(beacon: try beacon(1), count: 0)
        #expect(try !isExpected(2, ip: "192.0.2.10"))
        _ = book.place(beacon: try beacon(3), count: 1)
        #expect(try isExpected(4, ip: "192.0.2.11"))
        #expect(try !isExpected(5, ip: "192.0.2.11", site: "b.example"))
        #expect(try isExpected(86_403, ip: "192.0.2.12"))
        #expect(try !isExpected(86_404, ip: "192.0.2.13"))
        book.restore(trackers: [("b.example", start + 86_400_000)])
        #expect(try isExpected(86_405, ip: "192.0.2.14", site: "b.example"))
    }

    @Test func aLogWithoutLanguagesIsJoined() throws {
        var book = SessionBook()
        let page = book.place(try request(0, language: nil))
        let joined = book.place(beacon: try beacon(10), count: 1)
        #expect(joined.session == page.sessionID)
    }

    @Test func othersOpenSessionsOfTheirOwn() throws {
        var book = SessionBook()
        let page = book.place(try request(0))
        for (name, other) in [
            ("agent", try beacon(1, agent: "Chrome/141")), ("address", try beacon(2, ip: "192.0.2.2")),
            ("site", try beacon(3, site: "b.example")), ("time", try beacon(3600)),
        ] {
            let opened = book.place(beacon: other, count: 1)
            #expect(opened.isNew && opened.session != page.sessionID, "\(name)")
            #expect(opened.session == SessionID(first: other.eventID), "\(name)")
            #expect(book[opened.session]?.requestCount == 0 && book[opened.session]?.beaconCount == 1, "\(name)")
        }
    }

    @Test func aCookieCountsMoreThanTheAddress() throws {
        var book = SessionBook()
        let page = book.place(try request(0))
        _ = book.place(try request(1, ip: "192.0.2.9"))
        let joined = book.place(beacon: try beacon(2, ip: "192.0.2.9"), count: 1, token: page.sessionID)
        #expect(joined.session == page.sessionID)
        let stored = try #require(SessionID("sess_stored"))
        let continued = book.place(beacon: try beacon(3), count: 1, token: stored)
        #expect(continued.session == stored && !continued.isNew)
    }

    @Test func aRequestAfterItsReportJoinsIt() throws {
        var book = SessionBook()
        let opened = book.place(beacon: try beacon(0), count: 1)
        let page = book.place(try request(1))
        #expect(page.sessionID == opened.session && !page.isNew)
        #expect(book[opened.session]?.entryIsPage == true)
    }

    @Test func whatCouldNotBeSpooledLeavesNoTrace() throws {
        var intake = LiveIntake(policy: .init())
        let first = try beacon(0)
        let ids = [first.eventID]
        let placed = intake.place(beacon: first, ids, token: nil, now: start)
        #expect(intake.isRepeat(ids[0]) == placed.session)
        intake.retract(ids, placed)
        #expect(intake.book.count == 0 && intake.isRepeat(ids[0]) == nil)
        let page = intake.place(try request(1), token: nil, now: start + 1000)
        let second = try beacon(2)
        let joined = intake.place(beacon: second, [second.eventID], token: nil, now: start + 2000)
        #expect(joined.session == page.sessionID)
        intake.retract([second.eventID], joined)
        #expect(intake.book[page.sessionID]?.beaconCount == 0)
    }
}
