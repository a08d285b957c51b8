import WeirProtocol

/// What a visitor typed into a search engine, where the referrer still has it.
enum SearchTerms {
    /// The value of the first of `parameters` that the query has, or else the fragment, where engines built as one page
    /// keep it. A parameter between slashes is the path segment after it.
    static func find(in url: ReferrerURL, parameters: [String]) -> String? {
        for parameter in parameters {
            if parameter.hasPrefix("/") {
                guard let start = url.path.range(of: parameter) else { continue }
                let segment = url.path[start...].prefix { $0 != "/" }
                if let terms = cleaned(segment) { return terms }
            } else if let terms = value(of: parameter, in: url.query) ?? value(of: parameter, in: url.fragment) {
                return terms
            }
        }
        return nil
    }

    private static func value(of name: String, in query: Substring?) -> String? {
        guard let query else { return nil }
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")), Substring(pair[..<equals]) == name else {
                continue
            }
            if let terms = cleaned(Substring(pair[pair.index(after: equals)...])) { return terms }
        }
        return nil
    }

    /// Decoded and trimmed; nil when empty, when a redirect's target stands in the terms' place, and when the bytes
    /// are of an old character set, which cannot be told from another.
    private static func cleaned(_ raw: Substring) -> String? {
        let text = PercentDecoding.text(raw.utf8)
        guard !text.unicodeScalars.contains("\u{FFFD}"), !text.hasPrefix("http://"), !text.hasPrefix("https://") else {
            return nil
        }
        let kept = text.withoutControls
        let trimmed = Substring(kept).trimmedOfBlanks
        guard !trimmed.isEmpty, trimmed != "-" else { return nil }
        return String(String.UnicodeScalarView(trimmed.unicodeScalars.prefix(FieldLimits.campaignScalars)))
    }
}

extension Substring {
    /// Where the text after the first `part` begins.
    fileprivate func range(of part: String) -> Index? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(part) { return self.index(index, offsetBy: part.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
