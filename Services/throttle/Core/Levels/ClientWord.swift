import WeirProtocol

/// A fingerprint, session or user's name in a key, at most `limit` bytes long.
///
/// Such words come from outside, and keys are stored under an index and named to other servers. A longer word stands in
/// a key by its beginning and a digest of all of it, so that equal words stay equal and different ones different.
public struct ClientWord: Hashable, Sendable {
    /// The most bytes of a word's text.
    public static let limit = 256
    private static let digestCount = 32

    /// The word, or what stands for it.
    public let text: String

    /// The word whose bytes lie in `bytes`.
    init(_ bytes: UnsafeRawBufferPointer) {
        text = bytes.count > Self.limit ? Self.shortened(bytes) : String(decoding: bytes, as: UTF8.self)
    }

    /// The word.
    public init(_ text: String) {
        if text.utf8.count > Self.limit {
            var text = text
            self.text = text.withUTF8 { Self.shortened(UnsafeRawBufferPointer($0)) }
        } else {
            self.text = text
        }
    }

    private static func shortened(_ bytes: UnsafeRawBufferPointer) -> String {
        var end = limit - digestCount - 1
        // No character is cut in two.
        while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        let digits = String(digest(bytes), radix: 16)
        return String(decoding: bytes[..<end], as: UTF8.self) + "~"
            + String(repeating: "0", count: digestCount - digits.utf8.count) + digits
    }

    /// FNV-1a over words of 64 bits: the same on every run and machine, and quick enough for a line's worth of bytes.
    private static func digest(_ bytes: UnsafeRawBufferPointer) -> UInt128 {
        var digest: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D ^ UInt128(bytes.count)
        for start in stride(from: 0, to: bytes.count, by: 8) {
            var word: UInt64 = 0
            withUnsafeMutableBytes(of: &word) {
                $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + 8, bytes.count)]))
            }
            digest = (digest ^ UInt128(UInt64(littleEndian: word))) &* 0x0100_0000_0000_0000_0000_013B
        }
        return digest
    }
}

extension ClientWord: ExpressibleByStringInterpolation {
    /// The word.
    public init(stringLiteral text: String) { self.init(text) }
}
