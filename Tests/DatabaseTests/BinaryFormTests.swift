import Database
import Foundation
import PostgresSupport
import Testing

/// Rows in COPY's binary form are what the server writes itself, and what the same rows in text form are to it.
struct BinaryFormTests {
    private static let columns = """
        words text, name varchar(255), document jsonb, small smallint, whole integer, large bigint, fraction real,
        number double precision, flag boolean, moment timestamptz, day date, id uuid, client inet, peer inet
        """
    private static let fields: [BinaryField] = [
        .text, .text, .jsonb, .integer, .integer, .integer, .number, .number, .flag, .timestamp, .date, .uuid, .inet,
        .inet,
    ]

    /// A row of the table above.
    private struct Line {
        var words: String?
        var name: String?
        var document: String?
        var small: Int?
        var whole: Int?
        var large: Int64?
        var fraction: Double?
        var number: Double?
        var flag: Bool?
        var moment: Int64?
        var day: Int64 = 0
        var id: (UInt64, UInt64) = (0, 0)
        var client: UInt32 = 0
        var peer: (UInt64, UInt64) = (0, 0)

        func append(to rows: inout CopyWriter) {
            rows.append(words)
            rows.append(name)
            rows.append(jsonb: document)
            rows.append(int2: small)
            rows.append(int4: whole)
            rows.append(int8: large)
            rows.append(real: fraction)
            rows.append(number)
            rows.append(flag)
            rows.append(timestampMilliseconds: moment)
            rows.append(dayOfMilliseconds: day)
            rows.append(uuid: id.0, id.1)
            rows.append(inet4: client)
            rows.append(inet6: peer.0, peer.1)
            rows.endRow()
        }
    }

    private static let lines = [
        Line(),
        Line(
            words: "", name: "tab\tline\nend\r\\N \\.", document: #"{"a\tb": ["\\", null, 1.50]}"#, small: -32768,
            whole: Int(Int32.min), large: .min, fraction: 0.1, number: 0.1, flag: true, moment: 951_782_400_001,
            day: 951_782_400_000, id: (.max, 1), client: .max, peer: (0x2001_0DB8_0000_0000, 1)),
        Line(
            words: "ünïcödé 漢 🐳", name: "'\"", document: "[]", small: 32767, whole: Int(Int32.max), large: .max,
            fraction: 1e9, number: .greatestFiniteMagnitude, flag: false, moment: -1, day: -1,
            id: (0x0192_0000_0000_7ABC, 0x8DEF_0123_4567_89FF), client: 0xC000_0201, peer: (.max, .max)),
        Line(
            words: "\u{1}\u{7F}", document: "\"x\"", small: 0, whole: -1, large: -1, fraction: -0.0, number: -0.0,
            moment: 946_684_799_999, day: 946_684_799_999, client: 0x0A0B_0C0D, peer: (0, 1)),
        Line(
            fraction: 16_777_217, number: .leastNonzeroMagnitude, moment: 253_402_300_799_999,
            day: 253_402_300_799_999, peer: (0x0064_FF9B_0000_0000, 0xC000_0201)),
        Line(
            fraction: -3.25e-37, number: -1e300, moment: -62_135_596_800_001, day: -62_135_596_800_001,
            peer: (0x0001_0000_0000_0004, 8)),
        Line(fraction: .infinity, number: -.infinity, moment: 0, day: 0),
        Line(fraction: .nan, number: .nan, moment: 915_148_800_123, day: 915_148_800_123),
    ]

    private static func rows(_ form: CopyWriter.Form) -> CopyWriter {
        lines.reduce(into: CopyWriter(form)) { $1.append(to: &$0) }
    }

    @Test func bothFormsAreTheSameRowsAndTheBytesAreTheServers() async throws {
        let database = try await TestCluster.shared().makeDatabase(migrated: false)
        let connection = try database.connection(as: "weir_owner")
        for (table, form) in [("texts", CopyWriter.Form.text), ("binaries", .binary)] {
            try await connection.execute("create table \(table) (\(Self.columns))")
            #expect(try await connection.copyIn("copy \(table) from stdin", Self.rows(form)) == Self.lines.count)
        }
        // Each on a line of its own, so that the row at fault is seen.
        let texts = try await connection.query("select t::text as row from texts t")
        let binaries = try await connection.query("select b::text as row from binaries b")
        #expect(texts.count == Self.lines.count)
        for (text, binary) in zip(texts, binaries) {
            #expect(try text.get("row", as: String.self) == binary.get("row", as: String.self))
        }
        await connection.close()
        let said = try await Program.end(
            of: URL(fileURLWithPath: "/usr/bin/env"),
            ["psql", "-Xqc", "copy texts to stdout (format binary)"],
            environment: database.environment(as: "weir_owner"))
        #expect(said.status == 0, "\(said.errors)")
        // Around the rows: signature, flags and extension; a count of fields that is none.
        #expect(said.output.dropFirst(19).dropLast(2) == Data(Self.rows(.binary).bytes))
    }

