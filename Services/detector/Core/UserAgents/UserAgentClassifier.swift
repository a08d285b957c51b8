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
    /// What a pattern means where it stands.
    private enum Role: UInt8, Sendable {
        case entry, trade, exclusion, contact, domain, personal, mozilla, compatible, android, browser, markup
    }

    /// A pattern's role and its place in the list it comes from; without references, for the inner loop.
    private struct Meaning: Sendable {
        var role: Role
        var place: Int32
    }

    /// The bots known by name.
    public let catalogue: BotCatalogue
    /// Over the catalogue and the general rules.
    let contentHash: UInt64
    private let automaton: PatternAutomaton
    /// Each entry's, side by side.
    private let categories: [BotCatalogue.Category]
    private let meanings: [Meaning]

    /// A classifier over a catalogue and our general rules.
    public init(catalogue: BotCatalogue = .builtIn) {
        self.catalogue = catalogue
        var patterns: [PatternAutomaton.Pattern] = []
        var meanings: [Meaning] = []
        func add(_ notation: String, _ role: Role, _ place: Int = 0) {
            patterns.append(PatternAutomaton.Pattern(notation))
            meanings.append(Meaning(role: role, place: Int32(place)))
        }
        for notation in AgentWords.exclusions { add(notation, .exclusion) }
        for (index, entry) in catalogue.entries.enumerated() {
            patterns.append(entry.pattern)
            meanings.append(Meaning(role: .entry, place: Int32(index)))
        }
        for (index, word) in AgentWords.trades.enumerated() { add(word.pattern, .trade, index) }
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
        categories = catalogue.entries.map(\.category)
        self.meanings = meanings
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

    /// What the bytes of an agent are.
    public func classify(_ text: UnsafeBufferPointer<UInt8>) -> AgentClass { words(for: finding(in: text), in: text) }

    /// What a finding in `text` says, in words.
    public func words(for finding: AgentFinding, in text: UnsafeBufferPointer<UInt8>) -> AgentClass {
        var found = AgentClass(
            isBot: finding.isBot, isScanner: finding.isScanner, reason: finding.reason,
            token: Self.lowered(text[finding.token]), name: nil, operator: nil, category: finding.category)
        switch finding.name {
        case .none: break
        case .entry:
            let entry = catalogue.entries[finding.entry ?? 0]
            found.token = entry.token
            found.name = entry.name
            found.operator = entry.operator.isEmpty ? nil : entry.operator
        case .fixed(let name): found.name = name.description
        case .place(let range): found.name = String(decoding: text[range], as: UTF8.self)
        }
        return found
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

    /// What the bytes of an agent are, without making words of it: nothing is allocated.
    public func finding(in agent: UnsafeBufferPointer<UInt8>) -> AgentFinding {
        var start = 0
        var end = agent.count
        while start < end, agent[start] == 0x20 || agent[start] == 0x09 { start += 1 }
        while end > start, agent[end - 1] == 0x20 || agent[end - 1] == 0x09 { end -= 1 }
        let text = UnsafeBufferPointer(rebasing: agent[start..<end])
        if text.isEmpty || (text.count == 1 && text[0] == UInt8(ascii: "-")) {
            return AgentFinding(.empty, name: .fixed("No user agent"))
        }
        return finding(inTrimmed: text).shifted(by: start)
    }

    private func finding(inTrimmed text: UnsafeBufferPointer<UInt8>) -> AgentFinding {
        let found = findings(text)
        if let (index, range) = found.entry, !isAppLibrary(index, found) {
            let category = categories[index]
            return AgentFinding(
                .catalogue, isScanner: category == .scanner, category, entry: index, token: range, name: .entry)
        }
        if let markup = found.markup {
            return AgentFinding(
                .malformed, isScanner: true, .scanner, token: markup, name: .fixed("Code in the user agent"))
        }
        if let (index, range) = found.trade {
            return AgentFinding(
                .trade, AgentWords.trades[index].category, token: range,
                name: .place(Self.word(around: range, in: text)))
        }
        if let contact = found.contact, !(found.isPersonal && !found.isMozilla) {
            return AgentFinding(.contact, token: contact, name: Self.word(after: 0, in: text))
        }
        if let compatible = found.compatible, !found.isBrowser, !found.isPersonal {
            return AgentFinding(
                .compatible, token: compatible, name: Self.word(after: compatible.upperBound, in: text))
        }
        if Self.isMalformed(text, claimsBrowser: found.isMozilla && !found.isBrowser && !found.isPersonal) {
            return AgentFinding(.malformed, token: 0..<min(64, text.count), name: .fixed("Malformed user agent"))
        }
        if !found.isMozilla, !found.isPersonal {
            // The first product of the agent, after a browser's preamble.
            return AgentFinding(.notABrowser, name: Self.word(after: 0, in: text))
        }
        return .person
    }

    private func findings(_ text: UnsafeBufferPointer<UInt8>) -> Findings {
        var found = Findings()
        automaton.forEachMatch(in: text) { pattern, range in
            let meaning = meanings[pattern]
            let index = Int(meaning.place)
            switch meaning.role {
            case .entry:
                if let best = found.entry, best.range.count >= range.count { return }
                if found.isAndroid, Self.isPartOfDeviceName(range, text) { return }
                if let excluded = found.excluded, excluded.overlaps(range) { return }
                found.entry = (index, range)
            case .trade:
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
        guard found.isPersonal, categories[index] == .httpLibrary else { return false }
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
        // Without an exit from the loop, many bytes are looked at in one step.
        var controls: UInt8 = 0
        for byte in text { controls |= (byte < 0x20 ? 1 : 0) | (byte == 0x7F ? 1 : 0) }
        if controls != 0 { return true }
        if claimsBrowser, !text.contains(UInt8(ascii: "(")) { return true }
        guard text.count <= 10 else { return false }
        switch lowered(text) {
        case "null", "undefined", "unknown", "none", "user-agent", "mozilla", "(null)", "nil", "test", "agent",
            "default":
            return true
        default: return false
        }
    }

    private static func lowered(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    private static func isNamePart(_ byte: UInt8) -> Bool {
        PatternAutomaton.isWord(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: ".")
    }

    private static func word(around range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        var low = range.lowerBound
        var high = range.upperBound
        while low > 0, isNamePart(text[low - 1]) { low -= 1 }
        while high < text.count, isNamePart(text[high]) { high += 1 }
        return low..<high
    }

    private static func word(after position: Int, in text: UnsafeBufferPointer<UInt8>) -> AgentFinding.Name {
        var low = position
        while low < text.count, text[low] == 0x20 { low += 1 }
        var high = low
        while high < text.count, isNamePart(text[high]) { high += 1 }
        return high > low ? .place(low..<high) : .fixed("Unnamed")
    }
}
