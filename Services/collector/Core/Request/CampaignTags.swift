import WeirProtocol

/// The utm_ parameters of a query: percent-decoded (`+` is a blank), trimmed, at most 255 characters, the first
/// occurrence that is not empty. Names are taken in any case.
public struct CampaignTags: Hashable, Sendable {
    public var source: String?
    public var medium: String?
    public var campaign: String?
    public var content: String?
    public var term: String?

    /// No tags.
    public init() {}

    /// The tags in a query, given without its question mark.
    public init(query: String?) {
        guard let query, query.utf8.count >= 5, Self.mayHaveTags(query) else { return }
        for pair in query.utf8.split(whereSeparator: { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: ";") }) {
            guard pair.count > 5, let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let field: WritableKeyPath<CampaignTags, String?>
            switch PercentDecoding.text(pair[..<equals]).lowercased() {
            case "utm_source": field = \.source
            case "utm_medium": field = \.medium
            case "utm_campaign": field = \.campaign
            case "utm_content": field = \.content
            case "utm_term": field = \.term
            default: continue
            }
            guard self[keyPath: field] == nil else { continue }
            let value = PercentDecoding.text(pair[pair.index(after: equals)...])
            let trimmed = Substring(value.withoutControls).trimmedOfBlanks
            guard !trimmed.isEmpty else { continue }
            self[keyPath: field] = String(
                String.UnicodeScalarView(trimmed.unicodeScalars.prefix(FieldLimits.campaignScalars)))
        }
    }

    /// Whether there is none.
    public var isEmpty: Bool { self == CampaignTags() }

    private static func mayHaveTags(_ query: String) -> Bool {
        query.utf8.contains(UInt8(ascii: "_")) || query.utf8.contains(UInt8(ascii: "%"))
    }
}

/// Reads what HTML forms and URLs write.
enum PercentDecoding {
    /// `%41` and `+` decoded; broken escapes stay as they are, invalid UTF-8 is repaired.
    static func text(_ bytes: Substring.UTF8View) -> String {
        guard bytes.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(Substring(bytes))
        }
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            index = bytes.index(after: index)
            if byte == UInt8(ascii: "+") {
                plain.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%"), bytes.distance(from: index, to: bytes.endIndex) >= 2,
                let high = LogLineCursor.hex(bytes[index]),
                let low = LogLineCursor.hex(bytes[bytes.index(after: index)])
            {
                plain.append(high << 4 | low)
                index = bytes.index(index, offsetBy: 2)
            } else {
                plain.append(byte)
            }
        }
        return String(decoding: plain, as: UTF8.self)
    }
}
