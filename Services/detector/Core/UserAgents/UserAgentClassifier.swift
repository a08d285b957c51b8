import WeirProtocol

/// What a user agent says its sender is, and which part of it says so.
public struct AgentClass: Hashable, Sendable {
    /// Why it is what it is.
    public enum Reason: String, Sendable, Codable {
        /// A browser, or a program that people use.
        case person
        /// Named in the catalogue.
        case catalogue
        /// A word that says what the program does: crawler, checker, fetcher.
        case trade
        /// An address to write to.
        case contact
        /// `compatible;` and a name that is no browser's.
        case compatible
        /// Nothing was sent.
        case empty
        /// A placeholder, a bare `Mozilla/5.0`, code, or bytes that no browser sends.
        case malformed
        /// Names a program, but no browser, no device and no operating system.
        case notABrowser = "not_a_browser"
    }

    /// Whether a program fetches on its own, or for a service.
    public var isBot: Bool
    /// Whether it attacks or maps out sites.
    public var isScanner: Bool
    /// Which rule decided.
    public var reason: Reason
    /// The text that decided, as in the agent but in lower case; empty when its lack decided.
    public var token: String
    /// The bot's name, or the word in the agent taken for it; nil for people.
    public var name: String?
    /// Who runs it, when the catalogue knows.
    public var `operator`: String?
    /// What it is for; nil for people.
    public var category: BotCatalogue.Category?

    /// `human`, `declared_bot`, or `scanner`.
    public var verdictClass: VerdictClass { isScanner ? .scanner : isBot ? .declaredBot : .human }
}

/// Tells bots from people by what they call themselves. One pass over the agent; immutable, shared by all threads.
///
/// It only finds bots that say so. An agent that poses as a browser is a person here, and behaviour has to tell.
public struct UserAgentClassifier: Sendable {
    private enum Role: Sendable {
        case entry(Int)
        case trade(Int)
        case exclusion
        case contact
        case domain
        case personal
        case mozilla
        case compatible
        case android
        case browser
        case markup
    }

    /// The bots known by name.
    public let catalogue: BotCatalogue
    /// Over the catalogue and the general rules.
    let contentHash: UInt64
    private let automaton: PatternAutomaton
    private let roles: [Role]

    /// A classifier over a catalogue and our general rules.
    public init(catalogue: BotCatalogue = .builtIn) {
        self.catalogue = catalogue
        var patterns: [PatternAutomaton.Pattern] = []
        var roles: [Role] = []
        func add(_ notation: String, _ role: Role) {
            patterns.append(PatternAutomaton.Pattern(notation))
            roles.append(role)
        }
        for notation in AgentWords.exclusions { add(notation, .exclusion) }
        for (index, entry) in catalogue.entries.enumerated() {
            patterns.append(entry.pattern)
            roles.append(.entry(index))
        }
        for (index, word) in AgentWords.trades.enumerated() { add(word.pattern, .trade(index)) }
        for notation in AgentWords.contacts { add(notation, .contact) }
        for notation in AgentWords.domains { add(notation, .domain) }
        for notation in AgentWords.personal { add(notation, .personal) }
        for notation in ["^mozilla/", "^opera/", "^opera ", "^\"mozilla/"] { add(notation, .mozilla) }
        for notation in ["compatible;", "compatible,"] { add(notation, .compatible) }
        add("android", .android)
        for notation in [
            "applewebkit", "gecko/", "gecko)", "msie ", "trident/", "opera", "konqueror", "netscape", "khtml",
        ] {
            add(notation, .browser)
        }
        for notation in ["<script", "${", "<?", "() {", "' or ", "union select", "{{"] { add(notation, .markup) }
        automaton = PatternAutomaton(patterns)
        self.roles = roles
        var hash = StableHash()
        for pattern in patterns {
            hash.combine(pattern.bytes)
            hash.combine(Int(pattern.anchors.rawValue))
        }
        for entry in catalogue.entries {
            hash.combine(entry.name)
            hash.combine(entry.category.rawValue)
        }
        contentHash = hash.word
    }

