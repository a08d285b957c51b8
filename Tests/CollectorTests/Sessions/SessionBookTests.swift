import Testing
import WeirProtocol

@testable import CollectorCore

private let minute: Int64 = 60_000
private let noon = Timestamp(year: 2026, month: 11, day: 21, hour: 12)

/// Requests of one made-up visitor; `at` is in milliseconds after noon.
private func request(
    _ at: Int64, ip: String = "192.0.2.1", agent: String = "Mozilla/5.0 A", path: String = "/",
    site: String = "example.org",
    status: Int = 200, method: String = "GET", user: String? = nil
) throws -> IntakeRequest {
    var record = RequestRecord(
        eventID: EventID(
            at: noon + at, entropy: (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max))),
        at: noon + at, method: method, path: path, status: status, ip: ip)
    record.site = site
    record.userAgent = agent
    record.userID = user
    return try RequestIntake().request(record)
}

/// A book behind a reference, since `#expect` cannot call what changes a value.
private final class BookInHand {
    private var book: SessionBook

    init(policy: SessionBook.Policy = SessionBook.Policy()) { book = SessionBook(policy: policy) }

    var count: Int { book.count }
    var heldRequests: Int { book.heldRequests }
    subscript(id: SessionID) -> LiveSession? { book[id] }
    func restore(_ sessions: [SessionBook.Stored]) { book.restore(sessions) }
    func place(_ request: IntakeRequest, token: SessionID? = nil) -> SessionBook.Placement {
        book.place(request, token: token)
    }
    func ended(by moment: Timestamp) -> [LiveSession] { book.ended(by: moment) }
    func evidence(for id: SessionID, now: Timestamp) -> SessionEvidence? { book.evidence(for: id, now: now) }
    func serves(_ request: IntakeRequest, kind: RequestKind) -> Bool { book.serves(request, kind: kind) }
    func judged(_ verdict: SessionVerdict) -> Bool { book.judged(verdict) }
}

/// A schedule behind a reference, for the same reason.
private final class ScheduleInHand {
    private var schedule = JudgingSchedule()

    var count: Int { schedule.count }
    func changed(_ id: SessionID, askedAt: Timestamp?, now: Timestamp) {
        schedule.changed(id, askedAt: askedAt, now: now)
    }
    func take(_ limit: Int, now: Timestamp) -> [SessionID] { schedule.take(limit, now: now) }
}

@Suite struct SessionBookTests {
    @Test(arguments: [
        // gaps between requests in seconds, and how many sessions that makes by the rule of more than 1800 s
        ([0], 1), ([0, 1800], 1), ([0, 1801], 2), ([0, 1800, 1800], 1), ([0, 1801, 1801], 3), ([0, 60, 7200, 60], 2),
    ])
    func aGapOfMoreThanTheIdleTimeStartsAnotherSession(gaps: [Int64], sessions: Int) throws {
        let book = BookInHand()
        var at: Int64 = 0
        var seen: Set<SessionID> = []
        for gap in gaps {
            at += gap * 1000
            seen.insert(book.place(try request(at)).sessionID)
        }
        #expect(seen.count == sessions)
    }

    @Test func visitorsAreToldApartByAgentAddressAndSite() throws {
        let book = BookInHand()
        let ids = try [
            request(0), request(1), request(2, ip: "192.0.2.2"), request(3, agent: "Mozilla/5.0 B"),
            request(4, site: "example.net"),
        ].map { book.place($0).sessionID }
        #expect(ids[0] == ids[1])
        #expect(Set(ids).count == 4)
    }

