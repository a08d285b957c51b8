import Database
import PostgresSupport
import Testing
import WeirProtocol

@testable import collector

/// Rows for COPY and the same rows as a parameter are the same to PostgreSQL.
@Suite struct StagedRowsTests {
    @Test func everyTextComesThrough() async throws {
        let texts: [String?] = [
            "plain", nil, "", "\\N", "N", "\t", "a\tb\nc\rd\\e", "\\\\", "\\t", "\"quoted\" 'too'", "{1,2}", "é 漢 🦆",
            "\u{1}\u{7F}", "\u{2028}",
        ]
        var rows = CopyWriter()
        for (number, text) in texts.enumerated() {
            rows.append("s\(number)")
            rows.append(text)
            rows.append(number % 3 == 0 ? nil : number * 1_000_000)
            rows.append(number % 2 == 0)
            rows.endRow()
        }
        let columns = ["session_id", "exit_page", "request_count", "is_bot"]
        let connection = try await TestCluster.shared().makeDatabase().connection(as: "weir_collector")
        let said = try await connection.query(
            """
            select session_id, exit_page, request_count, is_bot
            from json_populate_recordset(null::user_sessions, $1::json)
            """, [.text(StagedRows.json(rows.bytes, columns))])
        await connection.close()
        #expect(said.count == texts.count)
        for (number, row) in said.enumerated() {
            #expect(try row.get(0, as: String.self) == "s\(number)")
            #expect(try row.get(1, as: String?.self) == texts[number])
            #expect(try row.get(2, as: Int?.self) == (number % 3 == 0 ? nil : number * 1_000_000))
            #expect(try row.get(3, as: Bool.self) == (number % 2 == 0))
        }
        #expect(StagedRows.json([], columns) == "[]")
    }
}
