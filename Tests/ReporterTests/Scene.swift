import Database
import PostgresSupport
import ReporterCore
import Testing
import WeirProtocol

@testable import reporter

/// A made-up site whose truth is known: sessions with their requests, kept as plain values beside the database that
/// they were written to, so that expected answers are counted here and not read back.
struct Scene: Sendable {
    struct Session: Sendable {
        var id: String
        var site: String
        var start: Timestamp
        var last: Timestamp
        var isOpen: Bool
        var requests: [Request]
        var visitor: String
        var user: String?
        var country: String?
        var device: String?
        var browser: String?
        var source: String?
        var kind: Kind
        var converted: Bool

        var isAutomated: Bool { kind == .declared || kind == .scanner || kind == .behavioral }
        var duration: Int64 { (last - start) / 1000 }
    }

    struct Request: Sendable {
        var at: Timestamp
        var kind: RequestKind
        var path: String
    }

    enum Kind: CaseIterable {
        case human, undecided, declared, scanner, behavioral

        var verdictClass: String {
            switch self {
            case .human: "human"
            case .undecided: "undecided"
            case .declared: "declared_bot"
            case .scanner: "scanner"
            case .behavioral: "behavioral_bot"
            }
        }
    }

    static let now = Timestamp(year: 2026, month: 11, day: 21, hour: 20, minute: 14)

    var sessions: [Session] = []

    /// Three hundred sessions over ten days that follow from the seed alone.
    static func made(seed: UInt64) -> Scene {
        var dice = Dice(state: seed)
        var scene = Scene()
        for number in 0..<300 {
            let start = now - Int64(dice.roll(10 * 24 * 60)) * 60_000 - 30_000
            var requests: [Request] = []
            var at = start
            for _ in 0..<(1 + dice.roll(9)) {
                requests.append(
                    Request(
                        at: at, kind: RequestKind.allCases[dice.roll(4)], path: "/page-\(dice.roll(6))"))
                at = min(at + Int64(1 + dice.roll(120)) * 1000, now - 1000)
            }
            scene.sessions.append(
                Session(
                    id: "sess_\(seed)_\(number)", site: dice.roll(4) == 0 ? "b.example" : "a.example", start: start,
                    last: requests.last!.at, isOpen: dice.roll(2) == 0 && requests.last!.at > now - 1_800_000,
                    requests: requests, visitor: "fp_\(dice.roll(80))",
                    user: dice.roll(5) == 0 ? "u\(dice.roll(7))" : nil,
                    country: ["DE", "US", "FR", nil][dice.roll(4)], device: ["desktop", "mobile", nil][dice.roll(3)],
                    browser: ["Chrome", "Firefox", nil][dice.roll(3)],
                    source: ["direct", "organic_search", "social", nil][dice.roll(4)],
                    kind: Kind.allCases[dice.roll(5)], converted: dice.roll(6) == 0))
        }
        return scene
    }

    /// Writes it all into a fresh database.
    func store() async throws -> TestDatabase {
        let database = try await TestCluster.shared().makeDatabase()
        let connection = try database.connection(as: "postgres")
        let days = Set(sessions.flatMap { $0.requests.map { $0.at.day.description } })
        try await connection.execute(
            "select ensure_event_partitions(array(select unnest($1::text[])::date))", [.texts(days.sorted())])
        try await connection.transaction { connection in
            for session in sessions { try Self.insert(session, in: connection) }
        }
        await connection.close()
        return database
    }

    private static func insert(_ session: Session, in connection: isolated Connection) throws {
        let counted = session.requests.filter { $0.kind != .asset }.count
        try connection.execute(
            """
            insert into user_sessions (session_id, site, started_at, last_activity_at, ended_at, duration_seconds,
                request_count, asset_count, fingerprint_hash, user_id, country, device_type, browser, referrer_source,
                landing_page, is_bot, is_scanner, is_behavioral_bot, verdict_class, bot_name, converted_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
            """,
            [
                .text(session.id), .text(session.site), .timestamp(milliseconds: session.start.milliseconds),
                .timestamp(milliseconds: session.last.milliseconds),
                .timestamp(milliseconds: session.isOpen ? nil : session.last.milliseconds),
                .int(session.isOpen ? nil : session.duration), .int(Int64(counted)),
                .int(Int64(session.requests.count - counted)), .text(session.visitor), .text(session.user),
                .text(session.country), .text(session.device), .text(session.browser), .text(session.source),
                .text(session.requests.first?.path), .bool(session.kind == .declared), .bool(session.kind == .scanner),
                .bool(session.kind == .behavioral),
                .text(session.kind.verdictClass),
                .text(session.kind == .declared ? "Examplebot" : nil),
                .timestamp(milliseconds: session.converted ? session.last.milliseconds : nil),
            ])
        for request in session.requests {
            try connection.execute(
                """
                insert into analytics_events
                    (day, event_id, "timestamp", site, session_id, event_type, event_category, method, path, status, kind)
                values ($1::date, gen_random_uuid(), $2, $3, $4, 'request', 'http', 'GET', $5, 200, $6)
                """,
                [
                    .text(request.at.day.description), .timestamp(milliseconds: request.at.milliseconds),
                    .text(session.site), .text(session.id), .text(request.path), .text(request.kind.rawValue),
                ])
        }
    }
}

/// Numbers that follow from a seed: a linear congruence is random enough for test data.
struct Dice {
    var state: UInt64

    mutating func roll(_ sides: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % sides
    }
}

extension TestDatabase {
    /// The answer to a command at `Scene.now`, as the reporter's own role.
    func report(_ command: String, countsRows: Bool = false) async throws -> Report {
        let reader = CommandReader(now: Scene.now) { Zones.named($0) }
        guard case .report(var request, _) = try reader.read(command: command) else {
            throw ReportError(.internal, "\(command) is help")
        }
        request.countsRows = countsRows
        let store = try ReportStore(url: url(as: "weir_reporter"), connections: 1, timeout: .seconds(20))
        return try await store.answer(request)
    }

    /// The answer's `data`.
    func data(_ command: String) async throws -> JSONValue { .object(try await report(command).data) }
}