    /// The classifier over the catalogue of this release.
    public static let builtIn = UserAgentClassifier()

    /// What `agent` is. Looks at its first 4,096 bytes.
    public func classify(_ agent: String) -> AgentClass {
        var agent = agent
        return agent.withUTF8 { classify($0) }
    }

    private struct Findings {
        var entry: (index: Int, range: Range<Int>)?
        var trade: (index: Int, range: Range<Int>)?
        var contact: Range<Int>?
        var excluded: Range<Int>?
        var compatible: Range<Int>?
        var markup: Range<Int>?
        var isMozilla = false
        var isPersonal = false
        var isAndroid = false
        var isBrowser = false
    }

    /// What the bytes of an agent are.
    public func classify(_ text: UnsafeBufferPointer<UInt8>) -> AgentClass {
        var start = 0
        var end = text.count
        while start < end, text[start] == 0x20 || text[start] == 0x09 { start += 1 }
        while end > start, text[end - 1] == 0x20 || text[end - 1] == 0x09 { end -= 1 }
        let text = UnsafeBufferPointer(rebasing: text[start..<end])
        if text.isEmpty || (text.count == 1 && text[0] == UInt8(ascii: "-")) {
            return Self.bot(.empty, token: "", name: "No user agent", .other)
        }
        let found = findings(text)
        if let (index, _) = found.entry, !isAppLibrary(index, found) {
            let entry = catalogue.entries[index]
            return AgentClass(
                isBot: true, isScanner: entry.category == .scanner, reason: .catalogue, token: entry.token,
                name: entry.name, operator: entry.operator.isEmpty ? nil : entry.operator, category: entry.category)
        }
        if let markup = found.markup {
            var result = Self.bot(
                .malformed, token: Self.lowered(text[markup]), name: "Code in the user agent", .scanner)
            result.isScanner = true
            return result
        }
        if let (index, range) = found.trade {
            let word = AgentWords.trades[index]
            return Self.bot(
                .trade, token: Self.lowered(text[range]), name: Self.word(around: range, in: text), word.category)
        }
        if let contact = found.contact, !(found.isPersonal && !found.isMozilla) {
            return Self.bot(.contact, token: Self.lowered(text[contact]), name: Self.product(of: text), .other)
        }
        if let compatible = found.compatible, !found.isBrowser, !found.isPersonal {
            return Self.bot(
                .compatible, token: Self.lowered(text[compatible]),
                name: Self.word(after: compatible.upperBound, in: text),
                .other)
        }
        if Self.isMalformed(text, claimsBrowser: found.isMozilla && !found.isBrowser && !found.isPersonal) {
            return Self.bot(.malformed, token: Self.lowered(text.prefix(64)), name: "Malformed user agent", .other)
        }
        if !found.isMozilla, !found.isPersonal {
            return Self.bot(.notABrowser, token: "", name: Self.product(of: text), .other)
        }
        return AgentClass(
            isBot: false, isScanner: false, reason: .person, token: "", name: nil, operator: nil, category: nil)
    }

    private func findings(_ text: UnsafeBufferPointer<UInt8>) -> Findings {
        var found = Findings()
        automaton.forEachMatch(in: text) { pattern, range in
            switch roles[pattern] {
            case .entry(let index):
                if let best = found.entry, best.range.count >= range.count { return }
                if found.isAndroid, Self.isPartOfDeviceName(range, text) { return }
                if let excluded = found.excluded, excluded.overlaps(range) { return }
                found.entry = (index, range)
            case .trade(let index):
                if found.trade != nil { return }
                if let excluded = found.excluded, excluded.overlaps(range) { return }
                if found.isAndroid, Self.isPartOfDeviceName(range, text) { return }
                found.trade = (index, range)
            case .exclusion:
                found.excluded = range
                if let trade = found.trade, trade.range.overlaps(range) { found.trade = nil }
                if let entry = found.entry, entry.range.overlaps(range), entry.range.count < range.count {
                    found.entry = nil
                }
                found.isPersonal = true
            case .contact: if found.contact == nil { found.contact = range }
            case .domain:
                if found.contact == nil, range.lowerBound > 0, PatternAutomaton.isWord(text[range.lowerBound - 1]),
                    Self.isHostName(range, text)
                {
                    found.contact = range
                }
            case .personal: found.isPersonal = true
            case .mozilla: found.isMozilla = true
            case .compatible: found.compatible = range
            case .android:
                found.isAndroid = true
                found.isPersonal = true
            case .browser: found.isBrowser = true
            case .markup: if found.markup == nil { found.markup = range }
            }
        }
        if found.excluded != nil { found.contact = nil }
        return found
    }

