import CollectorCore
import Foundation
import Logging
import Testing
import WeirProtocol

@testable import collector

private let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

private func framed(_ texts: [String]) -> [UInt8] {
    var bytes: [UInt8] = []
    for text in texts { SpoolFraming.append(Array(text.utf8), to: &bytes) }
    return bytes
}

/// A directory that goes away with the test.
private struct Scratch: ~Copyable {
    let path = NSTemporaryDirectory() + "weir-spool-" + UUID().uuidString
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func open(limit: Int64 = 1 << 30) throws -> Spool {
        try Spool(directory: path, limit: limit, sync: .never, logger: silent)
    }

    func file(_ number: Int) -> String { path + "/" + String(format: "%010d.spool", number) }
}

private func texts(_ payloads: [[UInt8]]) -> [String] { payloads.map { String(decoding: $0, as: UTF8.self) } }

@Suite struct SpoolFramingTests {
    @Test func aTornRecordEndsTheScanWhereverItIsCut() {
        let whole = framed(["one", "1", "three"])
        let ends = [11, 20, 33]
        for cut in 0...whole.count {
            let scan = whole[..<cut].withUnsafeBytes { SpoolFraming.scan($0) }
            #expect(scan.payloads.count == ends.count { $0 <= cut })
            #expect(scan.length == ends.last { $0 <= cut } ?? 0)
            #expect(!scan.isDamaged)
        }
    }

    @Test func aFlippedBitIsFound() {
        let whole = framed(["one", "two"])
        for index in whole.indices {
            var damaged = whole
            damaged[index] ^= 0x10
            let scan = damaged.withUnsafeBytes { SpoolFraming.scan($0) }
            #expect(scan.payloads.count < 2)
        }
    }

    @Test func checksumsAreCastagnolis() {
        // The check value of CRC-32C over the digits 1 to 9, and RFC 3720's over 32 bytes of 0 and of 255 and 0 to 31.
        #expect(sum(of: Array("123456789".utf8)) == 0xE306_9283)
        #expect(sum(of: [UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(sum(of: [UInt8](repeating: 255, count: 32)) == 0x62A8_AB43)
        #expect(sum(of: Array(0..<32)) == 0x46DD_794E)
    }

    /// Bit by bit, as the polynomial is divided by; every length meets the eight at a time and what is left over.
    @Test func checksumsOfAnyLengthAreThoseOfTheirBits() {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 151 ^ length) }
            var crc = ~UInt32(0)
            for byte in bytes {
                crc ^= UInt32(byte)
                for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
            }
            #expect(sum(of: bytes) == ~crc, "\(length)")
        }
    }
}

@Suite struct SpoolTests {
    @Test func whatIsAppendedIsReadOnceItIsCommitted() throws {
        let scratch = Scratch()
        let spool = try scratch.open()
        try spool.append(framed(["a", "b"]))
        try spool.append(framed(["c"]))
        let (payloads, end) = spool.read(after: nil, limit: 1 << 20)
        #expect(texts(payloads) == ["a", "b", "c"])
        #expect(texts(spool.read(after: nil, limit: 1 << 20).payloads) == ["a", "b", "c"])
        spool.commit(end)
        #expect(spool.read(after: nil, limit: 1 << 20).payloads.isEmpty)
        #expect(spool.pendingBytes == 0)
    }

    @Test func aNewProcessGoesOnAtTheCursor() throws {
        let scratch = Scratch()
        do {
            let spool = try scratch.open()
            try spool.append(framed(["a", "b"]))
            spool.commit(spool.read(after: nil, limit: 9).end)
        }
        let spool = try scratch.open()
        #expect(texts(spool.read(after: nil, limit: 1 << 20).payloads) == ["b"])
        try spool.append(framed(["c"]))
        #expect(texts(spool.read(after: nil, limit: 1 << 20).payloads) == ["b", "c"])
    }

    @Test func aTornTailIsCutOffAndTheRestSurvives() throws {
        let scratch = Scratch()
        do {
            let spool = try scratch.open()
            try spool.append(framed(["a", "b"]))
        }
        let handle = try #require(FileHandle(forWritingAtPath: scratch.file(1)))
        try handle.seekToEnd()
        try handle.write(contentsOf: framed(["torn"]).dropLast(2))
        try handle.close()
        let spool = try scratch.open()
        try spool.append(framed(["c"]))
        #expect(texts(spool.read(after: nil, limit: 1 << 20).payloads) == ["a", "b", "c"])
    }

