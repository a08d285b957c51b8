/// The browser or app that a user agent names.
struct BrowserFamily {
    var name: String
    var version: String?
    /// Whether it is a name that the catalogue has.
    var isKnown = true

    init(_ words: UserAgentWords, _ system: SystemFamily) {
        let marks = words.marks
        var best: (index: Int, rank: Int, browser: Int)?
        for (index, word) in words.words.enumerated() {
            guard let entry = word.entry, let browser = entry.browser, entry.rank > best?.rank ?? 0 else { continue }
            if Self.isMisleading(words, index, system) { continue }
            best = (index, entry.rank, browser)
        }
        if best?.rank ?? 0 <= 60, let bot = Self.compatibleName(words) {
            self = bot
            return
        }
        guard let best else {
            self = Self.unlisted(words, system)
            return
        }
        name = AgentCatalogue.builtIn.browsers[best.browser]
        version = words.version(of: best.index)
        refine(words, system, best.index)
        if !marks.contains(.webKit), !marks.contains(.gecko), best.rank <= 40, words.words.first?.entry?.browser == nil,
            let first = Self.firstProduct(words)
        {
            self = first
        }
    }

    /// What one word cannot tell.
    private mutating func refine(_ words: UserAgentWords, _ system: SystemFamily, _ index: Int) {
        let marks = words.marks
        switch name {
        case "Chrome":
            let isView = marks.contains(.webView) || marks.contains(.version) && system.name == "Android"
            if isView { name = "Chrome WebView" }
        case "Safari":
            version =
                words.first("version").flatMap { words.version(of: $0) } ?? (marks.contains(.cfNetwork) ? version : nil)
            if system.name == "Android" { name = "Android Browser" }
            if system.name == "BlackBerry" { name = "BlackBerry" }
            if system.name == "Symbian" { name = "Nokia Browser" }
        case "IE":
            if let trident = words.first("trident").flatMap({ words.version(of: $0) }),
                let engine = Int(trident.prefix { $0 != "." })
            {
                // In compatibility mode it claims to be version 7; the engine tells the truth.
                version = "\(engine + 4).0"
            }
        case "Opera", "Opera Mini":
            if name == "Opera", let own = words.first("version").flatMap({ words.version(of: $0) }),
                words.first("opr") == nil
            {
                version = own
            }
        case "Facebook":
            if words.contains("messenger") || words.contains("orca") { name = "Facebook Messenger" }
            if words.contains("fban/ema") { name = "Facebook Lite" }
            version = words.first("fbav").flatMap { words.version(of: $0) } ?? version
        default: break
        }
    }

    /// Words that name a browser elsewhere, and here something else: a model, a carrier, a part of speech.
    private static func isMisleading(_ words: UserAgentWords, _ index: Int, _ system: SystemFamily) -> Bool {
        let word = words.words[index]
        func named(_ name: StaticString) -> Bool { words.isNamed(word, name) }
        if word.value.isEmpty, word.entry?.rank ?? 0 > 70 {
            if word.isComment { return !bareComments.contains { words.isNamed(word, $0) } }
            if words.version(of: index) == nil { return !bareProducts.contains { words.isNamed(word, $0) } }
        }
        if carriers.contains(where: { words.isNamed(word, $0) }) {
            return words.marks.contains(.webKit) || words.marks.contains(.msie) || words.first("obigo") != nil
        }
        if named("chrome") && word.value.isEmpty { return true }
        if named("silk"), words.marks.contains(.playStation) { return true }
        if named("series60") { return !words.marks.contains(.webKit) || words.first("nokiabrowser") != nil }
        if named("safari"), words.marks.contains(.cfNetwork), index > 0 { return true }
        if named("maui") { return words.first("opera") != nil }
        return false
    }