    /// Applications for telephones name the library that they fetch with; the person in front of them decides.
    private func isAppLibrary(_ index: Int, _ found: Findings) -> Bool {
        guard found.isPersonal, catalogue.entries[index].category == .httpLibrary else { return false }
        switch catalogue.entries[index].token {
        case "okhttp", "alamofire", "dart/", "java/", "dart:io", "httpurlconnection": return true
        default: return false
        }
    }

    /// `VR BOT 552`: a whole word among the words of a telephone's model, without a version.
    private static func isPartOfDeviceName(_ range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard range.lowerBound > 0, text[range.lowerBound - 1] == 0x20 else { return false }
        if range.upperBound < text.count {
            switch text[range.upperBound] {
            case 0x20, UInt8(ascii: ";"), UInt8(ascii: ")"): break
            default: return false
            }
        }
        return !text[..<range.lowerBound].contains(UInt8(ascii: ")"))
    }

    /// A host name has letters before the dot and ends there, or goes on with a slash; `com.example.app` does not.
    private static func isHostName(_ range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        if range.upperBound < text.count {
            let next = text[range.upperBound]
            if next == UInt8(ascii: ".") || next == UInt8(ascii: "-") || next == UInt8(ascii: "_")
                || PatternAutomaton.isWord(next)
            {
                return false
            }
        }
        return text[range.lowerBound - 1] >= 0x41
    }

    private static func isMalformed(_ text: UnsafeBufferPointer<UInt8>, claimsBrowser: Bool) -> Bool {
        if text.count < 4 || text.count > 2048 { return true }
        if text[0] == UInt8(ascii: "{") || text[text.count - 1] == UInt8(ascii: "}") { return true }
        for byte in text where byte < 0x20 || byte == 0x7F { return true }
        if claimsBrowser, !text.contains(UInt8(ascii: "(")) { return true }
        guard text.count <= 10 else { return false }
        switch lowered(text) {
        case "null", "undefined", "unknown", "none", "user-agent", "mozilla", "(null)", "nil", "test", "agent",
            "default":
            return true
        default: return false
        }
    }

    private static func bot(
        _ reason: AgentClass.Reason, token: String, name: String, _ category: BotCatalogue.Category
    ) -> AgentClass {
        AgentClass(
            isBot: true, isScanner: false, reason: reason, token: token, name: name, operator: nil, category: category)
    }

    private static func lowered(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        PatternAutomaton.isWord(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: ".")
    }

    private static func word(around range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> String {
        var low = range.lowerBound
        var high = range.upperBound
        while low > 0, isNamePart(text[low - 1]) { low -= 1 }
        while high < text.count, isNamePart(text[high]) { high += 1 }
        return String(decoding: text[low..<high], as: UTF8.self)
    }

    private static func word(after position: Int, in text: UnsafeBufferPointer<UInt8>) -> String {
        var low = position
        while low < text.count, text[low] == 0x20 { low += 1 }
        var high = low
        while high < text.count, isNamePart(text[high]) { high += 1 }
        return high > low ? String(decoding: text[low..<high], as: UTF8.self) : "Unnamed"
    }

    /// The first product of the agent, after a browser's preamble.
    private static func product(of text: UnsafeBufferPointer<UInt8>) -> String {
        word(after: 0, in: text)
    }
}
