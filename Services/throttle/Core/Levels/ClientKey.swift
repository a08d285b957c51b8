import WeirProtocol

/// Whom something is held against, with a text form that people type and the database stores.
public enum ClientKey: Hashable, Sendable {
    /// All clients behind an address range: `203.0.113.7/32`.
    case prefix(NetworkPrefix)
    /// One browser behind it, by fingerprint, or one verified session behind it: `203.0.113.7/32+fp_…`.
    case pair(NetworkPrefix, ClientWord)
    /// A session wherever it comes from: `sess_…`.
    case session(ClientWord)
    /// A fingerprint wherever it comes from: `fp_…`.
    case fingerprint(ClientWord)
    /// A registered user: `user:…`.
    case user(ClientWord)

    /// The longest text accepted, in bytes. No key has a longer one.
    public static let textLimit = 320

    /// Reads the text form. What a gateway made keys of may be any word, the empty one included.
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.textLimit else { return nil }
        if text.hasPrefix("user:") {
            self = .user(ClientWord(String(text.dropFirst(5))))
        } else if text.hasPrefix("fp_") {
            self = .fingerprint(ClientWord(text))
        } else if text.hasPrefix("sess_") {
            self = .session(ClientWord(text))
        } else if let plus = text.firstIndex(of: "+") {
            guard let prefix = NetworkPrefix(text[..<plus]) else { return nil }
            self = .pair(prefix, ClientWord(String(text[text.index(after: plus)...])))
        } else {
            guard let prefix = NetworkPrefix(text) else { return nil }
            self = .prefix(prefix)
        }
    }

    /// The hash that tables know it by: keyed by the process, so that nobody outside can choose one.
    public var tableHash: UInt64 {
        switch self {
        case .prefix(let prefix): Self.hash(prefix)
        case .pair(let prefix, let companion): Self.hash(1, prefix, companion.text)
        case .session(let word): Self.hash(2, nil, word.text)
        case .fingerprint(let word): Self.hash(3, nil, word.text)
        case .user(let word): Self.hash(4, nil, word.text)
        }
    }

    @inline(__always)
    static func hash(_ prefix: NetworkPrefix) -> UInt64 {
        var hasher = Hasher()
        combine(0, prefix, &hasher)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// Bytes rather than characters are hashed: canonical equivalence is nothing that a header has. A long word has the
    /// hash of what stands for it in keys.
    @inline(__always)
    static func hash(_ kind: UInt8, _ prefix: NetworkPrefix?, _ text: UnsafeRawBufferPointer) -> UInt64 {
        guard text.count <= ClientWord.limit else { return hash(kind, prefix, ofLong: text) }
        var hasher = Hasher()
        combine(kind, prefix, &hasher)
        hasher.combine(bytes: text)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    @inline(__always)
    static func hash(_ kind: UInt8, _ prefix: NetworkPrefix?, _ text: String) -> UInt64 {
        var text = text
        return text.withUTF8 { hash(kind, prefix, UnsafeRawBufferPointer($0)) }
    }

    @inline(never)
    private static func hash(_ kind: UInt8, _ prefix: NetworkPrefix?, ofLong text: UnsafeRawBufferPointer) -> UInt64 {
        hash(kind, prefix, ClientWord(text).text)
    }

    /// What the key is and its address in as few words as they fit, since every question is hashed twice. The first
    /// word says how many follow.
    @inline(__always)
    private static func combine(_ kind: UInt8, _ prefix: NetworkPrefix?, _ hasher: inout Hasher) {
        let kind = UInt64(kind) << 56
        switch prefix?.address {
        case nil: hasher.combine(kind)
        case .v4(let bits)?: hasher.combine(kind | 4 << 48 | UInt64(prefix!.length) << 32 | UInt64(bits))
        case .v6(let high, let low)?:
            hasher.combine(kind | 6 << 48 | UInt64(prefix!.length) << 32)
            hasher.combine(high)
            hasher.combine(low)
        }
    }
}

extension ClientKey: CustomStringConvertible {
    /// The text form.
    public var description: String {
        switch self {
        case .prefix(let prefix): "\(prefix)"
        case .pair(let prefix, let companion): "\(prefix)+\(companion.text)"
        case .session(let word), .fingerprint(let word): word.text
        case .user(let word): "user:\(word.text)"
        }
    }
}
