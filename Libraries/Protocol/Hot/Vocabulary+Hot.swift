extension JSONScanner {
    /// A moment, or nil for `null`.
    mutating func optionalTimestamp() throws(Failure) -> Timestamp? {
        if try takeNull() { nil } else { try Timestamp(scanning: &self) }
    }

    /// A count as evidence has them, or nil for `null`.
    mutating func optionalCount() throws(Failure) -> Int? {
        if try takeNull() { return nil }
        let count = try int()
        guard (0...SessionEvidence.countLimit).contains(count) else { throw .malformed }
        return count
    }

    /// An object of strings, or nil for `null`.
    mutating func optionalHeaders() throws(Failure) -> [String: String]? {
        if try takeNull() { return nil }
        var headers: [String: String] = [:]
        var name = try enterObject()
        while let current = name {
            let text = String(decoding: current, as: UTF8.self)
            guard headers.updateValue(try string(), forKey: text) == nil else { throw .malformed }
            name = try nextField()
        }
        return headers
    }
}

extension JSONWriter {
    /// A field with a string.
    mutating func text(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    /// A field with a session's name.
    mutating func text(_ name: StaticString, _ session: SessionID) {
        key(name)
        session.withUTF8 { plain($0) }
    }

    /// A field with an integer.
    mutating func whole(_ name: StaticString, _ value: some FixedWidthInteger) {
        key(name)
        integer(value)
    }

    /// An object of strings, in the order of their names so that equal messages are equal lines.
    mutating func strings(_ fields: [String: String]) {
        object { writer in
            for name in fields.keys.sorted() { writer.field(name, fields[name] ?? "") }
        }
    }
}

extension Timestamp {
    init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        self.init(milliseconds: try scanner.int64())
        guard Timestamp.wireRange.contains(self) else { throw .malformed }
    }
}

extension EventID {
    init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        guard let id = EventID(utf8: try scanner.plainString()) else { throw .malformed }
        self = id
    }
}

extension SessionID {
    /// Stands in until the line has named the session.
    static let placeholder = SessionID(first: EventID(at: Timestamp(milliseconds: 0), entropy: (0, 0)))

    init(scanning scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        guard let id = SessionID(utf8: try scanner.plainString()) else { throw .malformed }
        self = id
    }
}
