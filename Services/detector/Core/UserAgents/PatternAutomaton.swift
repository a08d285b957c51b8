/// Finds every one of many byte patterns in a text in one pass, ignoring ASCII case.
///
/// An Aho–Corasick automaton flattened to a table of transitions over byte classes, so that a step is one look-up and
/// the cost of a text does not depend on how many patterns there are. Built once, immutable, shared by all threads.
/// Patterns hold at most 32,767 states together (about 30,000 characters without shared beginnings).
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
    /// A state's row of the table has this many bits of columns, more than there are classes: finding a row is a shift.
    private let rowBits: Int
    /// The next state by row and class, with `matchBit` where that state ends a pattern. States are numbered by their
    /// distance from the beginning, so that the rows of those near it, where texts spend their time, share cache lines.
    private let transitions: [UInt16]
    private static let matchBit: UInt16 = 0x8000
    /// For each state, the first slot of its matches in `outputs`; one entry more than there are states.
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
        precondition(own.count <= Int(Self.matchBit), "the patterns need more states than the table can name")

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
        var numbers = [Int](repeating: 0, count: own.count)
        for (number, state) in order.enumerated() { numbers[state] = number }
        let bits = max(1, Int.bitWidth - (used - 1).leadingZeroBitCount)
        var table = [UInt16](repeating: 0, count: own.count << bits)
        for (number, state) in order.enumerated() {
            for slot in 0..<used {
                let target = Int(next[state * used + slot])
                table[number << bits | slot] = UInt16(numbers[target]) | (own[target].isEmpty ? 0 : Self.matchBit)
            }
        }
        rowBits = bits
        transitions = table
        var starts: [UInt32] = []
        var flat: [UInt32] = []
        for state in order {
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
        transitions.withUnsafeBufferPointer { transitions in
            classOf.withUnsafeBufferPointer { classOf in
                outputStart.withUnsafeBufferPointer { outputStart in
                    outputs.withUnsafeBufferPointer { outputs in
                        shapes.withUnsafeBufferPointer { shapes in
                            let rowBits = rowBits
                            var state = 0
                            for position in 0..<count {
                                let next = transitions[state &<< rowBits | Int(classOf[Int(text[position])])]
                                state = Int(next & ~Self.matchBit)
                                if next & Self.matchBit == 0 { continue }
                                var slot = outputStart[state]
                                let end = outputStart[state &+ 1]
                                while slot < end {
                                    let index = Int(outputs[Int(slot)])
                                    let shape = shapes[index]
                                    let range = (position &+ 1 &- Int(shape.length))..<(position &+ 1)
                                    if Self.holds(shape.anchors, range, text, count) { body(index, range) }
                                    slot &+= 1
                                }
                            }
                        }
                    }
                }
            }
        }
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
