import WeirProtocol

/// Numbers as people read them. Units: microdollars, milliseconds, seconds, percent (0...100).
public enum NumberText {
    /// `1,234,567`.
    public static func grouped(_ value: Int64) -> String {
        let digits = String(value.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }

    /// With exactly that many decimals (0...6), halves away from zero, thousands separated.
    public static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return "–" }
        let scale = (0..<decimals).reduce(1.0) { scale, _ in scale * 10 }
        let scaled = (value.magnitude * scale).rounded(.toNearestOrAwayFromZero)
        guard scaled < 9e15 else { return value.description }
        let whole = Int64(scaled)
        let unit = Int64(scale)
        let fraction = decimals == 0 ? "" : "." + Timestamp.Day.padding(whole % unit, decimals)
        return (value < 0 && whole != 0 ? "-" : "") + grouped(whole / unit) + fraction
    }

    /// Two decimals below 0.1, one below 10, else none: `0.05%`, `8.3%`, `61%`.
    public static func percent(_ value: Double) -> String {
        if value == 0 { return "0%" }
        let size = value.magnitude
        return fixed(value, size < 0.1 ? 2 : size < 10 ? 1 : 0) + "%"
    }

    /// With its sign and one decimal: `+12.5%`.
    public static func change(_ value: Double) -> String {
        let text = fixed(value, 1)
        return (value > 0 && !text.hasPrefix("-") ? "+" : "") + text + "%"
    }

    /// `$0.0012` below a cent, `$12.30` below 100 dollars, else `$1,234`.
    public static func dollars(_ microdollars: Double) -> String {
        let dollars = microdollars / 1_000_000
        let size = dollars.magnitude
        let text = fixed(size, size == 0 ? 2 : size < 0.01 ? 4 : size < 100 ? 2 : 0)
        return (dollars < 0 ? "-$" : "$") + text
    }

    /// `850ms`, `12.5s`, `3.2m`, `4.0h`, `2.5d`.
    public static func duration(milliseconds: Double) -> String {
        let size = milliseconds.magnitude
        if size < 1000 { return fixed(milliseconds, size < 10 && size != size.rounded() ? 1 : 0) + "ms" }
        if size < 60_000 { return fixed(milliseconds / 1000, 1) + "s" }
        if size < 3_600_000 { return fixed(milliseconds / 60_000, 1) + "m" }
        if size < 172_800_000 { return fixed(milliseconds / 3_600_000, 1) + "h" }
        return fixed(milliseconds / 86_400_000, 1) + "d"
    }
}

extension Timestamp.Day {
    static func padding(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension CellFormat {
    /// The value as people read it: a dash for null, text without anything harmful.
    func text(_ value: JSONValue?, zone: Zone) -> String {
        guard let value, value != .null else { return "–" }
        switch self {
        case .text:
            let text = plain(value)
            return text.isEmpty ? "–" : text
        case .instant:
            guard let written = value.stringValue,
                case .instant(let moment)? = ISO8601Reader.read(written.uppercased())
            else { return plain(value) }
            let local = zone.wall(at: moment).iso8601
            return "\(local.prefix(10)) \(local.dropFirst(11).prefix(8))"
        case .yesNo: return value.boolValue.map { $0 ? "yes" : "no" } ?? plain(value)
        default: break
        }
        guard let number = value.doubleValue else { return plain(value) }
        return switch self {
        case .count: value.integerValue.map(NumberText.grouped) ?? NumberText.fixed(number, 1)
        case .ordinal: NumberText.fixed(number + 1, 0)
        case .decimal: NumberText.fixed(number, 1)
        case .percent: NumberText.percent(number)
        case .change: NumberText.change(number)
        case .milliseconds: NumberText.duration(milliseconds: number)
        case .seconds: number == 0 ? "0s" : NumberText.duration(milliseconds: number * 1000)
        case .microdollars: NumberText.dollars(number)
        case .text, .instant, .yesNo: plain(value)
        }
    }

    private func plain(_ value: JSONValue) -> String {
        TerminalText.stripped(value.stringValue ?? value.text)
    }
}