    @Test func segmentsRotateAndAreDeletedOnceDrained() throws {
        let scratch = Scratch()
        let spool = try scratch.open()
        let big = String(repeating: "x", count: 1 << 20 - 1)
        for _ in 0..<40 { try spool.append(framed([big])) }
        #expect(FileManager.default.fileExists(atPath: scratch.file(3)))
        var count = 0
        while true {
            let (payloads, end) = spool.read(after: nil, limit: 4 << 20)
            if payloads.isEmpty { break }
            count += payloads.count
            spool.commit(end)
        }
        #expect(count == 40)
        #expect(!FileManager.default.fileExists(atPath: scratch.file(1)))
        #expect(spool.pendingBytes == 0)
    }

    @Test func aFullSpoolRefusesAndTakesAgainAfterADrain() throws {
        let scratch = Scratch()
        let spool = try scratch.open(limit: 1 << 20)
        let record = framed([String(repeating: "x", count: 400_000)])
        try spool.append(record)
        try spool.append(record)
        #expect(throws: Spool.Refusal.full) { try spool.append(record) }
        spool.commit(spool.read(after: nil, limit: 500_000).end)
        try spool.append(record)
        #expect(spool.read(after: nil, limit: 1 << 21).payloads.count == 2)
    }

    @Test func aDirectoryThatCannotBeMadeIsAClearFailure() {
        #expect { try Spool(directory: "/proc/weir/spool", limit: 1 << 20, sync: .never, logger: silent) } throws: {
            "\($0)".contains("collector.spool.directory")
        }
    }

    @Test func aRecordReadsBackAsItWasWritten() throws {
        let request = SpooledRecord(
            session: try #require(SessionID("sess_x")), day: 20_000, row: Array("event\n".utf8),
            sessionRow: Array("session\n".utf8))
        #expect(SpooledRecord(payload: request.payload) == request)
        for length in 0..<request.payload.count - 8 {
            #expect(SpooledRecord(payload: Array(request.payload[..<length])) == nil)
        }
    }
}

@Suite struct SessionCookieTests {
    private let now = Timestamp(year: 2026, month: 11, day: 21, hour: 12)
    private let session = SessionID("sess_one")!

    private func token(_ header: String?) throws -> String {
        let text = try #require(header)
        return String(try #require(text.split(separator: ";").first).dropFirst("weir_session=".count))
    }

    @Test func aCookieNamesItsSession() async throws {
        let cookies = await SessionCookies(secrets: [String(repeating: "k", count: 32)], isSecure: true)
        let header = await cookies.cookie(for: session, startedAt: now, now: now)
        #expect(header?.contains("; HttpOnly; SameSite=Lax; Secure") == true)
        #expect(header?.contains("Max-Age=86400") == true)
        let other = await SessionCookies(secrets: [String(repeating: "k", count: 32)], isSecure: true)
        let verified = await other.verify(try token(header), now: now + 1000)
        #expect(verified?.session == session)
        #expect(verified?.startedAt == now)
        #expect(other.known(try token(header), now: now + 1000) == verified)
    }

    @Test func forgedExpiredAndForeignTokensAreNotAccepted() async throws {
        let cookies = await SessionCookies(secrets: [String(repeating: "k", count: 32)], isSecure: true)
        let foreign = await SessionCookies(secrets: [String(repeating: "f", count: 32)], isSecure: true)
        let good = try token(await cookies.cookie(for: session, startedAt: now, now: now))
        let bad = [
            try token(await foreign.cookie(for: session, startedAt: now, now: now)), good + "x",
            String(good.dropLast(3)),
            "", "a.b.c", String(repeating: "x", count: 5000),
            // {"alg":"none"} over the same claims
            "eyJhbGciOiJub25lIn0." + good.split(separator: ".")[1] + ".",
        ]
        let strict = await SessionCookies(secrets: [String(repeating: "k", count: 32)], isSecure: true)
        for text in bad { #expect(await strict.verify(text, now: now) == nil, "\(text)") }
        #expect(await strict.verify(good, now: now + 86_400_000) == nil)
        #expect(strict.rejectedCount == bad.count + 1)
    }

    @Test func anOldKeyIsStillAcceptedWhileTheNewOneSigns() async throws {
        let (old, new) = (String(repeating: "o", count: 32), String(repeating: "n", count: 32))
        let before = await SessionCookies(secrets: [old], isSecure: false)
        let held = try token(await before.cookie(for: session, startedAt: now, now: now))
        let rotated = await SessionCookies(secrets: [new, old], isSecure: false)
        #expect(await rotated.verify(held, now: now)?.session == session)
    }
}

/// The checksum that stands before a framed payload.
private func sum(of bytes: [UInt8]) -> UInt32 {
    var framed: [UInt8] = []
    SpoolFraming.append(bytes, to: &framed)
    return framed[4..<8].reversed().reduce(0) { $0 << 8 | UInt32($1) }
}
