import CollectorCore
import Database
import Foundation
import PostgresSupport
import Testing
import WeirProtocol

@testable import collector

/// What an import stores in binary form is what the live collector would have stored in text form.
@Suite struct BinaryBatchTests {
    private static let start = Timestamp(year: 2026, month: 3, day: 1, hour: 10)
    private static let hostile = "a\tb\\N\nc\rd\\. \"e\" é 漢 🦆 \u{1}\u{7F}"

    private static func request(
        _ number: UInt64, at: Timestamp = start, ip: String = "192.0.2.1",
        _ change: (inout IntakeRequest) -> Void = { _ in }
    ) throws -> IntakeRequest {
        // The identity's time is never before 1970.
        let id = EventID(at: max(at, Timestamp(milliseconds: 0)), entropy: (number, ~number))
        let record = RequestRecord(eventID: id, at: at, method: "GET", path: "/\(number)", status: 200, ip: ip)
        var request = try RequestIntake().request(record)
        request.site = "example.org"
        change(&request)
        return request
    }

    /// Two turns, the second with sessions of the first.
    private static func turns() throws -> [[IntakeRequest]] {
        let first = [
            try request(1),
            try request(2, at: start + 1) {
                $0.method = hostile
                $0.path = "/" + hostile
                $0.query = hostile
                $0.status = 599
                $0.durationMs = 1e9
                $0.bytes = .max
                $0.referrer = hostile
                $0.referrerHost = hostile
                $0.headers = ["accept": hostile, "dnt": ""]
                $0.userID = hostile
                $0.level = .blocked
            },
            try request(3, at: start + 2, ip: "2001:db8::7") {
                $0.site = hostile
                $0.path = "/"
                $0.query = ""
                $0.durationMs = 0.1
                $0.bytes = 0
                $0.referrer = "https://search.example/?q=a%09b"
                $0.referrerHost = ""
                $0.userAgent = hostile
                $0.acceptLanguage = "de,\(hostile)"
                $0.campaign.source = hostile
                $0.campaign.medium = ""
                $0.campaign.term = String(repeating: "é", count: 255)
            },
            try request(4, at: Timestamp(year: 1999, month: 12, day: 31, hour: 23) + 3_599_999, ip: "64:ff9b::c000:201")
            {
                $0.durationMs = 1e-6
                $0.status = 404
            },
            try request(5, at: Timestamp(milliseconds: -1), ip: "::") { $0.durationMs = 16_777_217 },
            try request(6, at: Timestamp(year: 1901, month: 1, day: 1), ip: "255.255.255.255") {
                $0.durationMs = 1.0 / 3
            },
            try request(7, at: start + 3, ip: "::102:304") { $0.durationMs = 33.3 },
            try request(8, at: start + 4, ip: "::102:304") { $0.durationMs = -0.0 },
        ]
        let second = [
            try request(9, at: start + 60_000) { $0.userID = "u1" },
            try request(10, at: start + 61_000, ip: "2001:db8::7") {
                $0.site = hostile
                $0.userAgent = hostile
                $0.acceptLanguage = "de,\(hostile)"
            },
            try request(11, at: start + 62_000, ip: "198.51.100.9") { $0.path = hostile },
        ]
        return [first, second]
    }

    @Test func bothFormsStoreTheSameHoweverTheyAreStored() async throws {
        var stored: [[String]] = []
        for form in [CopyWriter.Form.text, .binary] {
            for expectation in [Drain.Expectation.repeats, .news] {
                let bench = try await DrainBench.make()
                var batcher = try Batcher(form)
                for (turn, requests) in try Self.turns().enumerated() {
                    var batch = batcher.batch(requests)
                    for id in Array(batch.sessionIDs).sorted().dropFirst() {
                        batch.verdicts[id] = Self.verdict("v\(turn)", id, batcher.book[id]!.totalCount)
                    }
                    let outcome = try await bench.drain.commit(batch, expecting: expectation)
                    #expect(outcome == Drain.Outcome(stored: requests.count))
                    #expect(
                        try await bench.drain.commit(batch, expecting: expectation)
                            == Drain.Outcome(duplicates: requests.count))
                }
                stored.append(
                    try await bench.operatorConnection.query(
                        """
                        select (to_jsonb(s) - 'updated_at')::text as row from user_sessions s
                        union all select to_jsonb(e)::text from analytics_events e order by 1
                        """
                    ).map { try $0.get("row") })
                await bench.operatorConnection.close()
                await bench.drain.connection.close()
            }
        }
        #expect(stored[0].count == 11 + 7)
        for other in stored.dropFirst() {
            for (left, right) in zip(stored[0], other) { #expect(left == right) }
            #expect(stored[0].count == other.count)
        }
    }

