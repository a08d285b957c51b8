/// Takes secrets out of queries and URLs before anything is written to disk: the value after a secret's name, and the
/// user information before a host (`//user:password@`). Every other byte stays.
///
/// A URL may stand in another's query, escaped, and escapes may be escaped again by those who pass it on: each is looked
/// for as written, and beneath up to two layers of percent-encoding.
public enum SecretRedaction {
    /// What stands in a secret's place.
    public static let mark = "REDACTED"
    /// Layers of percent-encoding that are looked beneath.
    private static let layers = 2
    /// Looks at one text; two do for all that people write.
    private static let passes = 8

    /// A query without its question mark.
    public static func redact(query: String) -> String { redact(query, isQuery: true) }

    /// A URL: its user information, query and fragment.
    public static func redact(url: String) -> String { redact(url, isQuery: false) }

    private static func redact(_ text: String, isQuery: Bool) -> String {
        // Nearly no text has what either of them needs: an `@`, a `=`, or their digits behind a `%`.
        var (isEscaped, mayHoldUser, mayHoldValue) = (false, false, false)
        var (hasDigitsOfAt, hasDigitsOfEquals) = (false, false)
        var last: UInt8 = 0
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "%"): isEscaped = true
            case UInt8(ascii: "@"): mayHoldUser = true
            case UInt8(ascii: "="): mayHoldValue = true
            case UInt8(ascii: "0") where last == UInt8(ascii: "4"): hasDigitsOfAt = true
            case UInt8(ascii: "D") where last == UInt8(ascii: "3"), UInt8(ascii: "d") where last == UInt8(ascii: "3"):
                hasDigitsOfEquals = true
            default: break
            }
            last = byte
        }
        if isEscaped {
            mayHoldUser = mayHoldUser || hasDigitsOfAt
            mayHoldValue = mayHoldValue || hasDigitsOfEquals
        }
        guard mayHoldUser || mayHoldValue else { return text }
        var bytes = Array(text.utf8)
        var isChanged = false
        func replace(_ secrets: [Range<Int>]) {
            for secret in secrets.reversed() where !bytes[secret].elementsEqual(mark.utf8) {
                bytes.replaceSubrange(secret, with: mark.utf8)
                isChanged = true
            }
        }
        var isClean = true
        // What was taken out may have kept something else from being seen, such as an escaped blank that ended a host.
        for _ in 0..<passes {
            isChanged = false
            // The deepest first: what they leave is looked at again as part of what it stands in.
            for layer in (0...(isEscaped ? layers : 0)).reversed() {
                if mayHoldUser { replace(userInformation(bytes, layer, isQuery)) }
                if mayHoldValue { replace(values(bytes, layer, isQuery)) }
            }
            guard isChanged else { break }
            isClean = false
        }
        return isClean ? text : String(decoding: bytes, as: UTF8.self)
    }

    /// Where the values of secrets are, in order.
    private static func values(_ bytes: [UInt8], _ layer: Int, _ isQuery: Bool) -> [Range<Int>] {
        var found: [Range<Int>] = []
        // Of the pair that is being read; nil where there can be none or its name is known already.
        var name: Int? = isQuery ? 0 : nil
        var value: Int?
        var isPath = !isQuery
        var index = 0
        while index < bytes.count {
            let (byte, next) = character(bytes, index, layer)
            switch byte {
            case UInt8(ascii: "&") where !isPath, UInt8(ascii: ";") where !isPath, UInt8(ascii: "?"), UInt8(ascii: "#"):
                if let value, value < index { found.append(value..<index) }
                (name, value, isPath) = (next, nil, false)
            case UInt8(ascii: "="):
                if let start = name, isSecret(bytes, start..<index, layer) { value = next }
                name = nil
            default: break
            }
            index = next
        }
        if let value, value < index { found.append(value..<index) }
        return found
    }

    /// Where user information is: after `://`, up to the last `@` of the authority, which in a query ends with its pair.
    private static func userInformation(_ bytes: [UInt8], _ layer: Int, _ isQuery: Bool) -> [Range<Int>] {
        var found: [Range<Int>] = []
        // The text's start may be the slashes of a URL that leaves its scheme out.
        var (before, last) = (UInt8(ascii: ":"), UInt8(ascii: ":"))
        var (start, end): (Int?, Int?)
        var isPath = !isQuery
        var index = 0
        while index < bytes.count {
            let (byte, next) = character(bytes, index, layer)
            switch byte {
            case UInt8(ascii: "@"): end = index
            case UInt8(ascii: "&") where isPath, UInt8(ascii: ";") where isPath: break
            case UInt8(ascii: "/"), UInt8(ascii: "\\"), 0...0x20, UInt8(ascii: "&"), UInt8(ascii: ";"),
                UInt8(ascii: "?"),
                UInt8(ascii: "#"):
                if let start, let end, start < end { found.append(start..<end) }
                let isAuthority = before == UInt8(ascii: ":") && last == UInt8(ascii: "/") && byte == last
                (start, end) = (isAuthority ? next : nil, nil)
                if byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") { isPath = false }
            default: break
            }
            (before, last) = (last, byte)
            index = next
        }
        if let start, let end, start < end { found.append(start..<end) }
        return found
    }

    /// The character at `index`, beneath `layer` layers of percent-encoding, and where the next one is.
    private static func character(_ bytes: [UInt8], _ index: Int, _ layer: Int) -> (byte: UInt8, next: Int) {
        var (byte, next) = (bytes[index], index + 1)
        for _ in 0..<layer {
            guard byte == UInt8(ascii: "%"), next + 1 < bytes.count, let high = LogLineCursor.hex(bytes[next]),
                let low = LogLineCursor.hex(bytes[next + 1])
            else { break }
            (byte, next) = (high << 4 | low, next + 2)
        }
        return (byte, next)
    }

    /// Whether a parameter's name is that of a secret: decoded once more, in lower case, without `_` and `-`, and of
    /// `user[password]` or `login.password` the last part. Of a long name only the end is looked at.
    private static func isSecret(_ bytes: [UInt8], _ name: Range<Int>, _ layer: Int) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: nameLimit) { part in
            var count = 0
            var index = max(name.lowerBound, name.upperBound - nameLimit)
            while index < name.upperBound {
                let (byte, next) = character(bytes, index, layer + 1)
                index = next
                switch byte {
                case UInt8(ascii: "["), UInt8(ascii: "."): count = 0
                case UInt8(ascii: "]"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: " "), UInt8(ascii: "+"):
                    break
                default:
                    part[count] = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
                    count += 1
                }
            }
            let word = part[..<count]
            return names.contains { $0.count == count && $0.last == word.last && $0.elementsEqual(word) }
                || endings.contains {
                    $0.last == word.last && $0.count <= count && $0.elementsEqual(word.suffix($0.count))
                }
        }
    }

    private static let nameLimit = 128
    private static let names: [[UInt8]] = [
        "auth", "authorization", "bearer", "code", "credentials", "jwt", "otp", "pass", "passcode", "passphrase", "pwd",
        "samlresponse", "sessionid", "sig",
    ].map { Array($0.utf8) }
    private static let endings: [[UInt8]] = [
        "accesskey", "apikey", "privatekey", "secretkey", "password", "passwd", "secret", "token", "signature",
        "authcode", "credential", "jsessionid", "phpsessid",
    ].map { Array($0.utf8) }
}
