/// The names of a message's fields, prepared for finding the one that some bytes spell.
///
/// A sender writes fields in one order, so the search begins behind the field found last and mostly ends there.
struct FieldTable<Key: RawRepresentable<String> & CaseIterable & Sendable>: Sendable {
    private struct Entry: Sendable {
        let key: Key
        /// The first eight bytes, which tell most names apart in one comparison.
        let head: UInt64
        let name: [UInt8]
    }

    private let entries: [Entry]

    /// The names of all cases of `Key`, at most 64.
    init(_ keys: Key.Type = Key.self) {
        entries = Key.allCases.map { key in
            let name = Array(key.rawValue.utf8)
            return Entry(key: key, head: name.withUnsafeBytes(Self.head), name: name)
        }
        precondition(entries.count <= 64, "a message's fields are counted in the bits of one word")
    }

    /// The field's place and key; `last` is the place of the field before it, -1 at first.
    @inline(__always)
    func find(_ name: UnsafeRawBufferPointer, after last: Int) -> (place: Int, key: Key)? {
        let head = Self.head(name)
        let count = entries.count
        var place = last
        for _ in 0..<count {
            place = place + 1 < count ? place + 1 : 0
            guard entries[place].head == head, matches(place, name) else { continue }
            return (place, entries[place].key)
        }
        return nil
    }

    @inline(__always)
    private func matches(_ place: Int, _ name: UnsafeRawBufferPointer) -> Bool {
        let count = entries[place].name.count
        guard count == name.count else { return false }
        var index = 8
        while index < count {
            guard entries[place].name[index] == name[index] else { return false }
            index += 1
        }
        return true
    }

    @inline(__always)
    private static func head(_ name: UnsafeRawBufferPointer) -> UInt64 {
        if name.count >= 8 { return UInt64(littleEndian: name.loadUnaligned(as: UInt64.self)) }
        var head: UInt64 = 0
        for index in 0..<name.count { head |= UInt64(name[index]) << UInt64(8 * index) }
        return head
    }
}

/// Walks one object's known fields in the order they come, skips unknown ones, and refuses repeats of either.
struct FieldCursor<Key: RawRepresentable<String> & CaseIterable & Sendable> {
    private let table: FieldTable<Key>
    private var seen: UInt64 = 0
    private var place = -1
    private var hasEntered = false
    private var unknown = FieldNameSet()

    /// A cursor before the object's opening brace.
    init(_ table: FieldTable<Key>) { self.table = table }

    /// The next known field, whose value the caller must read; nil behind the closing brace.
    @inline(__always)
    mutating func next(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) -> Key? {
        var name = hasEntered ? try scanner.nextField() : try scanner.enterObject()
        hasEntered = true
        while let current = name {
            if let found = table.find(current, after: place) {
                guard seen & (1 << UInt64(found.place)) == 0 else { throw .malformed }
                seen |= 1 << UInt64(found.place)
                place = found.place
                return found.key
            }
            try unknown.insert(current)
            try scanner.skip()
            name = try scanner.nextField()
        }
        return nil
    }
}

/// The names seen in one object, to notice a repeat. Many names are left to the slow parser, which has a hash table.
struct FieldNameSet {
    private static let limit = 32
    private var names: [UnsafeRawBufferPointer] = []

    /// - Throws: `malformed` for a name seen before, `unsupported` past the limit.
    mutating func insert(_ name: UnsafeRawBufferPointer) throws(JSONScanner.Failure) {
        for known in names where known.count == name.count && known.elementsEqual(name) { throw .malformed }
        guard names.count < Self.limit else { throw .unsupported }
        names.append(name)
    }
}
