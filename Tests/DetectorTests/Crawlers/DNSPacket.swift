/// DNS messages made by hand for tests, apart from the code that they test.
struct DNSPacket {
    var id: UInt16 = 0x1234
    var flags: UInt16 = 0x8180
    var question: (name: String, type: UInt16)
    var records: [(name: String, type: UInt16, ttl: UInt32, data: [UInt8])] = []
    /// What the header says, where that is not the truth.
    var claimedRecords: UInt16?

    init(_ name: String, _ type: UInt16) { question = (name, type) }

    static let a: UInt16 = 1
    static let cname: UInt16 = 5
    static let ptr: UInt16 = 12
    static let aaaa: UInt16 = 28

    func with(_ type: UInt16, _ data: [UInt8], ttl: UInt32 = 600, of name: String? = nil) -> DNSPacket {
        var packet = self
        packet.records.append((name ?? question.name, type, ttl, data))
        return packet
    }

    func with(status: UInt16) -> DNSPacket {
        var packet = self
        packet.flags = packet.flags & 0xFFF0 | status
        return packet
    }

    static func word(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }

    /// Labels without compression.
    static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    var bytes: [UInt8] {
        var bytes = Self.word(id) + Self.word(flags) + Self.word(1)
        bytes += Self.word(claimedRecords ?? UInt16(records.count)) + Self.word(0) + Self.word(0)
        bytes += Self.name(question.name) + Self.word(question.type) + Self.word(1)
        for record in records {
            // The question's own name is at byte 12, and resolvers point there.
            bytes += record.name == question.name ? [0xC0, 12] : Self.name(record.name)
            bytes += Self.word(record.type) + Self.word(1)
            bytes += Self.word(UInt16(record.ttl >> 16)) + Self.word(UInt16(record.ttl & 0xFFFF))
            bytes += Self.word(UInt16(record.data.count)) + record.data
        }
        return bytes
    }
}
