/// The host lists, ready for look-ups. hosts.txt says how they are written.
struct ReferrerHosts: Sendable {
    /// One line of the lists.
    struct Entry: Sendable {
        var source: ReferrerSource
        var name: String
        var parameters: [String]
    }

    private struct Place {
        var path: String
        var entry: Int
    }

    private var entries: [Entry] = []
    /// By host, with `*` where the list has one; places with longer paths first.
    private var places: [String: [Place]] = [:]
    /// Networks and assistants by lower-case name.
    private var names: [String: Int] = [:]

    init(_ text: String) {
        // By bytes: by characters it took as long as reading some thousand lines of a log.
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
            let fields = line.split(separator: UInt8(ascii: "|"), maxSplits: 3).map { Substring($0).trimmedOfBlanks }
            guard fields.count == 4, let source = Self.source(fields[0]) else { continue }
            let parameters = fields[2] == "-" ? [] : Self.words(of: fields[2]).map(String.init)
            entries.append(Entry(source: source, name: String(fields[1]), parameters: parameters))
            let index = entries.count - 1
            if source == .social || source == .aiAssistant, names[fields[1].lowercased()] == nil {
                names[fields[1].lowercased()] = index
            }
            for host in Self.words(of: fields[3]) { add(host, index) }
        }
    }

    private static func words(of text: Substring) -> [Substring] {
        text.utf8.split(separator: UInt8(ascii: " ")).map { Substring($0) }
    }

    private mutating func add(_ host: Substring, _ entry: Int) {
        let slash = host.utf8.firstIndex(of: UInt8(ascii: "/")) ?? host.endIndex
        let (name, path) = (String(host[..<slash]), String(host[slash...]))
        guard var known = places[name] else {
            places[name] = [Place(path: path, entry: entry)]
            return
        }
        guard !known.contains(where: { $0.path == path }) else { return }
        known.append(Place(path: path, entry: entry))
        known.sort { $0.path.utf8.count > $1.path.utf8.count }
        places[name] = known
    }

    private static func source(_ kind: Substring) -> ReferrerSource? {
        switch kind {
        case "search": .organicSearch
        case "social": .social
        case "ai": .aiAssistant
        case "email": .email
        default: nil
        }
    }

    /// The network or assistant that a campaign's source names, by its name or host.
    func named(_ source: String) -> Entry? {
        let word = source.lowercased()
        if let index = names[word] { return entries[index] }
        guard let found = ReferrerURL(word).flatMap(entry), found.source != .organicSearch else { return nil }
        return found
    }

    /// What is known of a referrer's host, its path taken into account.
    func entry(for url: ReferrerURL) -> Entry? {
        if url.scheme.hasSuffix("-app") { return place("app:" + url.host, url.path) }
        var host = Substring(url.host)
        if let found = lookUp(host, url.path) { return found }
        while let dot = host.utf8.firstIndex(of: UInt8(ascii: ".")) {
            let label = host[..<dot]
            host = host[host.utf8.index(after: dot)...]
            guard host.utf8.contains(UInt8(ascii: ".")), let found = lookUp(host, url.path) else { continue }
            // An engine's other hosts are mail, maps and documents; a network's are the network.
            if found.source != .organicSearch || Self.isVariant(label) { return found }
            return nil
        }
        return nil
    }

    private func lookUp(_ host: Substring, _ path: Substring) -> Entry? {
        if let found = place(String(host), path) { return found }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        if let stem = Self.withoutTopLevel(labels), let found = place(stem + ".*", path) { return found }
        guard labels.count >= 3 else { return nil }
        for index in 0..<labels.count - 2 where labels[index].utf8.count == 2 {
            var starred = labels
            starred[index] = "*"
            if let found = place(starred.joined(separator: "."), path) { return found }
        }
        return nil
    }

    private func place(_ key: String, _ path: Substring) -> Entry? {
        places[key]?.first { path.hasPrefix($0.path) }.map { entries[$0.entry] }
    }

    /// `www`, `www2`, `m` and the like: the same service in other clothes.
    private static func isVariant(_ label: Substring) -> Bool {
        if label.hasPrefix("www") { return label.dropFirst(3).allSatisfy(\.isNumber) }
        return ["m", "mobile", "touch", "wap", "amp", "lite", "web"].contains(label)
    }

    /// `google` of `google.de`, `google.com` and `google.co.uk`.
    private static func withoutTopLevel(_ labels: [Substring]) -> String? {
        guard labels.count >= 2, let top = labels.last else { return nil }
        let isCountry = top.utf8.count == 2 && top.allSatisfy(\.isLetter)
        if labels.count >= 3, isCountry, secondLevel.contains(labels[labels.count - 2]) {
            return labels.dropLast(2).joined(separator: ".")
        }
        guard isCountry || genericTop.contains(top) else { return nil }
        return labels.dropLast().joined(separator: ".")
    }

    private static let secondLevel: Set<Substring> = ["co", "com", "org", "net", "ac", "edu", "gov", "ne", "or", "go"]
    private static let genericTop: Set<Substring> = ["com", "net", "org", "info", "biz", "cat"]
}
