/// Stands in for swift-crypto in fuzz builds, where BoringSSL would take minutes to compile and no search gets through a
/// hash anyway. The names are swift-crypto's; the function is FNV-1a stretched to 32 bytes.
public struct SHA256 {
    /// 32 bytes.
    public struct Digest: Sequence {
        let bytes: [UInt8]

        public func makeIterator() -> IndexingIterator<[UInt8]> { bytes.makeIterator() }

        public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
            try bytes.withUnsafeBytes(body)
        }
    }

    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    public init() {}

    public mutating func update(bufferPointer: UnsafeRawBufferPointer) {
        for byte in bufferPointer { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    public mutating func update(data: some Sequence<UInt8>) {
        for byte in data { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }

    public func finalize() -> Digest {
        var word = state
        var bytes: [UInt8] = []
        for _ in 0..<4 {
            word = (word ^ word >> 29) &* 0xBF58_476D_1CE4_E5B9
            withUnsafeBytes(of: word) { bytes.append(contentsOf: $0) }
        }
        return Digest(bytes: bytes)
    }

    public static func hash(data: some Sequence<UInt8>) -> Digest {
        var hash = SHA256()
        hash.update(data: data)
        return hash.finalize()
    }
}
