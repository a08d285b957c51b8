import Foundation
import Testing

@testable import Runtime

/// A file with the given bytes for as long as `body` runs.
private func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
    let path = NSTemporaryDirectory() + "weir-lines-\(UUID().uuidString)"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

@Suite struct WholeFileTests {
    @Test("A file is read whole up to a limit, packed or not, and no further")
    func whole() throws {
        let text = [UInt8]("one\ntwo \u{0} three".utf8)
        for bytes in [text, gzip(text)] {
            #expect(try withFile(bytes) { try LineSource(path: $0).whole(limit: text.count) } == text)
            #expect(try withFile(bytes) { try LineSource(path: $0).whole(limit: text.count - 1) } == nil)
        }
        #expect(try LineSource(path: "/dev/zero").whole(limit: 1 << 20) == nil)
        #expect(try LineSource(path: "/dev/null").whole(limit: 0) == [])
        #expect(throws: LineSourceError.self) {
            try withFile(Array(gzip(text).dropLast(9))) { try LineSource(path: $0).whole(limit: 100) }
        }
    }
}

private enum Delivered: Equatable {
    case line(String, at: Int64)
    case tooLong(at: Int64, length: Int64)
}

private func deliveries(_ bytes: [UInt8], lineLimit: Int = 64 * 1024) throws -> [Delivered] {
    func delivered(_ line: LineSource.Line) -> Delivered {
        switch line {
        case .bytes(let bytes, let offset): .line(String(decoding: bytes, as: UTF8.self), at: offset)
        case .tooLong(let offset, let length): .tooLong(at: offset, length: length)
        }
    }
    let (source, other) = try withFile(bytes) {
        (try LineSource(path: $0, lineLimit: lineLimit), try LineSource(path: $0, lineLimit: lineLimit))
    }
    var inOneGo: [Delivered] = []
    var all: [Delivered] = []
    while let next = try source.next() { all.append(delivered(next)) }
    try other.forEach { inOneGo.append(delivered($0)) }
    #expect(inOneGo == all)
    return all
}

/// gzip's framing around stored (uncompressed) blocks, written out by hand so that the reader is not tested by zlib.
private func gzip(_ text: [UInt8]) -> [UInt8] {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in text {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    crc = ~crc
    func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    var packed: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    let length = UInt16(text.count)
    packed += [1, UInt8(truncatingIfNeeded: length), UInt8(length >> 8)]
    packed += [UInt8(truncatingIfNeeded: ~length), UInt8(~length >> 8)] + text
    return packed + little(crc) + little(UInt32(text.count))
}

@Suite struct LineSourceTests {
    @Test(arguments: [
        ("", [Delivered]()),
        ("\n", [.line("", at: 0)]),
        ("one\ntwo\n", [.line("one", at: 0), .line("two", at: 4)]),
        ("one\r\ntwo", [.line("one\r", at: 0), .line("two", at: 5)]),
        ("\u{1F}", [.line("\u{1F}", at: 0)]),
    ])
    private func linesKeepTheirPlace(text: String, expected: [Delivered]) throws {
        #expect(try deliveries(Array(text.utf8)) == expected)
        if text.utf8.count > 0 {
            #expect(try deliveries(gzip(Array(text.utf8))) == expected)
        }
    }

    @Test func aLongLineIsReportedAndTheNextIsWhole() throws {
        let text = "a\n" + String(repeating: "x", count: 11) + "\n" + String(repeating: "y", count: 10) + "\nb\n"
        let expected: [Delivered] = [
            .line("a", at: 0), .tooLong(at: 2, length: 11), .line(String(repeating: "y", count: 10), at: 14),
            .line("b", at: 25),
        ]
        #expect(try deliveries(Array(text.utf8), lineLimit: 10) == expected)
    }

    @Test func aLineFarBeyondTheWindowIsSkippedInBoundedMemory() throws {
        let text = [UInt8](repeating: 0x78, count: 3_000_000) + Array("\nend".utf8)
        #expect(try deliveries(text) == [.tooLong(at: 0, length: 3_000_000), .line("end", at: 3_000_001)])
    }

    @Test func membersAndPaddingOfGzipAreOneStream() throws {
        let packed = gzip(Array("one\ntw".utf8)) + gzip(Array("o\n".utf8)) + [0, 0, 0]
        #expect(try deliveries(packed) == [.line("one", at: 0), .line("two", at: 4)])
    }

    @Test func whatCameBeforeDamageIsDelivered() throws {
        let whole = gzip(Array("one\ntwo\n".utf8))
        let cut = Array(whole.dropLast(11))
        let source = try withFile(cut) { try LineSource(path: $0) }
        guard case .bytes(let bytes, _)? = try source.next() else {
            Issue.record("no line before the damage")
            return
        }
        #expect(bytes.elementsEqual("one".utf8))
        let error = #expect(throws: LineSourceError.self) { try source.next() }
        #expect(error?.code == .damaged)
        #expect(try source.next() == nil)
        var wrong = whole
        wrong[wrong.count - 6] ^= 1  // the checksum
        #expect(throws: LineSourceError.self) { try deliveries(wrong) }
    }

    @Test func progressCountsBytesOnDisk() throws {
        let packed = gzip(Array("one\ntwo\n".utf8))
        let source = try withFile(packed) { try LineSource(path: $0) }
        while try source.next() != nil {}
        #expect(source.bytesRead == Int64(packed.count))
        #expect(source.bytesTotal == Int64(packed.count))
        #expect(source.isCompressed)
    }

    @Test(arguments: [
        ("/nonexistent/weir.log", LineSourceError.Code.notFound, Int32(1)),
        (NSTemporaryDirectory(), .isDirectory, 4),
    ])
    func whatCannotBeOpenedSaysWhy(path: String, code: LineSourceError.Code, exit: Int32) {
        let error = #expect(throws: LineSourceError.self) { try LineSource(path: path) }
        #expect(error?.code == code)
        #expect(error?.exitCode == exit)
    }

    @Test func otherPackersAreNamed() throws {
        let error = #expect(throws: LineSourceError.self) { try deliveries([0x28, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0]) }
        #expect(error?.code == .unsupportedCompression)
        #expect(error?.description.contains("zstdcat") == true)
    }

    @Test func aLastLineWithoutNewlineIsMarked() throws {
        let source = try withFile(Array("a\nb".utf8)) { try LineSource(path: $0) }
        _ = try source.next()
        #expect(source.isTerminated)
        _ = try source.next()
        #expect(!source.isTerminated)
    }

    @Test func aPipeIsWaitedForUntilTheReaderIsToldToStop() throws {
        let path = NSTemporaryDirectory() + "weir-pipe-\(UUID().uuidString)"
        try #require(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        let unwritten = try LineSource(path: path, isStopped: { true })
        #expect(try unwritten.next() == nil)
        let writer = open(path, O_RDWR)
        defer { close(writer) }
        #expect(write(writer, "one\ntwo\nhal", 11) == 11)
        let source = try LineSource(path: path, isStopped: { true })
        for expected in ["one", "two"] {
            guard case .bytes(let bytes, _)? = try source.next() else { break }
            #expect(String(decoding: bytes, as: UTF8.self) == expected)
        }
        // What is left is no whole line, and will be read when the pipe is read again.
        #expect(try source.next() == nil)
        #expect(try source.next() == nil)
    }
}
