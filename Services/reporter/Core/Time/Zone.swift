import WeirProtocol

/// A time zone as a value: when its clocks change and by how much. Read from a TZif file (RFC 8536), whose bytes the
/// caller brings; this never opens one.
///
/// Known limit: leap seconds are ignored, as everywhere here.
public struct Zone: Hashable, Sendable {
    /// The name that it was asked for by, as in `Europe/Berlin`.
    public let name: String
    private let transitions: [Int64]
    private let offsets: [Int64]
    private let initialOffset: Int64
    private let rule: ZoneRule?

    /// Coordinated universal time.
    public static let utc = Zone(name: "UTC", fixedOffset: 0)

    /// A zone whose clocks never change, `fixedOffset` seconds ahead of UTC.
    public init(name: String, fixedOffset: Int64) {
        self.name = name
        (transitions, offsets, initialOffset, rule) = ([], [], fixedOffset, nil)
    }

    /// Reads the bytes of a TZif file of version 1, 2 or 3; nil when they are not one.
    public init?(name: String, tzif bytes: [UInt8]) {
        var reader = TZifReader(bytes: bytes)
        guard var header = reader.header() else { return nil }
        var wide = false
        if header.version >= 2 {
            reader.skip(header.size(timeWidth: 4))
            guard let second = reader.header() else { return nil }
            (header, wide) = (second, true)
        }
        guard header.typeCount > 0, header.timeCount <= 10_000,
            let times = reader.integers(header.timeCount, width: wide ? 8 : 4),
            let kinds = reader.integers(header.timeCount, width: 1),
            let types = reader.types(header.typeCount),
            kinds.allSatisfy({ $0 >= 0 && $0 < types.count })
        else { return nil }
        reader.skip(header.sizeAfterTypes(timeWidth: wide ? 8 : 4))
        self.name = name
        transitions = times
        offsets = kinds.map { types[Int($0)] }
        initialOffset = types[0]
        rule = wide ? reader.footer().flatMap(ZoneRule.init(posix:)) : nil
    }

    /// Seconds that the zone's clocks are ahead of UTC at `moment`.
    public func offset(at moment: Timestamp) -> Int64 {
        let (quotient, remainder) = moment.milliseconds.quotientAndRemainder(dividingBy: 1000)
        let seconds = remainder < 0 ? quotient - 1 : quotient
        guard let first = transitions.first, seconds >= first else {
            return transitions.isEmpty ? rule?.offset(at: seconds) ?? initialOffset : initialOffset
        }
        if seconds >= transitions[transitions.count - 1] {
            return rule?.offset(at: seconds) ?? offsets[offsets.count - 1]
        }
        var (low, high) = (0, transitions.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if transitions[middle] <= seconds { low = middle } else { high = middle }
        }
        return offsets[low]
    }

    /// The moment at which the zone's clocks show `wall` (a wall-clock reading held as if it were UTC). A reading that
    /// occurs twice means the first; one that is skipped means the moment as long after the change as it is into the gap.
    public func moment(wall: Timestamp) -> Timestamp {
        let day: Int64 = 86_400_000
        let before = offset(at: wall - day)
        let after = offset(at: wall + day)
        let early = wall - max(before, after) * 1000
        if offset(at: early) == max(before, after) { return early }
        let late = wall - min(before, after) * 1000
        if offset(at: late) == min(before, after) { return late }
        return wall - before * 1000
    }

    /// What the zone's clocks show at `moment`, held as if it were UTC.
    public func wall(at moment: Timestamp) -> Timestamp { moment + offset(at: moment) * 1000 }
}

/// Walks a TZif file's bytes; every read is checked against the end.
private struct TZifReader {
    struct Header {
        var version: Int
        var utCount: Int
        var standardCount: Int
        var leapCount: Int
        var timeCount: Int
        var typeCount: Int
        var characterCount: Int

        func sizeAfterTypes(timeWidth: Int) -> Int {
            characterCount + leapCount * (timeWidth + 4) + standardCount + utCount
        }
        func size(timeWidth: Int) -> Int {
            timeCount * (timeWidth + 1) + typeCount * 6 + sizeAfterTypes(timeWidth: timeWidth)
        }
    }

    let bytes: [UInt8]
    var position = 0

    mutating func skip(_ count: Int) { position = min(bytes.count, position + count) }

    mutating func header() -> Header? {
        guard bytes.count - position >= 44, bytes[position..<position + 4].elementsEqual("TZif".utf8) else {
            return nil
        }
        let versionByte = bytes[position + 4]
        position += 20
        guard let counts = integers(6, width: 4), counts.allSatisfy({ $0 >= 0 && $0 <= 100_000 }) else { return nil }
        let version = versionByte == 0 ? 1 : Int(versionByte) - Int(UInt8(ascii: "0"))
        return Header(
            version: version, utCount: Int(counts[0]), standardCount: Int(counts[1]), leapCount: Int(counts[2]),
            timeCount: Int(counts[3]), typeCount: Int(counts[4]), characterCount: Int(counts[5]))
    }

    mutating func integers(_ count: Int, width: Int) -> [Int64]? {
        guard bytes.count - position >= count * width else { return nil }
        return (0..<count).map { _ in
            defer { position += width }
            var value: Int64 = width == 1 ? 0 : Int64(Int8(bitPattern: bytes[position]))
            for index in (width == 1 ? 0 : 1)..<width { value = value << 8 | Int64(bytes[position + index]) }
            return value
        }
    }

    mutating func types(_ count: Int) -> [Int64]? {
        guard bytes.count - position >= count * 6 else { return nil }
        var offsets: [Int64] = []
        for _ in 0..<count {
            guard let offset = integers(1, width: 4)?.first, abs(offset) < 200_000 else { return nil }
            offsets.append(offset)
            position += 2
        }
        return offsets
    }

    mutating func footer() -> String? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\n"),
            let end = bytes[(position + 1)...].firstIndex(of: UInt8(ascii: "\n"))
        else { return nil }
        return String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
    }
}
