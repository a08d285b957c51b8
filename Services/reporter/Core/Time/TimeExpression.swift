import WeirProtocol

/// A point in time as somebody typed it: not yet tied to a clock or a zone.
public enum TimeExpression: Hashable, Sendable {
    /// That many milliseconds before now.
    case ago(Int64)
    /// A calendar period of the report's zone, as the wall-clock readings of its first moment and of the first after it.
    case period(start: Timestamp, end: Timestamp)
    /// A wall-clock reading in the report's zone.
    case wall(Timestamp)
    /// A moment given with its own zone.
    case instant(Timestamp)
    /// The current day (0) or the one that many days before it, in the report's zone.
    case daysBack(Int64)
    /// Everything that is stored.
    case all

    /// Reads `90s`, `15m`, `1h`, `24h`, `7d`, `4w` and sums such as `1h30m`; `now`, `today`, `yesterday`, `all`; and
    /// ISO 8601: calendar, ordinal and week dates, months, and date-times with or without seconds, fraction and zone.
    /// - Throws: `ReportError` with `bad_time`.
    public init(_ text: String) throws(ReportError) {
        let trimmed = text.trimmingSpaces.uppercased()
        switch trimmed {
        case "ALL": self = .all
        case "NOW": self = .ago(0)
        case "TODAY": self = .daysBack(0)
        case "YESTERDAY": self = .daysBack(1)
        case _ where text.contains("M") && !text.contains("T") && trimmed.dropLast().allSatisfy(\.isNumber):
            throw ReportError(
                .badTime, "\"\(text.quotable)\" may mean minutes or months.",
                hint: "15m are minutes; for months give days or weeks, as in 30d, or a date.")
        default:
            if let duration = try Self.duration(trimmed, asTyped: text) {
                self = .ago(duration)
            } else if let moment = trimmed.utf8.count <= 64 ? ISO8601Reader.read(trimmed) : nil {
                self = moment
            } else {
                throw ReportError(
                    .badTime, "\"\(text.quotable)\" is not a time.",
                    hint:
                        "Give a span (90s, 15m, 24h, 7d, 4w), today or yesterday, a month (2026-11), a date (2026-11-21), a date and time with or without "
                        + "zone (2026-11-21T08:00, 2026-11-21T08:00:00Z), or all.")
            }
        }
    }

    /// The sum of `<number><unit>` pieces in milliseconds; nil when the text has another form.
    private static func duration(_ text: String, asTyped: String) throws(ReportError) -> Int64? {
        var total: Int64 = 0
        var number: Int64?
        var pieces = 0
        var isTooLarge = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let (product, overflow) = (number ?? 0).multipliedReportingOverflow(by: 10)
                isTooLarge = isTooLarge || overflow
                number = overflow ? 0 : product + Int64(byte - UInt8(ascii: "0"))
            default:
                guard let unit = units[byte], let count = number else { return nil }
                let (part, overflow) = count.multipliedReportingOverflow(by: unit)
                let (sum, second) = total.addingReportingOverflow(part)
                isTooLarge = isTooLarge || overflow || second
                total = isTooLarge ? 0 : sum
                pieces += 1
                number = nil
            }
        }
        guard number == nil, pieces > 0 else { return nil }
        guard !isTooLarge, total <= 200 * 366 * 86_400_000 else {
            throw ReportError(
                .badTime, "\"\(asTyped.quotable)\" reaches further back than 200 years.",
                hint: "Use --since all for everything that is stored.")
        }
        return total
    }

    private static let units: [UInt8: Int64] = [
        UInt8(ascii: "S"): 1000, UInt8(ascii: "M"): 60_000, UInt8(ascii: "H"): 3_600_000,
        UInt8(ascii: "D"): 86_400_000, UInt8(ascii: "W"): 604_800_000,
    ]
}

extension String {
    /// Without spaces and tabs at both ends.
    var trimmingSpaces: String {
        func isSpace(_ character: Character) -> Bool { character.isWhitespace }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return String(self[first...last])
    }

    /// Fit to stand inside an error message: no control characters, at most 60 of the rest.
    var quotable: String {
        let clean = TerminalText.stripped(self)
        return clean.count > 60 ? clean.prefix(60) + "…" : clean
    }
}
