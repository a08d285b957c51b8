import Crypto

/// What a browser shows of itself on every request, as one word: `fp_` and the first 32 hex digits of SHA-256 over the
/// user agent, a newline and the first language tag in lower case. Never taken from the client as such.
public enum Fingerprint {
    /// The word; missing headers are empty.
    public static func word(userAgent: String?, acceptLanguage: String?) -> String {
        var text = userAgent ?? ""
        text += "\n"
        if let acceptLanguage, !acceptLanguage.isEmpty { text += firstLanguage(of: acceptLanguage) }
        var hash = SHA256()
        text.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        let digest = hash.finalize()
        return String(unsafeUninitializedCapacity: 35) { buffer in
            buffer[0] = UInt8(ascii: "f")
            buffer[1] = UInt8(ascii: "p")
            buffer[2] = UInt8(ascii: "_")
            var index = 3
            for byte in digest.prefix(16) {
                buffer[index] = digit(byte >> 4)
                buffer[index + 1] = digit(byte & 0xF)
                index += 2
            }
            return 35
        }
    }

    /// The first tag of an Accept-Language in lower case, as in `de-at`; empty when there is none.
    public static func firstLanguage(of acceptLanguage: String?) -> String {
        guard let acceptLanguage else { return "" }
        let tag = acceptLanguage.prefix { $0 != "," && $0 != ";" }
        return tag.trimmedOfBlanks.lowercased()
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

/// Fingerprints worked out before. Browsers that are told apart by user agent and language are few beside their
/// requests, and looking one up costs a tenth of hashing it.
public struct FingerprintMemory: Sendable {
    private struct Browser: Hashable {
        let userAgent: String
        let acceptLanguage: String
    }

    private let capacity: Int
    private var words: [Browser: String] = [:]

    /// - Parameter capacity: Browsers remembered; when there are more, it starts over.
    public init(capacity: Int = 8192) { self.capacity = capacity }

    /// `Fingerprint.word` of the same two headers.
    public mutating func word(userAgent: String, acceptLanguage: String) -> String {
        guard capacity > 0 else { return Fingerprint.word(userAgent: userAgent, acceptLanguage: acceptLanguage) }
        let browser = Browser(userAgent: userAgent, acceptLanguage: acceptLanguage)
        if let known = words[browser] { return known }
        let word = Fingerprint.word(userAgent: userAgent, acceptLanguage: acceptLanguage)
        if words.count >= capacity { words.removeAll(keepingCapacity: true) }
        words[browser] = word
        return word
    }
}

extension Substring {
    /// Without blanks, tabs and line ends at both ends.
    var trimmedOfBlanks: Substring {
        var text = self
        while let first = text.unicodeScalars.first, first.properties.isWhitespace { text.unicodeScalars.removeFirst() }
        while let last = text.unicodeScalars.last, last.properties.isWhitespace { text.unicodeScalars.removeLast() }
        return text
    }
}
