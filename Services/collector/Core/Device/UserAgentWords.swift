/// A user agent cut into words: at blanks, semicolons, commas and brackets. A word `name/value` has both parts.
struct UserAgentWords {
    struct Word {
        /// Where the name stands in the text.
        var name: Range<Int>
        /// What follows the slash; empty without one.
        var value: Range<Int>
        /// What the catalogue knows of the name.
        var entry: AgentCatalogue.Entry?
        /// Whether it stands in round or square brackets.
        var isComment: Bool
    }

    /// The text as sent, cut to 1024 bytes.
    let text: [UInt8]
    /// The same in lower case.
    let lowered: [UInt8]
    private(set) var words: [Word] = []
    /// The marks of all words.
    private(set) var marks = AgentMarks()

    init(_ userAgent: String) {
        text = Array(userAgent.utf8.prefix(1024))
        lowered = text.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        words.reserveCapacity(24)
        cut()
    }

    private mutating func cut() {
        // Some proxies and logs write a plus for each blank.
        let hasBlanks = lowered.contains(UInt8(ascii: " "))
        var depth = 0
        var start = 0
        var previous = 0..<0
        var index = 0
        while index <= lowered.count {
            let byte = index < lowered.count ? lowered[index] : UInt8(ascii: " ")
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "("), UInt8(ascii: ")"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                break
            case UInt8(ascii: "+") where !hasBlanks: break
            default:
                index += 1
                continue
            }
            if index > start { previous = add(start..<index, after: previous, depth > 0) }
            if byte == UInt8(ascii: "(") || byte == UInt8(ascii: "[") { depth += 1 }
            if byte == UInt8(ascii: ")") || byte == UInt8(ascii: "]") { depth = max(0, depth - 1) }
            if byte != UInt8(ascii: " ") { previous = 0..<0 }
            index += 1
            start = index
        }
    }

    /// One piece, which may hold several names: `XiaoMi/MiuiBrowser/13.1`. Returns the place of its last part.
    private mutating func add(_ piece: Range<Int>, after previous: Range<Int>, _ isComment: Bool) -> Range<Int> {
        var start = piece.lowerBound
        var last = piece
        while start < piece.upperBound {
            let end = slash(from: start, to: piece.upperBound) ?? piece.upperBound
            let next = min(end + 1, piece.upperBound)
            let value = next..<(slash(from: next, to: piece.upperBound) ?? piece.upperBound)
            if end > start { look(up: start..<end, value, start == piece.lowerBound ? previous : 0..<0, isComment) }
            last = start..<end
            start = end + 1
        }
        return last
    }

    private mutating func look(up name: Range<Int>, _ value: Range<Int>, _ previous: Range<Int>, _ isComment: Bool) {
        guard words.count < 160 else { return }
        let catalogue = AgentCatalogue.builtIn
        let alone = catalogue.entry(lowered[name])
        var entry = alone
        if !previous.isEmpty, let pair = catalogue.entry(lowered[previous], lowered[name]) { entry = pair }
        if entry == nil {
            // `Safari5530.18` and `iPhone13,2`: digits glued to the name.
            var end = name.upperBound
            while end > name.lowerBound, lowered[end - 1] < 0x3A { end -= 1 }
            if end < name.upperBound, end - name.lowerBound > 2, value.isEmpty, words.isEmpty || isComment {
                entry = catalogue.entry(lowered[name.lowerBound..<end])
                if let entry, !entry.marks.isEmpty {
                    marks.formUnion(entry.marks)
                    words.append(
                        Word(
                            name: name.lowerBound..<end, value: end..<name.upperBound, entry: entry,
                            isComment: isComment))
                    return
                }
                entry = nil
            }
            if Self.contains(lowered[name].prefix(6), "iphone") { marks.insert(.iPhone) }
        }
        if let entry { marks.formUnion(entry.marks) }
        if let alone { marks.formUnion(alone.marks) }
        words.append(Word(name: name, value: value, entry: entry, isComment: isComment))
    }

    private func slash(from start: Int, to end: Int) -> Int? {
        var index = start
        while index < end {
            if lowered[index] == UInt8(ascii: "/") { return index }
            index += 1
        }
        return nil
    }

    /// Whether the word's name is `name`, which is lower case.
    func isNamed(_ word: Word, _ name: StaticString) -> Bool {
        guard word.name.count == name.utf8CodeUnitCount else { return false }
        for (offset, index) in word.name.enumerated() where lowered[index] != name.utf8Start[offset] { return false }
        return true
    }

    /// The first word of that lower-case name.
    func first(_ name: StaticString) -> Int? { words.firstIndex { isNamed($0, name) } }

    /// Whether the lower-case text has `part` anywhere.
    func contains(_ part: StaticString) -> Bool { Self.contains(lowered[...], part) }

    static func contains(_ text: ArraySlice<UInt8>, _ part: StaticString) -> Bool {
        let length = part.utf8CodeUnitCount
        guard text.count >= length else { return false }
        let first = part.utf8Start[0]
        var index = text.startIndex
        let last = text.endIndex - length
        while index <= last {
            if text[index] == first {
                var offset = 1
                while offset < length, text[index + offset] == part.utf8Start[offset] { offset += 1 }
                if offset == length { return true }
            }
            index += 1
        }
        return false
    }

    /// The version in a range: its digits, dots and what is glued to them, `_` read as a dot; nil without a digit.
    func version(_ range: Range<Int>) -> String? {
        var start = range.lowerBound
        while start < range.upperBound, !Self.isDigit(lowered[start]) {
            guard start - range.lowerBound < 2 else { return nil }
            start += 1
        }
        var end = start
        var bytes: [UInt8] = []
        while end < range.upperBound, end - start < FieldLimits.agentVersion {
            let byte = lowered[end]
            guard Self.isDigit(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") else { break }
            bytes.append(byte == UInt8(ascii: "_") ? UInt8(ascii: ".") : byte)
            end += 1
        }
        while bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// The version of a word: after its slash, or the next word's name.
    func version(of index: Int) -> String? {
        let word = words[index]
        if !word.value.isEmpty { return version(word.value) }
        guard index + 1 < words.count else { return nil }
        return Self.isDigit(lowered[words[index + 1].name.lowerBound]) ? version(words[index + 1].name) : nil
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
