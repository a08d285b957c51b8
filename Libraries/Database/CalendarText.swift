/// PostgreSQL's ISO forms of dates and times, in UTC, without Foundation: these run once per stored row.
enum CalendarText {
    /// `2026-11-21 20:37:12.345+00`.
    static func appendTimestamp(_ milliseconds: Int64, to bytes: inout [UInt8]) {
        let days = milliseconds.flooredQuotient(86_400_000)
        // Of the earliest time, the day begins before what an Int64 can count.
        let inDay = Int(milliseconds &- days &* 86_400_000)
        let (seconds, fraction) = inDay.quotientAndRemainder(dividingBy: 1000)
        let isBeforeChrist = appendDate(daysSince1970: days, to: &bytes)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { text in
            text[0] = UInt8(ascii: " ")
            write(seconds / 3600, at: 1, to: text)
            text[3] = UInt8(ascii: ":")
            write(seconds / 60 % 60, at: 4, to: text)
            text[6] = UInt8(ascii: ":")
            write(seconds % 60, at: 7, to: text)
            text[9] = UInt8(ascii: ".")
            text[10] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: fraction / 100)
            write(fraction % 100, at: 11, to: text)
            text[13] = UInt8(ascii: "+")
            write(0, at: 14, to: text)
            bytes.append(contentsOf: UnsafeBufferPointer(text))
        }
        if isBeforeChrist { bytes.append(contentsOf: " BC".utf8) }
    }

    /// `2026-11-21`, of the UTC day around the moment.
    static func appendDay(of milliseconds: Int64, to bytes: inout [UInt8]) {
        if appendDate(daysSince1970: milliseconds.flooredQuotient(86_400_000), to: &bytes) {
            bytes.append(contentsOf: " BC".utf8)
        }
    }

    /// Reads a timestamp (its zone missing means UTC) or a date; nil for infinity, BC and anything else.
    static func milliseconds(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        var reader = DigitReader(text: text)
        guard let year = reader.number(upTo: 6), reader.skip("-"), let month = reader.number(upTo: 2),
            (1...12).contains(month), reader.skip("-"), let day = reader.number(upTo: 2), (1...31).contains(day)
        else { return nil }
        var total = daysSince1970(year: year, month: month, day: day) * 86_400_000
        if reader.isAtEnd { return total }
        guard reader.skip(" ") || reader.skip("T"), let hour = reader.number(upTo: 2), reader.skip(":"),
            let minute = reader.number(upTo: 2), reader.skip(":"), let second = reader.number(upTo: 2)
        else { return nil }
        total += (hour * 3600 + minute * 60 + second) * 1000
        if reader.skip(".") {
            guard let fraction = reader.milliseconds() else { return nil }
            total += fraction
        }
        if reader.isAtEnd || reader.skip("Z") { return reader.isAtEnd ? total : nil }
        let sign: Int64
        if reader.skip("+") { sign = 1 } else if reader.skip("-") { sign = -1 } else { return nil }
        guard let zoneHour = reader.number(upTo: 2) else { return nil }
        var zone = zoneHour * 3600
        if reader.skip(":") {
            guard let zoneMinute = reader.number(upTo: 2) else { return nil }
            zone += zoneMinute * 60
            if reader.skip(":") {
                guard let zoneSecond = reader.number(upTo: 2) else { return nil }
                zone += zoneSecond
            }
        }
        return reader.isAtEnd ? total - sign * zone * 1000 : nil
    }

    /// Writes the date and says whether `BC` belongs behind it.
    private static func appendDate(daysSince1970: Int64, to bytes: inout [UInt8]) -> Bool {
        // Howard Hinnant's civil-from-days: years that begin in March make leap days the last of the year.
        let shifted = daysSince1970 + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let isBeforeChrist = year <= 0
        let shown = Int(isBeforeChrist ? 1 - year : year)
        if shown > 9999 { bytes.append(contentsOf: String(shown / 10_000).utf8) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 10) { text in
            write(shown / 100 % 100, at: 0, to: text)
            write(shown % 100, at: 2, to: text)
            text[4] = UInt8(ascii: "-")
            write(Int(month), at: 5, to: text)
            text[7] = UInt8(ascii: "-")
            write(Int(day), at: 8, to: text)
            bytes.append(contentsOf: UnsafeBufferPointer(text))
        }
        return isBeforeChrist
    }

    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooredQuotient(400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Two digits.
    @inline(__always)
    private static func write(_ number: Int, at position: Int, to text: UnsafeMutableBufferPointer<UInt8>) {
        text[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / 10)
        text[position + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10)
    }
}

private struct DigitReader {
    let text: UnsafeBufferPointer<UInt8>
    var position = 0

    var isAtEnd: Bool { position == text.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func number(upTo digits: Int) -> Int64? {
        var value: Int64 = 0
        let start = position
        while position < text.count, position - start < digits, let digit = digit() { value = value * 10 + digit }
        return position > start ? value : nil
    }

    /// The digits behind the point; microseconds are cut off.
    mutating func milliseconds() -> Int64? {
        var value: Int64 = 0
        let start = position
        while position < text.count, let digit = digit() {
            if position - start <= 3 { value = value * 10 + digit }
        }
        guard position > start else { return nil }
        for _ in min(position - start, 3)..<3 { value *= 10 }
        return value
    }

    private mutating func digit() -> Int64? {
        let byte = text[position]
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        position += 1
        return Int64(byte - UInt8(ascii: "0"))
    }
}

/// PostgreSQL's binary forms of dates and times, which count from 2000-01-01 UTC.
enum BinaryCalendar {
    private static let epoch: Int64 = 946_684_800_000
    private static let dayLength: Int64 = 86_400_000

    /// Microseconds; where there are not as many, a time that the server refuses, as it does every time near it.
    static func timestamp(ofMilliseconds moment: Int64) -> Int64 {
        let (since, isBefore) = moment.subtractingReportingOverflow(epoch)
        let (microseconds, isBeyond) = since.multipliedReportingOverflow(by: 1000)
        // The outermost two stand for infinity.
        return isBefore || isBeyond ? (moment < 0 ? .min + 1 : .max - 1) : microseconds
    }

    /// Days, in the same manner.
    static func date(ofMilliseconds moment: Int64) -> Int32 {
        let day = moment.flooredQuotient(dayLength) - epoch / dayLength
        return Int32(exactly: day) ?? (day < 0 ? .min + 1 : .max - 1)
    }

    /// Milliseconds since 1970 UTC.
    static func milliseconds(ofTimestamp microseconds: Int64) -> Int64 { microseconds.flooredQuotient(1000) + epoch }

    /// The same of a date.
    static func milliseconds(ofDate day: Int32) -> Int64 { Int64(day) * dayLength + epoch }
}

extension Int64 {
    fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
