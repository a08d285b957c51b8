import CollectorCore
import Database
import Foundation
import PostgresSupport
import Testing
import WeirProtocol

@testable import collector

/// What reaches the database, against a real one.
@Suite struct DrainTests {
    private let start = Timestamp(year: 2026, month: 3, day: 1, hour: 10)

    private func request(
        _ seconds: Int64, path: String = "/", status: Int = 200, ip: String = "192.0.2.1", duration: Double? = nil,
        user: String? = nil, referrer: String? = nil
    ) throws -> IntakeRequest {
        let at = start + seconds * 1000
        var record = RequestRecord(
            eventID: EventID(at: at, entropy: (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max))),
            at: at, method: "GET", path: path, status: status, ip: ip)
        record.site = "example.org"
        record.userAgent = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
        record.durationMs = duration
        record.userID = user
        record.referrer = referrer
        return try RequestIntake().request(record)
    }

    @Test func nothingIsStoredWhileAPersonIsErased() async throws {
        let bench = try await DrainBench.make()
        try await bench.operatorConnection.script("begin; \(ErasureLock.erasing)")
        var batcher = try Batcher()
        let batch = batcher.batch([try request(0)])
        async let stored = bench.drain.commit(batch)
        try await bench.operatorConnection.waitForAWaiter()
        try await bench.operatorConnection.script("commit")
        #expect(try await stored == Drain.Outcome(stored: 1, duplicates: 0, dead: 0))
    }

    @Test func aBatchIsStoredOnceHoweverOftenItIsOffered() async throws {
        let bench = try await DrainBench.make()
        var batcher = try Batcher()
        let batch = batcher.batch([
            try request(0), try request(1, path: "/a.css"), try request(2, path: "/b", status: 404, duration: 30),
            try request(10, path: "/c", duration: 10),
        ])
        #expect(try await bench.drain.commit(batch) == Drain.Outcome(stored: 4, duplicates: 0, dead: 0))
        #expect(try await bench.drain.commit(batch) == Drain.Outcome(stored: 0, duplicates: 4, dead: 0))
        #expect(try await bench.value("select count(*) from analytics_events") == "4")
        let session = try await bench.operatorConnection.query("select * from user_sessions")
        #expect(session.count == 1)
        let row = session[0]
        #expect(try row.get("request_count", as: Int.self) == 3)
        #expect(try row.get("asset_count", as: Int.self) == 1)
        #expect(try row.get("error_count", as: Int.self) == 1)
        #expect(try row.get("avg_response_time_ms", as: Double.self) == 20)
        #expect(try row.get("success_rate", as: Double.self) == 0.75)
        #expect(try row.get("landing_page", as: String.self) == "/")
        #expect(try row.get("exit_page", as: String.self) == "/c")
        #expect(try row.get("duration_seconds", as: Int.self) == 10)
        #expect(try row.milliseconds("ended_at") == (start + 10_000).milliseconds)
        #expect(try row.get("needs_evaluation", as: Bool.self))
        #expect(
            try await bench.value(
                "select concat_ws('/', sum(accepted), sum(stored), sum(duplicates)) from ingest_ledger") == "8/4/4"
        )
    }

    @Test("What goes straight to the tables is what a merge would have put there, row by row")
    func newsLikeMerge() async throws {
        let requests = [
            try request(0), try request(1, path: "/a.css"), try request(2, path: "/b", status: 404, duration: 30.5),
            try request(10, path: "/c", duration: 10, user: "u1"), try request(5, ip: "192.0.2.9"),
            try request(3, path: "/wp-login.php", status: 404, ip: "192.0.2.10"),
        ]
        let further = [
            try request(20, path: "/d", duration: 5), try request(30, path: "/e", status: 500),
            try request(31, ip: "192.0.2.11"),
        ]
        var stored: [[String]] = []
        for expectation in [Drain.Expectation.repeats, .news] {
            let bench = try await DrainBench.make()
            var batcher = try Batcher()
            for (turn, part) in [requests, further].enumerated() {
                var batch = batcher.batch(part)
                for id in Array(batch.sessionIDs).sorted() {
                    // In each turn one session has no verdict, and one verdict is on the way of which the batch has more.
                    guard let session = batcher.book[id], session.key.address.description != "192.0.2.9" else {
                        continue
                    }
                    let isScanner = session.key.address.description == "192.0.2.10"
                    batch.verdicts[id] = SessionVerdict(
                        verdictID: "v\(turn)\(id)", sessionID: id, verdictClass: isScanner ? .scanner : .behavioralBot,
                        score: isScanner ? 0 : 60, isBot: false, isScanner: isScanner, isBehavioralBot: !isScanner,
                        signals: [
                            Signal(name: "probe", points: 60, observed: .text("wp\tlogin"), threshold: .text(""))
                        ],
                        ruleSet: "r", judgedCount: session.totalCount - turn, at: start)
                }
                #expect(try await bench.drain.commit(batch, expecting: expectation).stored == part.count)
            }
            stored.append(
                try await bench.operatorConnection.query(
                    """
                    select (to_jsonb(s) - 'updated_at')::text as row from user_sessions s
                    union all select (to_jsonb(e) - 'created_at')::text from analytics_events e order by 1
                    """
                ).map { try $0.get("row") })
        }
        #expect(stored[0].count == 3 + 1 + 9)
        #expect(stored[0] == stored[1])
    }

    @Test("News that are none after all are merged, and nothing counts twice")
    func newsThatAreNone() async throws {
        let bench = try await DrainBench.make()
        var batcher = try Batcher()
        let first = [try request(0), try request(5, path: "/a")]
        _ = try await bench.drain.commit(batcher.batch(first), expecting: .news)
        var other = try Batcher()
        let again = other.batch([try request(1, ip: "192.0.2.77")] + first)
        #expect(
            try await bench.drain.commit(again, expecting: .news) == Drain.Outcome(stored: 1, duplicates: 2, dead: 0))
        #expect(
            try await bench.value(
                "select string_agg(request_count::text, ',' order by request_count) from user_sessions") == "1,2")
        #expect(
            try await bench.value(
                "select concat_ws('/', sum(accepted), sum(stored), sum(duplicates)) from ingest_ledger") == "5/3/2"
        )
    }

    @Test func countersMoveOnlyByWhatIsNew() async throws {
        let bench = try await DrainBench.make()
        var batcher = try Batcher()
        let first = [try request(0), try request(5, path: "/a")]
        _ = try await bench.drain.commit(batcher.batch(first))
        let again = batcher.batch(first + [try request(60, path: "/b", duration: 8)])
        #expect(try await bench.drain.commit(again) == Drain.Outcome(stored: 1, duplicates: 2, dead: 0))
        #expect(try await bench.value("select request_count from user_sessions") == "3")
        #expect(try await bench.value("select avg_response_time_ms from user_sessions") == "8")
        #expect(try await bench.value("select duration_seconds from user_sessions") == "60")
    }

    @Test func anEarlierPageReplacesTheEntryTogether() async throws {
        let bench = try await DrainBench.make()
        var batcher = try Batcher()
        _ = try await bench.drain.commit(
            batcher.batch([try request(600, path: "/later", referrer: "https://b.example/x")]))
        _ = try await bench.drain.commit(batcher.batch([try request(0, path: "/earlier?utm_source=mail")]))
        #expect(
            try await bench.value(
                "select landing_page || ' ' || utm_source || ' ' || coalesce(referrer_url, '-') from user_sessions")
                == "/earlier mail -")
    }

    @Test func aKnownUserRegistersTheSession() async throws {
        let bench = try await DrainBench.make()
        var batcher = try Batcher()
        _ = try await bench.drain.commit(batcher.batch([try request(0)]))
        #expect(
            try await bench.value("select user_type || coalesce(converted_at::text, '') from user_sessions") == "anon")
        _ = try await bench.drain.commit(batcher.batch([try request(9, user: "u1")]))
        #expect(
            try await bench.value("select user_type || user_id || (converted_at is not null) from user_sessions")
                == "registeredu1true")
    }

    @Test(arguments: [[3], [1, 2], [2, 1], [1, 1, 1]], [false, true])
    func aSessionIsRegisteredWithItsFirstRequestOfAUserHoweverItIsCutIntoBatches(
        _ sizes: [Int], _ isKnown: Bool
    ) async throws {
        let visit = [try request(0), try request(9, user: "u1"), try request(20, user: "u1")]
        try await registers(visit, sizes, isKnown)
        try await registers(visit.reversed(), sizes, isKnown)
    }

    private func registers(_ visit: [IntakeRequest], _ sizes: [Int], _ isKnown: Bool) async throws {
        let bench = try await DrainBench.make()
        var batcher = try Batcher()
        var rest = visit[...]
        for size in sizes {
            let batch = batcher.batch(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
            _ = try await bench.drain.commit(batch)
            // What is offered again is merged beside what is there, in another way than what is all new.
            if isKnown { _ = try await bench.drain.commit(batch) }
        }
        let row = try #require(
            try await bench.operatorConnection.query("select converted_at, request_count from user_sessions").first)
        #expect(try row.milliseconds("converted_at") == (start + 9000).milliseconds)
        #expect(try row.get("request_count", as: Int.self) == 3)
    }

    @Test func aRowThatTheDatabaseRefusesBecomesADeadLetterAndTheRestIsStored() async throws {
        let bench = try await DrainBench.make()
        var batcher = try Batcher()
        var batch = batcher.batch(try (0..<20).map { try request(Int64($0), path: "/\($0)", ip: "192.0.2.\($0 + 1)") })
        let bad = try request(30, ip: "192.0.2.200")
        // 40000 does not fit the column of the level, as a row of a damaged spool might not.
        var row = CopyWriter()
        EventRows.append(bad, kind: .document, session: SessionID(first: bad.eventID), source: "live", to: &row)
        let spoiled = String(decoding: row.bytes, as: UTF8.self).replacingOccurrences(
            of: "\tlive\t", with: "\tlive\tnot json")
        batch.add(
            .request, row: Array(spoiled.utf8)[...], of: SessionID(first: bad.eventID),
            day: bad.eventID.timestamp.day.number)
        var other = try Batcher()
        _ = other.book.place(bad)
        batch.set(
            session: SessionID(first: bad.eventID),
            row: other.rows.row(of: other.book[SessionID(first: bad.eventID)]!)[...])
        #expect(try await bench.drain.commit(batch) == Drain.Outcome(stored: 20, duplicates: 0, dead: 1))
        #expect(try await bench.value("select count(*) from user_sessions") == "20")
        #expect(
            try await bench.value("select sum(accepted) - sum(stored) - sum(duplicates) - sum(dead) from ingest_ledger")
                == "0")
        let files = try FileManager.default.contentsOfDirectory(atPath: bench.deadDirectory)
        let text = try String(contentsOfFile: bench.deadDirectory + "/" + (try #require(files.first)), encoding: .utf8)
        #expect(text.contains("\"reason\"") && text.contains("192.0.2.200"))
        try? FileManager.default.removeItem(atPath: bench.deadDirectory)
    }

    @Test func verdictsSetFlagsUnlessAHandHasSetThem() async throws {
        let bench = try await DrainBench.make()
        var batcher = try Batcher()
        var batch = batcher.batch([try request(0), try request(1, ip: "192.0.2.2")])
        let ids = Array(batch.sessionIDs).sorted()
        func verdict(_ id: SessionID, _ count: Int, bot: Bool) -> SessionVerdict {
            SessionVerdict(
                verdictID: "v\(count)\(id)", sessionID: id, verdictClass: bot ? .declaredBot : .human, score: 10,
                isBot: bot,
                isScanner: false, isBehavioralBot: false,
                signals: [Signal(name: "user_agent_token", points: 0, observed: .text("x"), threshold: .text(""))],
                ruleSet: "r1", judgedCount: count, at: start)
        }
        batch.verdicts[ids[0]] = verdict(ids[0], 1, bot: true)
        _ = try await bench.drain.commit(batch)
        #expect(
            try await bench.value("select count(*) from user_sessions where is_bot and not needs_evaluation") == "1")
        try await bench.operatorConnection.execute(
            "update user_sessions set is_bot = false where session_id = $1", [.text(ids[0].text)])
        var later = DrainBatch()
        later.verdicts = [ids[0]: verdict(ids[0], 5, bot: true), ids[1]: verdict(ids[1], 1, bot: true)]
        _ = try await bench.drain.commit(later)
        #expect(try await bench.value("select is_bot from user_sessions where session_id = '\(ids[0])'") == "false")
        #expect(try await bench.value("select is_bot from user_sessions where session_id = '\(ids[1])'") == "true")
        #expect(
            try await bench.value("select bot_reason from user_sessions where session_id = '\(ids[1])'")
                == "user_agent_token: x")
    }

    @Test func aDurationThatNoRealCanHoldIsStored() async throws {
        let bench = try await DrainBench.make()
        var batcher = try Batcher()
        let requests = try [Double.leastNonzeroMagnitude, 1e-46, 1e9].map { try request(0, duration: $0) }
        #expect(
            try await bench.drain.commit(batcher.batch(requests)) == Drain.Outcome(stored: 3, duplicates: 0, dead: 0))
        #expect(
            try await bench.value(
                "select string_agg(response_time_ms::text, ',' order by response_time_ms) from analytics_events")
                == "0,0,1e+09")
    }

    @Test func pagesAndRefusalsAreKept() async throws {
        let bench = try await DrainBench.make()
        var batch = DrainBatch()
        batch.pages = [
            DrainBatch.Page(site: "example.org", path: "/guide/start", firstSeen: start),
            DrainBatch.Page(site: "example.org", path: "/guide/start", firstSeen: start + 1),
        ]
        batch.refused = ["bad_time": 2]
        _ = try await bench.drain.commit(batch)
        _ = try await bench.drain.commit(batch)
        #expect(
            try await bench.value("select string_agg(path || ' ' || slug, ',') from content") == "/guide/start start")
        #expect(try await bench.value("select sum((refused_by_reason ->> 'bad_time')::int) from ingest_ledger") == "4")
    }

    @Test func storedEvidenceIsWhatMemoryHad() async throws {
        let bench = try await DrainBench.make()
        var batcher = try Batcher()
        let requests = [
            try request(0, path: "/", referrer: "https://www.google.com/"), try request(1, path: "/s.css"),
            try request(40, path: "/a?x=1"), try request(70, path: "/missing", status: 404),
        ]
        var batch = batcher.batch(requests)
        batch.pages = [DrainBatch.Page(site: "example.org", path: "/", firstSeen: start)]
        for request in requests { _ = batcher.book.serves(request, kind: .asset) }
        _ = batcher.book.serves(requests[0], kind: .document)
        _ = try await bench.drain.commit(batch)
        let id = try #require(Array(batch.sessionIDs).first)
        let session = try #require(batcher.book[id])
        var remembered = try #require(batcher.book.evidence(of: session, now: session.lastActivityAt))
        // Only memory knows that.
        remembered.isFirstQuestion = false
        let stored = try await StoredEvidence(connection: bench.drain.connection).waiting(limit: 10, quietFor: 0)
        #expect(stored == [remembered])
    }
}
