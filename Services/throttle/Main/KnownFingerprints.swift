import WeirProtocol

/// Fingerprints by the headers that they are made from, for the headers seen lately: making one anew costs more than
/// the rest of a check. Bounded; a newcomer takes the place of whoever had it.
struct KnownFingerprints: Sendable {
    private static let placeCount = 4096
    /// `fp_` and 32 digits.
    private static let length = 35

    /// 0 for nobody. 64 bits of a hash that nobody outside can choose headers for.
    private var names = [UInt64](repeating: 0, count: placeCount)
    private var words = [UInt8](repeating: 0, count: placeCount * length)

    /// Gives `body` the fingerprint of a client with these headers.
    mutating func with<Result>(
        _ userAgent: UnsafeRawBufferPointer?, _ acceptLanguage: UnsafeRawBufferPointer?,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        var hasher = Hasher()
        hasher.combine(userAgent?.count ?? 0)
        if let userAgent { hasher.combine(bytes: userAgent) }
        if let acceptLanguage { hasher.combine(bytes: acceptLanguage) }
        let name = UInt64(bitPattern: Int64(hasher.finalize())) | 1
        let place = Int(name >> 1) & (Self.placeCount - 1)
        if names[place] != name {
            let text = { (bytes: UnsafeRawBufferPointer?) in bytes.map { String(decoding: $0, as: UTF8.self) } }
            let word = ClientFingerprint.word(userAgent: text(userAgent), acceptLanguage: text(acceptLanguage))
            precondition(word.utf8.count == Self.length)
            words.replaceSubrange(place * Self.length..<(place + 1) * Self.length, with: word.utf8)
            names[place] = name
        }
        return words.withUnsafeBytes {
            body(UnsafeRawBufferPointer(rebasing: $0[place * Self.length..<(place + 1) * Self.length]))
        }
    }
}
