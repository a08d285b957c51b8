/// An IPv4 or IPv6 address. IPv4-mapped IPv6 addresses (`::ffff:1.2.3.4`) are the IPv4 address they carry.
public enum IPAddress: Hashable, Sendable {
    /// 32 bits, first octet highest.
    case v4(UInt32)
    /// 128 bits in two words, first group highest.
    case v6(UInt64, UInt64)

    /// Reads the usual text forms; a zone (`%eth0`) and brackets are refused.
    public init?(_ text: some StringProtocol) {
        // Nearly all are IPv4 in contiguous bytes, and every line of a log has one.
        if let short = text.utf8.withContiguousStorageIfAvailable({ Self.parseV4($0) }), let value = short {
            self = .v4(value)
        } else if let value = Self.parseV4(text.utf8) {
            self = .v4(value)
        } else {
            guard let words = Self.parseV6(text) else { return nil }
            self =
                words.0 == 0 && words.1 >> 32 == 0xFFFF
                ? .v4(UInt32(truncatingIfNeeded: words.1)) : .v6(words.0, words.1)
        }
    }

    /// Reads the usual text forms out of bytes.
    public init?(utf8 bytes: UnsafeRawBufferPointer) {
        if let value = Self.parseV4(bytes) {
            self = .v4(value)
        } else {
            self.init(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// The first `v4` bits of an IPv4 address or the first `v6` bits of an IPv6 one.
    public func prefix(v4: Int, v6: Int) -> NetworkPrefix {
        switch self {
        case .v4: NetworkPrefix(address: self, length: v4)
        case .v6: NetworkPrefix(address: self, length: v6)
        }
    }

    /// The neighbourhood that evidence is shared over: /24 or /48.
    public var neighbourhood: NetworkPrefix { prefix(v4: 24, v6: 48) }

    /// Loopback, link-local, private and unique-local ranges: nothing geographic is known of them.
    public var isPrivate: Bool {
        switch self {
        case .v4(let bits):
            bits >> 24 == 10 || bits >> 24 == 127 || bits >> 20 == 0xAC1 || bits >> 16 == 0xC0A8 || bits >> 16 == 0xA9FE
                || bits >> 22 == 0x191 || bits == 0
        case .v6(let high, let low):
            (high == 0 && low <= 1) || high >> 57 == 0x7E || high >> 54 == 0x3FA
        }
    }

    @inline(__always)
    private static func parseV4(_ text: some Sequence<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        var octet: UInt32?
        var digits = 0
        var dots = 0
        for byte in text {
            if byte == UInt8(ascii: ".") {
                guard let complete = octet, dots < 3 else { return nil }
                value = value << 8 | complete
                (octet, digits, dots) = (nil, 0, dots + 1)
            } else {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), digits < 3 else { return nil }
                if digits > 0, octet == 0 { return nil }  // 010 means 8 to some and 10 to others
                octet = (octet ?? 0) * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
                guard octet! <= 255 else { return nil }
            }
        }
        guard dots == 3, let last = octet else { return nil }
        return value << 8 | last
    }

    private static func parseV6(_ text: some StringProtocol) -> (UInt64, UInt64)? {
        guard text.utf8.count <= 45 else { return nil }
        var groups: [UInt16] = []
        var gap: Int?
        var rest = Substring(text)
        if rest.hasPrefix("::") {
            gap = 0
            rest = rest.dropFirst(2)
        } else if rest.hasPrefix(":") {
            return nil
        }
        while !rest.isEmpty {
            let end = rest.firstIndex(of: ":") ?? rest.endIndex
            let group = rest[..<end]
            if group.contains(".") {
                guard end == rest.endIndex, groups.count <= 6, let v4 = parseV4(group.utf8) else { return nil }
                groups.append(UInt16(v4 >> 16))
                groups.append(UInt16(truncatingIfNeeded: v4))
                rest = ""
                break
            }
            guard !group.isEmpty, group.utf8.count <= 4, groups.count < 8,
                group.utf8.allSatisfy({ isHex($0) }), let value = UInt16(group, radix: 16)
            else { return nil }
            groups.append(value)
            rest = rest[end...]
            if rest.hasPrefix("::") {
                guard gap == nil else { return nil }
                gap = groups.count
                rest = rest.dropFirst(2)
            } else if rest.hasPrefix(":") {
                rest = rest.dropFirst()
                guard !rest.isEmpty else { return nil }
            }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: [UInt16](repeating: 0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        let high = groups[..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        let low = groups[4...].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        return (high, low)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted quad, or the RFC 5952 form of IPv6.
    public var description: String {
        switch self {
        case .v4(let bits):
            return String(unsafeUninitializedCapacity: 15) { text in
                var end = 0
                for shift in [24, 16, 8, 0] as [UInt32] {
                    let number = UInt8(truncatingIfNeeded: bits >> shift)
                    if shift < 24 {
                        text[end] = UInt8(ascii: ".")
                        end += 1
                    }
                    if number >= 100 {
                        text[end] = UInt8(ascii: "0") + number / 100
                        end += 1
                    }
                    if number >= 10 {
                        text[end] = UInt8(ascii: "0") + number / 10 % 10
                        end += 1
                    }
                    text[end] = UInt8(ascii: "0") + number % 10
                    end += 1
                }
                return end
            }
        case .v6(let high, let low):
            let groups = (0..<8).map { index in
                UInt16(truncatingIfNeeded: (index < 4 ? high : low) >> UInt64(48 - 16 * (index % 4)))
            }
            var best = 0..<0
            var start = 0
            while start < 8 {
                var end = start
                while end < 8, groups[end] == 0 { end += 1 }
                if end - start > best.count, end - start > 1 { best = start..<end }
                start = max(end, start + 1)
            }
            func hex(_ part: some Sequence<UInt16>) -> String {
                part.map { String($0, radix: 16) }.joined(separator: ":")
            }
            if best.isEmpty { return hex(groups) }
            return hex(groups[..<best.lowerBound]) + "::" + hex(groups[best.upperBound...])
        }
    }
}

/// A range of addresses that share their first bits, as in `192.0.2.0/24`.
public struct NetworkPrefix: Hashable, Sendable, CustomStringConvertible {
    /// The lowest address of the range.
    public let address: IPAddress
    /// How many leading bits are shared: 0...32 or 0...128.
    public let length: Int

    /// The range of `length` bits around `address`; the length is clamped to what the family has.
    public init(address: IPAddress, length: Int) {
        switch address {
        case .v4(let bits):
            let kept = min(max(length, 0), 32)
            self.length = kept
            self.address = .v4(kept == 0 ? 0 : bits & ~UInt32(0) << UInt32(32 - kept))
        case .v6(let high, let low):
            let kept = min(max(length, 0), 128)
            self.length = kept
            let highMask = kept == 0 ? 0 : ~UInt64(0) << UInt64(max(0, 64 - kept))
            let lowMask = kept <= 64 ? 0 : ~UInt64(0) << UInt64(128 - kept)
            self.address = .v6(high & highMask, low & lowMask)
        }
    }

    /// Reads `address/length` (digits without sign or leading zero), or a bare address as the range of that one address.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        let limit = if case .v4 = address { 32 } else { 128 }
        guard parts.count == 2 else {
            self.init(address: address, length: limit)
            return
        }
        let digits = parts[1].utf8
        guard let first = digits.first, digits.count <= 3, first != UInt8(ascii: "0") || digits.count == 1,
            digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }), var length = Int(parts[1])
        else { return nil }
        // ::ffff:192.0.2.0/120 is 192.0.2.0/24: the address is read as the IPv4 one it carries, and so is its length.
        if limit == 32, parts[0].utf8.contains(UInt8(ascii: ":")) { length -= 96 }
        guard (0...limit).contains(length) else { return nil }
        self.init(address: address, length: length)
    }

    /// Whether `other` lies in the range.
    public func contains(_ other: IPAddress) -> Bool {
        switch (address, other) {
        case (.v4, .v4), (.v6, .v6): NetworkPrefix(address: other, length: length).address == address
        default: false
        }
    }

    /// `address/length`.
    public var description: String { "\(address)/\(length)" }
}
