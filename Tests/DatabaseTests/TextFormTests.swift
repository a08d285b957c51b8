import Database
import Testing

struct TextFormTests {
    @Test func copyRowsHaveTabsBetweenAndALineEndBehind() {
        var writer = CopyWriter()
        writer.append("a\tb\\")
        writer.append(-7)
        writer.append(nil as Int?)
        writer.append(1.5)
        writer.append(3.0)
        writer.append(true)
        writer.append(timestampMilliseconds: 1_431_857_103_004)
        writer.append(dayOfMilliseconds: 1_431_857_103_004)
        writer.append(uuid: 1, UInt64.max)
        writer.endRow()
        writer.append("\n\r")
        writer.endRow()
        let day = "2015-05-17"
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == "a\\tb\\\\\t-7\t\\N\t1.5\t3\tt\t\(day) 10:05:03.004+00\t\(day)\t00000000-0000-0001-ffff-ffffffffffff\n\\n\\r\n"
        )
        #expect(writer.rowCount == 2)
        writer.removeAll()
        #expect(writer.bytes.isEmpty && writer.rowCount == 0)
        writer.append(0)
        writer.endRow()
        #expect(writer.bytes == Array("0\n".utf8))
    }

    /// Eight bytes are looked at in one step: every special at every place, beside bytes that are nearly special.
    @Test(arguments: ["\t", "\n", "\r", "\\"])
    func specialsAreFoundWhereverTheyStand(special: String) {
        let escaped = ["\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"][special] ?? ""
        for filler in ["a", "]", "[", "\u{0B}", "\u{08}", "\u{0E}", "\u{01}", "é", "\u{7F}"] {
            for length in 0..<19 {
                for place in 0...length {
                    let before = String(repeating: filler, count: place)
                    let after = String(repeating: filler, count: length - place)
                    var writer = CopyWriter()
                    writer.append(before + special + after)
                    #expect(writer.bytes == Array((before + escaped + after).utf8))
                }
            }
        }
    }

    @Test(arguments: [
        ("08006", DatabaseError.Kind.transient), ("08001", .transient), ("57P01", .transient), ("57P03", .transient),
        ("53300", .transient), ("53100", .transient), ("40001", .transient), ("40P01", .transient),
        ("25006", .transient), ("57014", .transient), ("58030", .transient), ("55P03", .transient),
        ("22P02", .data), ("22021", .data), ("23505", .data), ("23514", .data), ("54000", .data),
        ("42501", .permission), ("28000", .permission), ("28P01", .permission), ("42P01", .schema), ("42703", .schema),
        ("3D000", .schema), ("42601", .other), ("XX000", .other), ("25P02", .other), ("", .other),
    ])
    func everyCodeHasItsKind(code: String, kind: DatabaseError.Kind) {
        #expect(DatabaseError(sqlstate: code, message: "").kind == kind)
    }

    @Test func aMissingPartitionIsToldFromABrokenConstraint() {
        #expect(DatabaseError(sqlstate: "23514", message: "").isMissingPartition)
        #expect(!DatabaseError(sqlstate: "23514", message: "", constraint: "positive").isMissingPartition)
    }

    @Test(arguments: [
        (
            "postgresql:///weir?host=/run/pg", "weir_reporter",
            "database weir at socket /run/pg/.s.PGSQL.5432 as weir_reporter"
        ),
        ("postgresql://me:secret@db.example:6432/weir", "weir_reporter", "database weir at db.example:6432 as me"),
        (
            "host=/run/pg dbname=weir user=me password=secret", nil,
            "database weir at socket /run/pg/.s.PGSQL.5432 as me"
        ),
    ])
    func describesTargetsWithoutPasswords(url: String, user: String?, description: String) throws {
        let target = try ConnectionTarget(url, defaultUser: user, applicationName: "weir-tests")
        #expect(target.description == description)
    }

    @Test(arguments: ["postgres:secret@host", "password=secret nonsense", "mysql://x"])
    func refusesOtherTextAndKeepsItsSecrets(url: String) {
        let error = #expect(throws: DatabaseError.self) {
            try ConnectionTarget(url, applicationName: "weir-tests")
        }
        #expect(error?.sqlstate == "08001")
        #expect(error?.message.contains("secret") == false)
    }
}