    @Test func aSessionIsNamedAfterItsFirstRequest() throws {
        let book = BookInHand()
        let first = try request(0)
        #expect(
            book.place(first)
                == SessionBook.Placement(
                    sessionID: SessionID(first: first.eventID), kind: .document, isNew: true, isFirstHere: true))
        #expect(book.place(try request(1)).isNew == false)
    }

    @Test func aLateLineExtendsTheSessionBackwards() throws {
        let book = BookInHand()
        let id = book.place(try request(30 * minute)).sessionID
        #expect(book.place(try request(0)).sessionID == id)
        #expect(book[id]?.startedAt == noon)
        #expect(book[id]?.lastActivityAt == noon + 30 * minute)
        #expect(book.place(try request(-31 * minute)).sessionID != id)
    }

    @Test func aLateLineReopensASessionThatIsOver() throws {
        let book = BookInHand()
        let id = book.place(try request(0)).sessionID
        _ = book.place(try request(35 * minute, ip: "192.0.2.9"))
        #expect(book.ended(by: noon + 35 * minute).isEmpty)
        #expect(book.place(try request(10 * minute)).sessionID == id)
    }

    @Test func sessionsLeaveOnceNoLateLineCanReachThem() throws {
        let book = BookInHand()
        let id = book.place(try request(0)).sessionID
        #expect(book.ended(by: noon + 60 * minute).isEmpty)
        let gone = book.ended(by: noon + 62 * minute)
        #expect(gone.map(\.id) == [id])
        #expect(book.count == 0)
    }

    @Test func theLongestLifeIsBounded() throws {
        let book = BookInHand(policy: SessionBook.Policy(maximum: 60 * minute))
        var ids: Set<SessionID> = []
        for step in stride(from: Int64(0), through: 80, by: 20) {
            ids.insert(book.place(try request(step * minute)).sessionID)
        }
        #expect(ids.count == 2)
        let endless = BookInHand(policy: SessionBook.Policy(maximum: nil))
        let all = try stride(from: Int64(0), through: 3000, by: 20).map {
            endless.place(try request($0 * minute)).sessionID
        }
        #expect(Set(all).count == 1)
    }

    @Test func tooManySessionsSendTheQuietestAway() throws {
        let book = BookInHand(policy: SessionBook.Policy(capacity: 10))
        for index in 0..<11 { _ = book.place(try request(Int64(index) * 1000, ip: "192.0.2.\(index + 1)")) }
        let gone = book.ended(by: noon + 11_000)
        #expect(gone.map(\.key.address.description) == ["192.0.2.1", "192.0.2.2"])
        #expect(book.count == 9)
    }

    /// Ten visitors with a hundred requests each, of which all of them together may hold three hundred.
    @Test func manyLongSessionsHoldTheLatestRequestsOnly() throws {
        let book = BookInHand(policy: SessionBook.Policy(requestCapacity: 300))
        var sessions: Set<SessionID> = []
        for step in 0..<100 {
            for visitor in 1...10 {
                let request = try request(Int64(step) * 1000, ip: "192.0.2.\(visitor)", path: "/\(step)")
                sessions.insert(book.place(request).sessionID)
            }
        }
        #expect(sessions.count == 10)
        var held = 0
        for id in sessions {
            let evidence = try #require(book.evidence(for: id, now: noon + 100_000))
            // A share of thirty and a quarter more.
            #expect((30...38).contains(evidence.requests.count) && evidence.requests.last?.path == "/99")
            #expect(evidence.requests.count + evidence.requestsOmitted == 100 && evidence.requestCount == 100)
            #expect(evidence.distinctPages == 100)
            held += evidence.requests.count
        }
        #expect(book.heldRequests == held)
        #expect(book.ended(by: noon + 100 * minute).count == 10 && book.heldRequests == 0)
    }

    @Test func aStoredSessionIsContinuedButNotJudgedFromMemory() throws {
        let book = BookInHand()
        let first = try request(0)
        let id = SessionID(first: first.eventID)
        book.restore([
            SessionBook.Stored(id: id, key: SessionKey(first), startedAt: noon, lastActivityAt: noon + 5 * minute)
        ])
        let placement = book.place(try request(20 * minute))
        #expect(placement.sessionID == id)
        #expect(placement.isNew == false)
        #expect(book.evidence(for: id, now: noon + 20 * minute) == nil)
        #expect(book[id]?.startedAt == noon)
        #expect(book.place(try request(90 * minute)).sessionID != id)
    }

    /// An import stores sessions while it reads, and asks each day what is stored.
    @Test func aSessionThatIsToldOfAgainIsNoFurtherOne() throws {
        let book = BookInHand()
        let first = try request(0)
        let id = book.place(first).sessionID
        #expect(book.ended(by: noon + 61 * minute).count == 1)
        for _ in 1...3 {
            book.restore([SessionBook.Stored(id: id, key: SessionKey(first), startedAt: noon, lastActivityAt: noon)])
            _ = book.ended(by: noon + 130 * minute)
            _ = book.ended(by: noon + 61 * minute)
        }
        let next = book.place(try request(200 * minute)).sessionID
        #expect(next != id)
        #expect(book.evidence(for: next, now: noon + 200 * minute)?.fingerprintSessions24h == 2)
    }

    @Test func aVerifiedTokenCarriesASessionThroughANewAddress() throws {
        let book = BookInHand()
        let id = book.place(try request(0)).sessionID
        #expect(book.place(try request(minute, ip: "198.51.100.7"), token: id).sessionID == id)
        #expect(book.place(try request(40 * minute), token: id).sessionID != id)
    }

    @Test func aNavigationWithoutTheCookieIsNotItsHolder() throws {
        let book = BookInHand()
        let id = book.place(try request(0)).sessionID
        #expect(book.place(try request(1000, path: "/a.css")).sessionID == id)
        _ = book.place(try request(2000), token: id)
        #expect(book.place(try request(3000, path: "/a.png")).sessionID == id)
        let other = book.place(try request(4000))
        #expect(other.sessionID != id)
        #expect(other.isNew)
    }

    @Test func theEntryIsTheFirstPageNotAnAssetBeforeIt() throws {
        let book = BookInHand()
        let id = book.place(try request(0, path: "/logo.png")).sessionID
        _ = book.place(try request(1000, path: "/start"))
        _ = book.place(try request(2000, path: "/next"))
        let session = try #require(book[id])
        #expect(session.entry.path == "/start")
        #expect(session.exitPage == "/next")
        #expect((session.requestCount, session.assetCount, session.totalCount) == (2, 1, 3))
    }

    @Test func evidenceHoldsTheNewestRequestsAndCountsTheRest() throws {
        let book = BookInHand()
        var id: SessionID?
        for index in 0..<1000 {
            id =
                book.place(try request(Int64(index) * 1000, path: "/p\(index)", status: index % 10 == 0 ? 404 : 200))
                .sessionID
        }
        let question = book.evidence(for: id!, now: noon + 1000 * 1000)
        let evidence = try #require(question)
        #expect(evidence.requests.count == 400)
        #expect(evidence.requests.last?.path == "/p999")
        #expect(evidence.requestsOmitted == 600)
        #expect(evidence.requestCount == 1000)
        #expect(evidence.errorCount == 100)
        #expect(evidence.distinctPages == 1000)
    }

    @Test func sessionsAndAgentsOfADayAreCountedAsOfTheLastActivity() throws {
        let book = BookInHand()
        var last: SessionID?
        for index in 0..<5 {
            last = book.place(try request(Int64(index) * 40 * minute, ip: "192.0.2.\(index + 1)")).sessionID
        }
        _ = book.place(try request(4 * 40 * minute + 1, ip: "192.0.2.77", agent: "Mozilla/5.0 C"))
        _ = book.place(try request(4 * 40 * minute + 1, ip: "198.51.100.1", agent: "Mozilla/5.0 D"))
        let question = book.evidence(for: last!, now: noon + 200 * minute)
        let evidence = try #require(question)
        #expect(evidence.fingerprintSessions24h == 5)
        #expect(evidence.prefixAgents24h == 2)
    }

    @Test func sitePagesAreThoseKnownByTheLastActivity() throws {
        let book = BookInHand()
        let first = book.place(try request(0, path: "/a")).sessionID
        for (index, path) in ["/a", "/b", "/c", "/b"].enumerated() {
            let hit = try request(Int64(index) * minute, ip: "192.0.2.50", path: path)
            let placement = book.place(hit)
            #expect(book.serves(hit, kind: placement.kind) == (index < 3))
        }
        #expect(book.serves(try request(9 * minute, path: "/missing", status: 404), kind: .document) == false)
        #expect(book.evidence(for: first, now: noon + 10 * minute)?.sitePages == 1)
    }

    @Test func theVerdictOverTheMostEvidenceStays() throws {
        let book = BookInHand()
        let id = book.place(try request(0)).sessionID
        func verdict(_ count: Int, _ verdictClass: VerdictClass) -> SessionVerdict {
            SessionVerdict(
                verdictID: "\(count)", sessionID: id, verdictClass: verdictClass, score: 0, isBot: false,
                isScanner: false, isBehavioralBot: false, signals: [], ruleSet: "r", judgedCount: count, at: noon)
        }
        #expect(book.judged(verdict(3, .human)))
        #expect(!book.judged(verdict(2, .scanner)))
        #expect(book[id]?.judgedCount == 3)
        #expect(book.judged(verdict(3, .undecided)))
    }
}

