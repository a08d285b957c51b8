/// SplitMix64: the same seed gives the same numbers on every machine, so that a run can be repeated.
///
/// For made-up traffic only; nothing secret may come from it.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    /// A generator of its own for each `stream`, so that changing what one visitor does leaves the others as they were.
    init(seed: UInt64, stream: UInt64 = 0) {
        state = seed
        state = next() ^ stream &* 0x9E37_79B9_7F4A_7C15
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// A number out of `range`, each with the same chance.
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// True in `percent` of 100 cases.
    mutating func chance(_ percent: Int) -> Bool { number(1...100) <= percent }

    /// One of `choices`, which must not be empty.
    mutating func pick<Choice>(_ choices: [Choice]) -> Choice { choices[number(0...choices.count - 1)] }
}
