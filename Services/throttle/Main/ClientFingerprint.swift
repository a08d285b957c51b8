import Crypto
import WeirProtocol

/// The fingerprint of a client that asks without one, from the same two headers and by the same rule as the collector:
/// `fp_` and 32 hex digits of SHA-256 over the user agent, a newline and the first language tag in lower case.
enum ClientFingerprint {
    /// The check's own fingerprint, or the one made from its headers.
    static func of(_ check: ThrottleCheck) -> String {
        check.fingerprint ?? word(userAgent: check.userAgent, acceptLanguage: check.acceptLanguage)
    }

    /// The word; missing headers are empty.
    static func word(userAgent: String?, acceptLanguage: String?) -> String {
        var hash = SHA256()
        var text = (userAgent ?? "") + "\n" + firstLanguage(of: acceptLanguage)
        text.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
        let digest = hash.finalize()
        return String(unsafeUninitializedCapacity: 35) { buffer in
            for (index, byte) in "fp_".utf8.enumerated() { buffer[index] = byte }
            for (index, byte) in digest.prefix(16).enumerated() {
                buffer[3 + 2 * index] = digit(byte >> 4)
                buffer[4 + 2 * index] = digit(byte & 0xF)
            }
            return 35
        }
    }

    private static func firstLanguage(of acceptLanguage: String?) -> String {
        guard let acceptLanguage else { return "" }
        var tag = acceptLanguage.prefix { $0 != "," && $0 != ";" }.unicodeScalars[...]
        while let first = tag.first, first.properties.isWhitespace { tag.removeFirst() }
        while let last = tag.last, last.properties.isWhitespace { tag.removeLast() }
        return String(Substring(tag)).lowercased()
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