@Suite struct SessionBookClockTests {
    /// A clock that is set back by an hour and forward again: each hour's requests are together.
    @Test func aRequestOfAnEarlierHourIsAnotherVisit() throws {
        let book = BookInHand()
        let first = book.place(try request(0))
        let back = book.place(try request(-60 * minute))
        #expect(back.isNew && back.sessionID != first.sessionID)
        #expect(book.place(try request(minute)).sessionID == first.sessionID)
        #expect(book.place(try request(-59 * minute)).sessionID == back.sessionID)
        #expect(book[first.sessionID]?.requestCount == 2)
        #expect(book[back.sessionID]?.requestCount == 2)
    }

    @Test func whatHasEndedLeavesThoughTheClockWasSetBack() throws {
        let book = BookInHand()
        let old = book.place(try request(-120 * minute))
        let late = book.place(try request(0, ip: "192.0.2.2"))
        #expect(book.ended(by: noon - 61 * minute).isEmpty)
        // An hour ahead and back again: the sweep in between must not be the last for an hour.
        #expect(book.ended(by: noon).map(\.id) == [old.sessionID])
        let other = book.place(try request(-150 * minute, ip: "192.0.2.3"))
        #expect(book.ended(by: noon - 60 * minute).map(\.id) == [other.sessionID])
        #expect(book[late.sessionID] != nil)
    }
}

