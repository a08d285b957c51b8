import WeirProtocol

/// Reads the time of a series' row: ISO 8601 or `YYYY-MM-DD HH:MM:SS`, UTC unless a zone is given.
public enum SeriesTime {
    /// Milliseconds since 1970, or nil.
    public static func milliseconds(_ text: some StringProtocol) -> Int64? {
        var numbers: [Int64] = []
        var digits = 0
        var value: Int64 = 0
        var zone: Int64 = 0
        let bytes = Array(text.utf8)
        guard bytes.count >= 10, bytes.count <= 40 else { return nil }
        var index = 0
        while index <= bytes.count {
            let byte = index < bytes.count ? bytes[index] : 0
            if byte >= 0x30, byte <= 0x39 {
                value = value * 10 + Int64(byte - 0x30)
                digits += 1
                if digits > 9 { return nil }
            } else {
                if digits > 0 { numbers.append(value) }
                (digits, value) = (0, 0)
                if byte == UInt8(ascii: ".") {
                    while index + 1 < bytes.count, bytes[index + 1] >= 0x30, bytes[index + 1] <= 0x39 { index += 1 }
                } else if numbers.count >= 5, byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") {
                    let rest = bytes[(index + 1)...].filter { $0 >= 0x30 && $0 <= 0x39 }.map { Int64($0 - 0x30) }
                    guard rest.count >= 2 else { return nil }
                    let hours = rest[0] * 10 + rest[1]
                    let minutes = rest.count >= 4 ? rest[2] * 10 + rest[3] : 0
                    zone = (byte == UInt8(ascii: "+") ? 1 : -1) * (hours * 60 + minutes) * 60
                    break
                }
            }
            index += 1
        }
        guard numbers.count >= 3, numbers.count <= 6, (1...12).contains(numbers[1]), (1...31).contains(numbers[2])
        else { return nil }
        while numbers.count < 6 { numbers.append(0) }
        guard numbers[3] < 24, numbers[4] < 60, numbers[5] <= 60 else { return nil }
        let day = Timestamp.Day(year: numbers[0], month: numbers[1], day: numbers[2]).number
        return (day * 86_400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5] - zone) * 1000
    }
}