    private static func verdict(_ name: String, _ id: SessionID, _ count: Int) -> SessionVerdict {
        SessionVerdict(
            verdictID: name + id.text, sessionID: id, verdictClass: .behavioralBot, score: 60, isBot: true,
            isScanner: false, isBehavioralBot: true,
            signals: [Signal(name: hostile, points: 60, observed: .text(hostile), threshold: .text(""))],
            ruleSet: "r", judgedCount: count, at: start, botName: hostile, botCategory: nil)
    }

    @Test(arguments: [Drain.Expectation.repeats, .news])
    func aRequestThatTheDatabaseRefusesIsADeadLetterInTextForm(expectation: Drain.Expectation) async throws {
        let bench = try await DrainBench.make()
        var requests = try (1...20).map { number in
            try Self.request(number, ip: "192.0.2.\(number)") { $0.headers = ["accept": Self.hostile] }
        }
        requests[12].status = 40_000
        requests[12].durationMs = 0.1
        var (binary, text) = (try Batcher(.binary), try Batcher())
        let outcome = try await bench.drain.commit(binary.batch(requests), expecting: expectation)
        #expect(outcome == Drain.Outcome(stored: 19, dead: 1))
        #expect(try await bench.value("select count(*) from user_sessions") == "19")
        #expect(
            try await bench.value("select concat_ws('/', sum(accepted), sum(stored), sum(dead)) from ingest_ledger")
                == "20/19/1")

        defer { try? FileManager.default.removeItem(atPath: bench.deadDirectory) }
        let files = try FileManager.default.contentsOfDirectory(atPath: bench.deadDirectory)
        let letter = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: bench.deadDirectory + "/" + (try #require(files.first)))))
        let fields = try #require(letter as? [String: String])
        let batch = text.batch([requests[12]])
        let expected = batch.text(of: batch.records[0])
        #expect(fields["event"] == String(decoding: expected.row, as: UTF8.self))
        #expect(fields["event"]?.contains("\t40000\t") == true)
        #expect(fields["session"] == String(decoding: expected.session, as: UTF8.self))
        #expect(fields["columns"] == Staging.copy(.request))
        #expect(fields["reason"]?.contains("22P03") == true)
    }

    @Test func rowsAreReadBackByTheTypesOfTheirColumns() async throws {
        let types: [String: BinaryField] = [
            "text": .text, "character varying": .text, "smallint": .integer, "integer": .integer, "bigint": .integer,
            "real": .number, "double precision": .number, "boolean": .flag, "timestamp with time zone": .timestamp,
            "date": .date, "uuid": .uuid, "inet": .inet, "jsonb": .jsonb,
        ]
        let connection = try await TestCluster.shared().makeDatabase().connection(as: "weir_owner")
        for (table, columns, fields) in [
            ("analytics_events", Staging.eventColumns, Staging.eventFields),
            ("user_sessions", Staging.sessionColumns, Staging.sessionFields),
        ] {
            for (column, field) in zip(columns, fields) {
                let type = try await connection.query(
                    """
                    select format_type(atttypid, null) from pg_attribute
                    where attrelid = $1::regclass and quote_ident(attname) = $2
                    """, [.text(table), .text(column)]
                ).single(String.self)
                #expect(types[type] == field, "\(table).\(column) is a \(type)")
            }
        }
        await connection.close()
    }
}
