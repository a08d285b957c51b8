import Database
import DetectorCore
import Logging
import PostgresSupport
import Testing

@testable import detector

/// The watch over a real database, minute by minute, on a clock of the test's own.
@Suite("Anomaly watch") struct AnomalyWatchTests {
    /// 2026-03-01 12:00 UTC.
    static let noon: Int64 = 1_772_366_400_000
    static let minute: Int64 = 60_000

    private struct Scene {
        let history: History
        let watch: AnomalyWatch
        let connection: Connection

        init(_ history: History) throws {
            self.history = history
            connection = try history.database.connection(as: "weir_detector")
            watch = AnomalyWatch(connection, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }

        /// So many minutes of about a hundred requests each, up to noon.
        func learn(_ minutes: Int) async throws {
            try await history.writer.execute(
                """
                insert into anomaly_series (minute, site, series, population, value, requests)
                select '2026-03-01 12:00Z'::timestamptz - make_interval(mins => $1 - n), 'shop.example', 'requests',
                    'human', 100 + (n * 7919 % 11), 100
                from generate_series(0, $1 - 1) as n
                """, [.int(minutes)])
        }

        /// So many requests in the minute that begins so many minutes after noon.
        func traffic(_ count: Int, minute: Int, path: String = "/a", status: Int = 200, sessions: Int = 50) async throws
        {
            let start = "'2026-03-01 12:00Z'::timestamptz + interval '\(minute) minutes'"
            try await history.writer.execute(
                """
                insert into user_sessions (session_id, site, started_at, last_activity_at, fingerprint_hash,
                    network_prefix, ip_address, user_agent)
                select 'sess_\(minute)_' || n, 'shop.example', \(start), \(start), 'fp_' || n, '192.0.2.0/24',
                    '192.0.2.1', 'Mozilla'
                from generate_series(0, \(sessions - 1)) as n
                """)
            try await history.writer.execute(
                """
                insert into analytics_events (day, event_id, "timestamp", site, session_id, event_type,
                    event_category, method, path, status, kind, response_time_ms)
                select '2026-03-01', gen_random_uuid(), \(start) + n * interval '100 milliseconds', 'shop.example',
                    'sess_\(minute)_' || (n % \(sessions)), 'page_view', 'http', 'GET', '\(path)', \(status),
                    'document', 20
                from generate_series(0, \(count - 1)) as n
                """)
        }

        /// Looks at everything up to the end of that minute after noon.
        func go(_ state: inout SeriesWatch, through minute: Int) async throws {
            try await watch.go(&state, upTo: noon + Int64(minute + 1) * AnomalyWatchTests.minute + 15_000)
        }

        func anomalies() async throws -> [(
            metric: String, population: String, level: String, key: String, value: Double
        )] {
            try await history.writer.query(
                "select metric_name, population, level, key, value from anomalies order by 1, 2, 4"
            ).map { (try $0.get(0), try $0.get(1), try $0.get(2), try $0.get(3), try $0.get(4)) }
        }
    }

    @Test("a flood is one anomaly a metric, explained, brought up to date, and closed when it is over")
    func flood() async throws {
        let scene = try Scene(try await History())
        try await scene.learn(400)
        var state = try #require(try await scene.watch.begin(Self.noon))
        #expect(state.learned(.init(site: "shop.example", series: "requests", population: "human")).minutes == 400)

        try await scene.traffic(104, minute: 0)
        try await scene.go(&state, through: 0)
        #expect(try await scene.anomalies().isEmpty)

        try await scene.traffic(100, minute: 1)
        try await scene.traffic(500, minute: 2, path: "/hot")
        try await scene.go(&state, through: 2)
        var found = try await scene.anomalies().filter { $0.key.isEmpty && $0.population == "human" }
        #expect(found.map(\.metric) == ["series_requests", "trend_requests"])
        #expect(found.allSatisfy { $0.level == "critical" && $0.value == 500 })
        let explained = try await scene.history.writer.query(
            """
            select part ->> 'dimension', part ->> 'value', part ->> 'requests' from anomalies,
                jsonb_array_elements(evidence -> 'explains') with ordinality as listed (part, place)
            where metric_name = 'series_requests' and population = 'human' order by place
            """)
        #expect(
            try explained.contains { try $0.get(0, as: String.self) == "path" && $0.get(1, as: String.self) == "/hot" })

