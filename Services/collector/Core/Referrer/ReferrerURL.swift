import WeirProtocol

/// The parts of a Referer that its classification looks at. Hostile input: anything may stand in that header.
public struct ReferrerURL {
    /// Lower case: `https`, `android-app`; empty when the text is a bare host.
    var scheme: String
    /// Lower case, without user, port, brackets and closing dot.
    var host: String
    /// From the slash on, without query and fragment.
    var path: Substring
    /// Without the question mark.
    var query: Substring?
    /// Without the number sign.
    var fragment: Substring?

    /// Nil unless a host can be read. A text without a scheme is taken for one when it begins with a host name.
    init?(_ text: String) {
        var rest = Substring(text).trimmedOfBlanks
        scheme = ""
        if let colon = rest.utf8.prefix(32).firstIndex(of: UInt8(ascii: ":")), rest[colon...].hasPrefix("://") {
            let name = rest[..<colon]
            guard name.utf8.allSatisfy(Self.isSchemeByte) else { return nil }
            scheme = name.lowercased()
            rest = rest[rest.utf8.index(colon, offsetBy: 3)...]
        } else if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
        }
        let end = rest.utf8.firstIndex { $0 == 0x2F || $0 == 0x3F || $0 == 0x23 || $0 == 0x5C } ?? rest.endIndex
        var authority = rest[..<end]
        if let at = authority.utf8.lastIndex(of: UInt8(ascii: "@")) {
            authority = authority[authority.utf8.index(after: at)...]
        }
        guard let name = Self.hostName(authority), !scheme.isEmpty || name.utf8.contains(UInt8(ascii: ".")) else {
            return nil
        }
        host = name
        rest = rest[end...]
        if let sharp = rest.utf8.firstIndex(of: UInt8(ascii: "#")) {
            fragment = rest[rest.utf8.index(after: sharp)...]
            rest = rest[..<sharp]
        }
        if let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) {
            query = rest[rest.utf8.index(after: mark)...]
            rest = rest[..<mark]
        }
        path = rest
    }

    /// The host alone.
    public static func host(of text: String) -> String? { ReferrerURL(text)?.host }

    /// A host name in lower case. Beyond ASCII only letters as such: browsers send punycode, people's tools do not.
    private static func hostName(_ authority: Substring) -> String? {
        if let name = SiteNames.normalized(authority) { return name }
        guard authority.utf8.count <= 253, authority.utf8.contains(where: { $0 >= 0x80 }) else { return nil }
        let host = authority.prefix { $0 != ":" }.lowercased()
        return host.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "." || scalar == "-"
        } ? host : nil
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

/// The page that a visit landed on, as far as its origin depends on it.
public struct LandingURL: Sendable {
    /// The host, lower case.
    public var site: String
    /// Without the question mark.
    public var query: String?

    /// Nil unless a host can be read.
    public init?(_ url: String) {
        guard let parts = ReferrerURL(url) else { return nil }
        (site, query) = (parts.host, parts.query.map(String.init))
    }
}
