/// Eight bytes looked at with a few word operations, to get over the plain part of a string quickly.
///
/// Each question answers with the high bit of the matching bytes. The lowest bit set is exact; a borrow may set others
/// above it, so only the first match is of use, which is all that a search wants.
struct ByteStride {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080
    private let word: UInt64

    /// The eight bytes at `offset`, which must all exist.
    @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// Bytes equal to `byte`.
    @inline(__always)
    func equal(_ byte: UInt8) -> UInt64 {
        let difference = word ^ (Self.ones &* UInt64(byte))
        return (difference &- Self.ones) & ~difference & Self.highBits
    }

    /// Bytes below `byte`, which is at most 0x80.
    @inline(__always)
    func below(_ byte: UInt8) -> UInt64 { (word &- (Self.ones &* UInt64(byte))) & ~word & Self.highBits }

    /// Bytes beyond ASCII.
    @inline(__always)
    var beyondASCII: UInt64 { word & Self.highBits }

    /// The index in the stride of the first match.
    @inline(__always)
    static func first(_ matches: UInt64) -> Int { matches.trailingZeroBitCount >> 3 }
}
