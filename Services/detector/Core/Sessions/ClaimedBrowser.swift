import WeirProtocol

/// The browser that an agent claims to be, as far as the rules ask: Chrome or Firefox, and its major version.
struct ClaimedBrowser: Hashable {
    /// `chrome` or `firefox`.
    var name: String
    /// The number after the slash, up to the first dot.
    var major: Int

    /// Nil when the agent names neither, or no number.
    init?(_ agent: String) {
        if let major = Self.number(after: "Chrome/", in: agent) {
            (name, self.major) = ("chrome", major)
        } else if let major = Self.number(after: "Firefox/", in: agent) {
            (name, self.major) = ("firefox", major)
        } else {
            return nil
        }
    }

    private static func number(after word: StaticString, in agent: String) -> Int? {
        var agent = agent
        return agent.withUTF8 { text -> Int? in
            let length = word.utf8CodeUnitCount
            guard text.count > length else { return nil }
            for start in 0..<(text.count - length) {
                var matches = true
                for offset in 0..<length where text[start + offset] | 0x20 != word.utf8Start[offset] | 0x20 {
                    matches = false
                    break
                }
                guard matches else { continue }
                var value = 0
                var digits = 0
                for byte in text[(start + length)...] {
                    guard byte >= 0x30, byte <= 0x39, digits < 6 else { break }
                    value = value * 10 + Int(byte - 0x30)
                    digits += 1
                }
                return digits > 0 ? value : nil
            }
            return nil
        }
    }

    /// What in the recorded headers this browser would not send; nil when nothing is wrong or none were recorded.
    static func mismatch(_ evidence: SessionEvidence) -> String? {
        guard let hints = evidence.headers["sec-ch-ua"], !hints.isEmpty else {
            // Both browsers always name a language; a log that records none shows by recording no other header.
            let isRecorded = evidence.headers["accept"] != nil || evidence.headers["accept-encoding"] != nil
            return isRecorded && evidence.acceptLanguage.isEmpty && ClaimedBrowser(evidence.userAgent) != nil
                ? "no accept-language from a browser that always sends one" : nil
        }
        let lowered = hints.lowercased()
        if lowered.contains("headless") { return "sec-ch-ua names a headless browser" }
        guard let claimed = ClaimedBrowser(evidence.userAgent) else { return "sec-ch-ua from a browser that has none" }
        if claimed.name == "firefox" { return "sec-ch-ua from a browser that has none" }
        guard let brand = lowered.range(of: "\"chromium\";v=\"") else { return nil }
        let version = lowered[brand].prefix { $0.isNumber }
        if let number = Int(version), number != claimed.major {
            return "sec-ch-ua says \(number), the agent \(claimed.major)"
        }
        return nil
    }
}

extension String {
    /// Where the text after the first occurrence of `part` begins, to the end.
    fileprivate func range(of part: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(part) { return index(start, offsetBy: part.count)..<endIndex }
            start = index(after: start)
        }
        return nil
    }
}
