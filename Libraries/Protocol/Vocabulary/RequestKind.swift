/// What a request was for. Only documents and API calls score in bot detection, since people cause the other two
/// without choosing to.
public enum RequestKind: String, Sendable, Codable, CaseIterable {
    /// A navigation to a page.
    case document
    /// A call that no page of the site caused.
    case api
    /// A static file, by extension or content type.
    case asset
    /// What a page of the site caused without a navigation: prefetch, polling, preflight, single-page data.
    case background

    /// Whether it counts as a page request: a document or an API call.
    public var isPageRequest: Bool { self == .document || self == .api }
}

/// The facts about one request that its kind follows from. Missing headers are nil; logs have few of them.
public struct RequestFacts: Sendable {
    /// The method, upper case as sent.
    public var method: String
    /// The path without its query.
    public var path: String
    /// The answer's Content-Type, when the gateway tells.
    public var contentType: String?
    /// Sec-Fetch-Dest.
    public var fetchDestination: String?
    /// Sec-Fetch-Mode.
    public var fetchMode: String?
    /// Sec-Purpose, Purpose, X-Moz or X-Purpose: `prefetch` in any of them marks one.
    public var purpose: String?
    /// Whether the Referer names the site itself.
    public var hasSameSiteReferrer: Bool
    /// Whether the session has loaded a document before this request.
    public var sessionHasDocument: Bool

    /// The facts of one request.
    public init(
        method: String, path: String, contentType: String? = nil, fetchDestination: String? = nil,
        fetchMode: String? = nil, purpose: String? = nil, hasSameSiteReferrer: Bool = false,
        sessionHasDocument: Bool = false
    ) {
        self.method = method
        self.path = path
        self.contentType = contentType
        self.fetchDestination = fetchDestination
        self.fetchMode = fetchMode
        self.purpose = purpose
        self.hasSameSiteReferrer = hasSameSiteReferrer
        self.sessionHasDocument = sessionHasDocument
    }
}

extension RequestKind {
    /// The kind that the facts show. A static file is one by its extension, whatever its headers say; then the browser's
    /// own word (Sec-Fetch-Dest) counts most, then the content type, then the path.
    public init(_ facts: RequestFacts) {
        if facts.method == "OPTIONS" || facts.purpose?.lowercased().contains("prefetch") == true {
            self = .background
            return
        }
        if Self.isAssetPath(facts.path) {
            self = .asset
            return
        }
        switch facts.fetchDestination {
        case nil, "": break
        case "document", "iframe", "frame", "embed", "object":
            self = .document
            return
        case "empty", "report":
            self = facts.sessionHasDocument ? .background : .api
            return
        default:
            self = .asset
            return
        }
        switch facts.contentType.flatMap(Self.kind(contentType:)) {
        case .asset?: self = .asset
        case .document? where Self.navigates(facts): self = .document
        case nil where Self.isPagePath(facts.path) && Self.navigates(facts): self = .document
        default: self = Self.called(facts)
        }
    }

    private static func called(_ facts: RequestFacts) -> RequestKind {
        facts.hasSameSiteReferrer && facts.sessionHasDocument ? .background : .api
    }

    /// A form's POST is a navigation; other methods are calls.
    private static func navigates(_ facts: RequestFacts) -> Bool {
        switch facts.method {
        case "GET", "HEAD", "POST": facts.fetchMode == nil || facts.fetchMode == "navigate"
        default: false
        }
    }

    private static func kind(contentType: String) -> RequestKind? {
        let type = contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
        if type.hasPrefix("text/html") || type.hasPrefix("application/xhtml") { return .document }
        if type.hasPrefix("image/") || type.hasPrefix("font/") || type.hasPrefix("video/") || type.hasPrefix("audio/")
            || type.hasPrefix("text/css") || type.contains("javascript") || type.contains("font")
            || fileTypes.contains(type)
        {
            return .asset
        }
        if type.contains("json") || type.contains("xml") || type == "text/event-stream" { return .api }
        return nil
    }

    private static let fileTypes: Set<String> = [
        "application/wasm", "application/pdf", "application/zip", "application/gzip", "application/octet-stream",
    ]

    /// Whether the last path segment has the extension of a static file.
    public static func isAssetPath(_ path: String) -> Bool {
        var path = path
        return path.withUTF8 { isAssetPath(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// The same of a path's bytes.
    public static func isAssetPath(utf8 path: UnsafeRawBufferPointer) -> Bool {
        guard let found = packedExtension(path) else {
            return path.last == UInt8(ascii: "t") && path.suffix(12).elementsEqual(".webmanifest".utf8)
        }
        return assetExtensions.contains(found)
    }

    private static func isPagePath(_ path: String) -> Bool {
        var path = path
        return path.withUTF8 { path in
            if let found = packedExtension(UnsafeRawBufferPointer(path)), callExtensions.contains(found) {
                return false
            }
            return !callPrefixes.contains { prefix in
                guard path.count >= prefix.count,
                    path.count == prefix.count || path[prefix.count] == UInt8(ascii: "/")
                else { return false }
                return prefix.indices.allSatisfy { lowered(path[$0]) == prefix[$0] }
            }
        }
    }

    /// The lower-cased extension of the last segment, without the dot; nil when there is none or it is over 8 bytes.
    public static func pathExtension(_ path: String) -> String? {
        var path = path
        return path.withUTF8 { packedExtension(UnsafeRawBufferPointer($0)) }.map { packed in
            withUnsafeBytes(of: packed.bigEndian) { String(decoding: $0.drop { $0 == 0 }, as: UTF8.self) }
        }
    }

    /// The extension in a word, its last byte in the lowest: this is asked of every request, and more than once.
    private static func packedExtension(_ path: UnsafeRawBufferPointer) -> UInt64? {
        var (packed, shift): (UInt64, UInt64) = (0, 0)
        var index = path.count
        while index > 0 {
            index -= 1
            let byte = path[index]
            if byte == UInt8(ascii: ".") { return shift == 0 ? nil : packed }
            guard byte != UInt8(ascii: "/"), shift < 64 else { return nil }
            packed |= UInt64(lowered(byte)) << shift
            shift += 8
        }
        return nil
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

    private static func packed(_ words: [StaticString]) -> Set<UInt64> {
        Set(
            words.map { word in
                UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount).reduce(0) {
                    $0 << 8 | UInt64($1)
                }
            })
    }

    private static let assetExtensions = packed([
        "css", "js", "mjs", "map", "wasm", "png", "jpg", "jpeg", "gif", "svg", "ico", "webp", "avif", "bmp", "tif",
        "tiff", "cur", "woff", "woff2", "ttf", "otf", "eot", "mp3", "mp4", "m4a", "m4v", "webm", "ogg", "ogv", "oga",
        "wav", "flac", "avi", "mov", "mkv", "swf", "pdf", "zip", "gz", "tgz", "bz2", "xz", "7z", "rar", "tar", "jar",
        "deb", "rpm", "apk", "dmg", "exe", "msi", "iso", "img", "bin", "doc", "docx", "xls", "xlsx", "ppt", "pptx",
        "odt", "ods", "odp", "epub", "ps", "sig", "asc",
    ])
    private static let callExtensions = packed([
        "json", "xml", "rss", "atom", "txt", "csv", "ics", "ashx", "asmx",
    ])
    private static let callPrefixes: [[UInt8]] = [
        "/api", "/graphql", "/rpc", "/ajax", "/wp-json", "/xmlrpc.php", "/rest", "/v1", "/v2", "/v3", "/socket.io",
        "/ws", "/_next/data", "/.well-known",
    ].map { Array($0.utf8) }
}
