import Database
import PostgresSupport
import Testing

struct PartitionTests {
    private struct Partition: Equatable { let from, to: Int }

    /// Days as numbers, counted from today.
    private func partitions(_ connection: Connection) async throws -> [Partition] {
        try await connection.query(
            "select from_day - current_date as from_day, to_day - current_date as to_day from event_partitions() order by 1"
        ).map { Partition(from: try $0.get("from_day"), to: try $0.get("to_day")) }
    }

    private func expectNoOverlap(_ partitions: [Partition]) {
        for (earlier, later) in zip(partitions, partitions.dropFirst()) { #expect(earlier.to <= later.from) }
    }

    @Test func aLogOfManyYearsMakesOnePartitionAYear() async throws {
        let collector = try await TestCluster.shared().makeDatabase().connection(as: "weir_collector")
        let made = try await collector.query(
            """
            select ensure_event_partitions(array(
                select day::date from generate_series('2005-01-01'::date, '2018-12-31'::date, interval '1 day') as day))
            """
        ).single(Int.self)
        #expect(made == 14)
        try await collector.execute(
            """
            insert into analytics_events (day, event_id, "timestamp", event_type, event_category)
            select day, gen_random_uuid(), day, 'page_view', 'content'
            from generate_series('2005-01-01'::date, '2018-12-31'::date, interval '1 day') as day
            """)
        #expect(try await collector.query("select count(*) from analytics_events").single(Int.self) == 5113)
        expectNoOverlap(try await partitions(collector))
    }

    @Test func recentDaysHaveTheirOwn() async throws {
        let collector = try await TestCluster.shared().makeDatabase().connection(as: "weir_collector")
        let made = try await collector.query(
            """
            select ensure_event_partitions(array[current_date, current_date - 90, current_date + 7, current_date, null])
            """
        ).single(Int.self)
        #expect(made == 3)
        #expect(
            try await partitions(collector)
                == [Partition(from: -90, to: -89), Partition(from: 0, to: 1), Partition(from: 7, to: 8)])
        let tooEarly = "select ensure_event_partitions(array[current_date + 8, 'infinity'])"
        #expect(try await collector.query(tooEarly).single(Int.self) == 0)
        #expect(try await collector.query("select ensure_event_partitions('{}')").single(Int.self) == 0)
    }

    /// As time passes, days that had a partition each fall behind the 90 days; the rest of their year comes later.
    @Test func aYearIsFilledAroundTheDaysThatAreThere() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let owner = try database.connection(as: "weir_owner")
        for day in ["2019-03-05", "2019-03-06", "2019-07-01"] {
            let name = "analytics_events_" + day.filter { $0 != "-" }
            try await owner.execute(
                "create table \(name) partition of analytics_events for values from ('\(day)') to (date '\(day)' + 1)")
        }
        let collector = try database.connection(as: "weir_collector")
        try await collector.query("select ensure_event_partitions('{2019-03-05, 2019-05-01, 2019-12-31, 2019-01-01}')")
        let ranges = try await collector.query(
            "select from_day::text || ' ' || to_day::text as range from event_partitions() order by from_day"
        ).map { try $0.get("range", as: String.self) }
        #expect(
            ranges == [
                "2019-01-01 2019-03-05", "2019-03-05 2019-03-06", "2019-03-06 2019-03-07", "2019-03-07 2019-07-01",
                "2019-07-01 2019-07-02", "2019-07-02 2020-01-01",
            ])
    }

    /// Every day from two years back to a week ahead, in an order that would betray any overlap.
    @Test(arguments: 1...3) func everyDayFindsItsPlaceInAnyOrder(seed: Int) async throws {
        let collector = try await TestCluster.shared().makeDatabase().connection(as: "weir_collector")
        let days = try await collector.query(
            """
            select current_date - back as day from generate_series(-7, 800, 13) as back
            order by md5(back::text || $1)
            """, [.text(String(seed))]
        ).map { try $0.get("day", as: String.self) }
        for day in days { try await collector.query("select ensure_event_partitions(array[$1::date])", [.text(day)]) }
        let made = try await partitions(collector)
        expectNoOverlap(made)
        for partition in made {
            #expect(
                partition.to - partition.from == 1 || partition.to <= -90, "daily since 90 days, longer only before")
        }
        try await collector.execute(
            """
            insert into analytics_events (day, event_id, "timestamp", event_type, event_category)
            select day, gen_random_uuid(), day, 'page_view', 'content' from unnest($1::date[]) as day
            """, [.texts(days)])
    }

    @Test func makersDoNotCollideNorStopWriters() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let days = "array(select current_date - n from generate_series(0, 20) as n)"
        let made = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    let collector = try database.connection(as: "weir_collector")
                    let made = try await collector.query("select ensure_event_partitions(\(days))").single(Int.self)
                    try await collector.execute(
                        """
                        insert into analytics_events (day, event_id, "timestamp", event_type, event_category)
                        select day, gen_random_uuid(), day, 'page_view', 'content' from unnest(\(days)) as day
                        """)
                    return made
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(made == 21)

        let writer = try database.connection(as: "weir_collector")
        try await writer.transaction { connection in
            try connection.execute(
                """
                insert into analytics_events (day, event_id, "timestamp", event_type, event_category)
                values (current_date, gen_random_uuid(), now(), 'page_view', 'content')
                """)
        }
        // A maker that has not committed yet holds up neither an insert nor a report.
        let maker = try database.connection(as: "weir_collector")
        try await maker.script("begin; select ensure_event_partitions(array[current_date + 1])")
        try await writer.execute(
            """
            insert into analytics_events (day, event_id, "timestamp", event_type, event_category)
            values (current_date, gen_random_uuid(), now(), 'page_view', 'content')
            """, timeout: .seconds(10))
        #expect(
            try await writer.query("select count(*) from analytics_events", timeout: .seconds(10)).single(Int.self)
                == 128)
        try await maker.script("rollback")
    }

    @Test func aRowWithoutPartitionSaysSo() async throws {
        let collector = try await TestCluster.shared().makeDatabase().connection(as: "weir_collector")
        let error = await #expect(throws: DatabaseError.self) {
            try await collector.execute(
                """
                insert into analytics_events (day, event_id, "timestamp", event_type, event_category)
                values ('2018-06-01', gen_random_uuid(), now(), 'page_view', 'content')
                """)
        }
        #expect(error?.isMissingPartition == true)
    }

    @Test func retentionDropsWholePartitionsOnly() async throws {
        let database = try await TestCluster.shared().makeDatabase()
        let operatorConnection = try database.connection(as: "weir_operator")
        try await operatorConnection.query("select ensure_event_partitions('{2015-01-01, 2016-05-05, 2017-01-01}')")
        let dropped = try await operatorConnection.query("select drop_event_partitions('2016-12-31')")
            .map { try $0.get(0, as: String.self) }
        #expect(dropped == ["analytics_events_20150101_20160101"])
        #expect(try await operatorConnection.query("select count(*) from event_partitions()").single(Int.self) == 2)
    }
}
