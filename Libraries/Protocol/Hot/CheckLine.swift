/// A line with `throttle.check`, read where it lies: the busiest message, so that reading it copies nothing.
///
/// It takes what gateways send, plain ASCII without escapes in known fields, and accepts nothing that
/// `HotEnvelope<ThrottleCheck>` refuses; any other line is left to that. It points into the line's bytes.
public struct CheckLine {
    /// Bytes of the line.
    public typealias Word = UnsafeRawBufferPointer

    /// Where a word lies; no word lies at 0. Small, because this value is handed on a few times for each check.
    private struct Place {
        var start: UInt16 = 0
        var count: UInt16 = 0
    }

    private let line: UnsafeRawPointer
    private var idPlace = Place()
    private var tracePlace = Place()
    private var ipPlace = Place()
    private var sessionPlace = Place()
    private var fingerprintPlace = Place()
    private var userAgentPlace = Place()
    private var acceptLanguagePlace = Place()
    private var methodPlace = Place()
    private var pathPlace = Place()
    private var userPlace = Place()
    private var policyPlace = Place()
    private var wholeCost: Int32 = 1

    /// Names a request; nil for an event.
    public var id: Word? { word(idPlace) }
    /// W3C traceparent, copied on.
    public var trace: Word? { word(tracePlace) }
    /// The client's address as text.
    public var ip: Word { Word(start: line + Int(ipPlace.start), count: Int(ipPlace.count)) }
    /// The session, only when the gateway has verified its token.
    public var session: Word? { word(sessionPlace) }
    /// The fingerprint; made from user agent and language when absent.
    public var fingerprint: Word? { word(fingerprintPlace) }
    /// The User-Agent as sent.
    public var userAgent: Word? { word(userAgentPlace) }
    /// The Accept-Language as sent.
    public var acceptLanguage: Word? { word(acceptLanguagePlace) }
    /// The method.
    public var method: Word? { word(methodPlace) }
    /// The path, with or without its query.
    public var path: Word? { word(pathPlace) }
    /// The registered user.
    public var user: Word? { word(userPlace) }
    /// A policy by name.
    public var policy: Word? { word(policyPlace) }
    /// Tokens that the request costs, 0...1,000,000.
    public var cost: Int { Int(wholeCost) }

    @inline(__always)
    private func word(_ place: Place) -> Word? {
        place.start == 0 ? nil : Word(start: line + Int(place.start), count: Int(place.count))
    }

    /// How nearly every gateway begins: `v`, `type` and `id` need no looking up then.
    private static let opening: StaticString = #"{"v":1,"type":"throttle.check","id":"#

    /// Nil for a line that another reader must look at.
    public init?(_ text: UnsafeRawBufferPointer) {
        guard text.count < Envelope.lineLimit, let start = text.baseAddress else { return nil }
        line = start
        var cursor = Cursor(text)
        var seen: UInt32 = 0
        if cursor.skip(Self.opening) {
            guard let word = cursor.string(), word.count <= Envelope.idLimit else { return nil }
            idPlace = place(word)
            seen = 7
            guard cursor.hasAnother() else { return nil }
        } else {
            guard cursor.enter() else { return nil }
        }
        repeat {
            guard let name = cursor.name() else { return nil }
            let field: UInt32
            switch (name.count, Cursor.head(name)) {
            case (4, Cursor.head("body")):
                field = 16
                guard body(&cursor) else { return nil }
            case (1, Cursor.head("v")):
                field = 1
                guard cursor.number() == Envelope.version else { return nil }
            case (4, Cursor.head("type")):
                field = 2
                guard let type = cursor.string(), type.count == 14, Cursor.isCheck(type) else { return nil }
            case (2, Cursor.head("id")):
                field = 4
                guard let word = cursor.string(), word.count <= Envelope.idLimit else { return nil }
                idPlace = place(word)
            case (5, Cursor.head("trace")):
                field = 8
                guard let word = cursor.string(), word.count <= Envelope.idLimit else { return nil }
                tracePlace = place(word)
            default: return nil
            }
            guard seen & field == 0 else { return nil }
            seen |= field
        } while cursor.hasAnother()
        guard cursor.hasLeft, cursor.isAtEnd, seen & 18 == 18 else { return nil }
    }

    @inline(__always)
    private func place(_ word: Word) -> Place {
        Place(
            start: UInt16(truncatingIfNeeded: word.baseAddress! - line), count: UInt16(truncatingIfNeeded: word.count))
    }

