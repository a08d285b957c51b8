/// Takes secrets out of query strings before anything is written to disk. Only the value after the name of a secret
/// changes; every other byte stays.
public enum SecretRedaction {
    /// What stands in a secret's place.
    public static let mark = "REDACTED"

    /// A query without its question mark.
    public static func redact(query: String) -> String { redact(query, from: query.startIndex) }

    /// A URL: its query and fragment.
    public static func redact(url: String) -> String {
        guard let start = url.utf8.firstIndex(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) else {
            return url
        }
        return redact(url, from: url.utf8.index(after: start))
    }

    private static func redact(_ text: String, from start: String.Index) -> String {
        var clean = ""
        var copied = text.startIndex
        var pair = start
        while pair < text.endIndex {
            let end = text.utf8[pair...].firstIndex(where: isSeparator) ?? text.endIndex
            if let equals = text.utf8[pair..<end].firstIndex(of: UInt8(ascii: "=")) {
                let value = text.utf8.index(after: equals)
                if value < end, isSecret(text.utf8[pair..<equals]) {
                    clean += text[copied..<value]
                    clean += mark
                    copied = end
                }
            }
            guard end < text.endIndex else { break }
            pair = text.utf8.index(after: end)
        }
        guard copied > text.startIndex else { return text }
        return clean + text[copied...]
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "&") || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }

    /// Whether a parameter's name, as written, is that of a secret: decoded, in lower case, without `_` and `-`, and of
    /// `user[password]` or `login.password` the last part.
    private static func isSecret(_ name: Substring.UTF8View) -> Bool {
        guard !name.isEmpty, name.count <= 128 else { return false }
        var part: [UInt8] = []
        var index = name.startIndex
        while index < name.endIndex {
            var byte = name[index]
            index = name.index(after: index)
            if byte == UInt8(ascii: "%"), name.distance(from: index, to: name.endIndex) >= 2,
                let high = LogLineCursor.hex(name[index]), let low = LogLineCursor.hex(name[name.index(after: index)])
            {
                byte = high << 4 | low
                index = name.index(index, offsetBy: 2)
            }
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "."): part = []
            case UInt8(ascii: "]"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: " "), UInt8(ascii: "+"): break
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): part.append(byte | 0x20)
            default: part.append(byte)
            }
        }
        let word = String(decoding: part, as: UTF8.self)
        return names.contains(word) || endings.contains { word.hasSuffix($0) }
    }

    private static let names: Set<String> = [
        "auth", "authorization", "bearer", "code", "credentials", "jwt", "otp", "pass", "passcode", "passphrase", "pwd",
        "samlresponse", "sessionid", "sig",
    ]
    private static let endings = [
        "accesskey", "apikey", "privatekey", "secretkey", "password", "passwd", "secret", "token", "signature",
        "authcode", "credential", "jsessionid", "phpsessid",
    ]
}
