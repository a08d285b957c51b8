import CollectorCore
import Foundation
import Logging
import Testing

@testable import collector

/// Files that a power cut, a bad disk, a backup or a person has left in the spool: what is whole of them is stored.
@Suite struct DamagedSpoolTests {
    private let path = NSTemporaryDirectory() + "weir-damaged-" + UUID().uuidString

    private func open() throws -> Spool {
        try Spool(
            directory: path, limit: 1 << 30, sync: .never,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    private func file(_ number: Int) -> String { path + "/" + String(format: "%010d.spool", number) }

    private func framed(_ texts: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for text in texts { SpoolFraming.append(Array(text.utf8), to: &bytes) }
        return bytes
    }

    /// Everything that waits, as the drain takes it.
    private func drained(_ spool: Spool) -> [String] {
        var found: [String] = []
        while true {
            let (payloads, end) = spool.read(after: nil, limit: 4 << 20)
            if payloads.isEmpty { return found }
            found += payloads.map { String(decoding: $0.prefix(8), as: UTF8.self) }
            spool.commit(end)
        }
    }

    private func change(_ number: Int, _ body: (inout [UInt8]) -> Void) throws {
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file(number))))
        body(&bytes)
        try Data(bytes).write(to: URL(fileURLWithPath: file(number)))
    }

    private func remove() { try? FileManager.default.removeItem(atPath: path) }

    /// A segment shorter than the cursor says: new records must not come to lie before it.
    @Test(arguments: [1, 9, 18]) func recordsBehindACursorPastTheEndAreRead(_ lost: Int) throws {
        defer { remove() }
        do {
            let spool = try open()
            try spool.append(framed(["a", "b"]))
            spool.commit(spool.read(after: nil, limit: 100).end)
        }
        try change(1) { $0.removeLast(lost) }
        do {
            let spool = try open()
            try spool.append(framed(["c"]))
            // What is left of the others is offered again, and a duplicate in the database.
            #expect(drained(spool) == (lost < 10 ? ["a", "c"] : ["c"]))
        }
        #expect(drained(try open()).isEmpty)
    }

    /// Nothing that the cursor file may hold hides a record.
    @Test(arguments: [
        "50 0", "9223372036854775807 0", "1 -100", "-1 0", "0 0", "1 9223372036854775807", "", "x y", "1 0",
    ])
    func whateverTheCursorSaysEverythingIsRead(_ cursor: String) throws {
        defer { remove() }
        do {
            let spool = try open()
            try spool.append(framed(["a", "b"]))
        }
        try cursor.write(toFile: path + "/cursor", atomically: true, encoding: .utf8)
        let spool = try open()
        try spool.append(framed(["c"]))
        #expect(drained(spool) == ["a", "b", "c"])
        #expect(spool.pendingBytes == 0)
    }

    @Test func recordsBehindACursorOfAMissingSegmentAreRead() throws {
        defer { remove() }
        do {
            let spool = try open()
            try spool.append(framed(["a"]))
            spool.commit(spool.read(after: nil, limit: 100).end)
        }
        try FileManager.default.removeItem(atPath: file(1))
        let spool = try open()
        try spool.append(framed(["b"]))
        #expect(drained(spool) == ["b"])
    }

    @Test(arguments: [9, 10, 12, 13, 16, 17]) func whatLiesBehindADamagedRecordIsRead(_ place: Int) throws {
        defer { remove() }
        try open().append(framed(["a", "b", "c", "d"]))
        try change(1) { $0[place] ^= 0x41 }
        let spool = try open()
        try spool.append(framed(["e"]))
        #expect(drained(spool) == ["a", "c", "d", "e"])
        #expect(FileManager.default.fileExists(atPath: file(1) + ".damaged"))
        #expect(spool.pendingBytes == 0)
    }

    /// Also when the process that found the damage is not the one that is done with the file.
    @Test func aDamagedFileIsKeptOverARestart() throws {
        defer { remove() }
        try open().append(framed(["a", "b", "c"]))
        try change(1) { $0[12] ^= 0x41 }
        #expect(drained(try open()) == ["a", "c"])
        let spool = try open()
        try spool.append(framed(["d"]))
        #expect(drained(spool) == ["d"])
        #expect(FileManager.default.fileExists(atPath: file(1) + ".damaged"))
    }

    @Test func aGapInTheNumbersIsNotCountedThrough() throws {
        defer { remove() }
        do {
            let spool = try open()
            try spool.append(framed(["a"]))
        }
        try Data(framed(["b"])).write(to: URL(fileURLWithPath: file(1_000_000_000)))
        let spool = try open()
        #expect(drained(spool) == ["a", "b"])
        #expect(spool.pendingBytes == 0)
    }

    /// Every second record of a segment; each used to cost another look at the rest.
    @Test func heavyDamageCostsWhatIsDamaged() throws {
        defer { remove() }
        try open().append(framed((0..<20_000).map { "\($0 + 10_000)" }))
        try change(1) { bytes in
            for place in stride(from: 0, to: bytes.count, by: 26) { bytes[place + 10] ^= 1 }
        }
        let found = drained(try open()).compactMap { Int($0) }
        #expect(found == Array(stride(from: 10_001, to: 30_000, by: 2)))
    }

    /// What a file system may leave of the end of a file that was not forced to the disk.
    @Test func zerosAtTheEndAreNoRecords() throws {
        defer { remove() }
        try open().append(framed(["a"]))
        try change(1) { $0 += [UInt8](repeating: 0, count: 5000) }
        let spool = try open()
        try spool.append(framed(["b"]))
        #expect(drained(spool) == ["a", "b"])
    }

    @Test func damageOfAClosedSegmentCostsOneRecord() throws {
        defer { remove() }
        let spool = try open()
        let big = String(repeating: "x", count: 1 << 20 - 8)
        for number in 100..<120 { try spool.append(framed(["\(number)" + big])) }
        #expect(spool.end.segment == 2)
        try change(1) { $0[5 << 20] ^= 1 }
        let found = drained(spool).compactMap { Int($0.prefix(3)) }
        #expect(found.count == 19 && Set(found).count == 19)
        #expect(FileManager.default.fileExists(atPath: file(1) + ".damaged"))
    }

    @Test func aSegmentThatCannotBeReadIsWaitedFor() throws {
        defer { remove() }
        let spool = try open()
        let big = String(repeating: "x", count: 1 << 20 - 8)
        for number in 100..<120 { try spool.append(framed(["\(number)" + big])) }
        let manager = FileManager.default
        // A directory in its place opens, and does not read.
        try manager.moveItem(atPath: file(1), toPath: path + "/aside")
        try manager.createDirectory(atPath: file(1), withIntermediateDirectories: false)
        #expect(spool.read(after: nil, limit: 4 << 20).payloads.isEmpty)
        #expect(spool.readFailure?.contains("directory") == true)
        try manager.removeItem(atPath: file(1))
        try manager.moveItem(atPath: path + "/aside", toPath: file(1))
        #expect(drained(spool).count == 20)
        #expect(spool.readFailure == nil)
    }

    @Test func aSegmentRemovedWhileItIsWrittenIsReadAllTheSame() throws {
        defer { remove() }
        let spool = try open()
        try spool.append(framed(["a"]))
        try FileManager.default.removeItem(atPath: file(1))
        try spool.append(framed(["b"]))
        #expect(drained(spool) == ["a", "b"])
        let big = String(repeating: "x", count: 1 << 20 - 8)
        for _ in 0..<20 { try spool.append(framed([big])) }
        // What went to the removed file is gone once it is closed; it must not count as waiting for ever.
        _ = drained(spool)
        #expect(spool.pendingBytes == 0)
    }
}
