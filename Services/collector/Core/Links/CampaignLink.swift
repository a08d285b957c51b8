public import WeirProtocol

/// A short link as the redirect needs it.
public struct CampaignLink: Hashable, Sendable {
    /// Its identity in the database.
    public var id: String
    /// The last part of its path.
    public var code: String
    /// Where it leads: an absolute http(s) URL, or a path of the site.
    public var target: String
    /// Campaign tags that the target gets, as `utm_source` and the like, in order.
    public var tags: [(name: String, value: String)]
    /// Whether it is switched on.
    public var isActive: Bool
    /// When it ends.
    public var expiresAt: Timestamp?

    /// A link.
    public init(
        id: String, code: String, target: String, tags: [(name: String, value: String)] = [], isActive: Bool = true,
        expiresAt: Timestamp? = nil
    ) {
        (self.id, self.code, self.target, self.tags) = (id, code, target, tags)
        (self.isActive, self.expiresAt) = (isActive, expiresAt)
    }

    /// Where a click at `now` is led; nil when the link is switched off, has ended, or leads where no link may.
    public func destination(now: Timestamp) -> String? {
        guard isActive, expiresAt.map({ now < $0 }) ?? true, Self.isAllowed(target) else { return nil }
        guard !tags.isEmpty else { return target }
        // Before the fragment, and behind whatever query there is.
        let fragmentStart = target.firstIndex(of: "#") ?? target.endIndex
        let address = target[..<fragmentStart]
        let query = tags.map { "\($0.name)=\(Self.encoded($0.value))" }.joined(separator: "&")
        let joint = !address.contains("?") ? "?" : address.hasSuffix("?") || address.hasSuffix("&") ? "" : "&"
        return address + joint + query + target[fragmentStart...]
    }

    /// Whether a code can be one: 1...64 letters, digits, `-` and `_`.
    public static func isCode(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { isUnreserved($0) && $0 != 0x2E && $0 != 0x7E }
    }

    /// Whether a link may lead there: http, https, or a path of the site itself. Nothing that a header could not carry.
    public static func isAllowed(_ target: String) -> Bool {
        guard (1...2048).contains(target.utf8.count), target.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != 0x5C })
        else { return false }
        if target.hasPrefix("/") { return !target.hasPrefix("//") }
        for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
            return target.utf8.count > scheme.utf8.count && !target.dropFirst(scheme.count).hasPrefix("/")
        }
        return false
    }

    /// Percent-encoded for a query's value.
    private static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            if isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Equal in everything.
    public static func == (left: CampaignLink, right: CampaignLink) -> Bool {
        left.id == right.id && left.code == right.code && left.target == right.target
            && left.tags.elementsEqual(right.tags) { $0 == $1 } && left.isActive == right.isActive
            && left.expiresAt == right.expiresAt
    }

    /// By identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
