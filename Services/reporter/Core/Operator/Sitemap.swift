import WeirProtocol

/// The pages of a sitemap (sitemaps.org): the `loc` of each `url`.
///
/// Reads what sitemaps are, not XML at large: elements with or without a prefix, attributes, comments, CDATA, and the
/// five entities and character references. Whatever else is in a file is passed over.
public struct Sitemap: Sendable {
    /// A page of the site.
    public struct Page: Hashable, Sendable {
        /// The host, lower case, without port.
        public var host: String
        /// The path, as written.
        public var path: String
    }

    /// The pages, each once, in order.
    public private(set) var pages: [Page] = []
    /// Locations that are no http(s) URL.
    public private(set) var unusable = 0

    /// The most pages that a file may have, by the protocol.
    public static let limit = 50_000

    /// Reads a file's text.
    /// - Throws: `ReportError` with `bad_input`: no sitemap, one that is cut off, an index of sitemaps, no usable location, or more
    ///   than `limit` pages.
    public init(_ text: String) throws(ReportError) {
        var scanner = Scanner(Array(text.utf8))
        var location: [UInt8]?
        var (isSitemap, isWhole) = (false, false)
        var seen: Set<Page> = []
        while let token = scanner.next() {
            switch token {
            case .open("urlset"): isSitemap = true
            case .close("urlset"): isWhole = isSitemap
            case .open("sitemapindex"):
                throw ReportError(
                    .badInput, "The file is an index of sitemaps.", hint: "Load each sitemap that it names.")
            case .open("loc"): location = []
            case .close("loc"):
                if let bytes = location {
                    guard isSitemap, let page = Self.page(String(decoding: bytes, as: UTF8.self)) else {
                        unusable += 1
                        location = nil
                        continue
                    }
                    if seen.insert(page).inserted { pages.append(page) }
                    guard pages.count <= Self.limit else {
                        throw ReportError(
                            .badInput, "The sitemap has more than \(Self.limit) pages.",
                            hint: "Split it, and load each.")
                    }
                }
                location = nil
            case .text(let bytes): location?.append(contentsOf: bytes)
            case .open, .close: break
            }
        }
        guard isSitemap else {
            throw ReportError(
                .badInput, "The file is no sitemap.", hint: "A sitemap has a <urlset> with <loc> elements.")
        }
        guard isWhole else {
            throw ReportError(
                .badInput, "The sitemap is cut off: its </urlset> is missing.", hint: "Fetch the file again.")
        }
        guard !pages.isEmpty else {
            throw ReportError(
                .badInput,
                unusable == 0
                    ? "The sitemap names no page."
                    : "The sitemap names no page: none of its \(unusable) locations is an http or https address.")
        }
    }

    private static func page(_ written: String) -> Page? {
        let text = written.trimmingSpaces
        guard let mark = text.utf8.firstIndex(of: UInt8(ascii: ":")), text.utf8.count <= 2048, !text.holdsControls,
            ["http", "https"].contains(text[..<mark].lowercased()), text[mark...].hasPrefix("://")
        else { return nil }
        let rest = text[text.index(mark, offsetBy: 3)...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let host = (authority.split(separator: "@").last ?? "").prefix { $0 != ":" }.lowercased()
        guard !host.isEmpty else { return nil }
        let path = rest[authority.endIndex...].prefix { $0 != "?" && $0 != "#" }
        return Page(host: host, path: path.isEmpty ? "/" : String(path))
    }
}

/// The tokens of a sitemap.
private struct Scanner {
    enum Token {
        case open(String)
        case close(String)
        case text([UInt8])
    }

    private let bytes: [UInt8]
    private var index = 0
    /// The end of an element that has nothing in it.
    private var pending: Token?

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> Token? {
        if let token = pending {
            pending = nil
            return token
        }
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "<") else { return .text(text()) }
            if skip("<!--", to: "-->") || skip("<?", to: "?>") { continue }
            if starts("<![CDATA[") {
                let start = index + 9
                let end = find("]]>", from: start) ?? bytes.count
                index = min(end + 3, bytes.count)
                return .text(Array(bytes[start..<end]))
            }
            if skip("<!", to: ">") { continue }
            let start = index + 1
            let end = find(">", from: start) ?? bytes.count
            index = min(end + 1, bytes.count)
            let token = tag(bytes[start..<end])
            if case .open(let name) = token, end > start, bytes[end - 1] == UInt8(ascii: "/") { pending = .close(name) }
            return token
        }
        return nil
    }

    private func tag(_ inner: ArraySlice<UInt8>) -> Token {
        let isClosing = inner.first == UInt8(ascii: "/")
        let name = (isClosing ? inner.dropFirst() : inner).prefix {
            $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "/") && $0 > 0x1F
        }
        let local = name.split(separator: UInt8(ascii: ":")).last ?? []
        let text = String(decoding: local, as: UTF8.self)
        return isClosing ? .close(text) : .open(text)
    }

    private mutating func text() -> [UInt8] {
        var decoded: [UInt8] = []
        while index < bytes.count, bytes[index] != UInt8(ascii: "<") {
            if bytes[index] == UInt8(ascii: "&"), let (character, length) = entity() {
                decoded.append(contentsOf: String(character).utf8)
                index += length
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }

    /// The entity here and its length in bytes; nil for a bare ampersand.
    private func entity() -> (Character, Int)? {
        guard let end = bytes[index..<min(index + 12, bytes.count)].firstIndex(of: UInt8(ascii: ";")) else {
            return nil
        }
        let name = String(decoding: bytes[index + 1..<end], as: UTF8.self)
        let length = end - index + 1
        switch name {
        case "amp": return ("&", length)
        case "lt": return ("<", length)
        case "gt": return (">", length)
        case "quot": return ("\"", length)
        case "apos": return ("'", length)
        default: break
        }
        guard name.hasPrefix("#") else { return nil }
        let digits = name.dropFirst()
        let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        guard let number, number > 0x1F, let scalar = Unicode.Scalar(number) else { return nil }
        return (Character(scalar), length)
    }

    private func starts(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard bytes.count - index >= count else { return false }
        return (0..<count).allSatisfy { bytes[index + $0] == text.utf8Start[$0] }
    }

    private mutating func skip(_ start: StaticString, to end: StaticString) -> Bool {
        guard starts(start) else { return false }
        let stop = find(end, from: index + start.utf8CodeUnitCount)
        index = stop.map { $0 + end.utf8CodeUnitCount } ?? bytes.count
        return true
    }

    private func find(_ text: StaticString, from start: Int) -> Int? {
        let count = text.utf8CodeUnitCount
        var place = start
        while place + count <= bytes.count {
            if (0..<count).allSatisfy({ bytes[place + $0] == text.utf8Start[$0] }) { return place }
            place += 1
        }
        return nil
    }
}
