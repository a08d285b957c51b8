import WeirProtocol

/// The rule at the end of a TZif file (a POSIX TZ string, as in `CET-1CEST,M3.5.0,M10.5.0/3`), which holds after the
/// file's last transition.
struct ZoneRule: Hashable, Sendable {
    private var standard: Int64
    private var summer: Int64?
    private var begin = Change.julian(day: 1, second: 0)
    private var end = Change.julian(day: 1, second: 0)

    /// When clocks change: a date rule and seconds after that day's midnight, by the clocks until then.
    private enum Change: Hashable {
        case weekday(month: Int64, week: Int64, day: Int64, second: Int64)
        case julian(day: Int64, second: Int64)
        case dayOfYear(Int64, second: Int64)

        func wallSecond(in year: Int64) -> Int64 {
            switch self {
            case .julian(let day, let second):
                let isLeap =
                    Timestamp.Day(year: year, month: 3, day: 1).number
                    - Timestamp.Day(year: year, month: 2, day: 28).number == 2
                let skipped: Int64 = isLeap && day >= 60 ? 1 : 0
                return (Timestamp.Day(year: year, month: 1, day: 1).number + day - 1 + skipped) * 86_400 + second
            case .dayOfYear(let day, let second):
                return (Timestamp.Day(year: year, month: 1, day: 1).number + day) * 86_400 + second
            case .weekday(let month, let week, let day, let second):
                let first = Timestamp.Day(year: year, month: month, day: 1)
                let next = Timestamp.Day(year: year, month: month + 1, day: 1)
                let firstWeekday = (Int64(first.weekday) + 1) % 7
                var number = first.number + (day - firstWeekday + 7) % 7 + (week - 1) * 7
                while number >= next.number { number -= 7 }
                return number * 86_400 + second
            }
        }
    }

    /// Nil for text that is not such a rule.
    init?(posix text: String) {
        var rest = Substring(text)
        guard Self.name(&rest), let west = Self.time(&rest) else { return nil }
        standard = -west
        guard !rest.isEmpty else { return }
        guard Self.name(&rest) else { return nil }
        if rest.first == "," {
            summer = standard + 3600
        } else {
            guard let west = Self.time(&rest) else { return nil }
            summer = -west
        }
        guard let begin = Self.change(&rest), let end = Self.change(&rest), rest.isEmpty else { return nil }
        (self.begin, self.end) = (begin, end)
    }

    /// Seconds ahead of UTC at `seconds` since the epoch.
    func offset(at seconds: Int64) -> Int64 {
        guard let summer else { return standard }
        let (quotient, remainder) = (seconds + standard).quotientAndRemainder(dividingBy: 86_400)
        let year = Timestamp.Day(number: remainder < 0 ? quotient - 1 : quotient).civil.year
        let start = begin.wallSecond(in: year) - standard
        let stop = end.wallSecond(in: year) - summer
        let isSummer = start < stop ? seconds >= start && seconds < stop : seconds >= start || seconds < stop
        return isSummer ? summer : standard
    }

    private static func name(_ rest: inout Substring) -> Bool {
        if rest.first == "<" {
            guard let close = rest.firstIndex(of: ">") else { return false }
            rest = rest[rest.index(after: close)...]
            return true
        }
        let letters = rest.prefix { $0.isLetter }
        rest = rest[letters.endIndex...]
        return letters.count >= 3
    }

    private static func time(_ rest: inout Substring) -> Int64? {
        var sign: Int64 = 1
        if let first = rest.first, first == "-" || first == "+" {
            if first == "-" { sign = -1 }
            rest = rest.dropFirst()
        }
        var total: Int64 = 0
        for unit: Int64 in [3600, 60, 1] {
            guard let value = number(&rest), value <= 167 else { return nil }
            total += value * unit
            guard rest.first == ":" else { break }
            rest = rest.dropFirst()
        }
        return sign * total
    }

    private static func number(_ rest: inout Substring) -> Int64? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest[digits.endIndex...]
        return digits.count <= 3 ? Int64(digits) : nil
    }

    private static func change(_ rest: inout Substring) -> Change? {
        guard rest.first == "," else { return nil }
        rest = rest.dropFirst()
        let form = rest.first
        if form == "M" || form == "J" { rest = rest.dropFirst() }
        guard let first = number(&rest) else { return nil }
        var parts = [first]
        while form == "M", rest.first == "." {
            rest = rest.dropFirst()
            guard let next = number(&rest) else { return nil }
            parts.append(next)
        }
        var second: Int64 = 7200
        if rest.first == "/" {
            rest = rest.dropFirst()
            guard let time = time(&rest) else { return nil }
            second = time
        }
        switch form {
        case "M":
            guard parts.count == 3, (1...12).contains(parts[0]), (1...5).contains(parts[1]), parts[2] < 7 else {
                return nil
            }
            return .weekday(month: parts[0], week: parts[1], day: parts[2], second: second)
        case "J": return .julian(day: first, second: second)
        default: return .dayOfYear(first, second: second)
        }
    }
}
