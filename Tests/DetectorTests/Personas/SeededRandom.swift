import Foundation

/// Chance that comes again: a seed gives the same visitors in every run and on every machine.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// Evenly between two limits, both included.
    mutating func whole(_ limits: ClosedRange<Double>) -> Int {
        Int.random(in: Int(limits.lowerBound)...Int(limits.upperBound), using: &self)
    }

    /// Evenly between two limits.
    mutating func even(_ limits: ClosedRange<Double>) -> Double { Double.random(in: limits, using: &self) }

    /// True in this share of cases.
    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }

    /// How long people take: many short times, a few very long ones. `spread` is the standard deviation of the
    /// logarithm.
    mutating func humanTime(median: Double, spread: Double) -> Double {
        let first = Double.random(in: 1e-12..<1, using: &self)
        let second = Double.random(in: 0..<1, using: &self)
        return median * exp(spread * (-2 * log(first)).squareRoot() * cos(2 * .pi * second))
    }
}
