import Database
import PostgresSupport
import Testing

struct ConnectionTests {
    private func connection() async throws -> Connection {
        let database = try await TestCluster.shared().makeDatabase(migrated: false)
        return try database.connection(as: "weir_owner")
    }

    private static let hostile = [
        "", "plain", "tab\there", "two\nlines\r\n", "back\\slash \\N \\.", "quote ' \" $1 $$", "{a,\"b\"}",
        "ünïcödé 🐳", "\u{1b}[31mred", "\\", "\\N", "a\u{0}b",
    ]

    @Test func bindsEveryKindOfValue() async throws {
        let connection = try await connection()
        let row = try #require(
            try await connection.query(
                """
                select $1::text as a, $2::bigint as b, $3::double precision as c, $4::boolean as d,
                    $5::timestamptz as e, $6::bytea as f, $7::text[] as g, $8::bigint[] as h, $9::text as i,
                    ($7::text[])[2] as j, ($8::bigint[])[1] as k
                """,
                [
                    "it's", .int(Int64.min), 0.1, true, .timestamp(milliseconds: 1_431_857_103_123),
                    .bytes([0, 255, 92]),
                    .texts(["a,b", "c\"d\\"]), .ints([-5, 6]), .null,
                ]
            ).first)
        #expect(try row.get("a", as: String.self) == "it's")
        #expect(try row.get("b", as: Int64.self) == .min)
        #expect(try row.get("c", as: Double.self) == 0.1)
        #expect(try row.get("d", as: Bool.self))
        #expect(try row.milliseconds("e") == 1_431_857_103_123)
        #expect(try row.get("f", as: [UInt8].self) == [0, 255, 92])
        #expect(try row.get("i", as: String?.self) == nil)
        #expect(try row.get("j", as: String.self) == "c\"d\\")
        #expect(try row.get("k", as: Int.self) == -5)
    }

    @Test(arguments: hostile)
    func returnsTextAsItWasBound(text: String) async throws {
        let connection = try await connection()
        if text.utf8.contains(0) {
            let error = await #expect(throws: DatabaseError.self) {
                try await connection.query("select $1::text", [.text(text)])
            }
            #expect(error?.kind == .data)
        } else {
            #expect(try await connection.query("select $1::text", [.text(text)]).single(String.self) == text)
        }
    }

    @Test func copiesTextAsItWasWritten() async throws {
        let connection = try await connection()
        let texts = Self.hostile.filter { !$0.utf8.contains(0) }
        var writer = CopyWriter()
        for (index, text) in texts.enumerated() {
            writer.append(index)
            writer.append(text)
            writer.append(nil as String?)
            writer.endRow()
        }
        try await connection.execute("create table copied (position integer, text text, nothing text)")
        #expect(try await connection.copyIn("copy copied from stdin", writer.bytes) == texts.count)
        let rows = try await connection.query("select text, nothing from copied order by position")
        #expect(try rows.map { try $0.get("text", as: String.self) } == texts)
        #expect(try rows.allSatisfy { try $0.get("nothing", as: String?.self) == nil })
    }

    @Test func writesEveryTypeThatCopyNeeds() async throws {
        let connection = try await connection()
        try await connection.execute(
            """
            create table typed (day date, id uuid, moment timestamptz, address inet, document jsonb, whole bigint,
                number double precision, flag boolean, small smallint)
            """)
        var writer = CopyWriter()
        let moments: [Int64] = [
            0, -1, 951_782_400_000, 1_431_857_103_123, 1_792_000_000_999, 253_402_300_799_999, 253_402_300_800_000,
            -62_135_596_800_000, -62_135_596_800_001,
        ]
        for moment in moments {
            writer.append(dayOfMilliseconds: moment)
            writer.append(uuid: 0x0192_0000_0000_7abc, 0x8def_0123_4567_89ff)
            writer.append(timestampMilliseconds: moment)
            writer.append("2001:db8::1")
            writer.append(#"{"path":"C:\\x","line":"a\nb"}"#)
            writer.append(Int64.min)
            writer.append(-0.25)
            writer.append(false)
            writer.append(nil as Int?)
            writer.endRow()
        }
        try await connection.copyIn("copy typed from stdin", writer.bytes)
        let rows = try await connection.query(
            """
            select (extract(epoch from moment) * 1000)::bigint as moment, day = (moment at time zone 'UTC')::date as same_day,
                id, host(address) as address, document->>'line' as line, whole, number, flag, small from typed order by moment
            """)
        #expect(try rows.map { try $0.get("moment", as: Int64.self) } == moments.sorted())
        for row in rows {
            #expect(try row.get("same_day", as: Bool.self))
            #expect(try row.get("id", as: String.self) == "01920000-0000-7abc-8def-0123456789ff")
            #expect(try row.get("address", as: String.self) == "2001:db8::1")
            #expect(try row.get("line", as: String.self) == "a\nb")
            #expect(try row.get("whole", as: Int64.self) == .min)
            #expect(try row.get("number", as: Double.self) == -0.25)
            #expect(try row.get("flag", as: Bool.self) == false)
            #expect(try row.get("small", as: Int?.self) == nil)
        }
    }

    @Test func readsTimesWhateverTheRoleIsSetTo() async throws {
        let database = try await TestCluster.shared().makeDatabase(migrated: false)
        let owner = try database.connection(as: "postgres")
        try await owner.script(
            "alter database \(database.name) set datestyle = 'German'; alter database \(database.name) set timezone = 'Asia/Kolkata'"
        )
        await owner.close()
        let rows = try await owner.query(
            "select timestamptz '2026-11-21 20:37:12.5+00' as a, timestamp '2026-11-21 20:37:12' as b, date '2026-11-21' as c, null::timestamptz as d"
        )
        let row = try #require(rows.first)
        #expect(try row.milliseconds("a") == 1_795_293_432_500)
        #expect(try row.milliseconds("b") == 1_795_293_432_000)
        #expect(try row.milliseconds("c") == 1_795_219_200_000)
        #expect(try row.milliseconds("d") == nil)
    }

    @Test func saysWhichColumnDoesNotRead() async throws {
        let connection = try await connection()
        let row = try #require(try await connection.query("select 'x' as word, null as nothing").first)
        #expect(throws: DatabaseError(sqlstate: "42703", message: "the answer has no column absent")) {
            try row.get("absent", as: String.self)
        }
        #expect(throws: DatabaseError(sqlstate: "22000", message: "column word is 'x', which is no Int")) {
            try row.get("word", as: Int.self)
        }
        #expect(throws: DatabaseError(sqlstate: "22000", message: "column nothing is null, which is no String")) {
            try row.get("nothing", as: String.self)
        }
    }

    @Test(arguments: [
        ("select 1/0", "22012", DatabaseError.Kind.data),
        ("select * from absent", "42P01", .schema),
        ("select absent from pg_class", "42703", .schema),
        ("select absent()", "42883", .schema),
        ("selec 1", "42601", .other),
        ("select pg_read_file('/etc/hostname')", "42501", .permission),
        ("set transaction_read_only = on; create table t (a int)", "25006", .transient),
        (
            "set lock_timeout = 1; select pg_advisory_lock(1); set statement_timeout = 1; select pg_sleep(9)", "57014",
            .transient
        ),
    ])
    func sortsErrors(sql: String, code: String, kind: DatabaseError.Kind) async throws {
        let connection = try await connection()
        let error = await #expect(throws: DatabaseError.self) { try await connection.script(sql) }
        #expect(error?.sqlstate == code)
        #expect(error?.kind == kind)
        #expect(try await connection.query("select 1").single(Int.self) == 1)
    }

    @Test func recoversFromEveryMisuseOfCopy() async throws {
        let connection = try await connection()
        try await connection.execute("create table numbers (n integer)")
        await #expect(throws: DatabaseError.self) { try await connection.query("copy numbers from stdin") }
        await #expect(throws: DatabaseError.self) {
            try await connection.query("copy (select generate_series(1, 100000)) to stdout")
        }
        let notCopy = await #expect(throws: DatabaseError.self) { try await connection.copyIn("select 1", []) }
        #expect(notCopy?.sqlstate == "42601")
        let bad = Array(
            (String(repeating: "1\n", count: 200_000) + "x\n" + String(repeating: "2\n", count: 200_000)).utf8)
        let error = await #expect(throws: DatabaseError.self) {
            try await connection.copyIn("copy numbers from stdin", bad)
        }
        #expect(error?.sqlstate == "22P02")
        #expect(error?.kind == .data)
        #expect(try await connection.copyIn("copy numbers from stdin", []) == 0)
        #expect(try await connection.copyIn("copy numbers from stdin", Array("7\n".utf8)) == 1)
        #expect(try await connection.query("select sum(n) from numbers").single(Int.self) == 7)
    }

    @Test func stopsAStatementWhoseTimeIsOver() async throws {
        let connection = try await connection()
        let start = ContinuousClock.now
        let error = await #expect(throws: DatabaseError.self) {
            try await connection.query("select pg_sleep(60)", timeout: .milliseconds(50))
        }
        #expect(error?.isCancelled == true)
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(try await connection.query("select 1").single(Int.self) == 1)
    }

    @Test func canBeCancelledFromOutside() async throws {
        let database = try await TestCluster.shared().makeDatabase(migrated: false)
        let connection = try database.connection(as: "weir_owner")
        try await connection.connect()
        let sleeper = Task { try await connection.query("select pg_sleep(60)") }
        let watcher = try database.connection(as: "weir_owner")
        // Not before it runs: a cancel that comes too early is nobody's.
        while try await watcher.query(
            "select count(*) from pg_stat_activity where datname = current_database() and query like '%pg_sleep(60)' and state = 'active' and pid <> pg_backend_pid()"
        ).single(Int.self) == 0 { await Task.yield() }
        connection.cancel()
        let error = await #expect(throws: DatabaseError.self) { try await sleeper.value }
        #expect(error?.isCancelled == true)
        let next = await #expect(throws: DatabaseError.self) { try await connection.query("select 1") }
        #expect(connection.isCancelled && next?.isCancelled == true)
        await connection.renew()
        #expect(try await connection.query("select 1").single(Int.self) == 1)
    }

    @Test func connectsAnewAfterItsServerProcessEnded() async throws {
        let connection = try await connection()
        let error = await #expect(throws: DatabaseError.self) {
            try await connection.query("select pg_terminate_backend(pg_backend_pid())")
        }
        #expect(error?.kind == .transient)
        #expect(await connection.isConnected == false)
        #expect(try await connection.query("select 1").single(Int.self) == 1)
    }

    @Test func rowsOutliveTheirConnection() async throws {
        var connection: Connection? = try await connection()
        let rows = try await #require(connection).query("select 'kept' as word from generate_series(1, 3)")
        connection = nil
        #expect(try rows.map { try $0.get("word", as: String.self) } == ["kept", "kept", "kept"])
        #expect(rows.columns == ["word"])
    }
}