@Suite struct JudgingScheduleTests {
    private func id(_ number: UInt64) -> SessionID { SessionID(first: EventID(at: noon, entropy: (0, number))) }

    @Test func theFirstRequestIsJudgedAtOnceAndFurtherOnesAfterAPause() {
        let schedule = ScheduleInHand()
        schedule.changed(id(1), askedAt: nil, now: noon)
        #expect(schedule.take(10, now: noon) == [id(1)])
        schedule.changed(id(1), askedAt: noon, now: noon + 100)
        schedule.changed(id(1), askedAt: noon, now: noon + 200)
        #expect(schedule.take(10, now: noon + 499).isEmpty)
        #expect(schedule.take(10, now: noon + 500) == [id(1)])
        schedule.changed(id(1), askedAt: noon + 500, now: noon + 5000)
        #expect(schedule.take(10, now: noon + 5000) == [id(1)])
    }

    /// Set back an hour, the clock keeps nobody waiting for longer than the pause; set forward, it hurries nobody.
    @Test func aClockThatStepsDelaysNoJudgement() {
        let schedule = ScheduleInHand()
        let earlier = noon - 60 * minute
        schedule.changed(id(1), askedAt: noon, now: earlier)
        #expect(schedule.take(10, now: earlier + 499).isEmpty)
        #expect(schedule.take(10, now: earlier + 500) == [id(1)])
        // Put down before the step.
        schedule.changed(id(2), askedAt: noon, now: noon + 100)
        #expect(schedule.take(10, now: earlier) == [id(2)])
        schedule.changed(id(3), askedAt: noon, now: noon + 60 * minute)
        #expect(schedule.take(10, now: noon + 60 * minute) == [id(3)])
    }

