/// Finds every one of many byte patterns in a text in one pass, ignoring ASCII case.
///
/// An Aho–Corasick automaton flattened to a table of transitions over byte classes, so that a step is one look-up and
/// the cost of a text does not depend on how many patterns there are. Built once, immutable, shared by all threads.
/// Patterns hold at most 65,536 states together (about 60,000 characters without shared beginnings).
public struct PatternAutomaton: Sendable {
    /// Where a pattern has to stand in the text.
    public struct Anchors: OptionSet, Sendable, Hashable {
        /// The bits.
        public let rawValue: UInt8
        /// From the bits.
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        /// Only at the beginning of the text.
        public static let start = Anchors(rawValue: 1)
        /// Only where no letter or digit stands before it.
        public static let wordStart = Anchors(rawValue: 2)
        /// Only where no letter stands after it.
        public static let wordEnd = Anchors(rawValue: 4)
        /// Only at the end of the text.
        public static let end = Anchors(rawValue: 8)
    }

    /// A pattern and its anchors.
    public struct Pattern: Sendable, Hashable {
        /// Lower-case bytes.
        public var bytes: [UInt8]
        /// Where it may stand.
        public var anchors: Anchors

        /// A pattern of the notation used in our lists: `^` before it anchors it to the start of the text, `~` to a
        /// word's beginning; `~` after it to a word's end, `$` to the end of the text.
        public init(_ notation: some StringProtocol) {
            var rest = Substring(notation)
            anchors = []
            if rest.hasPrefix("^") {
                anchors.insert(.start)
                rest = rest.dropFirst()
            } else if rest.hasPrefix("~") {
                anchors.insert(.wordStart)
                rest = rest.dropFirst()
            }
            if rest.hasSuffix("~") {
                anchors.insert(.wordEnd)
                rest = rest.dropLast()
            } else if rest.hasSuffix("$") {
                anchors.insert(.end)
                rest = rest.dropLast()
            }
            bytes = rest.utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
        }
    }

    /// The patterns in the order given; a match names its pattern by index.
    public let patterns: [Pattern]
    private let classOf: [UInt8]
    /// A state's row of the table has this many bits of columns, more than there are classes.
    private let rowBits: UInt32
    /// The next state by row and class. States that end no pattern come first, so that one comparison tells a match;
    /// each kind is in order of its distance from the beginning, so that the rows of those near it, where texts spend
    /// their time, share cache lines.
    private let transitions: [UInt16]
    /// The first of the states that end a pattern.
    private let firstMatching: UInt32
    /// For each of those, the first slot of its matches in `outputs`; one entry more than there are such states.
    private let outputStart: [UInt32]
    private let outputs: [UInt32]
    /// Length and anchors of each pattern, side by side for the inner loop.
    private let shapes: [(length: Int32, anchors: Anchors)]

    /// An automaton over `patterns`; empty patterns never match.
    public init(_ patterns: [Pattern]) {
        self.patterns = patterns
        shapes = patterns.map { (Int32($0.bytes.count), $0.anchors) }
        var classes = [UInt8](repeating: 0, count: 256)
        var used = 1
        for pattern in patterns {
            for byte in pattern.bytes where classes[Int(byte)] == 0 {
                classes[Int(byte)] = UInt8(used)
                used += 1
            }
        }
        for upper in 0x41...0x5A { classes[upper] = classes[upper | 0x20] }
        classOf = classes

        var next = [Int32](repeating: -1, count: used)
        var own: [[UInt32]] = [[]]
        for (index, pattern) in patterns.enumerated() where !pattern.bytes.isEmpty {
            var state = 0
            for byte in pattern.bytes {
                let slot = state * used + Int(classes[Int(byte)])
                if next[slot] < 0 {
                    next[slot] = Int32(own.count)
                    own.append([])
                    next.append(contentsOf: repeatElement(-1, count: used))
                }
                state = Int(next[slot])
            }
            own[state].append(UInt32(index))
        }
        precondition(own.count <= 1 << 16, "the patterns need more states than the table can name")

        var fallback = [Int](repeating: 0, count: own.count)
        var queue: [Int] = []
        for slot in 0..<used {
            if next[slot] < 0 { next[slot] = 0 } else { queue.append(Int(next[slot])) }
        }
        var head = 0
        while head < queue.count {
            let state = queue[head]
            head += 1
            own[state].append(contentsOf: own[fallback[state]])
            for slot in 0..<used {
                let inherited = next[fallback[state] * used + slot]
                let target = next[state * used + slot]
                if target < 0 {
                    next[state * used + slot] = inherited
                } else {
                    fallback[Int(target)] = Int(inherited)
                    queue.append(Int(target))
                }
            }
        }
        let order = [0] + queue
        let silent = order.filter { own[$0].isEmpty }
        let matching = order.filter { !own[$0].isEmpty }
        let bits = max(1, Int.bitWidth - (used - 1).leadingZeroBitCount)
        var numbers = [Int](repeating: 0, count: own.count)
        for (number, state) in (silent + matching).enumerated() { numbers[state] = number }
        var table = [UInt16](repeating: 0, count: own.count << bits)
        for state in order {
            for slot in 0..<used {
                table[numbers[state] << bits | slot] = UInt16(numbers[Int(next[state * used + slot])])
            }
        }
        rowBits = UInt32(bits)
        transitions = table
        firstMatching = UInt32(silent.count)
        var starts: [UInt32] = []
        var flat: [UInt32] = []
        for state in matching {
            starts.append(UInt32(flat.count))
            flat.append(contentsOf: own[state])
        }
        starts.append(UInt32(flat.count))
        outputStart = starts
        outputs = flat
    }