        // It goes on: the same anomaly, worse.
        try await scene.traffic(590, minute: 3, path: "/hot")
        try await scene.go(&state, through: 3)
        found = try await scene.anomalies().filter { $0.metric == "trend_requests" && $0.population == "human" }
        #expect(found.map(\.value) == [590])

        for minute in 4...19 { try await scene.traffic(104, minute: minute) }
        try await scene.go(&state, through: 19)
        let open = try await scene.history.writer.query(
            "select count(*) from anomalies where closed_at is null and metric_name like 'trend%'")
        #expect(try open.single(Int.self) == 0)
    }

    @Test("one detector watches, and the next goes on with what it learned")
    func oneWatch() async throws {
        let history = try await History()
        let scene = try Scene(history)
        try await scene.learn(250)
        var state = try #require(try await scene.watch.begin(Self.noon))
        let second = try Scene(history)
        #expect(try await second.watch.begin(Self.noon) == nil)

        try await scene.traffic(105, minute: 0)
        try await scene.go(&state, through: 0)
        await scene.watch.giveUp()

        // The server notices the end of a connection in its own time.
        var next: SeriesWatch?
        while next == nil { next = try await second.watch.begin(Self.noon + Self.minute) }
        let key = SeriesWatch.Key(site: "shop.example", series: "requests", population: "human")
        #expect(next?.learned(key).minutes == 251)
        #expect(second.watch.counters.isWatching)
    }

    @Test("a lock that went with its connection is noticed before another minute is looked at")
    func lostLock() async throws {
        let scene = try Scene(try await History())
        var state = try #require(try await scene.watch.begin(Self.noon))
        let administrator = try scene.history.database.connection(as: "postgres")
        let ended = try await administrator.query(
            """
            select pg_terminate_backend(pid, 10000) from pg_stat_activity
            where usename = 'weir_detector' and datname = current_database() and state = 'idle in transaction'
            """)
        #expect(ended.count == 1)
        await administrator.close()
        await #expect(throws: DatabaseError.self) { try await scene.go(&state, through: 0) }
        #expect(scene.watch.counters.minutes == 0)
        await scene.watch.giveUp()
        #expect(!scene.watch.counters.isWatching)
    }

    @Test("minutes are looked at again when the clock was set forward and back")
    func steppedClock() async throws {
        let scene = try Scene(try await History())
        try await scene.learn(60)
        var state = try #require(try await scene.watch.begin(Self.noon))
        try await scene.traffic(100, minute: 0)
        try await scene.go(&state, through: 0)
        try await scene.go(&state, through: 60)
        let before = scene.watch.counters.minutes
        try await scene.traffic(100, minute: 1)
        try await scene.go(&state, through: 1)
        #expect(scene.watch.counters.minutes == before + 1)
        let counted = try await scene.history.writer.query(
            """
            select value::int from anomaly_series where minute = '2026-03-01 12:01Z' and series = 'requests'
                and population = 'human'
            """)
        #expect(try counted.single(Int.self) == 100)
        await scene.watch.giveUp()
    }

    @Test("while it learns it raises nothing of a series, and says how far it is")
    func learning() async throws {
        let scene = try Scene(try await History())
        try await scene.learn(60)
        var state = try #require(try await scene.watch.begin(Self.noon))
        try await scene.traffic(29, minute: 0, sessions: 29)
        try await scene.go(&state, through: 0)
        #expect(try await scene.anomalies().isEmpty)
        let learned = state.learned(.init(site: "shop.example", series: "requests", population: "human"))
        #expect(learned.minutes == 61 && learned.of == SeriesDetector.learning)
    }

