import Crypto
import WeirProtocol

/// The page: one document, one style sheet, one script, one picture, as they are in the sources.
enum PageFiles {
    /// One of them, ready to be served.
    struct File: Sendable {
        let bytes: [UInt8]
        let mediaType: String
        /// Follows from the bytes alone.
        let entityTag: String

        init(_ bytes: [UInt8], _ mediaType: String) {
            (self.bytes, self.mediaType) = (bytes, mediaType)
            entityTag = EntityTag.strong(bytes)
        }
    }

    static let html = File(PackageResources.page_html, "text/html; charset=utf-8")
    static let css = File(PackageResources.page_css, "text/css; charset=utf-8")
    static let script = File(PackageResources.page_js, "text/javascript; charset=utf-8")
    static let icon = File(PackageResources.icon_svg, "image/svg+xml")

    /// By the path below the page's own; the page itself is the empty one.
    static let served: [String: File] = ["": html, "page.css": css, "page.js": script, "icon.svg": icon]

    /// What the page may do: load its own files and ask its own server, nothing else; it is in nobody's frame, and its
    /// script cannot turn text into markup.
    static let policy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; \
        form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'
        """

    /// One section of the page and the report that it shows.
    struct Part: Sendable {
        /// As the document names it: `overview?compare=previous`.
        let question: String
        /// The report's words.
        let path: [String]
        /// The report's own flags.
        let query: [(name: String, value: String)]
        /// What the page adds to the question: window, recent, class, filters, site, grouping.
        let takes: [String]
    }

    /// The sections of the document, in its order: the document says once which reports the page consists of.
    static let parts: [Part] = {
        let text = String(decoding: html.bytes, as: UTF8.self)
        return text.split(separator: "data-report=\"").dropFirst().map { rest in
            let question = rest.prefix { $0 != "\"" }.split(separator: "&amp;").joined(separator: "&")
            let takes = rest.split(separator: "data-takes=\"").dropFirst().first?.prefix { $0 != "\"" } ?? ""
            let halves = question.split(separator: "?")
            let query = halves.dropFirst().first?.split(separator: "&").map { item in
                let pair = item.split(separator: "=", maxSplits: 1).map(String.init)
                return (name: pair[0], value: pair.count > 1 ? pair[1] : "")
            }
            return Part(
                question: question, path: halves[0].split(separator: "/").map(String.init), query: query ?? [],
                takes: takes.split(separator: " ").map(String.init))
        }
    }()
}

/// Names of contents, for If-None-Match.
enum EntityTag {
    /// For answers that are the same byte for byte.
    static func strong(_ bytes: some Sequence<UInt8>) -> String { "\"\(digest(bytes))\"" }

    /// For answers that say the same.
    static func weak(_ bytes: some Sequence<UInt8>) -> String { "W/\"\(digest(bytes))\"" }

    /// Whether a request's If-None-Match names that content. Weak comparison, as RFC 9110 wants it there.
    static func matches(_ header: String?, _ tag: String) -> Bool {
        func opaque(_ text: Substring) -> Substring { text.hasPrefix("W/") ? text.dropFirst(2) : text }
        return header?.split(separator: ",").contains { entry in
            let name = entry.drop { $0 == " " }.prefix { $0 != " " }
            return name == "*" || opaque(name) == opaque(tag[...])
        } ?? false
    }

    private static func digest(_ bytes: some Sequence<UInt8>) -> String {
        SHA256.hash(data: Array(bytes)).prefix(16).map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }
}