    /// Calls `body` with the pattern's index and the range of each match whose anchors hold, in order of their ends.
    /// A text longer than `limit` is looked at up to there.
    @inline(__always)
    public func forEachMatch(
        in text: UnsafeBufferPointer<UInt8>, limit: Int = 4096, _ body: (_ pattern: Int, _ range: Range<Int>) -> Void
    ) {
        let count = min(text.count, limit)
        guard count > 0, let start = text.baseAddress else { return }
        transitions.withUnsafeBufferPointer { transitions in
            classOf.withUnsafeBufferPointer { classOf in
                outputStart.withUnsafeBufferPointer { outputStart in
                    outputs.withUnsafeBufferPointer { outputs in
                        shapes.withUnsafeBufferPointer { shapes in
                            var place = Place(rest: start, state: 0)
                            while Self.advance(
                                &place, to: start + count, transitions.baseAddress!, classOf.baseAddress!,
                                rowBits, firstMatching)
                            {
                                let end = place.rest - start
                                let state = Int(place.state &- firstMatching)
                                for slot in outputStart[state]..<outputStart[state &+ 1] {
                                    let index = Int(outputs[Int(slot)])
                                    let shape = shapes[index]
                                    let range = (end &- Int(shape.length))..<end
                                    if Self.holds(shape.anchors, range, text, count) { body(index, range) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// How far a text has been read, and the state that led to.
    private struct Place {
        var rest: UnsafePointer<UInt8>
        var state: UInt32
    }

    /// Reads on until a state that ends a pattern; false at the end of the text. A function of its own, so that all it
    /// needs for a byte stays in registers, whatever is done with a match.
    @inline(never)
    private static func advance(
        _ place: inout Place, to end: UnsafePointer<UInt8>, _ table: UnsafePointer<UInt16>,
        _ classOf: UnsafePointer<UInt8>, _ rowBits: UInt32, _ firstMatching: UInt32
    ) -> Bool {
        var (rest, state) = (place.rest, place.state)
        while rest < end {
            state = UInt32((table + Int(classOf[Int(rest.pointee)]))[Int(state &<< rowBits)])
            rest += 1
            if state >= firstMatching {
                place = Place(rest: rest, state: state)
                return true
            }
        }
        return false
    }

    @inline(__always)
    private static func holds(
        _ anchors: Anchors, _ range: Range<Int>, _ text: UnsafeBufferPointer<UInt8>, _ count: Int
    ) -> Bool {
        if anchors.isEmpty { return true }
        if anchors.contains(.start), range.lowerBound != 0 { return false }
        if anchors.contains(.wordStart), range.lowerBound > 0, isWord(text[range.lowerBound - 1]) { return false }
        if anchors.contains(.wordEnd), range.upperBound < count, isLetter(text[range.upperBound]) { return false }
        if anchors.contains(.end), range.upperBound != count { return false }
        return true
    }

    @inline(__always)
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }

    @inline(__always)
    static func isWord(_ byte: UInt8) -> Bool { isLetter(byte) || (byte >= 0x30 && byte <= 0x39) || byte >= 0x80 }
}
