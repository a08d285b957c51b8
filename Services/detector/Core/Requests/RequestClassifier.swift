import WeirProtocol

/// Tells from one request alone whether it looks for weaknesses. Immutable, shared by all threads.
public struct RequestClassifier: Sendable {
    /// A probe and the part of the request that shows it.
    public struct Probe: Hashable, Sendable {
        /// What it is after.
        public var family: ProbeFamily
        /// The text that decided, lower case, decoded, at most 64 bytes.
        public var evidence: String

        /// A probe.
        public init(family: ProbeFamily, evidence: String) {
            self.family = family
            self.evidence = evidence
        }
    }

    /// Over the patterns.
    let contentHash: UInt64
    private let pathAutomaton: PatternAutomaton
    private let pathFamilies: [ProbeFamily]
    private let queryAutomaton: PatternAutomaton
    private let queryFamilies: [ProbeFamily]

    /// The classifier of this release.
    public static let builtIn = RequestClassifier()

    /// A classifier over the built-in patterns.
    public init() {
        func build(_ lists: [(ProbeFamily, [String])]) -> (PatternAutomaton, [ProbeFamily]) {
            (
                PatternAutomaton(lists.flatMap { $0.1.map { PatternAutomaton.Pattern($0) } }),
                lists.flatMap { list in list.1.map { _ in list.0 } }
            )
        }
        (pathAutomaton, pathFamilies) = build(ProbePatterns.path)
        (queryAutomaton, queryFamilies) = build(ProbePatterns.query)
        var hash = StableHash()
        for (pattern, family) in zip(pathAutomaton.patterns + queryAutomaton.patterns, pathFamilies + queryFamilies) {
            hash.combine(pattern.bytes)
            hash.combine(family.rawValue)
        }
        contentHash = hash.word
    }

    /// The probe that a request is, or nil. `target` may carry a query; `status` is the site's answer. What the site
    /// answers (below 400) is no probe, unless the family is certain whatever the answer.
    public func probe(method: String, target: String, status: Int) -> Probe? {
        if let found = Self.strangeMethod(method, target) { return found }
        if Self.isPlain(target) { return nil }
        let decoded = RequestTarget(target)
        var best: Probe?
        func offer(_ family: ProbeFamily, _ evidence: @autoclosure () -> String) {
            if !family.isCertain, status < 400 { return }
            if let best, best.family.isCertain || !family.isCertain { return }
            best = Probe(family: family, evidence: evidence())
        }
        if decoded.hasNUL { offer(.injection, "%00") }
        decoded.path.withUnsafeBufferPointer { path in
            Self.inspectSegments(path, offer: offer)
            pathAutomaton.forEachMatch(in: path, limit: RequestTarget.limit) { pattern, range in
                offer(pathFamilies[pattern], Self.text(path[range]))
            }
            Self.inspectName(path, status: status, offer: offer)
        }
        decoded.query.withUnsafeBufferPointer { query in
            queryAutomaton.forEachMatch(in: query, limit: RequestTarget.limit) { pattern, range in
                offer(queryFamilies[pattern], Self.text(query[range]))
            }
        }
        return best
    }

    private static func text(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes.prefix(64), as: UTF8.self)
    }

    /// Letters, digits, dashes and slashes alone cannot hide anything but what the path automaton knows; this only
    /// spares the root and empty targets.
    private static func isPlain(_ target: String) -> Bool { target.utf8.count <= 1 }

    private static func strangeMethod(_ method: String, _ target: String) -> Probe? {
        switch method {
        case "GET", "HEAD", "POST": break
        case "TRACE", "TRACK", "DEBUG", "CONNECT": return Probe(family: .method, evidence: method)
        default:
            guard !method.isEmpty, method.utf8.count <= 24,
                method.utf8.allSatisfy({
                    PatternAutomaton.isLetter($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                })
            else { return Probe(family: .method, evidence: text(method.utf8)) }
        }
        guard let first = target.utf8.first else { return nil }
        let isTarget = first == UInt8(ascii: "/") || first == UInt8(ascii: "*") || first == UInt8(ascii: "?")
        if !isTarget, !PatternAutomaton.isLetter(first) { return Probe(family: .method, evidence: text(target.utf8)) }
        return nil
    }

    /// Hidden names and ways out of the folder. A browser resolves `..` before it asks, so a single one is no person's.
    private static func inspectSegments(
        _ path: UnsafeBufferPointer<UInt8>, offer: (ProbeFamily, @autoclosure () -> String) -> Void
    ) {
        var start = 0
        while start < path.count {
            let end = path[start...].firstIndex(of: UInt8(ascii: "/")) ?? path.count
            let segment = path[start..<end]
            if segment.count >= 2, segment[start] == UInt8(ascii: ".") {
                if segment[start + 1] == UInt8(ascii: ".") {
                    if segment.allSatisfy({ $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ";") }) {
                        offer(.traversal, text(segment))
                    }
                } else if segment[start + 1] != UInt8(ascii: ";"), PatternAutomaton.isWord(segment[start + 1]) {
                    let name = text(segment.dropFirst())
                    if !ProbePatterns.servedDotfolders.contains(name) { offer(.dotfile, text(segment)) }
                }
            }
            start = end + 1
        }
    }

    /// What the last segment's extension and stem show.
    private static func inspectName(
        _ path: UnsafeBufferPointer<UInt8>, status: Int, offer: (ProbeFamily, @autoclosure () -> String) -> Void
    ) {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")), slash + 1 < path.count else { return }
        let name = path[(slash + 1)...]
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), path.count - dot <= 12 else { return }
        let fileExtension = text(path[(dot + 1)...])
        if fileExtension == "env" { offer(.config, text(name)) }
        if slash == 0, ProbePatterns.settingExtensions.contains(fileExtension) {
            let stem = text(name.prefix(while: { PatternAutomaton.isLetter($0) }))
            if ProbePatterns.settingStems.contains(stem) { offer(.config, text(name)) }
        }
        if status >= 400, ProbePatterns.scripts.contains(fileExtension) { offer(.script, "." + fileExtension) }
    }
}