    @Test func rowsAreReadBackAsTheyAreInTextForm() {
        for line in Self.lines {
            var (binary, text, again) = (CopyWriter(.binary), CopyWriter(), CopyWriter())
            line.append(to: &binary)
            // A real's digits are its own.
            var shown = line
            shown.fraction = line.fraction.map { Double(Float($0).description)! }
            shown.append(to: &text)
            again.append(binaryRow: binary.bytes[...], Self.fields)
            let lines = [again, text].map { String(decoding: $0.bytes, as: UTF8.self) }
            // Of a real, whole numbers have a decimal point when they are read back, which a Double's text has not.
            #expect(
                lines[0].replacing("\t0.0\t", with: "\t0\t").replacing("\t1e+09\t", with: "\t1000000000\t")
                    .replacing("\t16777216.0\t", with: "\t16777216\t") == lines[1])
        }
    }

    @Test(arguments: [CopyWriter.Form.text, .binary])
    func aFinishedRowGoesOn(form: CopyWriter.Form) async throws {
        var (row, rows) = (CopyWriter(form), CopyWriter(form))
        row.append("a")
        row.append(int4: 7)
        row.endRow()
        for number in 1...2 {
            rows.append(int8: number)
            rows.append(fields: row.bytes[...])
            rows.append(true)
            rows.endRow()
        }
        var begun = CopyWriter(form)
        begun.append(fields: row.bytes[...])
        begun.endRow()
        #expect(begun.bytes == row.bytes)
        var joined = CopyWriter(form)
        joined.append(row: rows.bytes[...])
        let connection = try await TestCluster.shared().makeDatabase(migrated: false).connection(as: "weir_owner")
        try await connection.execute("create table joined (number bigint, words text, whole integer, flag boolean)")
        #expect(try await connection.copyIn("copy joined from stdin", joined) == 2)
        #expect(try await connection.copyIn("copy joined from stdin", CopyWriter(form)) == 0)
        #expect(
            try await connection.query("select string_agg(j::text, ' ' order by number) from joined j").single()
                == "(1,a,7,t) (2,a,7,t)")
        await connection.close()
    }

    @Test(arguments: [CopyWriter.Form.text, .binary])
    func whatAColumnCannotHoldIsRefused(form: CopyWriter.Form) async throws {
        let connection = try await TestCluster.shared().makeDatabase(migrated: false).connection(as: "weir_owner")
        try await connection.execute("create table narrow (\(Self.columns))")
        let long = String(repeating: "é", count: 256)
        let refused: [(Line, text: String, binary: String)] = [
            (Line(words: "a\u{0}b"), "22021", "22021"), (Line(name: long), "22001", "22001"),
            (Line(document: "{"), "22P02", "22P02"), (Line(document: ""), "22P02", "22P02"),
            (Line(small: 32768), "22003", "22P03"), (Line(small: -32769), "22003", "22P03"),
            (Line(whole: 1 << 31), "22003", "22P03"), (Line(whole: .min), "22003", "22P03"),
            (Line(fraction: 1e39), "22003", "22P03"), (Line(fraction: -1e-60), "22003", "22P03"),
            (Line(moment: 10_000_000_000_000_000), "22008", "22008"), (Line(moment: .max), "22008", "22008"),
            (Line(moment: .min), "22008", "22008"), (Line(day: .max), "22008", "22008"),
            (Line(day: .min), "22008", "22008"),
        ]
        for (line, text, binary) in refused {
            var rows = CopyWriter(form)
            Self.lines[1].append(to: &rows)
            line.append(to: &rows)
            let error = await #expect(throws: DatabaseError.self, "\(line)") {
                try await connection.copyIn("copy narrow from stdin", rows)
            }
            #expect(error?.sqlstate == (form == .text ? text : binary), "\(line)")
            #expect(error?.kind == .data, "\(line)")
        }
        #expect(try await connection.query("select count(*) from narrow").single(Int.self) == 0)
        await connection.close()
    }

    @Test func aNumberThatIsTooLargeIsReadBackWhole() {
        var (binary, text) = (CopyWriter(.binary), CopyWriter())
        binary.append(int2: 40_000)
        binary.append(int4: Int64.min)
        binary.append(real: 1e300)
        binary.endRow()
        text.append(binaryRow: binary.bytes[...], [.integer, .integer, .number])
        #expect(text.bytes == Array("40000\t-9223372036854775808\t1e+300\n".utf8))
    }
}