    @inline(__always)
    private mutating func body(_ cursor: inout Cursor) -> Bool {
        var seen: UInt32 = 0
        guard cursor.enter() else { return false }
        repeat {
            guard let name = cursor.name() else { return false }
            let head = Cursor.head(name)
            let field: UInt32
            if name.count == 4, head == Cursor.head("cost") {
                field = 512
                guard let found = cursor.number(), found <= 1_000_000 else { return false }
                wholeCost = Int32(found)
            } else {
                guard let word = cursor.string() else { return false }
                let found = place(word)
                switch name.count {
                case 2 where head == Cursor.head("ip"): (field, ipPlace) = (1, found)
                case 11 where head == Cursor.head("fingerpr") && Cursor.ends(name, "int"):
                    (field, fingerprintPlace) = (2, found)
                case 4 where head == Cursor.head("path"): (field, pathPlace) = (4, found)
                case 10 where head == Cursor.head("user_age") && Cursor.ends(name, "nt"):
                    (field, userAgentPlace) = (8, found)
                case 15 where head == Cursor.head("accept_l") && Cursor.ends(name, "anguage"):
                    (field, acceptLanguagePlace) = (16, found)
                case 7 where head == Cursor.head("session"): (field, sessionPlace) = (32, found)
                case 6 where head == Cursor.head("method"): (field, methodPlace) = (64, found)
                case 4 where head == Cursor.head("user"): (field, userPlace) = (128, found)
                case 6 where head == Cursor.head("policy"): (field, policyPlace) = (256, found)
                default: return false
                }
            }
            guard seen & field == 0 else { return false }
            seen |= field
        } while cursor.hasAnother()
        return cursor.hasLeft && seen & 1 == 1
    }
}

/// A place in the line. Whatever it does not know it gives up on.
private struct Cursor {
    private let line: UnsafeRawBufferPointer
    private var place = 0
    /// Whether the object that was being read has ended.
    private(set) var hasLeft = false

    init(_ line: UnsafeRawBufferPointer) { self.line = line }

    /// The next byte after white space, not consumed; 0 at the end.
    @inline(__always)
    private mutating func next() -> UInt8 {
        while place < line.count {
            let byte = line[place]
            guard byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A else { return byte }
            place += 1
        }
        return 0
    }

    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        guard next() == byte else { return false }
        place += 1
        return true
    }

    /// Steps over exactly these bytes, at least eight, if they are next.
    @inline(__always)
    mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard line.count - place > count else { return false }
        let wanted = UnsafeRawPointer(text.utf8Start)
        let found = line.baseAddress! + place
        var index = 0
        while index < count {
            // The last stride overlaps the one before, instead of a loop over what is left.
            let offset = min(index, count - 8)
            let left = (wanted + offset).loadUnaligned(as: UInt64.self)
            guard (found + offset).loadUnaligned(as: UInt64.self) == left else { return false }
            index += 8
        }
        place += count
        return true
    }

    /// The opening brace of an object that is not empty.
    @inline(__always)
    mutating func enter() -> Bool { take(UInt8(ascii: "{")) }

    /// A field's name and the colon.
    @inline(__always)
    mutating func name() -> UnsafeRawBufferPointer? {
        guard let name = string(), take(UInt8(ascii: ":")) else { return nil }
        return name
    }

    /// Whether another field follows; if not, whether the object ended properly is in `hasLeft`.
    @inline(__always)
    mutating func hasAnother() -> Bool {
        if take(UInt8(ascii: ",")) { return true }
        hasLeft = take(UInt8(ascii: "}"))
        return false
    }

    var isAtEnd: Bool {
        mutating get { next() == 0 && place == line.count }
    }

    /// A whole number of at most nine digits.
    @inline(__always)
    mutating func number() -> Int? {
        guard next() != 0 else { return nil }
        let start = place
        var value = 0
        while place < line.count, place - start < 9, line[place] &- UInt8(ascii: "0") <= 9 {
            value = value * 10 + Int(line[place] - UInt8(ascii: "0"))
            place += 1
        }
        guard place > start, place == start + 1 || line[start] != UInt8(ascii: "0"), place < line.count else {
            return nil
        }
        // A fraction, an exponent or a tenth digit is for others.
        switch line[place] {
        case UInt8(ascii: ","), UInt8(ascii: "}"), 0x20: return value
        default: return nil
        }
    }

    /// A string's bytes if all are printable ASCII without escapes.
    @inline(__always)
    mutating func string() -> UnsafeRawBufferPointer? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = place
        while line.count - place >= 8 {
            let stride = ByteStride(line, at: place)
            let stops =
                stride.equal(UInt8(ascii: "\"")) | stride.equal(UInt8(ascii: "\\")) | stride.equal(0x7F)
                | stride.below(0x20) | stride.beyondASCII
            guard stops == 0 else {
                place += ByteStride.first(stops)
                break
            }
            place += 8
        }
        while place < line.count {
            let byte = line[place]
            if byte == UInt8(ascii: "\"") {
                place += 1
                return UnsafeRawBufferPointer(start: line.baseAddress! + start, count: place - 1 - start)
            }
            guard byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\\") else { return nil }
            place += 1
        }
        return nil
    }

    /// The first eight bytes as a number; missing ones are 0.
    @inline(__always)
    static func head(_ word: UnsafeRawBufferPointer) -> UInt64 {
        if word.count >= 8 { return UInt64(littleEndian: word.loadUnaligned(as: UInt64.self)) }
        var head: UInt64 = 0
        for index in 0..<word.count { head |= UInt64(word[index]) << UInt64(8 * index) }
        return head
    }

    @inline(__always)
    static func head(_ word: StaticString) -> UInt64 {
        head(UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    /// Whether the bytes from the ninth on are those.
    @inline(__always)
    static func ends(_ word: UnsafeRawBufferPointer, _ rest: StaticString) -> Bool {
        head(UnsafeRawBufferPointer(rebasing: word[8...])) == head(rest)
    }

    @inline(__always)
    static func isCheck(_ type: UnsafeRawBufferPointer) -> Bool {
        head(type) == head("throttle") && ends(type, ".check")
    }
}
