/// A hash that is the same in every process and release, for names that must not change between runs. Not meant to
/// withstand an adversary.
struct StableHash {
    private var low: UInt64 = 0xCBF2_9CE4_8422_2325
    private var high: UInt64 = 0x9AE1_6A3B_2F90_404F

    mutating func combine(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            low = (low ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
            high = (high ^ UInt64(byte)) &* 0x9FB2_1C65_1E98_DF25
        }
        // A boundary, so that ("ab", "c") and ("a", "bc") differ.
        combine(UInt64(0xFF))
    }

    mutating func combine(_ text: String) {
        var text = text
        text.withUTF8 { combine($0) }
    }

    mutating func combine(_ word: UInt64) {
        low = (low ^ word) &* 0x0000_0100_0000_01B3
        high = (high ^ (word &+ 0x9E37_79B9_7F4A_7C15)) &* 0x9FB2_1C65_1E98_DF25
        high ^= high >> 29
        low ^= low >> 32
    }

    mutating func combine(_ number: Int) { combine(UInt64(bitPattern: Int64(number))) }

    mutating func combine(_ number: Double) { combine(number.bitPattern) }

    /// 64 bits of it.
    var word: UInt64 { high ^ low }

    /// 32 hexadecimal digits.
    var digits: String { Self.hex(high) + Self.hex(low) }

    /// 8 hexadecimal digits.
    var shortDigits: String { String(Self.hex(word).prefix(8)) }

    private static func hex(_ word: UInt64) -> String {
        let text = String(word, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
