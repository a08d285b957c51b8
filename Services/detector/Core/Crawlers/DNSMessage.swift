import WeirProtocol

/// A question to a resolver.
public struct DNSQuestion: Hashable, Sendable {
    /// What is asked for.
    public enum Kind: UInt16, Sendable {
        /// The addresses of a host, IPv4.
        case a = 1
        /// The names of an address.
        case ptr = 12
        /// The addresses of a host, IPv6.
        case aaaa = 28
    }

    /// Whose records.
    public var name: DNSName
    /// Which records.
    public var kind: Kind

    /// A question.
    public init(_ name: DNSName, _ kind: Kind) { (self.name, self.kind) = (name, kind) }

    /// The question for the names of `address`.
    public init(namesOf address: IPAddress) {
        var labels: [String] = []
        switch address {
        case .v4(let bits):
            for shift in [0, 8, 16, 24] as [UInt32] { labels.append(String(bits >> shift & 0xFF)) }
            labels.append("in-addr")
        case .v6(let high, let low):
            for word in [low, high] {
                for shift in 0..<16 { labels.append(String(word >> UInt64(4 * shift) & 0xF, radix: 16)) }
            }
            labels.append("ip6")
        }
        self.init(DNSName(labels: labels + ["arpa"]), .ptr)
    }

    /// The question as a datagram: recursion desired, replies of up to `DNSReply.sizeLimit` bytes welcome.
    public func datagram(id: UInt16) -> [UInt8] {
        var bytes: [UInt8] = []
        func word(_ value: UInt16) {
            bytes.append(UInt8(value >> 8))
            bytes.append(UInt8(value & 0xFF))
        }
        for value in [id, 0x0100, 1, 0, 0, 1] as [UInt16] { word(value) }
        for label in name.labels {
            bytes.append(UInt8(label.utf8.count))
            bytes.append(contentsOf: label.utf8)
        }
        bytes.append(0)
        word(kind.rawValue)
        word(1)
        // EDNS: a pseudo record of the root, whose class is the size.
        bytes.append(0)
        for value in [41, UInt16(DNSReply.sizeLimit), 0, 0, 0] as [UInt16] { word(value) }
        return bytes
    }
}

/// A resolver's reply, read from bytes that anybody may have sent: every length is checked, a name's pointers only lead
/// backwards, and what is read is bounded by the datagram.
public struct DNSReply: Hashable, Sendable {
    /// The largest reply that is asked for and read, in bytes.
    public static let sizeLimit = 1232
    /// Records read of one answer; a crawler's has a handful.
    public static let recordLimit = 64

    /// One record of the answer.
    public struct Record: Hashable, Sendable {
        /// What it says.
        public enum Value: Hashable, Sendable {
            /// A host has this address.
            case address(IPAddress)
            /// An address has this name.
            case pointer(DNSName)
            /// Another name is the true one.
            case alias(DNSName)
        }

        /// Whose record.
        public var name: DNSName
        /// Seconds that it may be kept.
        public var ttl: UInt32
        /// What it says.
        public var value: Value
    }

    /// Bytes that are no reply.
    public struct Malformed: Error, Hashable, Sendable {}

    /// The question's id.
    public var id: UInt16
    /// The question; nil when it is of a kind that we do not ask.
    public var question: DNSQuestion?
    /// 0 for an answer, 3 for a name that does not exist, else a failure.
    public var status: UInt8
    /// Whether records were left out.
    public var isTruncated: Bool
    /// Addresses, pointers and aliases of the answer; other records are skipped.
    public var records: [Record]

