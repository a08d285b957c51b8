import WeirProtocol

/// Reads ISO 8601 dates and date-times, extended and basic form, upper case. Every part is checked: 30 February, minute
/// 60 and hour 25 are refused; 24:00 is the end of the day.
enum ISO8601Reader {
    static func read(_ text: String) -> TimeExpression? {
        var scanner = DigitScanner(text)
        guard let (start, end) = date(&scanner) else { return nil }
        if scanner.isAtEnd { return .period(start: start.start, end: end.start) }
        guard end.number - start.number == 1 else { return nil }
        guard scanner.take("T") || scanner.take(" ") || scanner.take("_") else { return nil }
        guard let ofDay = timeOfDay(&scanner) else { return nil }
        let wall = start.start + ofDay
        if scanner.isAtEnd { return .wall(wall) }
        _ = scanner.take(" ")
        guard let offset = zone(&scanner), scanner.isAtEnd else { return nil }
        return .instant(wall - offset * 1000)
    }

    private static func date(_ scanner: inout DigitScanner) -> (Timestamp.Day, Timestamp.Day)? {
        guard let year = scanner.number(digits: 4), year >= 1 else { return nil }
        let isExtended = scanner.take("-")
        if scanner.take("W") {
            guard let week = scanner.number(digits: 2), week >= 1 else { return nil }
            // The week with 4 January is the first; a year has 52 or 53.
            let fourth = Timestamp.Day(year: year, month: 1, day: 4).number
            let monday = fourth - Int64(Timestamp.Day(number: fourth).weekday) + (week - 1) * 7
            let thursday = Timestamp.Day(number: monday + 3)
            guard thursday.civil.year == year else { return nil }
            if scanner.take("-") || (!isExtended && scanner.hasDigit) {
                guard let day = scanner.number(digits: 1), (1...7).contains(day) else { return nil }
                return whole(Timestamp.Day(number: monday + day - 1))
            }
            return (Timestamp.Day(number: monday), Timestamp.Day(number: monday + 7))
        }
        let run = scanner.digitRun
        if run == 3 {
            guard let ordinal = scanner.number(digits: 3), ordinal >= 1 else { return nil }
            let first = Timestamp.Day(year: year, month: 1, day: 1)
            let day = Timestamp.Day(number: first.number + ordinal - 1)
            return day.civil.year == year ? whole(day) : nil
        }
        guard isExtended || run == 4, let month = scanner.number(digits: 2), (1...12).contains(month) else {
            return nil
        }
        if isExtended, !scanner.take("-") {
            return (
                Timestamp.Day(year: year, month: month, day: 1), Timestamp.Day(year: year, month: month + 1, day: 1)
            )
        }
        guard let day = scanner.number(digits: 2) else { return nil }
        let found = Timestamp.Day(year: year, month: month, day: day)
        return found.civil.month == month && day >= 1 ? whole(found) : nil
    }

    private static func whole(_ day: Timestamp.Day) -> (Timestamp.Day, Timestamp.Day) {
        (day, Timestamp.Day(number: day.number + 1))
    }

    private static func timeOfDay(_ scanner: inout DigitScanner) -> Int64? {
        guard let hour = scanner.number(digits: 2) else { return nil }
        var (minute, second, fraction): (Int64, Int64, Int64) = (0, 0, 0)
        let isExtended = scanner.take(":")
        if isExtended || scanner.hasDigit {
            guard let value = scanner.number(digits: 2) else { return nil }
            minute = value
            if isExtended ? scanner.take(":") : scanner.hasDigit {
                guard let value = scanner.number(digits: 2) else { return nil }
                second = value
                if scanner.take(".") || scanner.take(",") {
                    guard let value = scanner.milliseconds() else { return nil }
                    fraction = value
                }
            }
        }
        // A leap second is the beginning of the next minute here.
        guard hour < 24 || (hour == 24 && minute == 0 && second == 0 && fraction == 0), minute < 60, second <= 60 else {
            return nil
        }
        return ((hour * 60 + minute) * 60 + second) * 1000 + fraction
    }

    private static func zone(_ scanner: inout DigitScanner) -> Int64? {
        if scanner.take("Z") { return 0 }
        let sign: Int64
        if scanner.take("+") {
            sign = 1
        } else if scanner.take("-") || scanner.take("−") {
            sign = -1
        } else {
            return nil
        }
        guard let hours = scanner.number(digits: 2), hours <= 15 else { return nil }
        var minutes: Int64 = 0
        if scanner.take(":") || scanner.hasDigit {
            guard let value = scanner.number(digits: 2), value < 60 else { return nil }
            minutes = value
        }
        return sign * (hours * 60 + minutes) * 60
    }
}

/// Takes digits and marks off the front of a text.
private struct DigitScanner {
    private var rest: Substring

    init(_ text: String) { rest = Substring(text) }

    var isAtEnd: Bool { rest.isEmpty }
    var hasDigit: Bool { digitRun > 0 }
    var digitRun: Int { rest.utf8.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }.count }

    mutating func take(_ mark: Character) -> Bool {
        guard rest.first == mark else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func number(digits: Int) -> Int64? {
        guard digitRun >= digits else { return nil }
        defer { rest = rest.dropFirst(digits) }
        return Int64(rest.prefix(digits))
    }

    mutating func milliseconds() -> Int64? {
        let run = digitRun
        guard run > 0 else { return nil }
        let kept = rest.prefix(min(3, run))
        rest = rest.dropFirst(run)
        return Int64(kept + String(repeating: "0", count: 3 - kept.count))
    }
}
