import Foundation
import Runtime
import Testing

/// Bodies packed by Python's gzip module.
@Suite struct GunzipTests {
    private static let text = "{\"resourceSpans\":[]}"
    private static let packed = bytes("H4sIAAAAAAACA6tWKkotzi8tSk4NLkjMK1ayio6tBQCV47BMFAAAAA==")

    private static func bytes(_ base64: String) -> [UInt8] { Array(Data(base64Encoded: base64) ?? Data()) }

    @Test func wholeDataComesOut() throws {
        #expect(try Gunzip.bytes(Self.packed, upTo: 20) == Array(Self.text.utf8))
        // Several members follow one another, as tools append them.
        #expect(try Gunzip.bytes(Self.packed + Self.packed, upTo: 40) == Array((Self.text + Self.text).utf8))
    }

    @Test func theLimitHolds() {
        #expect(throws: Gunzip.Problem.tooLarge) { try Gunzip.bytes(Self.packed, upTo: 19) }
        #expect(throws: Gunzip.Problem.tooLarge) { try Gunzip.bytes(Self.packed + Self.packed, upTo: 39) }
    }

    @Test func anythingElseIsDamaged() {
        for end in 0..<Self.packed.count {
            #expect(throws: Gunzip.Problem.damaged) { try Gunzip.bytes(Array(Self.packed[..<end]), upTo: 100) }
        }
        for index in Self.packed.indices.suffix(8) {
            var broken = Self.packed
            broken[index] ^= 1
            #expect(throws: Gunzip.Problem.damaged) { try Gunzip.bytes(broken, upTo: 100) }
        }
        #expect(throws: Gunzip.Problem.damaged) { try Gunzip.bytes(Self.packed + [7], upTo: 100) }
        #expect(throws: Gunzip.Problem.damaged) { try Gunzip.bytes(Array(Self.text.utf8), upTo: 100) }
    }
}