    /// Reads a datagram.
    public init(_ datagram: [UInt8]) throws(Malformed) {
        guard datagram.count <= Self.sizeLimit else { throw Malformed() }
        var cursor = Cursor(bytes: datagram)
        id = try cursor.word()
        let flags = try cursor.word()
        // A reply to an ordinary query, with one question in it.
        guard flags & 0xF800 == 0x8000, try cursor.word() == 1 else { throw Malformed() }
        status = UInt8(flags & 0xF)
        isTruncated = flags & 0x0200 != 0
        let answers = Int(try cursor.word())
        _ = try cursor.word()
        _ = try cursor.word()
        let name = try cursor.name()
        let kind = try cursor.word()
        guard try cursor.word() == 1 else { throw Malformed() }
        question = DNSQuestion.Kind(rawValue: kind).map { DNSQuestion(name, $0) }
        records = []
        for _ in 0..<min(answers, Self.recordLimit) {
            // A truncated reply may end within a record.
            guard !(isTruncated && cursor.isAtEnd) else { break }
            if let record = try cursor.record() { records.append(record) }
        }
        if answers > Self.recordLimit { isTruncated = true }
    }

    /// The name at the end of the aliases that begin at `name`, and the fewest seconds any of them may be kept.
    public func canonical(_ name: DNSName) -> (name: DNSName, ttl: UInt32) {
        var (current, ttl) = (name, UInt32.max)
        for _ in 0..<8 {
            guard
                let next = records.lazy.compactMap({ record -> (DNSName, UInt32)? in
                    guard record.name == current, case .alias(let target) = record.value else { return nil }
                    return (target, record.ttl)
                }).first
            else { break }
            (current, ttl) = (next.0, min(ttl, next.1))
        }
        return (current, ttl)
    }
}

/// A place in a datagram.
private struct Cursor {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func byte() throws(DNSReply.Malformed) -> UInt8 {
        guard position < bytes.count else { throw DNSReply.Malformed() }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func word() throws(DNSReply.Malformed) -> UInt16 {
        let high = try byte()
        return UInt16(high) << 8 | UInt16(try byte())
    }

    mutating func longWord() throws(DNSReply.Malformed) -> UInt32 {
        let high = try word()
        return UInt32(high) << 16 | UInt32(try word())
    }

    /// Reads a name; each pointer has to lead to before the part that it ends, so that none leads in a circle.
    mutating func name() throws(DNSReply.Malformed) -> DNSName {
        var labels: [String] = []
        var length = 0
        var end: Int?
        var from = position
        while true {
            let size = try byte()
            switch size {
            case 0:
                if let end { position = end }
                return DNSName(labels: labels)
            case 1...63:
                length += Int(size) + 1
                guard length <= 254, position + Int(size) <= bytes.count else { throw DNSReply.Malformed() }
                labels.append(
                    String(
                        decoding: bytes[position..<(position + Int(size))].map(DNSName.folded), as: UTF8.self))
                position += Int(size)
            case 0xC0...0xFF:
                let target = Int(size & 0x3F) << 8 | Int(try byte())
                guard target < from else { throw DNSReply.Malformed() }
                if end == nil { end = position }
                (from, position) = (target, target)
            default: throw DNSReply.Malformed()
            }
        }
    }

    /// Reads a record; nil for one of a kind or class that we do not use.
    mutating func record() throws(DNSReply.Malformed) -> DNSReply.Record? {
        let owner = try name()
        let kind = try word()
        let isInternet = try word() == 1
        let ttl = try longWord()
        let size = Int(try word())
        let end = position + size
        guard end <= bytes.count else { throw DNSReply.Malformed() }
        var value: DNSReply.Record.Value?
        switch (isInternet, kind, size) {
        case (true, 1, 4): value = .address(.v4(try longWord()))
        case (true, 28, 16):
            var words: [UInt64] = []
            for _ in 0..<2 { words.append(UInt64(try longWord()) << 32 | UInt64(try longWord())) }
            value = .address(.v6(words[0], words[1]))
        case (true, 12, _): value = .pointer(try name())
        case (true, 5, _): value = .alias(try name())
        default: position = end
        }
        guard position == end else { throw DNSReply.Malformed() }
        // RFC 2181: a TTL with the highest bit set is 0.
        return value.map { DNSReply.Record(name: owner, ttl: ttl > UInt32(Int32.max) ? 0 : ttl, value: $0) }
    }
}
