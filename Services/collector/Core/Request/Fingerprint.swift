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

extension Substring {
    /// Without blanks, tabs and line ends at both ends.
    var trimmedOfBlanks: Substring {
        var text = self
        while let first = text.unicodeScalars.first, first.properties.isWhitespace { text.unicodeScalars.removeFirst() }
        while let last = text.unicodeScalars.last, last.properties.isWhitespace { text.unicodeScalars.removeLast() }
        return text
    }
}