    private static let carriers: [StaticString] = ["docomo", "softbank", "vodafone", "j-phone"]
    /// Names that need no version in a comment.
    private static let bareComments: [StaticString] = [
        "iemobile", "browser", "jig", "willcom", "polaris", "ms-office", "outlook", "office", "mini", "pinterest",
        "smarthub", "cortana", "maple2012", "micromessenger", "fb_iab", "fban", "ecosia", "docomo", "steam", "series60",
    ]
    /// Names that need no version outside comments.
    private static let bareProducts: [StaticString] = [
        "twitterandroid", "instagram", "naver", "metasr", "qihu", "360se", "360ee", "maxthon", "smarthub", "webos.tv",
        "maui",
        "playbook", "docomo", "qtcarbrowser", "opera",
    ]

    /// `(compatible; Name/1.0; …)`: what calls itself compatible and is no browser that the catalogue has.
    private static func compatibleName(_ words: UserAgentWords) -> BrowserFamily? {
        guard let start = words.words.firstIndex(where: { words.isNamed($0, "compatible") }),
            start + 1 < words.words.count
        else { return nil }
        let word = words.words[start + 1]
        guard word.entry?.browser == nil, word.entry?.marks.isEmpty ?? true,
            !word.value.isEmpty || words.version(of: start + 1) != nil
        else { return nil }
        return BrowserFamily(word.name, words, words.version(of: start + 1))
    }

    /// Without a listed name: the web view of a system, or the product that stands first.
    private static func unlisted(_ words: UserAgentWords, _ system: SystemFamily) -> BrowserFamily {
        let marks = words.marks
        if let first = firstProduct(words) { return first }
        if marks.contains(.webKit) {
            switch system.name {
            case "iOS": return BrowserFamily("WKWebView", nil)
            case "Android": return BrowserFamily("Android Browser", nil)
            case "macOS":
                return BrowserFamily("Apple Mail", words.first("applewebkit").flatMap { words.version(of: $0) })
            case "PlayStation", "Nintendo", "BlackBerry": return BrowserFamily(system.name, nil)
            default: break
            }
        }
        if words.first("dalvik") != nil || system.name == "Android" { return BrowserFamily("Android Browser", nil) }
        if marks.contains(.playStation) { return BrowserFamily("PlayStation", nil) }
        if marks.contains(.nintendo) { return BrowserFamily("Nintendo", nil) }
        return BrowserFamily("Other", nil, isKnown: false)
    }

    /// The product that stands first, `Name/1.0` or `A longer name 2.1`, unless it is everybody's `Mozilla/5.0`.
    private static func firstProduct(_ words: UserAgentWords) -> BrowserFamily? {
        guard let first = words.words.first, !first.isComment, !words.isNamed(first, "mozilla"),
            !words.isNamed(first, "dalvik")
        else { return nil }
        for (index, word) in words.words.prefix(5).enumerated() {
            guard !word.isComment else { return nil }
            let isVersion = index > 0 && UserAgentWords.isDigit(words.lowered[word.name.lowerBound])
            if isVersion || !word.value.isEmpty {
                let end = isVersion ? words.words[index - 1].name.upperBound : word.name.upperBound
                let version = isVersion ? words.version(word.name) : words.version(word.value)
                return BrowserFamily(first.name.lowerBound..<end, words, version)
            }
        }
        return nil
    }

    /// A name as clients wish it: letters, digits, blanks and `._-!&`, of bounded length.
    private init?(_ range: Range<Int>, _ words: UserAgentWords, _ version: String?) {
        var bytes: [UInt8] = []
        let raw = String(decoding: words.text[range], as: UTF8.self)
        for byte in PercentDecoding.text(raw.utf8[...]).utf8 where bytes.count < FieldLimits.agentName {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"), UInt8(ascii: "!"), UInt8(ascii: "&"):
                bytes.append(byte)
            default: break
            }
        }
        guard bytes.count > 1 else { return nil }
        self.init(String(decoding: bytes, as: UTF8.self), version, isKnown: false)
    }

    private init(_ name: String, _ version: String?, isKnown: Bool = true) {
        (self.name, self.version, self.isKnown) = (name, version, isKnown)
    }
}
