import WeirProtocol

/// The part of a URL between `//` and the path, as browsers take it.
public enum WebAuthority {
    /// Whether a text is a host with or without port. A name or password before an `@` is refused: browsers hide it from
    /// who follows the link, and everybody who sees the link could read it.
    public static func isValid(_ text: some StringProtocol) -> Bool {
        let rest = Substring(text)
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]"), rest[..<end].contains(":"),
                IPAddress(rest[..<end].dropFirst()) != nil
            else { return false }
            return isPort(rest[rest.index(after: end)...])
        }
        let host = rest.prefix { $0 != ":" }
        return isHost(host) && isPort(rest[host.endIndex...])
    }

    /// Whether a text is a host's name or IPv4 address: at most 253 bytes in labels of at most 63, of letters of any
    /// script, digits, `_`, and `-` between them. What ends in a number is an address.
    public static func isHost(_ text: some StringProtocol) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        // A dot may stand behind the last one.
        let named = labels.count > 1 && labels.last?.isEmpty == true ? labels.dropLast() : labels[...]
        if let last = named.last, last.utf8.allSatisfy({ (0x30...0x39).contains($0) }), !last.isEmpty {
            return IPAddress(named.joined(separator: ".")) != nil
        }
        return named.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.unicodeScalars.allSatisfy {
                    $0.isASCII
                        ? $0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-" || $0 == "_"
                        : $0.properties.generalCategory.isLetterMarkOrDigit
                }
        }
    }

    /// Whether a text is nothing, or a colon and a port; browsers take no digits for the scheme's own.
    private static func isPort(_ text: Substring) -> Bool {
        guard let first = text.first else { return true }
        let digits = text.dropFirst()
        guard first == ":", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return digits.isEmpty || UInt16(digits).map { $0 > 0 } ?? false
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isLetterMarkOrDigit: Bool {
        switch self {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark,
            .spacingMark, .decimalNumber:
            true
        default: false
        }
    }
}