    @Test("the limits of the table: pace of one visitor, errors of a site; an operator's change counts at once")
    func thresholds() async throws {
        let scene = try Scene(try await History())
        var state = try #require(try await scene.watch.begin(Self.noon))
        try await scene.traffic(40, minute: 0, sessions: 2)
        try await scene.go(&state, through: 0)
        try await scene.traffic(22, minute: 1, status: 500, sessions: 22)
        try await scene.go(&state, through: 1)
        let found = try await scene.anomalies()
        let pace = found.filter { $0.metric == "requests_per_minute" }
        #expect(pace.map(\.key) == ["fp_0 192.0.2.0/24", "fp_1 192.0.2.0/24"])
        #expect(pace.allSatisfy { $0.level == "warning" && $0.value == 20 })
        #expect(found.filter { $0.metric == "error_rate" }.map(\.level) == ["critical"])
        // A visitor's pace by the visitor's own requests, an error rate by errors alone.
        let explained = try await scene.history.writer.query(
            """
            select key, metric_name, part ->> 'dimension', part ->> 'value', (part ->> 'requests')::integer
            from anomalies, jsonb_array_elements(evidence -> 'explains') as part
            where metric_name in ('requests_per_minute', 'error_rate') and part ->> 'dimension' in ('network', 'status')
            order by 1, 2, 3
            """
        ).map { row -> [String] in
            [
                try row.get(0), try row.get(1), try row.get(2), try row.get(3),
                String(try row.get(4, as: Int.self)),
            ]
        }
        #expect(
            explained == [
                ["", "error_rate", "network", "192.0.2.0/24", "22"], ["", "error_rate", "status", "500", "22"],
                ["fp_0 192.0.2.0/24", "requests_per_minute", "network", "192.0.2.0/24", "20"],
                ["fp_0 192.0.2.0/24", "requests_per_minute", "status", "200", "20"],
                ["fp_1 192.0.2.0/24", "requests_per_minute", "network", "192.0.2.0/24", "20"],
                ["fp_1 192.0.2.0/24", "requests_per_minute", "status", "200", "20"],
            ])

        try await scene.history.writer.execute(
            "update anomaly_thresholds set warning_threshold = 100, critical_threshold = 200 "
                + "where metric_name = 'requests_per_minute'")
        try await scene.traffic(60, minute: 2, sessions: 1)
        try await scene.go(&state, through: 2)
        #expect(try await scene.anomalies().filter { $0.metric == "requests_per_minute" }.count == 2)
    }

    @Test("a tracker that falls silent while people read")
    func silentTracker() {
        func level(_ documents: Int, _ events: Int, _ usual: Double) -> AnomalyLevel? {
            SeriesWatch.silentTracker(site: "a", documents: documents, events: events, usual: usual).first?.level
        }
        #expect(level(30, 0, 0.8) == .critical)
        #expect(level(30, 3, 0.8) == nil)
        #expect(level(30, 0, 0.2) == nil)
        #expect(level(10, 0, 2) == nil)
    }

    @Test("answers that take much longer than usual, by standard deviations")
    func responseTime() {
        var watch = SeriesWatch()
        let key = SeriesWatch.Key(site: "a", series: "response_time_ms", population: "human")
        func take(_ minute: Int64, _ value: Double, requests: Int = 50) -> [SeriesWatch.Finding] {
            watch.take(.init(key: key, minute: minute * Self.minute, value: value, requests: requests)).filter {
                $0.metric == "avg_response_time_deviation"
            }
        }
        for minute in 0..<40 { #expect(take(Int64(minute), minute.isMultiple(of: 2) ? 90 : 110).isEmpty) }
        // Mean 100, standard deviation 10.
        #expect(take(40, 119).isEmpty)
        #expect(take(41, 130).first?.level == .warning)
        #expect(take(42, 200, requests: 19).isEmpty)
        #expect(take(43, 300).first?.level == .critical)
    }
}