    /// As after a detector's absence; taking one must not look at all.
    @Test(.timeLimit(.minutes(1))) func manyAreTakenOneByOne() {
        let schedule = ScheduleInHand()
        let count = 50_000
        for number in 0..<count {
            schedule.changed(id(UInt64(number * 7919 % count)), askedAt: nil, now: noon + Int64(number))
        }
        let taken = (0..<count).flatMap { _ in schedule.take(1, now: noon + Int64(count)) }
        #expect(taken == (0..<count).map { id(UInt64($0 * 7919 % count)) })
        #expect(schedule.count == 0)
    }

    @Test func theLongestWaitingComesFirst() {
        let schedule = ScheduleInHand()
        for number in 1...3 { schedule.changed(id(UInt64(number)), askedAt: nil, now: noon + Int64(4 - number)) }
        #expect(schedule.take(2, now: noon + 10) == [id(3), id(2)])
        #expect(schedule.count == 1)
    }
}

@Suite struct LiveIntakeTests {
    @Test func aRepeatGoesWhereTheFirstWentAndCountsOnce() throws {
        var intake = LiveIntake(policy: SessionBook.Policy())
        let hit = try request(0)
        let placement = intake.place(hit, token: nil, now: noon)
        #expect(intake.isRepeat(hit.eventID) == placement.sessionID)
        intake.retract(hit, placement)
        #expect(intake.isRepeat(hit.eventID) == nil)
        #expect(intake.book[placement.sessionID] == nil)
    }

    @Test func aVerdictIsKeptUntilItIsStoredAndANewerOneStays() throws {
        var intake = LiveIntake(policy: SessionBook.Policy())
        let id = intake.place(try request(0), token: nil, now: noon).sessionID
        func verdict(_ count: Int) -> SessionVerdict {
            SessionVerdict(
                verdictID: "v\(count)", sessionID: id, verdictClass: .human, score: 0, isBot: false, isScanner: false,
                isBehavioralBot: false, signals: [], ruleSet: "r", judgedCount: count, at: noon)
        }
        let (early, late) = (SpoolPosition(segment: 1, offset: 900), SpoolPosition(segment: 2, offset: 0))
        intake.judged(verdict(1), before: early)
        intake.judged(verdict(2), before: early)
        intake.judged(verdict(1), before: early)
        #expect(intake.verdicts(before: late, or: { _ in false })[id]?.judgedCount == 2)
        intake.stored([verdict(1)])
        #expect(intake.unstoredVerdicts == 1)
        intake.stored([verdict(2)])
        #expect(intake.unstoredVerdicts == 0)
    }

    /// While records keep coming the spool is never empty, and what is not of this batch was perhaps of one before.
    @Test func aVerdictIsStoredWithItsSessionsRecordsOrAfterThem() throws {
        var intake = LiveIntake(policy: SessionBook.Policy())
        let id = intake.place(try request(0), token: nil, now: noon).sessionID
        let end = SpoolPosition(segment: 1, offset: 900)
        intake.judged(
            SessionVerdict(
                verdictID: "v", sessionID: id, verdictClass: .human, score: 0, isBot: false, isScanner: false,
                isBehavioralBot: false, signals: [], ruleSet: "r", judgedCount: 1, at: noon), before: end)
        #expect(intake.verdicts(before: SpoolPosition(segment: 1, offset: 899), or: { _ in false }).isEmpty)
        #expect(intake.verdicts(before: SpoolPosition(segment: 0, offset: 1000), or: { $0 == id }).count == 1)
        #expect(intake.verdicts(before: end, or: { _ in false }).count == 1)
        #expect(intake.verdicts(before: SpoolPosition(segment: 2, offset: 0), or: { _ in false }).count == 1)
    }
}
