import Database
import DetectorCore
import Logging
import NIOCore
import NIOPosix
import PostgresSupport
import Runtime
import Synchronization
import Testing
import Transport
import WeirProtocol

@testable import detector

/// Look-ups over a socket and a real database, with a resolver of the test's own.
@Suite("Looking up crawlers") struct ClaimDeskTests {
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    static let address = "192.0.2.66"
    static let pointer = "66.2.0.192.in-addr.arpa"
    static let host = "crawl-192-0-2-66.googlebot.com"

    static var claim: CrawlerClaim { CrawlerClaim(name: "Googlebot", address: IPAddress(address)!) }

    /// A session that claims to be Google's, just now.
    static func session(_ id: String = "sess_test", ip: String = address) -> SessionEvidence {
        let now = Timestamp(milliseconds: WallClock.milliseconds)
        var evidence = SessionEvidence(
            sessionID: SessionID(id)!, ip: ip, ipPrefix: "192.0.2.0/24",
            userAgent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", startedAt: now)
        evidence.requests = [.init(at: now, method: "GET", path: "/", status: 200, kind: .document)]
        evidence.requestCount = 1
        evidence.distinctPages = 1
        return evidence
    }

    static func client(_ resolver: SocketAddress) -> DNSClient {
        DNSClient(
            resolver: resolver, group: MultiThreadedEventLoopGroup.singleton, attempts: 2,
            patience: .milliseconds(300))
    }

    private static func desk(_ resolver: SocketAddress, _ database: TestDatabase) throws -> ClaimDesk {
        ClaimDesk(
            client(resolver), try database.connection(as: "weir_detector"), crawlers: { .builtIn }, logger: logger)
    }

    /// What a resolver says that knows one host.
    static func zone(_ pointed: String, _ host: String, has address: [UInt8]) -> DNSServer.Answer {
        { query, _ in
            switch (query.question.name, query.question.type) {
            case (pointer, DNSPacket.ptr):
                [query.with(DNSPacket.ptr, DNSPacket.name(pointed)).bytes]
            case (host, DNSPacket.a): [query.with(DNSPacket.a, address).bytes]
            default: [query.with(status: 3).bytes]
            }
        }
    }

    @Test(
        "the first verdict waits for nobody; the look-up decides the next one and is stored for the collector",
        arguments: [
            ("confirmed", [192, 0, 2, 66], host, ClaimCheck.Result.verified),
            ("named so, and unknown to Google", [192, 0, 2, 1], host, .failed),
            ("somebody else's", [192, 0, 2, 66], "host.example.net", .failed),
        ] as [(String, [UInt8], String, ClaimCheck.Result)])
    func lookup(_ what: String, _ has: [UInt8], _ pointed: String, _ expected: ClaimCheck.Result) async throws {
        let database = try await TestCluster.shared().makeDatabase()
        try await DNSServer.serving(Self.zone(pointed, Self.host, has: has)) { server, resolver in
            let desk = try Self.desk(resolver, database)
            let again = Mutex<[String]>([])
            desk.onFinding { evidence in again.withLock { $0.append(evidence.sessionID.text) } }
            let now = WallClock.milliseconds
            for id in ["sess_a", "sess_b", "sess_a"] {
                #expect(desk.consult(Self.claim, for: Self.session(id), now: now) == nil)
            }
            #expect(desk.counters.waiting == 1)
            #expect(server.asked.isEmpty)
            await desk.lookUp(Self.claim)
            let check = try #require(desk.consult(Self.claim, for: Self.session(), now: now))
            #expect(check.result == expected && check.observed == pointed)
            #expect(again.withLock { $0.sorted() } == ["sess_a", "sess_b"])
            #expect(desk.counters.waiting == 0 && desk.counters.lookups == 1)

            let reader = try database.connection(as: "weir_reporter")
            let row = try #require(
                try await reader.query(
                    """
                    select result || ' ' || claim || ' ' || host(ip_address) || ' ' || method || ' ' || hostname,
                        array_to_string(sessions, ',') from crawler_verifications
                    """
                ).first)
            let result = expected == .verified ? "verified" : "false_claim"
            #expect(
                try row.get(0, as: String.self) == "\(result) Googlebot \(Self.address) reverse_dns \(pointed)")
            #expect(try row.get(1, as: String.self) == "sess_a,sess_b")

            // What one detector learned another one knows after its start, without asking.
            let other = try Self.desk(resolver, database)
            let asked = server.asked.count
            await other.recollect()
            #expect(other.consult(Self.claim, for: Self.session(), now: now)?.result == expected)
            #expect(other.counters.waiting == 0 && server.asked.count == asked)
        }
    }

    @Test("noise, forged ids, other questions and cut datagrams end no question; the reply that fits does")
    func hostile() async throws {
        try await DNSServer.serving({ query, _ in
            let right = query.with(DNSPacket.ptr, DNSPacket.name("right.googlebot.com"))
            var forged = query.with(DNSPacket.ptr, DNSPacket.name("forged.googlebot.com"))
            forged.id = query.id &+ 1
            var other = DNSPacket("9.2.0.192.in-addr.arpa", DNSPacket.ptr)
                .with(DNSPacket.ptr, DNSPacket.name("other.googlebot.com"))
            other.id = query.id
            return [
                [], [0xFF], [UInt8](repeating: 0xC0, count: 600), [UInt8](repeating: 0, count: 2000), forged.bytes,
                other.bytes, Array(right.bytes.dropLast(3)), right.bytes,
            ]
        }) { _, resolver in
            let question = DNSQuestion(namesOf: Self.claim.address)
            let reply = try #require(await Self.client(resolver).ask(question))
            #expect(reply.records.map(\.value) == [.pointer(try #require(DNSName("right.googlebot.com")))])
        }
    }

    @Test("a datagram that is lost is sent again, so often and no more")
    func silence() async throws {
        let question = DNSQuestion(namesOf: Self.claim.address)
        try await DNSServer.serving({ query, time in time == 1 ? [] : [query.with(status: 3).bytes] }) {
            server, resolver in
            #expect(await Self.client(resolver).ask(question)?.status == 3)
            #expect(server.asked.count == 2)
        }
        try await DNSServer.serving({ _, _ in [] }) { server, resolver in
            #expect(await Self.client(resolver).ask(question) == nil)
            #expect(server.asked == [String](repeating: "12 \(Self.pointer)", count: 2))
        }
    }

    @Test("a resolver that cannot say convicts nobody, takes nothing back, and is not asked again at once")
    func unknown() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        try await DNSServer.serving({ query, _ in [query.with(status: 2).bytes] }) { server, resolver in
            let desk = try Self.desk(resolver, database)
            let now = WallClock.milliseconds
            #expect(desk.consult(Self.claim, for: Self.session(), now: now) == nil)
            await desk.lookUp(Self.claim)
            #expect(desk.consult(Self.claim, for: Self.session(), now: WallClock.milliseconds) == nil)
            #expect(desk.counters.waiting == 0 && desk.counters.unknown == 1)
            let rows = try await database.connection(as: "weir_reporter").query(
                "select count(*) from crawler_verifications")
            #expect(try rows.single(Int.self) == 0)

            // Known once, long ago: it holds on.
            let writer = try database.connection(as: "weir_detector")
            try await writer.execute(
                """
                insert into crawler_verifications (ip_address, claim, result, method, hostname, checked_at, expires_at)
                values ('\(Self.address)', 'Googlebot', 'verified', 'reverse_dns', 'h', now(), now() + interval '1 s')
                """)
            let other = try Self.desk(resolver, database)
            await other.recollect()
            let later = WallClock.milliseconds + 10_000
            var session = Self.session()
            session.lastActivityAt = Timestamp(milliseconds: later)
            #expect(other.consult(Self.claim, for: session, now: later)?.result == .verified)
            #expect(other.counters.waiting == 1, "it is time to look again")
            await other.lookUp(Self.claim)
            #expect(other.consult(Self.claim, for: session, now: later)?.result == .verified)
        }
    }

    @Test("old evidence is not looked up, and the queue is bounded")
    func bounds() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let nobody = try SocketAddress(ipAddress: "127.0.0.1", port: 9)
        let desk = try Self.desk(nobody, database)
        let now = WallClock.milliseconds
        var old = Self.session()
        old.lastActivityAt = old.lastActivityAt - ClaimDesk.freshness - 60_000
        #expect(desk.consult(Self.claim, for: old, now: now) == nil)
        #expect(desk.counters.waiting == 0)
        for number in 0..<(ClaimDesk.queueLimit + 5) {
            let claim = CrawlerClaim(name: "Googlebot", address: .v4(UInt32(number)))
            _ = desk.consult(claim, for: Self.session(), now: now)
        }
        #expect(desk.counters.waiting == ClaimDesk.queueLimit && desk.counters.refused == 5)
    }

    @Test("the service answers without waiting, and judges again when it knows")
    func service() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        try await DNSServer.serving(Self.zone("host.example.net", Self.host, has: [192, 0, 2, 66])) { _, resolver in
            let desk = try Self.desk(resolver, database)
            try await ServiceBench.running(database, claims: desk) { bench in
                let first = try await bench.verdict(on: Self.session())
                #expect(first.verdictClass == .declaredBot)
                // Nobody asks again, and the throttle hears it all the same.
                #expect(await bench.throttleHears(.falseClaim)?.sessionID == first.sessionID)
                let again = try await bench.verdict(on: Self.session())
                #expect(again.verdictClass == .falseClaim && again.isBot && again.verdictID != first.verdictID)
                #expect(desk.counters.lookups == 1)
            }
            let classes = try await database.connection(as: "weir_reporter").query(
                "select class, count(*) from session_verdicts group by class order by class"
            ).map { try $0.get(0, as: String.self) }
            #expect(classes == ["declared_bot", "false_claim"])
        }
    }
}
